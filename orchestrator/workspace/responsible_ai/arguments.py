"""The arguments of a tool: texts, numbers, and lists that travel as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.workspace.automl.refusal import JobRefused

_NOTHING = ("", "none", "null")


@dataclass(frozen=True, slots=True)
class Arguments:
    """Arguments by name. Each method raises `JobRefused` for a value that is not what it should be."""

    values: Mapping[str, str]

    @classmethod
    def read(cls, words: Sequence[str]) -> Arguments:
        """Of a command line: ``--NAME VALUE`` for each."""
        names, values = words[::2], words[1::2]
        if len(names) != len(values) or not all(name.startswith("--") for name in names):
            raise JobRefused(f"The command line is not '--NAME VALUE …': {' '.join(words)}")
        return cls({name[2:]: value for name, value in zip(names, values, strict=True)})

    def text(self, name: str, default: str | None = None) -> str:
        """A text; it may be empty."""
        value = self.values.get(name, default)
        if value is None:
            raise JobRefused(f"'{name}' is missing.")
        return value

    def optional(self, name: str) -> str | None:
        """A text, or None if it is not there, empty, or a word for nothing."""
        value = self.values.get(name, "").strip()
        return None if value.lower() in _NOTHING else value

    def path(self, name: str) -> Path:
        """A file or folder."""
        return Path(self.text(name))

    def whole(self, name: str, default: int) -> int:
        """A whole number."""
        return int(self._number(name, default, "a whole number", int))

    def number(self, name: str, default: float) -> float:
        """A number."""
        return float(self._number(name, default, "a number", float))

    def _number(self, name: str, default: float, what: str, read: type[int] | type[float]) -> float:
        value = self.optional(name)
        try:
            return default if value is None else read(value)
        except ValueError:
            raise JobRefused(f"'{name}' is {what}, not '{value}'.") from None

    def flag(self, name: str, *, default: bool) -> bool:
        """Yes or no."""
        value = (self.optional(name) or str(default)).lower()
        if value not in ("true", "false"):
            raise JobRefused(f"'{name}' is true or false, not '{value}'.")
        return value == "true"

    def choice(self, name: str, known: Sequence[str], default: str | None = None) -> str:
        """One of several words; capital letters do not matter."""
        value = self.text(name, default).lower()
        if value not in known:
            raise JobRefused(f"'{name}' is one of {', '.join(known)}, not '{value}'.")
        return value

    def json(self, name: str) -> Any:
        """A value that travels as JSON; None if there is none."""
        value = self.optional(name)
        try:
            return None if value is None else json.loads(value)
        except ValueError:
            raise JobRefused(f"'{name}' is not JSON: {value}. Write a list as '[\"a\", \"b\"]'.") from None

    def names(self, name: str) -> tuple[str, ...]:
        """A list of names that travels as JSON; a single name may stand without brackets."""
        value = self.optional(name)
        if value is not None and not value.startswith(("[", "{", '"')):
            return (value,)
        found = self.json(name)
        if isinstance(found, str):
            return (found,)
        if found is not None and not isinstance(found, list):
            raise JobRefused(f"'{name}' is a list of names, not {value}.")
        return tuple(str(one) for one in found or ())
