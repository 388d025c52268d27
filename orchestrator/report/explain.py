"""Why a resource will, or will not, change, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orchestrator.core.change import Action, Change, FieldChange
from orchestrator.core.explanation import Explanation, Link
from orchestrator.core.reason import Cause
from orchestrator.core.tree import dotted
from orchestrator.report.plan import SYMBOLS, verb_phrase
from orchestrator.report.reasons import SENTENCES, brief, change_note, change_reason, field_reason
from orchestrator.report.style import PLAIN, Style, one_line


def explanation_text(explanation: Explanation, style: Style = PLAIN) -> str:
    """The decision, why, the chain up to its root causes, and what follows from it."""
    change = explanation.change
    head = one_line(f"{SYMBOLS[change.action]} {change.address}   {verb_phrase(change)}")
    lines = [style(head, "bold"), ""]
    lines += [f"  {one_line(sentence)}" for sentence in sentences(explanation)]
    if len(explanation.chain) > 1:
        lines += ["", "  Because of:"]
        for depth, link in enumerate(explanation.chain):
            root = style("  ← root cause", "dim") if link.root else ""
            reason = style(one_line(link_reason(link)), "dim")
            lines.append(f"  {'  ' * depth}{one_line(link.address)}   {reason}{root}")
    if explanation.consequences:
        names = ", ".join(str(address) for address in explanation.consequences)
        lines += ["", one_line(f"  Affects: {names}")]
    return "\n".join(lines)


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """The same as data, as ``explain --format json`` prints it."""
    change = explanation.change
    return {
        "address": str(change.address),
        "action": change.action.value,
        "reason": change_reason(change),
        "sentences": list(sentences(explanation)),
        "chain": [
            {"address": str(link.address), "reason": link_reason(link), "root": link.root} for link in explanation.chain
        ],
        "consequences": [str(address) for address in explanation.consequences],
    }


def link_reason(link: Link) -> str:
    """Why the decision of a link is as it is, in words."""
    return SENTENCES[Cause.EARLIER_APPLY] if link.earlier else change_reason(link.change)


def sentences(explanation: Explanation) -> tuple[str, ...]:
    """The decision in full sentences, most important first."""
    return tuple(_sentences(explanation.change, explanation.chain))


def _sentences(change: Change, chain: tuple[Link, ...]) -> Iterator[str]:
    yield _decision(change)
    for field in change.fields:
        if (
            field.action is not Action.NOOP
            and change.action is not Action.CREATE
            and field.reason.cause is not Cause.NEW
        ):
            yield f"{_field(field)}."
    for link in chain:
        if link.root and link.address != change.address:
            yield f"Root cause: {link.address}: {link_reason(link)}."
    for field in change.fields:
        if field.action is Action.NOOP:
            yield f"Ignored: {_field(field)}."
    note = change_note(change)
    if note:
        yield f"{note[0].upper()}{note[1:]}."


def _field(field: FieldChange) -> str:
    before = field.observed if field.drift else field.applied
    return f"{dotted(field.path)}: {brief(before)} → {brief(field.desired)} ({field_reason(field)})"


def _decision(change: Change) -> str:
    address, reason, after = change.address, change_reason(change), change.after
    if change.orphaned:
        return f"{address} stays unchanged: {reason}."
    if change.action is Action.NOOP:
        agreed = "spec, state and workspace match" if change.cause is Cause.UNCHANGED else reason
        return f"{address} will not change: {agreed}."
    if change.reuse:
        return f"{address} will be recorded{f' as {after}' if after else ''} without running again: {reason}."
    return f"{address} will be {_DONE[change.action].format(after=after)}: {reason}."


_DONE = {
    Action.FORGET: "removed from the state, and the live resource is kept",
    Action.UPDATE: "updated in place",
    Action.REVISE: "published as version {after}",
    Action.RUN: "run as {after}",
    Action.CREATE: "created",
    Action.REPLACE: "deleted and created again",
    Action.DELETE: "deleted",
}
