"""How the embedded workspace runs each type of job, one module each, of the same name as the type's module in ``orchestrator/job_types/``.

Adding a file here makes a type run; no list is kept. Modules are imported when their type is first asked for.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from orchestrator.core.errors import Invalid
from orchestrator.workspace.jobs.execution import Execution


def running_types() -> tuple[str, ...]:
    """The types that run here, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def execution_of(variant: str) -> Execution:
    """How a variant of the jobs kind runs: ``command``, ``automl.regression``.

    Raises:
        Invalid: jobs of this type do not run here.
    """
    key = variant.partition(".")[0]
    if key not in running_types():
        raise Invalid(
            f"The embedded workspace does not run jobs of type {key or 'nothing'}; it runs {', '.join(running_types())}.",
            fix="Choose an Azure workspace as target.",
        )
    found: Execution = importlib.import_module(f"{__name__}.{key}").EXECUTION
    return found


@cache
def by_wire_name() -> Mapping[str, Execution]:
    """How jobs run, by what the wire calls their type: ``AutoML``."""
    return {execution.wire.name: execution for execution in map(execution_of, running_types())}
