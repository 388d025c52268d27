"""Git submodules that a checkout lacks: empty folders where code should be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from orchestrator.core.plain_files import read_plain_text

_PATH: Final = re.compile(r"^\s*path\s*=\s*(.+?)\s*$", re.MULTILINE)


def empty_submodules(folder: Path) -> list[Path]:
    """Folders of submodules at or below a folder that hold nothing.

    Args:
        folder: absolute; its repository is the nearest folder above with a ``.gitmodules`` or a ``.git``.
    """
    listing = next((above / ".gitmodules" for above in (folder, *folder.parents) if _is_top(above)), None)
    if listing is None or not listing.is_file():
        return []
    named = _PATH.findall(read_plain_text(listing, errors="replace"))
    places = (listing.parent / name.strip('"') for name in named)
    return [place for place in places if place.is_relative_to(folder) and _is_empty(place)]


def _is_top(folder: Path) -> bool:
    return (folder / ".gitmodules").is_file() or (folder / ".git").exists()


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and next(folder.iterdir(), None) is None
