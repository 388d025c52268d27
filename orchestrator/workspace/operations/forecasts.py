"""What the workspace would do, told to plans before anything is done. Each imports what it needs when it is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.workspace.environments.conda import CondaFile
    from orchestrator.workspace.environments.recipes import Recipe, Recipes


def recipes(*, downloads: bool) -> Recipes:
    """How environments would be had on this machine.

    Args:
        downloads: whether Pythons that are not here may be fetched.
    """
    from orchestrator.workspace.environments.recipes import Recipes
    from orchestrator.workspace.environments.uv import Uv

    return Recipes(Uv(), downloads)


def model_recipe(folder: Path, recipes: Recipes) -> Recipe:
    """How the environment that an MLflow model declares itself would be had; see `environments.declared`."""
    from orchestrator.workspace.environments.declared import declared

    return declared(folder, recipes)


def read_conda(text: str, label: str, *, lines: bool = True) -> CondaFile:
    """A conda file as the workspace reads it; see `environments.conda`.

    Raises:
        Invalid: with a line for each problem.
    """
    from orchestrator.workspace.environments import conda

    return conda.read_conda(text, label, lines=lines)


def job_foreseen(variant: str, body: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str, bool]]:
    """What the one who runs a type of job says of a body before it runs: field, reason, and whether the job would fail.

    Args:
        variant: of the job; nothing is said of a type that is not run here.
    """
    from orchestrator.workspace import job_types

    if variant.partition(".")[0] in job_types.running_types():
        yield from job_types.execution_of(variant).foreseen(body)


def first_table(path: Path) -> tuple[Path, str, str, bool, int] | None:
    """The file of a folder's MLTable to show first, see `automl.tables.preview`; None if it has none that is read here."""
    from orchestrator.workspace.automl.tables import preview

    return preview.first_file(path)


def columns_at(path: Path) -> Sequence[str] | None:
    """The names of the columns of a table that lies at a path; None if they cannot be told without reading all of it."""
    from orchestrator.workspace.automl.tables import header

    return header.columns_at(path)
