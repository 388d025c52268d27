"""Turns what pydantic says of a body into our own words, one finding for each mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from orchestrator.core.placeholders import STEP
from orchestrator.core.tree import value_at
from orchestrator.core.value import special


class Finding(NamedTuple):
    """One mistake in a body.

    Attributes:
        path: of the field that is wrong; of the field that is missing.
        type: pydantic's name of the rule.
        expected: in words, or the allowed values.
        context: pydantic's numbers and texts.
    """

    path: tuple[str | int, ...]
    type: str
    expected: tuple[str, ...] = ()
    context: Mapping[str, Any] = {}


class _Step(NamedTuple):
    part: str | int
    branch: bool


class _Raw(NamedTuple):
    steps: tuple[_Step, ...]
    finding: Finding
    dropped: bool


_WORDS = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "list_type": "a list",
    "model_type": "a mapping",
}

_WRONG_SHAPE = frozenset({*_WORDS, "union_type", "literal_error"})


def findings(body: Any, errors: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Reduce pydantic's errors.

    Values that stand for something not known yet (`core.value`) are right wherever a scalar is; of several shapes that a value
    may have, only the one that was probably meant is spoken of.
    """
    return _settle(body, [_raw(body, error) for error in errors])


def _raw(body: Any, error: Mapping[str, Any]) -> _Raw:
    steps: list[_Step] = []
    path: list[str | int] = []
    tree = body
    location: Sequence[str | int] = error["loc"]
    for number, part in enumerate(location):
        if (isinstance(tree, Mapping) and part in tree) or (isinstance(tree, list) and isinstance(part, int)):
            tree = tree[part]  # type: ignore[index]  # the condition is the type check
        elif not (error["type"] == "missing" and number == len(location) - 1):
            steps.append(_Step(part, branch=True))
            continue
        steps.append(_Step(part, branch=False))
        path.append(part)
    kind = "literal_error" if error["type"] == "enum" else error["type"]
    context = error.get("ctx", {})
    expected: tuple[str, ...] = ()
    if kind == "literal_error":
        expected = literals(context["expected"])
    elif kind in _WORDS:
        expected = (_WORDS[kind],)
    elif kind == "union_tag_invalid":
        field, expected = _discriminator(context)
        path, kind = [*path, field], "literal_error"
        steps.append(_Step(field, branch=False))
    dropped = kind not in ("missing", "extra_forbidden") and _open(body, steps, path)
    return _Raw(tuple(steps), Finding(tuple(path), kind, expected, context), dropped)


_BOUND: Final = re.compile(r"\s*\$\{\{[^}]*\}\}\s*")


def _open(body: Any, steps: Sequence[_Step], path: Sequence[str | int]) -> bool:
    """Whether nobody knows yet what a value will be: one of ours, or a step's that is bound to something of its pipeline.

    Source: azure-ai-ml, ``support_data_binding_expression_for_fields``: all fields of steps may be bound.
    """
    value = value_at(body, path)
    if special(value):
        return True
    inside = any(step.branch and str(step.part).startswith(STEP) for step in steps) and path[-1] != "type"
    return inside and isinstance(value, str) and _BOUND.fullmatch(value) is not None


def _discriminator(context: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """The field that tells the shape of a value which has none of the known ones, and what that field may say.

    The names of shapes end with types, or types and tasks with a dot between, after a colon.
    """
    kind, dot, _ = str(context["tag"]).partition(":")[2].partition(".")
    shapes = [shape.partition(":")[2] for shape in literals(context["expected_tags"])]
    tasks = [shape.split(".")[1] for shape in shapes if shape.startswith(f"{kind}.")]
    if dot and tasks:
        return "task", tuple(dict.fromkeys(tasks))
    return "type", tuple(dict.fromkeys(shape.partition(".")[0] for shape in shapes))


def literals(text: str) -> tuple[str, ...]:
    return tuple(part.strip("'") for part in text.replace(" or ", ", ").split(", "))


def _settle(body: Any, raws: list[_Raw]) -> list[Finding]:
    """Keep what needs no choice; for each union, keep one branch."""
    settled: list[Finding] = []
    unions: dict[tuple[str | int, ...], dict[str | int, list[_Raw]]] = {}
    for raw in raws:
        at = next((n for n, step in enumerate(raw.steps) if step.branch), None)
        if at is None:
            if not raw.dropped:
                settled.append(raw.finding)
            continue
        place = tuple(step.part for step in raw.steps[:at])
        rest = _Raw(raw.steps[:at] + raw.steps[at + 1 :], raw.finding, raw.dropped)
        unions.setdefault(place, {}).setdefault(raw.steps[at].part, []).append(rest)
    for place, branches in unions.items():
        settled.extend(_choose(body, place, [_settle(body, branch) for branch in branches.values()]))
    return settled


def _choose(body: Any, place: tuple[str | int, ...], branches: list[list[Finding]]) -> list[Finding]:
    if not all(branches):
        return []
    fitting = [branch for branch in branches if not _misshapen(branch, place)]
    if not fitting:
        return [_either(body, place, branches)]
    exact = [branch for branch in fitting if not any(_tells(finding, place) for finding in branch)]
    if exact:
        return min(exact, key=len)
    return [_merged([next(finding for finding in branch if _tells(finding, place)) for branch in fitting])]


def _misshapen(branch: list[Finding], place: tuple[str | int, ...]) -> bool:
    return any(f.path == place and f.type in _WRONG_SHAPE for f in branch)


def _tells(finding: Finding, place: tuple[str | int, ...]) -> bool:
    """Whether the finding says that another branch was meant."""
    return finding.path == (*place, "type") and finding.type in ("literal_error", "missing")


def _merged(same: list[Finding]) -> Finding:
    values = tuple(dict.fromkeys(value for finding in same for value in finding.expected))
    return Finding(same[0].path, same[0].type, values)


def _either(body: Any, place: tuple[str | int, ...], branches: list[list[Finding]]) -> Finding:
    """The value has none of the shapes: say all of them at once."""
    found = [finding for branch in branches for finding in branch if finding.path == place]
    literals = tuple(value for f in found if f.type == "literal_error" for value in f.expected)
    shapes = tuple(dict.fromkeys(word for f in found if f.type != "literal_error" for word in f.expected))
    if "a number" in shapes:
        shapes = tuple(word for word in shapes if word != "a whole number")
    if literals and isinstance(value_at(body, place), str):
        return Finding(place, "literal_error", literals + shapes)
    return Finding(place, "union_type", tuple(f"'{value}'" for value in literals) + shapes)
