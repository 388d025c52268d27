"""Types of steps that are no jobs by themselves, one module each, of the type's name: how such a step becomes a job.

Adding a file here adds one; no list is kept. Types that are jobs too say it in `workspace.job_types`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from orchestrator.core.errors import Invalid
from orchestrator.workspace.job_types import execution_of, running_types
from orchestrator.workspace.jobs.execution import StepForm


def step_types() -> tuple[str, ...]:
    """All types that a step can have here, sorted."""
    return tuple(sorted({*running_types(), *_own()}))


def form_of(key: str) -> StepForm | None:
    """How steps of a type become jobs; None if jobs of the type cannot be steps.

    Raises:
        Invalid: there are no such steps here.
    """
    if key in _own():
        form: StepForm = importlib.import_module(f"{__name__}.{key}").FORM
        return form
    if key not in running_types():
        raise Invalid(
            f"The embedded workspace does not run steps of type {key}; it runs {', '.join(step_types())}.",
            fix="Choose an Azure workspace as target.",
        )
    return execution_of(key).step


def hidden(key: str) -> bool:
    """Whether steps of a type are made here only, and not by what users write."""
    return key in _own() and (form := form_of(key)) is not None and not form.component


@cache
def _own() -> frozenset[str]:
    return frozenset(module.name for module in pkgutil.iter_modules(__path__))
