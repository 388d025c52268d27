"""The Pythons of this machine, and which of them does for a version that somebody asks for."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from orchestrator.core.errors import BackendError
from orchestrator.workspace.environments.uv import Uv

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_OLDEST: Final = (3, 6)
"""Uv makes no virtual environments for older ones."""

_MINOR_ONLY: Final = re.compile(r"==\s*(\d+\.\d+)(?![\d.*])")
_PATCHES: Final = range(64)
_REACH_TIMEOUT_S: Final = 5.0


class Interpreter(NamedTuple):
    """A Python of this machine.

    Attributes:
        version: such as ``3.11.7``.
        path: of the program.
    """

    version: str
    path: Path

    @property
    def parts(self) -> tuple[int, ...]:
        """The version as numbers."""
        return tuple(int(part) for part in self.version.split("."))


OWN: Final = Interpreter(platform.python_version(), Path(sys.executable))
"""The Python that runs amlctl."""


class Interpreters:
    """Looks for Pythons where uv does (its own, the path's) and where pyenv keeps them.

    Args:
        uv: is asked; nothing is remembered, as Pythons come and go.
    """

    def __init__(self, uv: Uv) -> None:
        self._uv = uv

    def installed(self) -> tuple[Interpreter, ...]:
        """What is there, our own first, then by version, newest first."""
        try:
            answer = self._uv.run(
                "python", "list", "--only-installed", "--all-versions", "--output-format", "json",
                environ={"PATH": _search_path()},
            )  # fmt: skip
        except BackendError:
            return (OWN,)
        found = {OWN.version: OWN}
        for version, path in _plain(answer, "path"):
            found.setdefault(version, Interpreter(version, Path(path)))
        others = sorted((one for one in found.values() if one is not OWN), key=lambda one: one.parts, reverse=True)
        return (OWN, *others)

    def find(self, specifier: str) -> Interpreter | None:
        """The one that fits a specifier best (see `choose`); None if none does."""
        return OWN if _fits(OWN, specifier) else choose(specifier, self.installed())

    def fetch(self, version: str) -> Interpreter | None:
        """Install a version that `available` named. Blocks.

        Raises:
            Failed: it cannot be fetched, in uv's words.
        """
        self._uv.run("python", "install", "--quiet", version)
        return self.find(f"=={version}")

    def available(self, specifier: str) -> tuple[str, str]:
        """The newest version that uv could fetch for a specifier.

        Returns:
            The version, empty if there is none; and why it cannot be fetched now, empty if its source answers.
        """
        answer = self._uv.run(
            "python", "list", "--only-downloads", "--all-versions", "--show-urls", "--output-format", "json"
        )
        urls = dict(_plain(answer, "url"))
        best = choose(specifier, [Interpreter(version, Path(url)) for version, url in urls.items()])
        return (best.version, unreachable(urls[best.version])) if best is not None else ("", "")


def choose(specifier: str, found: Iterable[Interpreter]) -> Interpreter | None:
    """The interpreter that fits a specifier best.

    One that fits comes first: the earliest of those with our own version, otherwise the newest. If none fits, the minor versions
    that the specifier allows in some patch count, and the nearest patch is taken.
    """
    candidates = [one for one in found if one.parts[:2] >= _OLDEST]
    fitting = [one for one in candidates if _fits(one, specifier)]
    if fitting:
        return OWN if OWN in fitting else max(fitting, key=lambda one: one.parts)
    near = [(distance, one) for one in candidates if (distance := _distance(one, specifier)) is not None]
    return min(near, key=lambda item: (item[0], item[1] is not OWN, -item[1].parts[-1]))[1] if near else None


def exactly(interpreter: Interpreter, specifier: str) -> bool:
    """Whether an interpreter is what was asked for, not only near it."""
    return not specifier or _fits(interpreter, specifier)


def _fits(one: Interpreter, specifier: str) -> bool:
    return _specifiers(specifier).contains(one.version, prereleases=True)


def _distance(one: Interpreter, specifier: str) -> int | None:
    """How many patches lie between an interpreter and the nearest that a specifier allows of its minor version."""
    allowed = _specifiers(specifier)
    major, minor, patch = one.parts[:3]
    return min((abs(patch - other) for other in _PATCHES if allowed.contains(f"{major}.{minor}.{other}")), default=None)


def _specifiers(text: str) -> SpecifierSet:
    from packaging.specifiers import SpecifierSet  # lazily: only what names a Python needs it

    # ``python==3.8`` means any 3.8 to those who write it.
    return SpecifierSet(_MINOR_ONLY.sub(r"==\1.*", text))


def _search_path() -> str:
    """The path with pyenv's versions in front. Its shims only say what to install; they are left out."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    versions = sorted(str(folder) for folder in root.glob("versions/*/bin"))
    rest = [part for part in os.environ.get("PATH", os.defpath).split(os.pathsep) if part != str(root / "shims")]
    return os.pathsep.join([*versions, *rest])


def _plain(answer: str, field: str) -> list[tuple[str, str]]:
    """Version and a field of each entry that is an ordinary, released CPython."""
    return [
        (entry["version"], entry[field])
        for entry in json.loads(answer)
        if entry.get(field)
        and entry.get("implementation") == "cpython"
        and entry.get("variant", "default") == "default"
        and all(part.isdecimal() for part in entry["version"].split("."))
    ]


def unreachable(url: str) -> str:
    """Why a file on the web cannot be fetched now; empty if its server has it. Only asks."""
    if not url.startswith("https://"):
        return "its source is not on https"
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310  # the scheme is checked above
    try:
        with urllib.request.urlopen(request, timeout=_REACH_TIMEOUT_S):  # noqa: S310
            return ""
    except urllib.error.HTTPError as error:
        error.close()
        return f"its source answers HTTP {error.code}"
    except (OSError, ValueError) as error:
        return f"its source does not answer ({getattr(error, 'reason', error)})"
