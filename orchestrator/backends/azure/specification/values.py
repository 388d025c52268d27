"""Checks a JSON value against the type that the specification gives it.

The service reads JSON leniently: it takes ``"3"`` for 3 and 3 for ``"3"``, values of enumerations in any case, and it
ignores members that it does not know and those that only it sets. So does this.
"""

from __future__ import annotations

import datetime
import enum
import re
import typing
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.backends.azure.specification.shapes import Model, Shape, alternatives, is_model, shape
from orchestrator.core.service_rules import BrokenRule, RuleSource

CODE: Final = "ValidationError"

_DURATION = re.compile(
    r"-?P(?=\w)(\d+Y)?(\d+M)?(\d+(\.\d+)?W)?(\d+(\.\d+)?D)?(T(?=\d)(\d+(\.\d+)?H)?(\d+(\.\d+)?M)?(\d+(\.\d+)?S)?)?"
)
_CLOCK = re.compile(
    r"(\d+\.)?\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
)  # .NET's own form of a duration, which the service takes as well
_TRUTHS = ("true", "false")

_UNMODELLED: Final = {"distributionType": ("ray",)}
"""Values in lower case that the client sends though its own model lacks them. Source: azure-ai-ml 1.35, ``RayDistribution``."""


def broken_values(value: Any, model: Model, *, creates: bool) -> Iterator[BrokenRule]:
    """What is wrong with a body.

    Args:
        model: generated class of the whole body.
        creates: the request has to bring everything that is required; a merge patch has not.
    """
    yield from _Check(creates=creates).of_model(value, model, "")


def broken_answer(value: Any, model: Model) -> Iterator[BrokenRule]:
    """What is wrong with a resource as somebody tells it: values of another type, and members that the model does not have."""
    yield from _Check(creates=False, from_service=True).of_model(value, model, "")


def chosen(value: Mapping[str, Any], model: Model) -> Model:
    """The most specific model that a JSON object's discriminators choose; the model itself where they choose none."""
    found = shape(model)
    variant = found.variants.get(str(value.get(found.discriminator)).lower()) if found.discriminator else None
    return model if variant is None or variant[1] is model else chosen(value, variant[1])


class _Check:
    """One walk through a body.

    Args:
        creates: what is required has to be there.
        from_service: the service tells it: what only it sets is looked at too, and there is nothing that the model does not have.
    """

    def __init__(self, *, creates: bool, from_service: bool = False) -> None:
        self._creates = creates
        self._from_service = from_service

    def of_model(self, value: Any, model: Model, path: str) -> Iterator[BrokenRule]:
        """What is wrong with an object."""
        if not isinstance(value, Mapping):
            yield _wrong(path, f"must be an object, not {_named(value)}")
            return
        found = shape(model)
        if found.discriminator and found.variants:
            wrong = self._wrong_variant(value, found, path)
            if wrong is not None:
                yield wrong
                return
            chosen_model = chosen(value, model)
            if chosen_model is not model:
                yield from self._of_members(value, shape(chosen_model), path)
                return
        yield from self._of_members(value, found, path)

    def _wrong_variant(self, value: Mapping[str, Any], found: Shape, path: str) -> BrokenRule | None:
        said = value.get(found.discriminator)
        known = ", ".join(sorted(spelling for spelling, _ in found.variants.values()))
        at = _join(path, found.discriminator)
        if said is None:
            return _wrong(at, f"is required. Known values: {known}") if self._creates else None
        beside = _UNMODELLED.get(found.discriminator, ())
        if str(said).lower() not in found.variants and str(said).lower() not in beside:
            return _wrong(at, f"has the unknown value '{said}'. Known values: {known}")
        return None

    def _of_members(self, value: Mapping[str, Any], found: Shape, path: str) -> Iterator[BrokenRule]:
        for member in found.members.values():
            at = _join(path, member.name)
            given = value.get(member.name)
            if given is None:
                if member.required and member.settable and self._creates and member.name != found.discriminator:
                    yield _wrong(at, "is required")
            elif (member.settable or self._from_service) and member.name != found.discriminator:
                yield from self._of_hint(given, member.hint, at)
        if self._from_service:
            yield from (_wrong(_join(path, name), "is unknown") for name in value if name not in found.members)

    def _of_hint(self, value: Any, hint: Any, path: str) -> Iterator[BrokenRule]:
        options = alternatives(hint)
        enums = [option for option in options if isinstance(option, type) and issubclass(option, enum.Enum)]
        if enums:
            yield from self._of_enum(value, enums[0], path)
        elif len(options) == 1:
            yield from self._of_type(value, options[0], path)

    def _of_enum(self, value: Any, known: type[enum.Enum], path: str) -> Iterator[BrokenRule]:
        values = [str(member.value) for member in known]
        if str(value).lower() not in {text.lower() for text in values}:
            yield _wrong(path, f"has the unknown value '{value}'. Known values: {', '.join(values)}")

    def _of_type(self, value: Any, hint: Any, path: str) -> Iterator[BrokenRule]:
        origin = typing.get_origin(hint) or hint
        if is_model(hint):
            yield from self.of_model(value, hint, path)
        elif origin is list:
            yield from self._of_list(value, hint, path)
        elif origin is dict:
            yield from self._of_dict(value, hint, path)
        elif origin in _FITS and not _FITS[origin][0](value):
            yield _wrong(path, f"must be {_FITS[origin][1]}, not {_named(value)}")

    def _of_list(self, value: Any, hint: Any, path: str) -> Iterator[BrokenRule]:
        if not isinstance(value, list):
            yield _wrong(path, f"must be an array, not {_named(value)}")
            return
        inside = typing.get_args(hint)
        for number, item in enumerate(value):
            if item is not None and inside:
                yield from self._of_hint(item, inside[0], f"{path}[{number}]")

    def _of_dict(self, value: Any, hint: Any, path: str) -> Iterator[BrokenRule]:
        if not isinstance(value, Mapping):
            yield _wrong(path, f"must be an object, not {_named(value)}")
            return
        inside = typing.get_args(hint)
        for name, given in value.items():
            if given is not None and inside:
                yield from self._of_hint(given, inside[1], _join(path, name))


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _number(value: Any) -> bool:
    try:
        return _scalar(value) and float(value) == float(value)
    except ValueError:
        return False


def _whole(value: Any) -> bool:
    return _number(value) and float(value).is_integer()


def _truth(value: Any) -> bool:
    return isinstance(value, bool | int) or (isinstance(value, str) and value.lower() in _TRUTHS)


def _instant(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.datetime.fromisoformat(value.strip()))
    except ValueError:
        return False


def _duration(value: Any) -> bool:
    return isinstance(value, str) and bool(_DURATION.fullmatch(value) or _CLOCK.fullmatch(value))


_FITS: Final[Mapping[Any, tuple[typing.Callable[[Any], bool], str]]] = {
    str: (_scalar, "a string"),
    int: (_whole, "a whole number"),
    float: (_number, "a number"),
    bool: (_truth, "true or false"),
    datetime.datetime: (_instant, "a date and time in ISO 8601, for example 2026-01-31T12:00:00Z"),
    datetime.timedelta: (_duration, "an ISO 8601 duration, for example PT120S"),
}


def _named(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    return "an array" if isinstance(value, list) else f"'{value}'"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else str(name)


def _wrong(path: str, why: str) -> BrokenRule:
    return BrokenRule(arm_code=CODE, message=f"'{path}' {why}.", target=path, source=RuleSource.SPECIFIED)
