"""Variables: what each one is in this run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.span import Span
from orchestrator.core.tree import Mark
from orchestrator.core.value import Secret
from orchestrator.spec.declarations import Declaration, is_of
from orchestrator.spec.evaluate import FAILED, Evaluator, UnresolvedError
from orchestrator.spec.expressions import Expression
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.scalars import plain_scalar, unspelled


@dataclass(frozen=True, slots=True)
class Assignment:
    """A value given to a variable.

    Attributes:
        value: the value; text if `literal_text`.
        mark: where it was given.
        literal_text: from a command line: to be read as the variable's type.
        expressions: expressions in it are resolved (the spec's own values; what comes from outside is literal).
    """

    value: Any
    mark: Mark
    literal_text: bool = False
    expressions: bool = True


def spelled_alike(name: str) -> str:
    """A name as far as spelling goes: ``my-endpoint`` and ``my_endpoint`` are one."""
    return re.sub(r"[-.]", "_", name)


@dataclass
class Variables:
    """Gives ``${var.NAME}``: each variable's value, checked, worked out when first used.

    Attributes:
        declarations: by name.
        assignments: by name; the winning one of each variable.
    """

    declarations: Mapping[str, Declaration]
    assignments: Mapping[str, Assignment]
    problems: Problems
    evaluator: Evaluator | None = None
    _values: dict[str, Any] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def __call__(self, expression: Expression, span: Span) -> Any:
        """Return the value that the expression names; ``${var.X.member}`` reaches into objects and lists.

        Raises:
            UnresolvedError: there is no such variable or member, or variables define each other.
        """
        name, _, rest = expression.path.partition(".")
        if name not in self.declarations:
            otherwise = f"Declare it under `variables:`, such as `{name or 'NAME'}: {{type: string}}`."
            fix = did_you_mean(name, self.declarations, otherwise)
            raise UnresolvedError("undefined-variable", f"The spec declares no variable '{name}'.", fix)
        if name in self._open:
            ring = " → ".join([*self._open[self._open.index(name) :], name])
            raise UnresolvedError(
                "variable-cycle", f"Variables define each other: {ring}.", "Give one of them a literal value."
            )
        value = self.value(name)
        return value if value is FAILED else _member(expression.text, value, rest)

    def value(self, name: str) -> Any:
        """A declared variable's value; `FAILED` if it has none, which is told once."""
        if name not in self._values:
            self._open.append(name)
            try:
                self._values[name] = self._work_out(self.declarations[name])
            finally:
                self._open.pop()
        return self._values[name]

    def for_hole(self, name: str) -> Any:
        """The value for a hole: of the variable of its very name, else of one whose name differs in hyphens only.

        Raises:
            KeyError: there is none.
        """
        for known in (self.declarations, self.assignments):
            alike = (other for other in known if spelled_alike(other) == spelled_alike(name))
            found = name if name in known else next(alike, None)
            if found is not None:
                return self.value(found) if found in self.declarations else self.assignments[found].value
        raise KeyError(name)

    def check_all(self) -> None:
        """Work out every variable, so that problems of unused ones are told too."""
        for name in self.declarations:
            self.value(name)

    def _work_out(self, declared: Declaration) -> Any:
        given = self.assignments.get(declared.name)
        if given is None and declared.has_default:
            given = Assignment(declared.default, declared.default_mark)
        if given is None:
            if not declared.required:
                return None
            self.problems.error(
                "missing-variable",
                f"The variable '{declared.name}' has no value and no default.",
                f"Set it with --var {declared.name}=…, in a --var-file or under `variables:` of the target.",
                declared.mark,
            )
            return FAILED
        value = given.value
        if given.literal_text:
            value = _from_text(value, declared, self.problems, given.mark)
        elif given.expressions and self.evaluator is not None:
            value = self.evaluator.resolve(value, given.mark)
        if value is FAILED:
            return FAILED
        reason = _objection(value, declared)
        if reason:
            detail, fix = reason
            self.problems.error(
                "invalid-variable-value",
                detail,
                fix,
                given.mark,
                related=[] if declared.sensitive else [("declared here", declared.mark)],
                conceal=declared.sensitive,
            )
            return FAILED
        if declared.sensitive and isinstance(value, str):
            return Secret(f"var.{declared.name}", value)
        return value


def _member(text: str, value: Any, rest: str) -> Any:
    for part in rest.split(".") if rest else []:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            known = list(value) if isinstance(value, dict) else []
            has = f"It has {', '.join(map(str, known))}." if known else "It has no members."
            fix = did_you_mean(part, known, has)
            raise UnresolvedError("undefined-variable", f"{text} refers to '{part}', which does not exist.", fix)
    return value


def _objection(value: Any, declared: Declaration) -> tuple[str, str] | None:
    """Why the variable must not have this value, and what to do; None if it may."""
    name = declared.name
    shown = "the given value" if declared.sensitive or isinstance(value, Secret) else _in_words(value)
    if isinstance(value, Secret):
        return (
            None
            if declared.type in (None, "string")
            else (f"'{name}' is set to a secret, which must be a string.", "Use `type: string`.")
        )
    if value is None:
        return None if declared.has_default or not declared.required else (f"'{name}' is null.", "Set a value.")
    if declared.type is not None and not is_of(value, declared.type):
        return f"'{name}' is of type {declared.type}; {shown} is not.", f"Use a value of type {declared.type}."
    if declared.sensitive and not isinstance(value, str):
        return f"'{name}' is sensitive, so it must be text.", "Quote the value."
    if declared.choices is not None and not any(
        value == choice and type(unspelled(value)) is type(unspelled(choice)) for choice in declared.choices
    ):
        choices = ", ".join(map(str, declared.choices))
        return f"'{name}' must be one of {choices}; {shown} is not.", did_you_mean(
            str(value), map(str, declared.choices), f"Use one of {choices}."
        )
    if declared.pattern is not None and not (isinstance(value, str) and re.fullmatch(declared.pattern, value)):
        return (
            f"'{name}' must match {declared.pattern}; {shown} does not.",
            "Use a value that matches the whole pattern.",
        )
    return _out_of_bounds(value, declared, shown)


def _in_words(value: Any) -> str:
    """A plain value as it is; of one that may hold anything, only what it is."""
    if isinstance(value, str | int | float):
        return repr(value)
    return "a mapping" if isinstance(value, Mapping) else "a list" if isinstance(value, list) else "the given value"


def _out_of_bounds(value: Any, declared: Declaration, shown: str) -> tuple[str, str] | None:
    bounds: list[tuple[str, float | None, Callable[[float, float], bool]]] = [
        ("at least", declared.minimum, lambda number, bound: number >= bound),
        ("at most", declared.maximum, lambda number, bound: number <= bound),
    ]
    for words, bound, holds in bounds:
        if bound is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not holds(value, bound):
            return f"'{declared.name}' must be a number of {words} {bound}; {shown} is not.", f"Give {words} {bound}."
    return None


def _from_text(text: str, declared: Declaration, problems: Problems, mark: Mark) -> Any:
    """Read text from a command line as the variable's type; text that does not fit stays text, and is objected to later."""
    expected = declared.expected
    if expected in ("integer", "number"):
        number = plain_scalar(text.strip())
        return number if is_of(number, "number") else text
    if expected == "boolean":
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    if expected in ("list", "object"):
        found = read_documents(text, f"<--var {declared.name}>", problems)
        return FAILED if found is None else found[0] if len(found) == 1 else text
    return text
