"""How a spec wants its local files to be taken: its ``files:``, and which files are amlctl's own."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.file_digests import Compare
from orchestrator.core.tree import LocatedDict, LocatedList
from orchestrator.spec.problems import Problems

LFS_POINTERS: Final = "lfs_pointers"
MISSING_SUBMODULES: Final = "missing_submodules"
ALLOWED: Final = (LFS_POINTERS, MISSING_SUBMODULES)
"""What is refused unless ``files.allow`` names it."""

PYTHON: Final = {"text": Compare.TEXT, "syntax": Compare.SYNTAX}
"""Values of ``files.compare_python``."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What holds for all files of a spec.

    Attributes:
        python: how source code of Python is compared.
        allow: of `ALLOWED`.
        own: absolute paths of the spec's own files, which are no content unless they are named.
    """

    python: Compare = Compare.TEXT
    allow: frozenset[str] = frozenset()
    own: tuple[Path, ...] = ()

    def own_below(self, root: Path, mentioned: str = "") -> frozenset[str]:
        """Relative POSIX paths of our own files below a folder, without those that a text (a command, a script's name) mentions."""
        real = os.path.realpath(root)
        found = set()
        for path in self.own:
            for folder, file in ((str(root), str(path)), (real, os.path.realpath(path))):
                if file.startswith(folder + os.sep):
                    found.add(file[len(folder) + 1 :].replace(os.sep, "/"))
        return frozenset(name for name in found if name not in mentioned)


PLAIN: Final = Taking()


_SETTINGS: Final = ("compare_python", "allow")


def read_taking(body: LocatedDict | None, own: Iterable[Path], problems: Problems) -> Taking:
    """Read ``files:`` of a spec.

    Args:
        body: as written, expressions resolved; None if nothing is said.
        own: the files that were read for the spec.
        problems: receives every mistake.
    """
    own = tuple(path.absolute() for path in own)
    if body is None:
        return Taking(own=own)
    for key in body:
        if key not in _SETTINGS:
            detail = f"'{key}' is not a setting of 'files'."
            fix = did_you_mean(key, _SETTINGS, f"Use {' or '.join(_SETTINGS)}.")
            problems.error("unknown-key", detail, fix, body.key_marks.get(key, body.mark))
    python = body.get("compare_python") or "text"
    if python not in PYTHON:
        detail = f"{python!r} is not a valid value of 'compare_python'."
        fix = did_you_mean(str(python), PYTHON, f"Use {' or '.join(PYTHON)}.")
        problems.error("invalid-setting", detail, fix, body.value_span("compare_python"))
        python = "text"
    return Taking(PYTHON[python], frozenset(_allowed(body, problems)), own)


def _allowed(body: LocatedDict, problems: Problems) -> Iterable[str]:
    names = body.get("allow") or ()
    mark = body.value_span("allow")
    if not isinstance(names, LocatedList | tuple):
        problems.error("invalid-setting", "'allow' must be a list.", f"Write `allow: [{ALLOWED[0]}]`.", mark)
        return
    for number, name in enumerate(names):
        if name in ALLOWED:
            yield name
        else:
            place = names.value_span(number) if isinstance(names, LocatedList) else mark
            fix = did_you_mean(str(name), ALLOWED, f"Use {' or '.join(ALLOWED)}.")
            problems.error("invalid-setting", f"{name!r} is not a valid value of 'allow'.", fix, place)
