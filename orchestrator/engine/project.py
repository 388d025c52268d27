"""Text to desired."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestrator.core.project import LoadOptions, Project
from orchestrator.kinds import discover
from orchestrator.spec.load import load


def load_project(paths: Sequence[Path], options: LoadOptions) -> Project:
    """Text → Desired.

    Raises:
        SpecError: with every problem of the spec.
    """
    return load(paths, options, discover(), _columns_at)


def _columns_at(path: Path) -> Sequence[str] | None:
    from orchestrator.workspace.jobs.automl.tables.header import columns_at  # of use to few specs

    return columns_at(path)
