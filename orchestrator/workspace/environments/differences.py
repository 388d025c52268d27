"""How the packages that amlctl itself has differ from those that somebody asks for."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata
from typing import Final

from orchestrator.workspace.environments.interpreters import OWN, Interpreter, choose

_SAME_CODE: Final = {"mlflow": "mlflow-skinny", "xgboost": "xgboost-cpu", "psycopg2": "psycopg2-binary"}
"""Distributions under another name that have the same modules."""


def differences(python: str, requirements: Iterable[str]) -> list[str]:
    """What is otherwise in the Python that runs amlctl, in words: ``scikit-learn ~=1.5.0 (here 1.7.2)``.

    Args:
        python: a version specifier; empty means any.
        requirements: lines for pip.
    """
    found = [] if _is_own(python) else [f"Python {shown(python)} (here {OWN.version})"]
    for line in requirements:
        found += _difference(line)
    return found


def shown(specifier: str) -> str:
    """A version specifier as people write it: ``==3.8.*`` is ``3.8``."""
    return specifier.removeprefix("==").removesuffix(".*")


def _is_own(python: str) -> bool:
    return not python or choose(python, [Interpreter(OWN.version, OWN.path)]) is not None


def _difference(line: str) -> list[str]:
    from packaging.requirements import InvalidRequirement, Requirement  # only what stands in needs it

    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return [line]
    if requirement.marker is not None and not requirement.marker.evaluate():
        return []
    here = _installed(requirement.name)
    if here is not None and requirement.url is None and requirement.specifier.contains(here, prereleases=True):
        return []
    asked = f"{requirement.name} {requirement.specifier}".strip()
    return [f"{asked} ({f'here {here}' if here is not None else 'not here'})"]


def _installed(name: str) -> str | None:
    for candidate in (name, _SAME_CODE.get(name.lower(), "")):
        try:
            if candidate:
                return metadata.version(candidate)
        except metadata.PackageNotFoundError:
            continue
    return None
