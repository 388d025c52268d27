"""A plan as text for terminals and as Markdown for pull requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from orchestrator.core.change import ABSENT, Action, Change, FieldChange
from orchestrator.core.plan import Plan
from orchestrator.core.reason import FROM_UPSTREAM, Cause
from orchestrator.core.tree import dotted
from orchestrator.report.reasons import change_note, change_reason, field_reason
from orchestrator.report.style import PLAIN, Style, harmless, markdown, markdown_code, one_line

SYMBOLS = {
    Action.NOOP: "=",
    Action.FORGET: "!",
    Action.UPDATE: "~",
    Action.REVISE: "~",
    Action.RUN: ">",
    Action.CREATE: "+",
    Action.REPLACE: "±",
    Action.DELETE: "-",
}
_COLOURS = {
    Action.UPDATE: "yellow",
    Action.REVISE: "yellow",
    Action.RUN: "cyan",
    Action.CREATE: "green",
    Action.REPLACE: "magenta",
    Action.DELETE: "red",
    Action.FORGET: "magenta",
    Action.NOOP: "dim",
}
_VALUE_WIDTH = 60
_BEFORE_CHANGE = 20
"""How much of what two long texts have in common is shown before they differ."""
_NAMED = 8


def plan_text(plan: Plan, style: Style = PLAIN, *, verbose: bool = False) -> str:
    """Render a plan for people.

    Args:
        plan: what to show.
        style: colours.
        verbose: show every field, suppressed ones with their reasons included.
    """
    lines = [
        style(
            one_line(f"{plan.project} → {plan.workspace_label or plan.base.workspace} (serial {plan.base.serial})"),
            "bold",
        ),
        "",
    ]
    effective = [change for change in plan.changes if change.action is not Action.NOOP]
    width = min(max((len(str(change.address)) for change in effective), default=0), 56)
    phrases = min(max((len(verb_phrase(change)) for change in effective), default=0), 44)
    for change in effective:
        lines.extend(_change_lines(change, (width, phrases), style, verbose=verbose))
    orphans = [change for change in plan.changes if change.orphaned]
    lines.extend(
        f"  {style('?', 'magenta')} {one_line(f'{c.address}   orphaned   {change_reason(c)}')}" for c in orphans
    )
    unchanged = [change for change in plan.changes if change.action is Action.NOOP and not change.orphaned]
    lines.extend(_unchanged_lines(unchanged, style, verbose=verbose))
    lines.extend(_drift_lines(plan.changes, style))
    lines.extend(f"  {style('!', 'yellow')} {one_line(warning.detail)}" for warning in plan.warnings)
    gap = [""] if lines[-1] else []
    lines.extend([*gap, style(f"Plan: {summary_line(plan)}", "bold")])
    return "\n".join(lines)


def summary_line(plan: Plan) -> str:
    """The counts in words: ``1 to create, 2 to update, 1 to run, 0 to delete, 3 unchanged.``"""
    count = plan.summary()
    parts = [
        f"{count['create']} to create",
        f"{count['update'] + count['revise']} to update",
        f"{count['run']} to run",
    ]
    if count["replace"]:
        parts.append(f"{count['replace']} to replace")
    parts.append(f"{count['delete']} to delete")
    if count["forget"]:
        parts.append(f"{count['forget']} to forget")
    parts.append(f"{count['unchanged']} unchanged")
    if count["orphaned"]:
        parts.append(f"{count['orphaned']} orphaned")
    return ", ".join(parts) + "."


def verb_phrase(change: Change) -> str:
    """What happens, in words: ``new version 4be1c09d77aa (was 9f2c41aa03de)``."""
    if change.reuse and not change.after:
        return "record only"
    if change.reuse:
        return f"reuse {change.after}" + (
            f" (was {change.before})" if change.before and change.before != change.after else ""
        )
    match change.action:
        case Action.REVISE:
            return f"new version {change.after}" + (f" (was {change.before})" if change.before else "")
        case Action.CREATE:
            return f"create version {change.after}" if change.after else "create"
        case Action.RUN:
            return "run again" if change.before else "run"
        case Action.UPDATE if change.before and change.after and change.before != change.after:
            return f"reuse {change.after} (was {change.before})"
        case Action.FORGET:
            return "forget (the live resource is kept)"
        case Action.NOOP:
            return "orphaned" if change.orphaned else "unchanged"
        case _:
            return change.action.value


def _change_lines(change: Change, widths: tuple[int, int], style: Style, *, verbose: bool) -> Iterable[str]:
    symbol = style(SYMBOLS[change.action], _COLOURS[change.action])
    note = change_note(change)
    note = style(f"   {one_line(note)}", "dim") if note else ""
    head = one_line(f"{change.address!s:<{widths[0]}}   {verb_phrase(change):<{widths[1]}}")
    yield f"  {symbol} {head}   {style(one_line(change_reason(change)), 'dim')}{note}"
    for field in change.fields if verbose else _telling_fields(change):
        yield f"      {_field_line(field, style)}"


def _telling_fields(change: Change) -> tuple[FieldChange, ...]:
    """The fields that say more than the change's own line: not all of what is new, not the cascade's new names and digests."""
    if change.action is Action.CREATE or (change.before is None and change.action is Action.RUN):
        return ()
    if change.action in (Action.RUN, Action.REVISE) and change.cause in FROM_UPSTREAM:
        return ()
    return tuple(f for f in change.fields if f.action is not Action.NOOP and not _is_files(f.desired))


def _is_files(value: Any) -> bool:
    return isinstance(value, dict) and "$files" in value


def _field_line(field: FieldChange, style: Style) -> str:
    before = field.applied if field.applied is not ABSENT else field.observed
    if field.drift:
        before = field.observed
    old, new = show_change(before, field.desired)
    text = one_line(f"{dotted(field.path)}: {old} → {new}")
    return f"{text}   {style(one_line(field_reason(field)), 'dim')}"


def show_value(value: Any) -> str:
    """A short text of a plain value. Secrets and files show their kind, never their content."""
    if value is ABSENT:
        return "(none)"
    if isinstance(value, dict):
        if "$secret" in value:
            return f"(secret {value['$secret']})"
        if "$template" in value:
            return "(text with a secret)"
        if "$files" in value:
            return f"files {str(value['$files'])[:12]}"
        if "$unknown" in value:
            return "(known after apply)"
    return _cut(value if isinstance(value, str) else json.dumps(_inside(value), ensure_ascii=False, default=str))


_SPECIAL = frozenset({"$secret", "$template", "$files", "$unknown"})


def _inside(value: Any) -> Any:
    """A list or mapping with the special values in it as their short texts: a secret's digest is of no use to people either."""
    if isinstance(value, dict):
        return (
            {name: _inside(item) for name, item in value.items()} if not _SPECIAL & value.keys() else show_value(value)
        )
    return [_inside(item) for item in value] if isinstance(value, list) else value


def show_change(before: Any, after: Any) -> tuple[str, str]:
    """Short texts of two values; of two long texts, the parts in which they differ."""
    if not (isinstance(before, str) and isinstance(after, str)) or max(len(before), len(after)) <= _VALUE_WIDTH:
        return show_value(before), show_value(after)
    pairs = enumerate(zip(before, after, strict=False))
    common = next((index for index, (old, new) in pairs if old != new), min(len(before), len(after)))
    start = common - _BEFORE_CHANGE
    if start <= 0:
        return _cut(before), _cut(after)
    return f"…{_cut(before[start:])}", f"…{_cut(after[start:])}"


def _cut(text: str) -> str:
    text = harmless(text).replace("\n", "⏎").replace("\t", " ")
    return text if len(text) <= _VALUE_WIDTH else text[: _VALUE_WIDTH - 1] + "…"


def _unchanged_lines(unchanged: list[Change], style: Style, *, verbose: bool) -> Iterable[str]:
    if not unchanged:
        return
    if verbose:
        for change in unchanged:
            reason = "" if change.cause is Cause.UNCHANGED else f"   {change_reason(change)}"
            yield style(one_line(f"  = {change.address}   unchanged{reason}"), "dim")
            for field in change.fields:
                yield style(f"      {_field_line(field, PLAIN)}", "dim")
        return
    names = ", ".join(str(change.address) for change in unchanged[:_NAMED])
    more = f" and {len(unchanged) - _NAMED} more" if len(unchanged) > _NAMED else ""
    yield style(one_line(f"  = {len(unchanged)} unchanged: {names}{more}"), "dim")


def _drift_lines(changes: Iterable[Change], style: Style) -> Iterable[str]:
    for change in changes:
        for field in change.fields:
            if field.drift and field.action is not Action.NOOP:
                values = f"{show_value(field.desired)} → {show_value(field.observed)}"
                drift_line = (
                    f"drift: {change.address} {dotted(field.path)} {values} (changed outside); apply reverts it"
                )
                yield f"  {style('!', 'yellow')} {one_line(drift_line)}"


def plan_markdown(plan: Plan) -> str:
    """Render a plan for a pull request: a summary line, a table, details folded away."""
    lines = [
        f"### {markdown_code(plan.project)} → {markdown(plan.workspace_label or plan.base.workspace)}",
        "",
        f"**{summary_line(plan)}**",
        "",
    ]
    effective = [change for change in plan.changes if change.action is not Action.NOOP or change.orphaned]
    if effective:
        lines += ["| | resource | change | why |", "|---|---|---|---|"]
        for change in effective:
            symbol = "?" if change.orphaned else SYMBOLS[change.action]
            phrase = "orphaned" if change.orphaned else verb_phrase(change)
            note = change_note(change)
            why = change_reason(change) + (f" ({note})" if note else "")
            lines.append(f"| `{symbol}` | {markdown_code(change.address)} | {markdown(phrase)} | {markdown(why)} |")
        lines.append("")
    details = [change for change in effective if any(f.action is not Action.NOOP for f in change.fields)]
    if details:
        shown = [one_line(line) for change in details for line in _field_diff(change)]
        # Longer than any that a value could close it with.
        fence = "`" * max(3, 1 + max(len(found) for line in shown for found in re.findall("`*", line)))
        lines += ["<details><summary>Fields</summary>", "", f"{fence}diff", *shown, fence, "", "</details>", ""]
    lines += [f"> **{warning.severity.value}** {markdown(warning.detail)}" for warning in plan.warnings]
    return "\n".join(lines).rstrip() + "\n"


def _field_diff(change: Change) -> Iterable[str]:
    yield f"# {change.address}"
    for field in change.fields:
        if field.action is not Action.NOOP:
            before = field.observed if field.drift else field.applied
            old, new = show_change(before, field.desired)
            yield f"- {dotted(field.path)}: {old}"
            yield f"+ {dotted(field.path)}: {new}"
