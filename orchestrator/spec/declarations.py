"""What a spec declares about its variables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.span import NOWHERE
from orchestrator.core.tree import LocatedDict, LocatedList, Mark
from orchestrator.spec.problems import Problems

TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "object": (dict,),
}
FIELDS: Final = (
    "type", "default", "description", "required", "enum", "choices", "pattern", "minimum", "maximum", "sensitive",
)  # fmt: skip
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Declaration:
    """A variable as declared.

    Attributes:
        type: one of `TYPES`; None accepts any.
        has_default: whether `default` was written; null is a default too.
        default_mark: where the default is.
        required: it must have a value from somewhere.
        choices: the only values allowed; None allows all.
        pattern: regular expression that the whole text must match.
        mark: where it is declared.
    """

    name: str
    mark: Mark
    type: str | None = None
    has_default: bool = False
    default: Any = None
    default_mark: Mark = NOWHERE
    required: bool = True
    choices: LocatedList | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    sensitive: bool = False

    @property
    def expected(self) -> str | None:
        """The type that text from a command line is read as: the declared one, else that of the default."""
        if self.type is not None or not self.has_default:
            return self.type
        return next((name for name in TYPES if is_of(self.default, name)), None)


def declare(tree: LocatedDict, problems: Problems) -> dict[str, Declaration]:
    """Check ``variables:`` and return the declarations by name; malformed parts are told and left out."""
    return {name: _Declaring(name, tree, problems).declaration() for name in tree}


class _Declaring:
    """Checks one declaration."""

    def __init__(self, name: str, tree: LocatedDict, problems: Problems) -> None:
        self._name = name
        self._mark: Mark = tree.key_marks.get(name, tree.mark)
        self._problems = problems
        body = tree[name]
        self._body = body if isinstance(body, LocatedDict) else LocatedDict(mark=tree.value_marks.get(name))
        if not _NAME.fullmatch(name):
            self._error(f"'{name}' is not a valid variable name.", "Use letters, digits, '_' and '-'.", self._mark)
        if body is not None and not isinstance(body, LocatedDict):
            self._error(
                f"The variable '{name}' must be a mapping.",
                f"Write `{name}: {{default: …}}`.",
                tree.value_marks.get(name, tree.mark),
            )

    def declaration(self) -> Declaration:
        body = self._body
        for key in body:
            if key not in FIELDS:
                fix = did_you_mean(key, FIELDS, f"Use {', '.join(FIELDS)}.")
                self._error(f"'{key}' is not a field of a variable.", fix, body.key_marks.get(key, self._mark))
        kind = self._typed("type", str)
        if kind is not None and kind not in TYPES:
            fix = did_you_mean(kind, TYPES, f"Use {', '.join(TYPES)}.")
            self._error(f"'{kind}' is not a variable type.", fix, body.value_marks["type"])
            kind = None
        has_default = "default" in body
        required = self._typed("required", bool)
        return Declaration(
            self._name,
            self._mark,
            type=kind,
            has_default=has_default,
            default=body.get("default"),
            default_mark=body.value_marks.get("default", self._mark),
            required=not has_default if required is None else required and not has_default,
            choices=self._choices(),
            pattern=self._pattern(),
            minimum=self._typed("minimum", (int, float)),
            maximum=self._typed("maximum", (int, float)),
            sensitive=self._sensitive(kind),
        )

    def _choices(self) -> LocatedList | None:
        found = [key for key in ("enum", "choices") if key in self._body]
        if len(found) > 1:
            self._error("'enum' and 'choices' are synonyms.", "Keep one of them.", self._body.key_marks[found[1]])
        choices: LocatedList | None = self._typed(found[0], LocatedList) if found else None
        return choices

    def _pattern(self) -> str | None:
        pattern: str | None = self._typed("pattern", str)
        if pattern is None:
            return None
        try:
            re.compile(pattern)
        except re.error as error:
            self._error(
                f"The pattern is not a regular expression: {error}.", "Correct it.", self._body.value_marks["pattern"]
            )
            return None
        return pattern

    def _sensitive(self, kind: str | None) -> bool:
        sensitive = bool(self._typed("sensitive", bool))
        if sensitive and kind not in (None, "string"):
            self._error(
                "A sensitive variable must be a string.", "Use `type: string`.", self._body.value_marks["sensitive"]
            )
        return sensitive

    def _typed(self, key: str, kind: type | tuple[type, ...]) -> Any:
        value = self._body.get(key)
        if value is None:
            return None
        wrong_flag = isinstance(value, bool) and kind is not bool
        if wrong_flag or not isinstance(value, kind):
            words = {str: "text", bool: "true or false", LocatedList: "a list"}
            expected_type = words.get(kind, "a number") if isinstance(kind, type) else "a number"
            self._error(
                f"'{key}' must be {expected_type}.",
                f"Write {expected_type}.",
                self._body.value_marks.get(key, self._mark),
            )
            return None
        return value

    def _error(self, detail: str, fix: str, mark: Mark) -> None:
        self._problems.error("invalid-variable", detail, fix, mark)


def is_of(value: Any, name: str) -> bool:
    """Whether a value is of one of the `TYPES`."""
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])
