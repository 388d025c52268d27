"""Where pages are. Names in paths are escaped whole: they may hold anything."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final
from urllib.parse import quote, urlencode

from orchestrator.core.address import Address
from orchestrator.core.resource import Observed

BASE: Final[ContextVar[str]] = ContextVar("BASE", default="")
"""What the pages of this project are under; of a server of one project nothing."""


def at(path: str) -> str:
    """A page of this project by its path."""
    return f"{BASE.get()}{path}"


def resource(address: Address | str) -> str:
    """The page of a resource."""
    return of_resource("resource", address)


def of_resource(page: str, address: Address | str) -> str:
    """Another page about a resource: ``live``, ``test``."""
    return at(f"/{page}/{quote(str(address), safe='')}")


def run(found: Observed) -> str:
    """The page of a run."""
    return run_of(found.address, found.revision)


def run_of(address: Address | str, revision: str) -> str:
    """The page of a run by its job and name."""
    return f"{of_resource('run', address)}?{urlencode({'name': revision})}"


def of_run(page: str, found: Observed, **parameters: str) -> str:
    """Another page about a run: ``figures``, ``log``, ``file``, ``view``."""
    return f"{of_resource(page, found.address)}?{urlencode({'name': found.revision, **parameters})}"


def with_query(path: str, **parameters: str | int) -> str:
    """A page of this project with those parameters that say something."""
    given = {name: value for name, value in parameters.items() if value != ""}
    return f"{at(path)}?{urlencode(given)}" if given else at(path)
