"""A resource in its three states: desired by the spec, applied by us, observed in the workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.health import Health
from orchestrator.core.span import NOWHERE, Span
from orchestrator.core.value import Reference

OWNER_TAG = "amlctl.project"
ADDRESS_TAG = "amlctl.address"
FINGERPRINT_TAG = "amlctl.fingerprint"
ADOPTED_TAG = "amlctl.adopted"
MARK_TAGS = (OWNER_TAG, ADDRESS_TAG, FINGERPRINT_TAG, ADOPTED_TAG)
"""Tags that mark a live object as owned; never part of a diff."""


def mark_tags(owner: str, address: Address | str, fingerprint: str, *, adopted: bool) -> dict[str, str]:
    """The tags that mark a live object.

    Args:
        fingerprint: packed.
        adopted: others made it. Says nothing if not, so that most objects bear one tag less.
    """
    marks = {OWNER_TAG: owner, ADDRESS_TAG: str(address), FINGERPRINT_TAG: fingerprint}
    return marks | ({ADOPTED_TAG: "true"} if adopted else {})


class Removal(StrEnum):
    """What becomes of a live object whose resource left the spec (with ``--prune``) or is destroyed."""

    DELETE = "delete"
    ARCHIVE = "archive"
    KEEP = "keep"


class Rerun(StrEnum):
    """When the job runs again."""

    ON_CHANGE = "on_change"
    ALWAYS = "always"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """How a resource wants to be treated.

    Attributes:
        protect: a plan that would delete or replace it is refused.
        ignore: dotted field paths left to others.
        on_removal: None means the kind's own default.
        rerun: for jobs.
        timeout_s: bound on one create, update or run, in seconds; None means the kind's default.
    """

    protect: bool = False
    ignore: tuple[str, ...] = ()
    on_removal: Removal | None = None
    rerun: Rerun = Rerun.ON_CHANGE
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A request to send to an endpoint and what must come back.

    Attributes:
        name: for people.
        body: the request's JSON text.
        headers: further request headers.
        status: the HTTP status that must come back.
        expect: what the JSON answer must be; None means any.
        match: ``equal``, or ``subset`` (every expected member is there, others may be).
        timeout_s: seconds for one request.
        span: where it is written.
    """

    name: str
    _: KW_ONLY
    body: str
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200
    expect: Any = None
    has_expect: bool = False
    match: str = "equal"
    timeout_s: float = 30.0
    span: Span = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """A resource as the spec wants it.

    Attributes:
        address: its name.
        properties: the CLI v2 body as written, expressions resolved; may hold `Reference`, `Template`, `Secret` and
            `LocalFiles`. `lifecycle` and what is only ours (tests) are taken out.
        content: digest of the fields and files that decide what it does; references appear as their text.
        metadata: digest of the labels.
        run_settings: digest of the fields that matter to neither, such as a job's compute; part of the spec's digest only.
        references: every mention of another resource, in document order.
        depends_on: addresses of this spec that must be there first (references and ``lifecycle.depends_on``).
        files: a label for people (path from the spec's folder) to the digest of each local file.
        lifecycle: see `Lifecycle`.
        version: the version the spec pins, or None.
        checks: requests that must be answered right after each create or update.
        span: the place of the resource's key in the spec.
        source: the located body, for positions of single fields.
        variant: the shape of the body inside its kind: ``amlcompute``, ``command``, ``automl.classification``, …
        key: the address with keys in place of names, where a name follows the target; it stays while the name changes. Else empty.
        target: in which target, where there is a key.
    """

    address: Address
    properties: Mapping[str, Any]
    content: str
    metadata: str = ""
    references: tuple[Reference, ...] = ()
    depends_on: frozenset[Address] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = Lifecycle()
    version: str | None = None
    checks: tuple[Check, ...] = ()
    span: Span = NOWHERE
    source: Any = None
    variant: str = ""
    run_settings: str = ""
    key: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """A resource as this tool last wrote it; kept in the state.

    Attributes:
        properties: plain data (see `core.value.plain`), references pinned. Tells "removed from the spec" from "set by the service".
        fingerprint: of the content that was applied.
        revision: the version or run it stands for; empty for named resources.
        depends_on: kept so that an orphan is removed in the right order.
        files: label to digest, so that a plan can name the file that changed.
        upstream: for each address (or external text) that cascades, its identity at that time; names the culprit in a plan.
        tainted: the last apply failed half-way: try again.
        duration_s: how long the run or creation took.
        on_removal: what the spec last said about removal.
        protect: what the spec last said about protection; holds for orphans too.
        adopted: others made it.
        key: as in `Desired`.
        target: in which target, where there is a key.
    """

    address: Address
    _: KW_ONLY
    properties: Mapping[str, Any]
    fingerprint: Fingerprint
    revision: str = ""
    depends_on: frozenset[Address] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)
    tainted: bool = False
    duration_s: float | None = None
    on_removal: Removal | None = None
    protect: bool = False
    adopted: bool = False
    key: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True)
class Observed:
    """A live object of the workspace: facts, no verdict.

    Attributes:
        address: where it would stand in a spec.
        revision: its version or run name; empty for named resources.
        properties: the live body, plain data.
        fingerprint: the packed tag (see `Fingerprint.pack`) put there by its owner; None if it bears none.
        owner: the project that owns it; None if it bears no mark.
        health: how it is.
        message: in words, when not healthy.
        attributes: values that only the service knows: ``scoring_uri``, ``outputs``, ``duration_s``, ``label``, …
        order: rises with each creation inside the workspace; the highest is the latest.
        archived: hidden from lists; the version number stays taken.
        adopted: its owner took it over and did not make it.
        unreadable: why nothing but its name is known; empty if it could be read.
    """

    address: Address
    revision: str
    _: KW_ONLY
    properties: Mapping[str, Any]
    fingerprint: str | None = None
    owner: str | None = None
    health: Health = Health.HEALTHY
    message: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    order: int = 0
    archived: bool = False
    adopted: bool = False
    unreadable: str = ""
