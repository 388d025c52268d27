"""Which files of a folder are left out of a snapshot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

Ignored: TypeAlias = Callable[[str], bool]
"""Says of a relative POSIX path (folders end with ``/``) whether it is left out."""

ALWAYS: Final = (".git", "__pycache__/", "*.pyc", ".amlignore", ".gitignore", ".ipynb_checkpoints/")
"""Never content of code: other tools' droppings. Source: azure-ai-ml leaves out
``.amlignore``, ``.gitignore`` and the like as well; bytecode and version control are ours."""


def ignore_rules(folder: Path, *, gitignore: bool) -> Ignored | None:
    """Rules for a folder.

    ``.amlignore`` wins over ``.gitignore``; only one of them is read, and only at the top of the folder. Source: azure-ai-ml.
    Data is taken whole unless an ``.amlignore`` says otherwise.

    Returns:
        None if nothing is left out.
    """
    lines: list[str] = list(ALWAYS) if gitignore else [".amlignore"]
    names = (".amlignore", ".gitignore") if gitignore else (".amlignore",)
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is not None:
        lines += found.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    elif not gitignore:
        return None
    import pathspec  # lazily: most specs have no rules

    rules = pathspec.PathSpec.from_lines("gitignore", lines)
    return rules.match_file
