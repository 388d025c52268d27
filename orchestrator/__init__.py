"""Declarative orchestrator for Azure Machine Learning.

For programs: `validate`, `plan`, `apply`, `destroy`, `status` and `reconcile_once` do what the commands of their names do, and return
values instead of printing them; `SpecBuilder` makes a spec without YAML. Importing this module imports nothing else of ours; a name's
module is imported when it is first asked for.
"""

TYPE_CHECKING = False
"""Type checkers take this name for true wherever it comes from; importing `typing` for it would add 7 ms to the 12 that a start takes."""

if TYPE_CHECKING:
    from orchestrator.api import apply, destroy, plan, reconcile_once, status, validate
    from orchestrator.core.diagnostic import SpecError
    from orchestrator.core.errors import BackendError, StateError, UnsupportedSetup
    from orchestrator.core.plan import Plan
    from orchestrator.engine import RunOptions
    from orchestrator.engine.builder import SpecBuilder
    from orchestrator.planning.options import PlanOptions

__version__ = "0.1.0"

__all__ = [
    "BackendError",
    "Plan",
    "PlanOptions",
    "RunOptions",
    "SpecBuilder",
    "SpecError",
    "StateError",
    "UnsupportedSetup",
    "apply",
    "destroy",
    "plan",
    "reconcile_once",
    "status",
    "validate",
]

_MODULES = {
    "BackendError": "orchestrator.core.errors",
    "Plan": "orchestrator.core.plan",
    "PlanOptions": "orchestrator.planning.options",
    "RunOptions": "orchestrator.engine",
    "SpecBuilder": "orchestrator.engine.builder",
    "SpecError": "orchestrator.core.diagnostic",
    "StateError": "orchestrator.core.errors",
    "UnsupportedSetup": "orchestrator.core.errors",
    "apply": "orchestrator.api",
    "destroy": "orchestrator.api",
    "plan": "orchestrator.api",
    "reconcile_once": "orchestrator.api",
    "status": "orchestrator.api",
    "validate": "orchestrator.api",
}
"""The module of each public name."""


if not TYPE_CHECKING:  # a type checker would take every misspelt name for one that is made here

    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for. Source: PEP 562."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    """Names for completion, those included that are not imported yet."""
    return sorted({*globals(), *__all__})
