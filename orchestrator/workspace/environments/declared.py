"""The environment that an MLflow model declares itself, which serves it where a deployment names none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import yaml

from orchestrator.core.errors import Invalid
from orchestrator.workspace.environments.conda import CondaFile, read_conda
from orchestrator.workspace.environments.differences import differences
from orchestrator.workspace.environments.interpreters import OWN
from orchestrator.workspace.environments.recipes import Recipe, Recipes, read_requirements
from orchestrator.workspace.tracking.mlflow_files import MODEL_FILE

_CONDA: Final = "conda.yaml"
_PYTHON_ENV: Final = "python_env.yaml"
_REQUIREMENTS: Final = "requirements.txt"
_NAME: Final = re.compile(r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)")


def declared(folder: Path, recipes: Recipes) -> Recipe:
    """How an MLflow model's own environment is had here.

    This machine's Python serves it if it has what the model asks for. Otherwise the environment is built. Where that cannot be done,
    this machine's Python stands in, and a remark says which versions differ.

    Args:
        folder: the model's, with its file ``MLmodel``.
    """
    label = f"the model's environment ({folder.name})"
    try:
        asked = read_declared(folder)
    except Invalid as problem:
        return _stands_in(label, problem.detail, "", ())
    if asked is None or not differences(asked.python, asked.requirements):
        return Recipe(OWN.path)
    try:
        return recipes.conda(asked)
    except Invalid as problem:
        return _stands_in(label, problem.detail, asked.python, asked.requirements)


def read_declared(folder: Path) -> CondaFile | None:
    """What a model asks for: its conda file, or ``python_env.yaml`` with ``requirements.txt``. None if it declares nothing.

    Raises:
        Invalid: it cannot be read, or asks for what pip cannot install.
    """
    model = _tree(folder / MODEL_FILE)
    environment = _environment(model)
    conda, python_env = environment.get("conda"), environment.get("virtualenv")
    if (folder / (conda or _CONDA)).is_file():
        asked = read_conda(_text(folder / (conda or _CONDA)), conda or _CONDA)
    elif (folder / _REQUIREMENTS).is_file():
        python = _tree(folder / (python_env or _PYTHON_ENV)).get("python")
        asked = read_requirements(_text(folder / _REQUIREMENTS), _REQUIREMENTS, f"=={python}" if python else "")
    else:
        return None
    return _with_mlflow(asked, str(model.get("mlflow_version") or ""))


def _environment(model: Mapping[str, Any]) -> dict[str, str]:
    """The files that the model's generic flavour names; older models name the conda file alone."""
    flavours = model.get("flavors")
    generic = flavours.get("python_function") if isinstance(flavours, Mapping) else None
    found = generic.get("env") if isinstance(generic, Mapping) else None
    if isinstance(found, str):
        return {"conda": found}
    return {str(name): str(file) for name, file in found.items()} if isinstance(found, Mapping) else {}


def _with_mlflow(asked: CondaFile, version: str) -> CondaFile:
    """The scoring server loads the model by MLflow, whether the model says so or not."""
    names = {match["name"].lower() for line in asked.requirements if (match := _NAME.match(line))}
    if names & {"mlflow", "mlflow-skinny"}:
        return asked
    known = re.fullmatch(r"\d+(\.\d+)*", version)
    line = f"mlflow=={version}" if known else "mlflow"
    return replace(asked, requirements=tuple(sorted([*asked.requirements, line])))


def _stands_in(label: str, why: str, python: str, requirements: tuple[str, ...]) -> Recipe:
    different = differences(python, requirements)
    note = f" Different: {', '.join(different)}." if different else ""
    first = why.splitlines()[0].rstrip(".") if why else "it cannot be read"
    return Recipe(OWN.path, None, (f"{label}: this machine's Python {OWN.version} is used, because {first}.{note}",))


def read_model_file(file: Path) -> Mapping[str, Any]:
    """What a file ``MLmodel`` says; empty if it is none.

    Raises:
        Invalid: it cannot be read.
    """
    return _tree(file)


def _tree(file: Path) -> Mapping[str, Any]:
    if not file.is_file():
        return {}
    try:
        tree = yaml.safe_load(_text(file))
    except yaml.YAMLError:
        raise Invalid(f"{file.name} is not YAML.") from None
    return tree if isinstance(tree, Mapping) else {}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise Invalid(f"{file.name} cannot be read.") from None
