"""Names for what has none, or one that another resource has already."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from orchestrator.importing.shell import replaced, unknown_names
from orchestrator.spec.documents import sanitised

LONGEST_NAME: Final = 24
"""Characters of a name that is made up: one that every kind takes."""


def names_to_try(name: str, path: Path, *, said: bool) -> Iterator[str]:
    """Names for a resource, the best first; there is always another one.

    Args:
        name: that it would have.
        path: the file that describes it: the folders above it say what it is about.
        said: its own name comes first; otherwise others have it too, and the folder says more.
    """
    if said:
        yield name
    folders = [plain_name(folder.name) for folder in path.absolute().parents][:4]
    stem = plain_name(path.stem)
    longer = ("-".join(reversed(folders[:depth])) for depth in (2, 3))
    for base in (folders[0], f"{folders[0]}-{stem}", *longer, stem, "resource"):
        cut = base[:LONGEST_NAME].strip("-_")
        yield from (cut, cut.replace("-", "_").lower())
    start = (plain_name(name) or "resource")[:LONGEST_NAME].strip("-_")
    yield from (f"{start}-{number}" for number in itertools.count(2))


def plain_name(text: str) -> str:
    """Text as a name; values that are not known stand in it by their names."""
    known = {name: name for name in unknown_names(text)}
    return sanitised(replaced(text, known)).replace("_", "-")


def variable(name: str) -> str:
    """The variable of the spec for a value that a script computes."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name) or "value"


def relative(path: Path, folder: Path) -> str:
    """A path as a file in a folder names it."""
    return Path(os.path.relpath(path, folder)).as_posix()
