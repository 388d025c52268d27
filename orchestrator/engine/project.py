"""Text to desired."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.written import Written
from orchestrator.kinds import discover
from orchestrator.spec.load import load


def load_project(paths: Sequence[Path | Written], options: LoadOptions) -> Project:
    """Text → Desired.

    Raises:
        SpecError: with every problem of the spec.
    """
    project = load(paths, options, discover(), _columns_at)
    if not options.files or not project.workspace.settings.get("stand_ins"):
        return project
    from orchestrator.engine.stand_ins import with_stand_ins  # of use to few specs

    return with_stand_ins(project, discover())


def _columns_at(path: Path) -> Sequence[str] | None:
    from orchestrator.workspace.service import columns_at  # of use to few specs

    return columns_at(path)
