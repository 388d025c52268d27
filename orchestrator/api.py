"""What programs call: the commands as functions that return values instead of printing them.

Programs import these names from `orchestrator`, which imports this module when one of them is first asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from orchestrator.core.plan import Plan
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.run import RunReport
from orchestrator.core.status import ResourceStatus
from orchestrator.core.written import Writes, Written, source_of
from orchestrator.engine import RunOptions, apply_project, load_project, open_workspace, plan_project, status_of
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions

if TYPE_CHECKING:
    from orchestrator.reconcile.outcome import PassFacts

Specs: TypeAlias = str | os.PathLike[str] | Writes | Sequence[str | os.PathLike[str] | Writes]
"""A spec file, a folder of them, a `SpecBuilder`, or several of these."""


def validate(
    spec: Specs,
    *,
    target: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> Project:
    """Read and check a spec without opening its workspace.

    Args:
        spec: a file, a folder, a `SpecBuilder`, or several of these.
        target: name of the target; None means the default one.
        variables: win over files, targets and defaults. ``${env.X}`` is read from this process's environment.

    Returns:
        The project: its resources in dependency order, its warnings.

    Raises:
        SpecError: with every problem, missing local files included.
    """
    return load_project(_paths(spec), _load_options(target, variables))


def plan(
    spec: Specs,
    *,
    target: str | None = None,
    variables: Mapping[str, str] | None = None,
    options: PlanOptions | None = None,
) -> Plan:
    """Compare a spec with its workspace. Changes nothing; read rights are enough.

    Args:
        spec, target, variables: as for `validate`.
        options: what the plan may contain; None means no pruning, no adoption, everything selected.

    Returns:
        Every resource with what would be done and why; ``plan.effective`` leaves out what stays as it is.

    Raises:
        SpecError: the spec is wrong, or cannot be planned against this workspace.
        StateError: the state is damaged or was written by a newer version.
        BackendError: the workspace could not be read.
        UnsupportedSetup: the target needs an extra that is not installed.
    """
    project = validate(spec, target=target, variables=variables)
    with open_workspace(project, discover(), SystemClock()) as workspace:
        return plan_project(project, workspace, options or PlanOptions()).plan


def apply(
    spec: Specs,
    *,
    target: str | None = None,
    variables: Mapping[str, str] | None = None,
    options: PlanOptions | None = None,
    run: RunOptions | None = None,
    confirm: Callable[[Plan], bool] | None = None,
) -> RunReport | None:
    """Make the workspace what a spec says. Safe to repeat, and to repeat after an interruption.

    A step that fails is no exception: it is in the report, and what does not depend on it was done.

    Args:
        spec, target, variables, options: as for `plan`.
        run: parallelism, how long to wait for the lock, cancellation, a listener for progress; None means the defaults.
        confirm: is shown the plan, an empty one too, and says whether to go on; None goes on.

    Returns:
        What was done; None if there was nothing to do or `confirm` said no. Ask ``report.failed`` and ``report.interrupted``.

    Raises:
        SpecError, BackendError, UnsupportedSetup: as `plan` does.
        StateError: as `plan` does; another apply holds the lock; the workspace changed while `confirm` was thinking.
    """
    project = validate(spec, target=target, variables=variables)
    run = run or RunOptions()
    with open_workspace(project, discover(), run.clock) as workspace:
        _, report = apply_project(project, workspace, options or PlanOptions(), run, confirm or (lambda shown: True))
    return report


def destroy(
    spec: Specs,
    *,
    target: str | None = None,
    variables: Mapping[str, str] | None = None,
    run: RunOptions | None = None,
    confirm: Callable[[Plan], bool] | None = None,
) -> RunReport | None:
    """Remove everything that the project owns, dependants first.

    Args:
        spec, target, variables, run, confirm: as for `apply`.

    Returns:
        As `apply` does.

    Raises:
        SpecError: something bears ``protect: true``; and as `apply` does.
        StateError, BackendError, UnsupportedSetup: as `apply` does.
    """
    options = PlanOptions(destroy=True)
    run = replace(run or RunOptions(), command="destroy")
    return apply(spec, target=target, variables=variables, options=options, run=run, confirm=confirm)


def status(
    spec: Specs,
    *,
    target: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> tuple[ResourceStatus, ...]:
    """How everything in the spec and in the state is, now.

    Args:
        spec, target, variables: as for `validate`.

    Returns:
        By address: health, whether it is as desired, the revision in force, addresses to call.

    Raises:
        SpecError, StateError, BackendError, UnsupportedSetup: as `plan` does.
    """
    project = validate(spec, target=target, variables=variables)
    with open_workspace(project, discover(), SystemClock()) as workspace:
        return status_of(project, workspace)


def reconcile_once(config: str | os.PathLike[str]) -> Mapping[str, PassFacts]:
    """Give every project of a reconcile configuration one pass, as ``amlctl reconcile --config FILE --once`` does.

    Not called `reconcile`: that name is taken by the subpackage, which would take the function's place once it is imported.

    Args:
        config: the configuration file.

    Returns:
        What each project's pass found and did, by the project's name; a project that waited for one which did not become ready is missing.
        A pass that fails is no exception: ``facts.outcome.well`` is false and ``facts.trouble`` says why.

    Raises:
        SpecError: the configuration is wrong; with every problem.
        UnsupportedSetup: its server cannot listen.
    """
    from orchestrator.reconcile.assemble import assembled
    from orchestrator.reconcile.config_read import read_config
    from orchestrator.reconcile.events import silence

    with assembled(read_config(Path(config)), silence) as loop:
        return loop.once()


def _paths(spec: Specs) -> tuple[Path | Written, ...]:
    return (
        tuple(map(source_of, spec)) if isinstance(spec, Sequence) and not isinstance(spec, str) else (source_of(spec),)
    )


def _load_options(target: str | None, variables: Mapping[str, str] | None) -> LoadOptions:
    return LoadOptions(target=target, variables=dict(variables or {}), environ=dict(os.environ))
