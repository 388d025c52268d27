"""Sentences for causes: the only place that has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from orchestrator.core.change import ABSENT, Change, FieldChange
from orchestrator.core.reason import Cause, Culprit, CulpritKind, Reason
from orchestrator.core.tree import dotted

SHOWN = 3
"""How many files or fields a reason names before it counts the rest: a plan's line stays a line."""

_DIGEST_SHOWN = 12
_LONGEST_VALUE = 40

SENTENCES: Final[Mapping[Cause, str]] = {
    Cause.UNCHANGED: "unchanged",
    Cause.NEW: "new",
    Cause.ADDED: "added",
    Cause.CHANGED: "changed",
    Cause.REMOVED: "removed",
    Cause.DIFFERS: "differs",
    Cause.CONTENT: "content",
    Cause.OTHER_CONTENT: "content: changed",
    Cause.METADATA: "metadata",
    Cause.IMMUTABLE: "immutable",
    Cause.LIFECYCLE: "lifecycle",
    Cause.RENAMED: "renamed: was {0}",
    Cause.RENAMED_TO: "renamed to {0}",
    Cause.FORMER_STAYS: "which stays (on_removal: keep)",
    Cause.UPSTREAM: "upstream",
    Cause.OTHER_UPSTREAM: "upstream: other inputs",
    Cause.UPSTREAM_REPLACED: "upstream: {0} is replaced",
    Cause.EARLIER_APPLY: "changed by an earlier apply",
    Cause.SCHEME: "fingerprint scheme {0} → {1}",
    Cause.DRIFT: "drift",
    Cause.DELETED_OUTSIDE: "drift: {each} deleted outside",
    Cause.ARCHIVED_OUTSIDE: "drift: {each} archived outside",
    Cause.OWNER_MARK_REMOVED: "drift: ownership tag removed outside",
    Cause.ADOPT: "adopt: {each}",
    Cause.ADOPT_FOREIGN: "adopt: not created by this project",
    Cause.ADOPT_UNRECORDED: "adopt: owned by this project, but missing from the state",
    Cause.ADOPT_SAME: "adopt: {each} has this content",
    Cause.REUSE: "reuse: {each} has this content",
    Cause.RESTORE: "restore: {each} has this content",
    Cause.LAST_APPLY_FAILED: "last apply failed",
    Cause.IN_FLIGHT: "in flight: adopt {0}",
    Cause.RETRY: "retry: attempt {0} after {1} failed",
    Cause.ALWAYS: "always: lifecycle.rerun",
    Cause.MANUAL: "manual: select it by name to run it again",
    Cause.SAME_CONTENT: "the content is the same",
    Cause.COMPUTED: "computed",
    Cause.IGNORED: "ignored: lifecycle.ignore",
    Cause.RUN_SETTING: "run setting",
    Cause.UNREADABLE: "cannot be read back",
    Cause.LEFT_TO_SERVICE: "set by the service",
    Cause.ALREADY_SO: "already applied in the workspace",
    Cause.NOT_RETURNED: "not returned by the service and cannot be changed in place",
    Cause.DESTROY: "destroy",
    Cause.LEFT_SPEC: "removed from the spec",
    Cause.ARCHIVED: "archived",
    Cause.KEPT: "on_removal: keep",
    Cause.GONE_ALREADY: "already deleted",
    Cause.UNMARKED_STAYS: "it has no ownership tag of this project, so it is kept",
    Cause.INBORN_STAYS: "every workspace contains it, so it is kept",
    Cause.ADOPTED_STAYS: "adopted, not created by this project, so it is kept",
    Cause.PRUNE_REMOVES: "removed from the spec; use --prune to delete it",
    Cause.PRUNE_FORGETS: "removed from the spec; use --prune to forget it",
    Cause.OTHER_TARGET: "belongs to target '{0}'",
}
"""Of each cause. ``{0}`` is the first culprit's name, ``{each}`` stands for all; without either, culprits follow a colon."""

_ALONE: Final[Mapping[Cause, str]] = {Cause.DELETED_OUTSIDE: "drift: deleted outside"}
"""Of causes that have no culprit."""

_NOUNS: Final[Mapping[CulpritKind, str]] = {
    CulpritKind.VERSION: "version {}",
    CulpritKind.RUN: "run {}",
    CulpritKind.ADDED_FILE: "{} (added)",
    CulpritKind.REMOVED_FILE: "{} (removed)",
}


def some(names: Iterable[str]) -> str:
    """A few names, and how many more there are."""
    every = list(names)
    rest = len(every) - SHOWN
    return ", ".join(every[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def change_reason(change: Change) -> str:
    """Why a resource changes or stays, in words."""
    first, *more = (_sentence(reason, change.fields) for reason in change.reasons)
    if not more:
        return first
    if change.cause is Cause.MANUAL:
        return f"{first} ({'; '.join(more)})"
    if change.reasons[-1].cause is Cause.FORMER_STAYS:
        return f"{first}, {more[-1]}"
    return "; ".join((first, *more))


def field_reason(field: FieldChange) -> str:
    """Why a field changes or is left alone, in words."""
    return _sentence(field.reason, ())


def change_note(change: Change) -> str:
    """What else people should know of a change; empty if nothing."""
    made = dict.fromkeys(f"{found.reference} comes from {found.job}" for found in change.registered)
    return "; ".join(filter(None, (_last_run(change.last_run_s), some(made))))


def _sentence(reason: Reason, fields: Sequence[FieldChange]) -> str:
    text, found = SENTENCES[reason.cause], reason.culprits
    if not found:
        return _ALONE.get(reason.cause, text)
    if reason.cause is Cause.ADOPTED_STAYS:
        return f"{', '.join(culprit.name for culprit in found)} {text}"
    each = some(_phrase(culprit, reason.cause, fields) for culprit in found)
    if "{" in text:
        return text.format(*(culprit.name for culprit in found), each=each)
    return f"{text}: {each}"


def _phrase(culprit: Culprit, cause: Cause, fields: Sequence[FieldChange]) -> str:
    if cause is Cause.DRIFT:
        for field in fields:
            if dotted(field.path) == culprit.name:
                return f"{culprit.name} {brief(field.desired)} → {brief(field.observed)}"
    return _NOUNS.get(culprit.kind, "{}").format(culprit.name)


def brief(value: Any) -> str:
    """A short text of a plain value; of files the beginning of their digest, of secrets nothing."""
    if value is ABSENT:
        return "(none)"
    if isinstance(value, Mapping) and value.keys() == {"$files"}:
        return f"files {str(value['$files'])[:_DIGEST_SHOWN]}"
    if isinstance(value, Mapping) and any(str(name).startswith("$") for name in value):
        return "(not shown)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _last_run(duration_s: float | None) -> str:
    """How long the last run took, for those who wonder whether to wait."""
    if duration_s is None:
        return ""
    seconds = round(duration_s)
    if seconds < 1:
        return "last run took less than a second"
    if seconds < 120:
        return f"last run took {seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 120:
        return f"last run took {minutes} min {seconds} s"
    return f"last run took {minutes // 60} h {minutes % 60} min"
