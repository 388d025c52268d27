"""Replacing the expressions of a tree by their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Final, TypeAlias

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, LocatedList, Mark
from orchestrator.core.value import Reference, Secret, Template, Unknown
from orchestrator.spec.expressions import Expression, split
from orchestrator.spec.language import COMMANDS
from orchestrator.spec.places import Places
from orchestrator.spec.problems import Problems

_ADDRESSED: Final = re.compile(r"\$\{\s*(?:var|secret|env|git)\.")
"""What no shell takes for one of its own words, so that it is ours in the command of a document for other tools as well."""


class UnresolvedError(Exception):
    """An expression has no value."""

    def __init__(self, code: str, detail: str, fix: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.fix = fix


Root: TypeAlias = Callable[[Expression, Span], Any]
"""Gives the value of an expression that starts with its word; raises `UnresolvedError`."""

FAILED: Final = Unknown(Reference(Address("", ""), text="(unresolved)"))
"""Stands where an expression could not be resolved, so that later stages do not complain about it again."""


class Evaluator:
    """Resolves expressions.

    Args:
        roots: first word of an expression to what gives its value.
        problems: receives undefined and malformed expressions, each at its own place.
        places: finds that place.
        guests: files written for other tools, in which ``${…}`` with an unknown first word is left as it is: a shell variable.
    """

    def __init__(self, roots: Mapping[str, Root], problems: Problems, places: Places, guests: Container[str]) -> None:
        self._roots = roots
        self._problems = problems
        self._places = places
        self._guests = guests

    def resolve(self, value: Any, mark: Mark, key: str = "") -> Any:
        """Return the value with all expressions in it replaced; the same object if it has none.

        Args:
            value: a tree or a scalar.
            mark: where it is written.
            key: what it stands under.
        """
        if isinstance(value, str):
            return self._text(value, mark, key) if "${" in value else value
        if isinstance(value, LocatedDict):
            return self._mapping(value)
        if isinstance(value, LocatedList):
            return self._list(value)
        return value

    def _mapping(self, tree: LocatedDict) -> LocatedDict:
        changed: LocatedDict | None = None
        for key, value in tree.items():
            if "${" in key:
                self._check_key(key, tree.key_marks.get(key, tree.mark))
            kind = type(value)
            if kind is str:
                if "${" not in value:
                    continue
            elif kind is not LocatedDict and kind is not LocatedList:
                continue
            result = self.resolve(value, tree.value_marks.get(key, tree.mark), key)
            if result is not value:
                if changed is None:
                    changed = tree.copy()
                changed[key] = result
        return tree if changed is None else changed

    def _list(self, items: LocatedList) -> LocatedList:
        changed: LocatedList | None = None
        for index, value in enumerate(items):
            result = self.resolve(value, items.value_marks[index] if index < len(items.value_marks) else items.mark)
            if result is not value:
                if changed is None:
                    changed = items.copy()
                changed[index] = result
        return items if changed is None else changed

    def _check_key(self, key: str, mark: Mark) -> None:
        for part in split(key):
            if isinstance(part, Expression):
                self._problems.error(
                    "misplaced-expression",
                    f"The expression {part.text} is in a key. Expressions are not allowed in keys.",
                    "Write the key without an expression.",
                    self._places.within(mark, key, part.offset, len(part.text)),
                )

    def _text(self, text: str, mark: Mark, key: str) -> Any:
        if mark[0] in self._guests and key in COMMANDS and not _ADDRESSED.search(text):
            return text
        parts = [self._part(part, text, mark, key) if isinstance(part, Expression) else part for part in split(text)]
        if len(parts) == 1:
            return parts[0]
        for part, source in zip(parts, split(text), strict=True):
            if isinstance(source, Expression) and part is not FAILED and not _fits(part):
                self._report_not_inlined(source, part, self._places.within(mark, text, source.offset, len(source.text)))
                return FAILED
        return FAILED if any(part is FAILED for part in parts) else joined(parts)

    def _report_not_inlined(self, source: Expression, value: Any, mark: Mark) -> None:
        called = "null" if value is None else "a mapping" if isinstance(value, dict) else "a list"
        self._problems.error(
            "invalid-expression",
            f"The value of {source.text} is {called}, which cannot be part of a longer string.",
            "Make the expression the whole value, or take one member of it, such as ${var.name.member}.",
            mark,
        )

    def _part(self, expression: Expression, text: str, mark: Mark, key: str) -> Any:
        root = self._roots.get(expression.root)
        guest = mark[0] in self._guests
        if guest and (root is None or (key in COMMANDS and not _ADDRESSED.match(expression.text))):
            return expression.text
        place = self._places.within(mark, text, expression.offset, len(expression.text))
        try:
            if root is None:
                raise self._unknown(expression)
            return root(expression, Span(*place))
        except UnresolvedError as error:
            self._problems.error(error.code, error.detail, error.fix, place)
            return FAILED

    def _unknown(self, expression: Expression) -> UnresolvedError:
        literal = f"Write $${expression.text[1:]} if the text is literal, for example for a shell."
        if not expression.closed:
            return UnresolvedError(
                "invalid-expression", "The expression has no closing brace '}'.", f"Close it. {literal}"
            )
        if not expression.root:
            return UnresolvedError(
                "invalid-expression",
                f"{expression.text} is not an expression: expected names with dots between them, such as ${{var.name}}.",
                literal,
            )
        guess = did_you_mean(expression.root, self._roots)
        return UnresolvedError(
            "unknown-expression",
            f"'{expression.root}' is not a valid start of an expression.",
            f"{guess} {literal}".strip(),
        )


def inlined(value: Any) -> str | None:
    """The text of a value inside a longer string; None if it has none."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None


def joined(parts: Iterable[Any]) -> str | Template:
    """Join texts, numbers, references, secrets and templates to one text, or to a `Template` if it cannot be text yet."""
    flat: list[str | Reference | Secret] = []
    for part in parts:
        for piece in part.parts if isinstance(part, Template) else (part,):
            text = inlined(piece)
            if text is None:
                flat.append(piece)
            elif flat and isinstance(flat[-1], str):
                flat[-1] += text
            elif text:
                flat.append(text)
    if not flat:
        return ""
    return flat[0] if len(flat) == 1 and isinstance(flat[0], str) else Template(tuple(flat))


def _fits(part: Any) -> bool:
    return isinstance(part, Reference | Secret | Template) or inlined(part) is not None
