"""The text of a conda file, wherever it lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestrator.core.errors import BackendError
from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.service import SCHEME


def is_conda_file(conda: Any) -> bool:
    """Whether an environment's conda is a file, of the spec or kept by the workspace; otherwise it is written in place, or foreign."""
    return isinstance(conda, LocalFiles) or (isinstance(conda, str) and conda.startswith(SCHEME))


def conda_text(conda: Any, kept: Callable[[str], Path]) -> str | None:
    """The text of such a file; None if it is none, or cannot be read now, which who builds it will tell."""
    if not is_conda_file(conda):
        return None
    try:
        if isinstance(conda, LocalFiles):
            return read_plain_text(conda.path)
        return kept(conda.removeprefix(SCHEME)).read_text(encoding="utf-8")
    except (OSError, ValueError, BackendError):
        return None
