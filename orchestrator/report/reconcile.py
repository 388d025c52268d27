"""What the reconcile loop knows of its projects, as text and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.report.style import PLAIN, Style, harmless, one_line

NEVER: Final[Mapping[str, Any]] = {
    "type": "Stalled",
    "status": True,
    "reason": "NeverPlanned",
    "message": "No pass yet. Start `amlctl reconcile`.",
}
"""What is said of a project that no loop has ever looked at."""

_SHOWN = 8
"""Most changes, drifts and passes that the text lists; the JSON form has all."""


def reconcile_text(documents: Mapping[str, Mapping[str, Any]], style: Style = PLAIN) -> str:
    """Each project with its conditions, revisions, pending changes, drift and last passes.

    Args:
        documents: project to the document that the loop keeps with the state.
        style: colours.
    """
    return "\n\n".join(
        "\n".join(_project(one_line(name), _harmless(document), style)) for name, document in documents.items()
    )


def _harmless(value: Any, key: str = "") -> Any:
    """The document without what could steer a terminal or begin a line that is not ours; messages are told line by line."""
    if isinstance(value, Mapping):
        return {one_line(name): _harmless(item, str(name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_harmless(item) for item in value]
    if isinstance(value, str):
        return harmless(value) if key == "message" else one_line(value)
    return value


def reconcile_json(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The same as data."""
    return {"projects": {name: dict(document) for name, document in documents.items()}}


def _project(name: str, document: Mapping[str, Any], style: Style) -> Iterator[str]:
    conditions = {condition["type"]: condition for condition in document.get("conditions", ())}
    yield style(name, "bold") + (style("  suspended", "yellow") if document.get("suspended") else "")
    for type_ in ("Ready", "Reconciling", "Stalled"):
        if type_ in conditions:
            yield from _condition(conditions[type_], style)
    if document.get("standing_by_for"):
        yield f"  standing by: {document['standing_by_for']}"
    elif not conditions:
        yield from _condition(NEVER, style)
    yield from _revisions(document)
    for change in document.get("pending", ())[:_SHOWN]:
        yield one_line(f"  {_pending(change)}")
    yield from _more("pending", document.get("waiting", 0))
    for address, since in list(document.get("drift", {}).items())[:_SHOWN]:
        yield f"  drift: {address} since {since}"
    if document.get("orphaned"):
        yield f"  orphaned: {', '.join(document['orphaned'][:_SHOWN])}"
    for entry in document.get("history", ())[:_SHOWN]:
        yield "  " + style(_pass(entry), "dim")


def _pending(change: Mapping[str, Any]) -> str:
    """What waits: what the spec asks for is pending, what others changed is drift."""
    kind, cause, reason = "drift" if change.get("drift") else "pending", change.get("cause", ""), change["reason"]
    held = bool(change.get("why")) and bool(cause)
    why = f"{cause.removeprefix('drift: ')}; {reason}" if held else reason
    return f"{kind}: {change['action']} {change['address']} ({why})"


def _condition(condition: Mapping[str, Any], style: Style) -> Iterator[str]:
    good = condition["status"] == (condition["type"] == "Ready")
    colour = "green" if good else "yellow" if condition["type"] == "Reconciling" else "red"
    status = style("True " if condition["status"] else "False", colour)
    first, *rest = (condition["message"] or "").splitlines() or [""]
    yield f"  {condition['type']:<12} {status}  {condition['reason']}  {first}".rstrip()
    yield from (f"      {line}" for line in rest[:_SHOWN])


def _revisions(document: Mapping[str, Any]) -> Iterator[str]:
    attempted, applied = document.get("attempted"), document.get("applied")
    if applied:
        yield f"  applied:   {_tried(applied)}"
    if attempted and (not applied or attempted["id"] != applied["id"]):
        yield f"  attempted: {_tried(attempted)}"
    if document.get("retry_at"):
        failures = document["failures"]
        yield f"  next try:  {document['retry_at']}, after {failures} failure{'' if failures == 1 else 's'}"


def _tried(tried: Mapping[str, Any]) -> str:
    return one_line(f"{tried['id'][:12]}  {tried['at']}  {tried['message']}").rstrip()


def _pass(entry: Mapping[str, Any]) -> str:
    what = f", {entry['changed']} changed" if entry["changed"] else ""
    healed = f", {len(entry['healed'])} healed" if entry["healed"] else ""
    times = f" × {entry['times']}" if entry["times"] > 1 else ""
    lines = entry["message"].splitlines()
    return f"{entry['until']}  {entry['outcome']}{times}{what}{healed}  {lines[0] if lines else ''}".rstrip()


def _more(what: str, count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"  and {count - _SHOWN} more {what}"
