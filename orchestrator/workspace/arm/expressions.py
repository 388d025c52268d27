"""Expressions of templates of Azure Resource Manager, as far as templates that make workspaces need them.

Source: Azure Resource Manager, template functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

_TOKEN: Final = re.compile(r"\s*(?:'((?:[^']|'')*)'|([A-Za-z_]\w*)|(-?\d+)|([(),]))")


class Unsupported(Exception):
    """A function or a form that is not evaluated here."""


class Expressions:
    """Evaluates texts such as ``[if(equals(parameters('a'), 'none'), json('null'), variables('b'))]``.

    Args:
        parameters: name to value.
        variables: name to value, which may be an expression.
        group: ID of the resource group: ``/subscriptions/…/resourceGroups/…``.
    """

    def __init__(self, parameters: Mapping[str, Any], variables: Mapping[str, Any], group: str) -> None:
        self._parameters = parameters
        self._variables = variables
        self._subscription, self._group = group.split("/")[2::2]
        self._functions: Mapping[str, Callable[..., Any]] = {
            "parameters": self._parameters.get,
            "variables": self._variable,
            "resourceid": self._resource_id,
            "if": lambda test, then, otherwise: then if test else otherwise,
            "equals": lambda one, other: one == other,
            "not": lambda value: not value,
            "and": lambda *values: all(values),
            "or": lambda *values: any(values),
            "empty": lambda value: not value,
            "tolower": lambda text: str(text).lower(),
            "concat": lambda *texts: "".join(map(str, texts)),
            "json": _json,
        }

    def value(self, text: str) -> Any:
        """The value of a text; the text itself if it is no expression, or one that is not supported."""
        if not (text.startswith("[") and text.endswith("]")) or text.startswith("[["):
            return text
        tokens = list(_tokens(text[1:-1]))
        try:
            value, rest = self._term(tokens)
        except (Unsupported, LookupError, TypeError, ValueError, StopIteration, RecursionError):
            return text
        return value if not rest else text

    def _term(self, tokens: Sequence[tuple[str, str]]) -> tuple[Any, Sequence[tuple[str, str]]]:
        (kind, text), rest = tokens[0], tokens[1:]
        if kind != "name":
            return (int(text) if kind == "number" else text), rest
        function = self._functions.get(text.lower())
        if function is None or rest[0] != ("sign", "("):
            raise Unsupported(text)
        values: list[Any] = []
        rest = rest[1:]
        while rest[0] != ("sign", ")"):
            value, rest = self._term(rest)
            values.append(value)
            if rest[0] == ("sign", ","):
                rest = rest[1:]
        return function(*values), rest[1:]

    def _variable(self, name: str) -> Any:
        value = self._variables[name]
        found = self.value(value) if isinstance(value, str) else value
        if isinstance(found, str) and found.startswith("["):
            raise Unsupported(found)
        return found

    def _resource_id(self, *parts: str) -> str:
        """``resourceId([subscription], [group], type, name, …)``."""
        at = next(number for number, part in enumerate(parts) if "/" in str(part))
        before, (provider, *types), names = parts[:at], parts[at].split("/"), parts[at + 1 :]
        group = before[-1] if before else self._group
        subscription = before[0] if len(before) > 1 else self._subscription
        inside = "/".join(f"{type_}/{name}" for type_, name in zip(types, names, strict=True))
        return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}/{inside}"


def _json(text: str) -> Any:
    if text not in _WORDS:
        raise Unsupported(text)
    return _WORDS[text]


_WORDS: Final = {"null": None, "true": True, "false": False}


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text.rstrip()):
        found = _TOKEN.match(text, place)
        if found is None:
            yield "name", text[place:]  # such as a property of a value: no function is called that
            return
        quoted, name, number, sign = found.groups()
        if quoted is not None:
            yield "text", quoted.replace("''", "'")
        else:
            yield ("name", name) if name else ("number", number) if number else ("sign", sign)
        place = found.end()
