"""Random bodies that the specification allows, built from the client's models; and the same in other spellings."""

from __future__ import annotations

import datetime
import enum
import typing
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from orchestrator.backends.azure.specification.shapes import Model, alternatives, is_model, shape
from orchestrator.backends.azure.specification.values import chosen

DEEPEST = 6


class Bodies:
    """Makes bodies.

    Args:
        random: seeded, so that a failure can be repeated.
    """

    def __init__(self, random: Random) -> None:
        self._random = random

    def of(self, model: Model, depth: int = 0, only: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A body of a model with everything that is required, and some of what is not.

        Args:
            only: values of discriminators that shall be chosen, by the discriminator's name.
        """
        body: dict[str, Any] = {}
        while (found := shape(model)).variants and found.discriminator not in body:
            wanted = (only or {}).get(found.discriminator, "")
            spellings = sorted(spelling for spelling, _ in found.variants.values())
            body[found.discriminator] = wanted or self._random.choice(spellings)
            model = chosen(body, model)
        for member in found.members.values():
            likely = 1.0 if member.required else 0.4 if depth < DEEPEST // 2 else 0.05
            if member.settable and member.name != found.discriminator and self._random.random() < likely:
                body.setdefault(member.name, self._value(member.hint, depth + 1, only))
        return {name: value for name, value in body.items() if value is not None}

    def _value(self, hint: Any, depth: int, only: Mapping[str, str] | None) -> Any:
        options = alternatives(hint)
        enums = [option for option in options if isinstance(option, type) and issubclass(option, enum.Enum)]
        if enums:
            return self._random.choice(list(enums[0])).value
        hint = options[0]
        origin, inside = typing.get_origin(hint) or hint, typing.get_args(hint)
        if is_model(hint):
            return self.of(hint, depth, only)
        if origin is list:
            count = 0 if depth > DEEPEST else self._random.randint(0, 2)
            return [self._value(inside[0], depth + 1, only) for _ in range(count)]
        if origin is dict:
            count = 0 if depth > DEEPEST else self._random.randint(0, 2)
            return {f"n{number}": self._value(inside[1], depth + 1, only) for number in range(count)}
        make = _MAKE.get(origin)
        return make(self._random) if make is not None else {"any": "thing"}

    def respelt(self, value: Any, model: Model) -> Any:
        """The same body in spellings that the service takes as well: enumerations in any case, numbers as texts, more members."""
        if not isinstance(value, Mapping):
            return value
        found = shape(chosen(value, model))
        changed = {}
        for name, given in value.items():
            member = found.members[name]
            options = alternatives(member.hint)
            known = any(isinstance(option, type) and issubclass(option, enum.Enum) for option in options)
            inner = next((option for option in options if is_model(option)), None)
            if known or name == found.discriminator:
                changed[name] = self._random.choice([str.lower, str.upper])(str(given))
            elif inner is not None:
                changed[name] = self.respelt(given, inner)
            elif options[0] is int or options[0] is float:
                changed[name] = str(given)
            else:
                changed[name] = given
        return {**changed, "memberOfALaterVersion": 1}


_MAKE: Mapping[Any, Callable[[Random], Any]] = {
    str: lambda random: random.choice(["a", "text with spaces", "x1", "Größe"]),
    int: lambda random: random.randint(0, 9),
    float: lambda random: random.randint(0, 90) / 10,
    bool: lambda random: random.random() < 0.5,
    datetime.datetime: lambda random: "2026-01-31T12:00:00Z",
    datetime.timedelta: lambda random: random.choice(["PT5S", "PT2M", "P1DT1H", "PT0.5S"]),
}
