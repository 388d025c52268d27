"""``lifecycle:`` of a resource, for all kinds alike."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, ValidationError

from orchestrator.core.address import Address
from orchestrator.core.bodies import Flag, Number
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.fields import FieldNode, node_of
from orchestrator.core.kind import Spec
from orchestrator.core.resource import Lifecycle, Removal, Rerun
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, LocatedList
from orchestrator.spec.body_problems import error, of_finding, show
from orchestrator.spec.draft import Draft
from orchestrator.spec.plainness import has_unknown, not_plain
from orchestrator.spec.wording import findings


class LifecycleBody(Spec):
    """How amlctl treats a resource."""

    depends_on: list[str] | None = Field(None, description="Addresses of resources that must exist before this one.")
    targets: list[str] | None = Field(None, description="Targets that include the resource. Default: all.")
    enabled: Flag | None = Field(None, description="Whether the project includes the resource. Default: true.")
    protect: Flag | None = Field(
        None, description="Whether a plan that deletes or replaces the resource is an error. Default: false."
    )
    ignore: list[str] | None = Field(None, description="Fields whose changes are ignored, as dotted paths.")
    on_removal: Removal | None = Field(None, description="What happens when it is removed from the spec.")
    rerun: Rerun | None = Field(None, description="When the job runs again.")
    timeout: str | Number | None = Field(
        None, description="Time-out of one create, update or run: seconds, or 90s, 30m, 2h."
    )


NONE = Lifecycle()
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")


def seconds(text: str) -> float | None:
    """Seconds of ``90s``, ``30m``, ``2h``, ``1h30m``, ``1d``; None if the text is no duration."""
    pieces = _DURATION.findall(text)
    if not pieces or _DURATION.sub("", text).strip():
        return None
    return sum(float(amount) * _UNITS[unit] for amount, unit in pieces)


def read_lifecycle(draft: Draft) -> tuple[Lifecycle, list[tuple[str, Span]], list[Diagnostic]]:
    """Read what a draft says of its life.

    Returns:
        The settings, the addresses it depends on (as written, with their places) and every mistake.
    """
    written = draft.lifecycle
    if written is None:
        return (NONE if draft.parent is None else _inherited(draft)), [], []
    holder = LocatedDict(mark=draft.body.value_span("lifecycle"))
    holder["lifecycle"] = written
    problems = _problems(draft.address, written, holder)
    problems += not_plain(
        draft.address,
        holder,
        ("lifecycle",),
        code="invalid-value",
        fix="Write a literal value, or use a variable: ${var.NAME}.",
    )
    timeout, wrong = _timeout(draft.address, written)
    if problems or has_unknown(written):
        return NONE, _addresses(written) if isinstance(written, LocatedDict) else [], problems + wrong
    lifecycle = Lifecycle(
        protect=bool(written.get("protect")),
        ignore=tuple(written.get("ignore") or ()),
        on_removal=Removal(written["on_removal"]) if written.get("on_removal") else None,
        rerun=Rerun(written["rerun"]) if written.get("rerun") else Rerun.ON_CHANGE,
        timeout_s=timeout,
    )
    return lifecycle, _addresses(written), wrong


def _problems(address: Address, written: Any, holder: LocatedDict) -> list[Diagnostic]:
    if not isinstance(written, LocatedDict):
        detail = f"'lifecycle' of {address} must be a mapping; got {show(written)}."
        return [
            error(
                "wrong-type",
                detail,
                "Write, for example, 'lifecycle: {protect: true}'.",
                holder.value_span("lifecycle"),
                address,
            )
        ]
    try:
        LifecycleBody.model_validate(written)
    except ValidationError as failure:
        found = findings(written, failure.errors(include_url=False, include_input=False))
        node = FieldNode(fields={"lifecycle": node_of(LifecycleBody)})
        return [
            of_finding(address, holder, node, finding._replace(path=("lifecycle", *finding.path))) for finding in found
        ]
    return []


def _timeout(address: Address, written: Any) -> tuple[float | None, list[Diagnostic]]:
    value = written.get("timeout") if isinstance(written, LocatedDict) else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None, []
    bound = seconds(value) if isinstance(value, str) else float(value)
    if bound is not None and bound > 0:
        return bound, []
    detail = f"'timeout' of {address} is {show(value)}, which is not a duration."
    fix = "Use seconds, or a number with a unit (s, m, h, d): 90s, 30m, 2h."
    return None, [error("invalid-value", detail, fix, written.value_span("timeout"), address)]


def _addresses(written: LocatedDict) -> list[tuple[str, Span]]:
    needs = written.get("depends_on")
    needs = needs if isinstance(needs, list) else ()
    return [
        (text, needs.value_span(number) if isinstance(needs, LocatedList) else written.value_span("depends_on"))
        for number, text in enumerate(needs)
        if isinstance(text, str)
    ]


def _inherited(draft: Draft) -> Lifecycle:
    """A part without settings of its own shares its parent's protection, removal and the ignored fields it took over."""
    parent = draft.parent
    if parent is None or not isinstance(parent.lifecycle, LocatedDict):
        return NONE
    settings, _, problems = read_lifecycle(parent)
    if problems:
        return NONE
    ignore = tuple(path for path in settings.ignore if path.split(".")[0] in draft.body)
    return Lifecycle(protect=settings.protect, ignore=ignore, on_removal=settings.on_removal)
