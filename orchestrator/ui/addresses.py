"""Where pages are. Names in paths are escaped whole: they may hold anything."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from orchestrator.core.address import Address
from orchestrator.core.resource import Observed


def resource(address: Address | str) -> str:
    """The page of a resource."""
    return f"/resource/{quote(str(address), safe='')}"


def run(found: Observed) -> str:
    """The page of a run."""
    return run_of(found.address, found.revision)


def run_of(address: Address | str, revision: str) -> str:
    """The page of a run by its job and name."""
    return f"/run/{quote(str(address), safe='')}?{urlencode({'name': revision})}"


def of_run(page: str, found: Observed, **parameters: str) -> str:
    """Another page about a run: ``figures``, ``log``, ``file``, ``view``."""
    return f"/{page}/{quote(str(found.address), safe='')}?{urlencode({'name': found.revision, **parameters})}"


def with_query(path: str, **parameters: str | int) -> str:
    """A path with those parameters that say something."""
    told = {name: value for name, value in parameters.items() if value != ""}
    return f"{path}?{urlencode(told)}" if told else path
