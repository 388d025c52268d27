"""Diagnostics about one body: every finding at its place, with the nearest name and a fix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, Severity, did_you_mean
from orchestrator.core.fields import FieldNode
from orchestrator.core.kind import BodyProblem
from orchestrator.core.span import Span
from orchestrator.core.tree import dotted, span_at, value_at
from orchestrator.spec.wording import Finding

SUMMARIES: Final[dict[str, str]] = {
    "duplicate-resource": "Duplicate resource",
    "contradictory-name": "Name differs from the key",
    "disabled-resource": "Reference to a disabled resource",
    "whole-disk": "Folder too large",
    "empty-folder": "Empty folder",
    "escaping-link": "Symbolic link out of the folder",
    "ignored-field": "Field ignored",
    "invalid-name": "Invalid name",
    "invalid-reference": "Invalid reference",
    "invalid-request": "Invalid test request",
    "invalid-value": "Invalid value",
    "lfs-pointer": "Git LFS file not fetched",
    "link-loop": "Symbolic link loop",
    "missing-field": "Missing field",
    "missing-file": "Missing file",
    "outside-boundary": "Outside the allowed folders",
    "missing-submodule": "Git submodule not fetched",
    "outside-table": "MLTable refers to files outside its folder",
    "reference-cycle": "Dependency cycle",
    "secret-expected": "Secret in plain text",
    "unknown-attribute": "Unknown attribute",
    "unknown-column": "Column that the table does not have",
    "unknown-field": "Unknown field",
    "unknown-resource": "Unknown resource",
    "unknown-type": "Unknown type",
    "special-file": "Not a regular file",
    "unreadable-file": "Unreadable file",
    "unusable-name": "Unusable file name",
    "unsupported-type": "Unsupported type",
    "wrong-type": "Wrong type",
}


def error(
    code: str, detail: str, fix: str, subject: Span, address: Address | None, related: Iterable[tuple[str, Span]] = ()
) -> Diagnostic:
    """An error about a resource."""
    return Diagnostic(
        Severity.ERROR, code, summary=SUMMARIES[code], detail=detail, fix=fix, subject=subject, related=tuple(related), address=address,
        conceal=code == "secret-expected",
    )  # fmt: skip


def of_finding(address: Address, body: Any, node: FieldNode, finding: Finding) -> Diagnostic:
    """Tell one finding of validation."""
    path = finding.path
    if finding.type == "extra_forbidden":
        return _unknown_field(address, body, node, path)
    if finding.type == "missing":
        detail = f"{address} requires the field '{path[-1]}'{within(path)}."
        return error("missing-field", detail, f"Add '{path[-1]}: …'.", span_at(body, path), address)
    value = value_at(body, path)
    subject = span_at(body, path)
    where = f"'{dotted(path)}' of {address}"
    if finding.type == "literal_error":
        options = ", ".join(finding.expected)
        detail = f"{where} is {show(value)}; allowed values: {options}."
        fix = did_you_mean(str(value), finding.expected, f"Use one of: {options}.")
        return error("invalid-value", detail, fix, subject, address)
    if finding.expected:
        words = _alternatives(finding.expected)
        detail = f"{where} must be {words}; got {show(value)}."
        return error("wrong-type", detail, _retype(words, value), subject, address)
    rule = _rule(finding)
    detail = f"{where} must be {rule}; got {show(value)}."
    return error("invalid-value", detail, f"Use a value that is {rule}.", subject, address)


def of_kind(address: Address, body: Any, problem: BodyProblem) -> Diagnostic:
    """Tell what a kind found itself."""
    return error(problem.code, f"{address}: {problem.detail}", problem.fix, span_at(body, problem.path), address)


def _alternatives(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def article(noun: str) -> str:
    """The noun with a or an."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _unknown_field(address: Address, body: Any, node: FieldNode, path: Sequence[str | int]) -> Diagnostic:
    name = str(path[-1])
    known = sorted(field for field in node_at(node, path[:-1]).fields or () if not field.endswith("_"))
    return error(
        "unknown-field",
        f"{address} has no field '{name}'{within(path)}.",
        did_you_mean(name, known, f"Remove it, or use one of: {', '.join(known)}."),
        span_at(body, path, key=True),
        address,
    )


def ignored_field(address: Address, body: Any, node: FieldNode, path: Sequence[str | int]) -> Diagnostic:
    """A field that nothing knows and the service's own client drops: worth knowing, since it is probably misspelt."""
    found = _unknown_field(address, body, node, path)
    detail = f"{found.detail} It is ignored, as Azure ML ignores it."
    return replace(
        found, severity=Severity.WARNING, code="ignored-field", summary=SUMMARIES["ignored-field"], detail=detail
    )


def node_at(node: FieldNode, path: Sequence[str | int]) -> FieldNode:
    """The field node at the end of a path."""
    for part in path:
        node = node.child(part)
    return node


def within(path: Sequence[str | int]) -> str:
    """`` in limits`` for a field inside ``limits``; nothing for a field of the body itself."""
    return f" in {dotted(path[:-1])}" if len(path) > 1 else ""


def show(value: Any) -> str:
    """A value for a message: short, and never a secret."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if isinstance(value, str):
        return f"'{text}'" if len(text) <= 60 else f"'{text[:57]}…'"
    return text


def _retype(words: str, value: Any) -> str:
    if isinstance(value, dict | list):
        return f"Write {words}."
    if isinstance(value, str) and words == "true or false":
        return "Write true or false, without quotes."
    if isinstance(value, str) and "number" in words:
        return "Write a number, without quotes or units."
    if words == "text":
        return f'Put it in quotes: "{show(value)}".'
    if words == "a list":
        return f"Write a list: [{show(value)}]."
    return f"Write {words}."


_RULES: Final = {
    "greater_than": ("more than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _rule(finding: Finding) -> str:
    words, key = _RULES.get(finding.type, ("", ""))
    return f"{words} {finding.context[key]}" if words else finding.type.replace("_", " ")
