"""Saved plans: what ``plan -o`` writes and ``apply FILE`` trusts only after making the plan anew."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from orchestrator.cli.options import SpecChoice
from orchestrator.cli.saved_shape import misshapen
from orchestrator.core.errors import StateError
from orchestrator.core.plain_files import open_plain, read_plain_text
from orchestrator.core.plan import Plan
from orchestrator.core.project import LoadOptions
from orchestrator.planning.options import PlanOptions
from orchestrator.report.plan_json import plan_to_json, saved_plan_problems

_MAX_BYTES = 256 * 1024 * 1024
_MARKS = 2
"""How many of a plan's own keys make a document a plan: a spec has none of them, and a damaged plan may have lost some."""

_BEGINNING = re.compile(rb'\s*\{\s*"format"\s*:\s*\d')
"""How `plan -o` begins a file; what follows may be cut off."""


def saved_document(plan: Plan, spec: SpecChoice, options: PlanOptions, file: Path, root: Path) -> dict[str, Any]:
    """A plan with what it takes to make it again. Values of variables are left out: they may be secret.

    No path is absolute, so that the plan holds in another checkout too: the project's folder is given from the plan's
    file and from the current folder, everything else from the project's folder.

    Args:
        file: where it is saved.
        root: the project's folder.
    """
    document = plan_to_json(plan)
    for place in (*(change["source"] for change in document["changes"]), *document["warnings"]):
        if place and place["file"]:
            place["file"] = _from(root, Path(place["file"]))
    return document | {
        "origin": {
            "project_folder": [_from(file.absolute().parent, root), _from(Path.cwd(), root)],
            "spec": [_from(root, path) for path in spec.paths],
            "target": spec.load.target,
            "variables": sorted(spec.load.variables),
            "variable_files": [_from(root, path) for path in spec.load.variable_files],
            "prune": options.prune,
            "adopt": options.adopt,
            "select": list(options.select),
            "destroy": options.destroy,
        }
    }


def is_saved_plan(path: Path) -> bool:
    """Whether a path given as SPEC is a saved plan: a JSON file with our marks."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    try:
        document = _read(path)
    except StateError:
        return _begins_like_a_plan(path)
    return sum(key in document for key in ("format", "base", "changes", "origin")) >= _MARKS


def open_saved(path: Path, load: LoadOptions) -> tuple[dict[str, Any], SpecChoice, PlanOptions]:
    """Read a saved plan.

    Returns:
        The document, the spec it was made from and the options it was made with.

    Raises:
        StateError: it is not a plan of ours, or a variable that was given on the command line then is not given now.
    """
    document = _read(path)
    wrong = misshapen(document)
    if wrong:
        raise _invalid(f"{path} is not a complete saved plan: {', '.join(wrong)}.")
    origin = document["origin"]
    missing = [name for name in origin["variables"] if name not in load.variables]
    if missing:
        flags = " ".join(f"--var {name}=…" for name in missing)
        raise StateError(
            f"The plan was created with --var for {', '.join(missing)}; their values are not saved, because they may be secret.",
            code="saved-plan-variables",
            fix=f"Pass the same values again: amlctl apply {path} {flags}",
        )
    root = _project_folder(path, origin)
    files = tuple(_here(root / file) for file in origin["variable_files"])
    choice = SpecChoice(
        tuple(_here(root / spec) for spec in origin["spec"]),
        LoadOptions(
            target=origin["target"],
            variables=load.variables,
            variable_files=files or load.variable_files,
            environ=load.environ,
        ),
    )
    options = PlanOptions(
        prune=origin["prune"], adopt=origin["adopt"], select=tuple(origin["select"]), destroy=origin["destroy"]
    )
    return document, choice, options


def require_same(document: dict[str, Any], fresh: Plan) -> None:
    """Refuse a saved plan that is not what planning now gives.

    Raises:
        StateError: naming each thing that moved on.
    """
    problems = saved_plan_problems(document, fresh)
    if problems:
        raise StateError(
            "The saved plan is stale. " + " ".join(problems),
            code="saved-plan-stale",
            fix="Create a new plan, review it, and apply it.",
        )


def _project_folder(plan: Path, origin: dict[str, Any]) -> Path:
    """The folder that the plan's specs are in: where it was from the plan's file, or else from the current folder.

    Raises:
        StateError: the specs are in neither.
    """
    from_file, from_here = origin["project_folder"]
    candidates = [
        Path(os.path.normpath(plan.absolute().parent / from_file)),
        Path(os.path.normpath(Path.cwd() / from_here)),
    ]
    for folder in candidates:
        if all(_exists(folder / spec) for spec in origin["spec"]):
            return folder
    looked = " or ".join(dict.fromkeys(str(folder) for folder in candidates))
    raise StateError(
        f"The spec of the saved plan ({', '.join(origin['spec'])}) is not in {looked}.",
        code="saved-plan-no-spec",
        fix="Move the plan to where it was created in your checkout, or run this in the folder where it was created.",
    )


def _from(folder: Path, path: Path) -> str:
    """A path as it is written from a folder, with slashes."""
    return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()


def _here(path: Path) -> Path:
    """A path as a person in the current folder would write it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(read_plain_text(path, _MAX_BYTES))
    except OSError as problem:
        raise _invalid(f"{path} cannot be read as a saved plan: {problem.strerror}.") from problem
    except RecursionError as problem:
        raise _invalid(f"{path} cannot be read as a saved plan: it is nested too deeply.") from problem
    except ValueError as problem:
        raise _invalid(f"{path} cannot be read as a saved plan: {problem}.") from problem
    if not isinstance(document, dict):
        raise _invalid(f"{path} is not a saved plan.")
    return document


def _invalid(detail: str) -> StateError:
    return StateError(detail, code="saved-plan-invalid", fix="Create one with `amlctl plan SPEC -o plan.json`.")


def _begins_like_a_plan(path: Path) -> bool:
    try:
        with open_plain(path) as file:
            return _BEGINNING.match(file.read(256)) is not None
    except OSError:
        return False


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long
        return False
