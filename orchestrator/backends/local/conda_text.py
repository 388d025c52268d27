"""The text of a conda file, wherever it lies."""

from __future__ import annotations

from typing import Any

from orchestrator.core.errors import BackendError
from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.files.content import SCHEME, ContentStore


def is_conda_file(conda: Any) -> bool:
    """Whether an environment's conda is a file, of the spec or kept by the workspace; otherwise it is written in place, or foreign."""
    return isinstance(conda, LocalFiles) or (isinstance(conda, str) and conda.startswith(SCHEME))


def conda_text(conda: Any, content: ContentStore) -> str | None:
    """The text of such a file; None if it is none, or cannot be read now, which who builds it will tell."""
    if not is_conda_file(conda):
        return None
    try:
        if isinstance(conda, LocalFiles):
            return read_plain_text(conda.path)
        return content.path_of(conda.removeprefix(SCHEME)).read_text(encoding="utf-8")
    except (OSError, ValueError, BackendError):
        return None
