"""What an exception or a report says about a pass."""

from __future__ import annotations

from pathlib import Path

from orchestrator.core.defects import recorded
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.errors import BackendError, Locked, StateError, UnsupportedSetup
from orchestrator.core.run import Outcome as StepOutcome
from orchestrator.core.run import RunReport
from orchestrator.core.span import NOWHERE, Span
from orchestrator.reconcile.outcome import Trouble
from orchestrator.reconcile.ports import Revision, SourceError, SourceStalled

_PASSING_CODES = frozenset({"Transient", "Throttled", "TimedOut"})
"""Types of step errors that lie outside of the revision."""

_PASSING_STATES = frozenset({"plan-outdated", "state-moved-on"})


def of_source(error: SourceError) -> Trouble:
    """The newest revision could not be had."""
    message = _with_fix(error.detail, error.fix)
    if isinstance(error, SourceStalled):
        return Trouble("SourceStalled", message, stalls=True)
    return Trouble("SourceUnavailable", message, passing=True)


def of_exception(error: Exception, revision: Revision | None, *, planning: bool) -> Trouble:
    """Something was raised while loading, looking or applying.

    Args:
        error: what was raised.
        revision: what was tried; places in its files are told from its folder.
        planning: the spec had been loaded already.
    """
    if isinstance(error, SpecError):
        return Trouble("PlanRefused" if planning else "InvalidSpec", _spec_message(error, revision), stalls=True)
    if isinstance(error, Locked):
        return Trouble("Locked", error.detail, passing=True)
    if isinstance(error, StateError):
        reason = "WorkspaceMoved" if error.code in _PASSING_STATES else "StateUnusable"
        return Trouble(reason, _with_fix(error.detail, error.fix), passing=True)
    if isinstance(error, BackendError):
        return Trouble("WorkspaceUnavailable", _with_fix(error.detail, error.fix), passing=True)
    if isinstance(error, UnsupportedSetup):
        return Trouble("UnsupportedSetup", _with_fix(error.detail, error.fix), stalls=True)
    if isinstance(error, OSError):
        return Trouble(
            "MachineTrouble", f"{error.strerror or error}: {error.filename or 'no file named'}", passing=True
        )
    # The text of an exception that nobody foresaw may hold anything, so only its type is shown.
    defect = recorded(error)
    return Trouble("InternalError", f"{defect.sentence('The pass')} {defect.fix}")


def of_report(report: RunReport, revision: Revision | None = None) -> Trouble | None:
    """What failed while applying; the root before what was skipped because of it. Places are told from the revision's folder."""
    failed = [result for result in report.results if result.outcome is StepOutcome.FAILED]
    skipped = [result for result in report.results if result.outcome is StepOutcome.SKIPPED]
    if not failed and not skipped:
        return None
    first = (failed or skipped)[0]
    place = _place(first.span, revision)
    more = f" (and {len(failed) + len(skipped) - 1} more)" if len(failed) + len(skipped) > 1 else ""
    passing = bool(failed) and all(result.code in _PASSING_CODES for result in failed)
    return Trouble(
        "ApplyFailed", f"{place}{first.address}: {_without_checkout(first.error, revision)}{more}", passing=passing
    )


def _spec_message(error: SpecError, revision: Revision | None) -> str:
    first = error.diagnostics[0]
    more = f" (and {len(error.diagnostics) - 1} more)" if len(error.diagnostics) > 1 else ""
    return f"{_place(first.subject, revision)}{_with_fix(first.detail, first.fix)}{more}"


def _place(span: Span | None, revision: Revision | None) -> str:
    if span is None or span == NOWHERE:
        return ""
    if revision is None:
        return f"{span}: "
    folder = _folder(revision)
    file = Path(span.file).absolute()  # spans of files below the working folder are relative to it
    return f"{span._replace(file=str(file.relative_to(folder))) if file.is_relative_to(folder) else span}: "


def _folder(revision: Revision) -> Path:
    return (revision.path if revision.path.is_dir() else revision.path.parent).absolute()


def _without_checkout(text: str, revision: Revision | None) -> str:
    """Files of a checkout by their names in the repository: where it lies says nothing to people and changes with every revision."""
    return text if revision is None else text.replace(f"{_folder(revision)}/", "")


def _with_fix(detail: str, fix: str) -> str:
    return f"{detail} {fix}".strip()
