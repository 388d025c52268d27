"""The shape of a saved plan: what must be there, before anything in it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

_SWITCH: Final = "true or false"
_TEXT: Final = "a text"
_TEXTS: Final = "a list of strings"
_OBJECT: Final = "an object"

_TOP: Final = {
    "format": "a number", "project": _TEXT, "target": "a string or null", "base": _OBJECT, "changes": "a list of objects",
    "summary": _OBJECT, "warnings": "a list of objects", "origin": _OBJECT,
}  # fmt: skip
_BASE: Final = {"lineage": _TEXT, "serial": "a number", "spec_digest": _TEXT, "workspace": _TEXT}
_CHANGE: Final = {
    "address": _TEXT, "action": _TEXT, "reason": _TEXT, "drift": _SWITCH, "fields": "a list of objects",
    "source": "an object or null",
}  # fmt: skip
_ORIGIN: Final = {
    "project_folder": "two strings", "spec": _TEXTS, "target": "a string or null", "variables": _TEXTS,
    "variable_files": _TEXTS, "prune": _SWITCH, "adopt": _SWITCH, "select": _TEXTS, "destroy": _SWITCH,
}  # fmt: skip
_FIELD: Final = {
    "path": _TEXT, "desired": "", "applied": "", "observed": "", "action": _TEXT, "reason": _TEXT, "drift": _SWITCH,
}  # fmt: skip


def misshapen(document: Mapping[str, Any]) -> list[str]:
    """What is missing or of another type in a saved plan, each with its path; empty if nothing is."""
    top = list(_wrong(document, _TOP, ""))
    if top:
        return top
    found = [*_wrong(document["origin"], _ORIGIN, "origin."), *_wrong(document["base"], _BASE, "base.")]
    for number, change in enumerate(document["changes"]):
        of_change = list(_wrong(change, _CHANGE, f"changes[{number}]."))
        found += of_change
        if not of_change:
            for index, field in enumerate(change["fields"]):
                found += _wrong(field, _FIELD, f"changes[{number}].fields[{index}].")
    return found


def _wrong(tree: Mapping[str, Any], shape: Mapping[str, str], at: str) -> Iterator[str]:
    for name, expected in shape.items():
        if name not in tree:
            yield f"`{at}{name}` is missing"
        elif expected and not _is(tree[name], expected):
            yield f"`{at}{name}` is not {expected}"


def _is(value: Any, expected: str) -> bool:
    texts = isinstance(value, list) and all(_usable(item) for item in value)
    return {
        _TEXT: _usable(value),
        "a string or null": value is None or _usable(value),
        "a number": isinstance(value, int) and not isinstance(value, bool),
        _SWITCH: isinstance(value, bool),
        _TEXTS: texts,
        "two strings": texts and len(value) == 2,
        _OBJECT: isinstance(value, dict),
        "an object or null": value is None or isinstance(value, dict),
        "a list of objects": isinstance(value, list) and all(isinstance(item, dict) for item in value),
    }[expected]


def _usable(value: Any) -> bool:
    """Whether it is a text without NUL and lone surrogates, which neither a path nor a terminal can take."""
    return isinstance(value, str) and "\0" not in value and not any("\ud800" <= mark <= "\udfff" for mark in value)
