"""Why something changes or stays, as data. `report.reasons` has the sentences."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Cause(StrEnum):
    """Why a resource or a field changes or is left alone. The values are part of the plan's JSON."""

    UNCHANGED = "unchanged"
    NEW = "new"
    # Edits of the spec.
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    DIFFERS = "differs"
    CONTENT = "content"
    OTHER_CONTENT = "other-content"
    METADATA = "metadata"
    IMMUTABLE = "immutable"
    LIFECYCLE = "lifecycle"
    RENAMED = "renamed"
    RENAMED_TO = "renamed-to"
    FORMER_STAYS = "former-stays"
    # What lies upstream, or how it is told.
    UPSTREAM = "upstream"
    OTHER_UPSTREAM = "other-upstream"
    UPSTREAM_REPLACED = "upstream-replaced"
    EARLIER_APPLY = "earlier-apply"
    SCHEME = "fingerprint-scheme"
    # Changes by others.
    DRIFT = "drift"
    DELETED_OUTSIDE = "deleted-outside"
    ARCHIVED_OUTSIDE = "archived-outside"
    OWNER_MARK_REMOVED = "owner-mark-removed"
    # What is there already, or was tried before.
    ADOPT = "adopt"
    ADOPT_FOREIGN = "adopt-foreign"
    ADOPT_UNRECORDED = "adopt-unrecorded"
    ADOPT_SAME = "adopt-same"
    REUSE = "reuse"
    RESTORE = "restore"
    LAST_APPLY_FAILED = "last-apply-failed"
    IN_FLIGHT = "in-flight"
    RETRY = "retry"
    ALWAYS = "always"
    MANUAL = "manual"
    # Fields that are left alone.
    SAME_CONTENT = "same-content"
    COMPUTED = "computed"
    IGNORED = "ignored"
    RUN_SETTING = "run-setting"
    UNREADABLE = "unreadable"
    LEFT_TO_SERVICE = "left-to-service"
    ALREADY_SO = "already-so"
    NOT_RETURNED = "not-returned"
    # What goes, and what stays of it.
    DESTROY = "destroy"
    LEFT_SPEC = "left-spec"
    ARCHIVED = "archived"
    KEPT = "kept"
    GONE_ALREADY = "gone-already"
    UNMARKED_STAYS = "unmarked-stays"
    INBORN_STAYS = "inborn-stays"
    ADOPTED_STAYS = "adopted-stays"
    PRUNE_REMOVES = "prune-removes"
    PRUNE_FORGETS = "prune-forgets"
    OTHER_TARGET = "other-target"


BY_OTHERS: Final = frozenset({Cause.DRIFT, Cause.DELETED_OUTSIDE, Cause.ARCHIVED_OUTSIDE, Cause.OWNER_MARK_REMOVED})
"""Somebody changed the workspace; the spec did not."""

FROM_UPSTREAM: Final = frozenset({Cause.UPSTREAM, Cause.OTHER_UPSTREAM, Cause.UPSTREAM_REPLACED})
"""Only what lies upstream is another one."""


class CulpritKind(StrEnum):
    """What a culprit's name is the name of."""

    RESOURCE = "resource"
    EXTERNAL = "external"
    FIELD = "field"
    FILE = "file"
    ADDED_FILE = "added-file"
    REMOVED_FILE = "removed-file"
    VERSION = "version"
    RUN = "run"
    ATTEMPT = "attempt"
    SCHEME = "scheme"
    TARGET = "target"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Culprit:
    """What is behind a cause.

    Attributes:
        name: an address, a dotted path, a file's label, a revision; of a RULE what the kind's model says about the field.
    """

    kind: CulpritKind
    name: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A cause with all its culprits, most telling first."""

    cause: Cause
    culprits: tuple[Culprit, ...] = ()

    def __str__(self) -> str:
        """The bare data, for refusals: ``immutable: size, tier``."""
        names = ", ".join(culprit.name for culprit in self.culprits)
        return f"{self.cause.value}: {names}" if names else self.cause.value


def because(cause: Cause, kind: CulpritKind, *names: str) -> Reason:
    """A reason whose culprits are all of one kind."""
    return Reason(cause, tuple(Culprit(kind, name) for name in names))


def in_short(reasons: Collection[Reason]) -> str:
    """Reasons as bare data, for refusals that name them."""
    return "; ".join(map(str, reasons))
