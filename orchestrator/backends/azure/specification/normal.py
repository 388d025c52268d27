"""A body as the service keeps it: every value in the spelling of the specification, and nothing that only the service sets.

The service reads JSON leniently (see `values`) and tells what it has read: ``"lowpriority"`` comes back as
``LowPriority``, ``"3"`` as 3, and what it did not know does not come back.
"""

from __future__ import annotations

import datetime
import enum
import typing
from collections.abc import Callable, Mapping
from typing import Any, Final

from isodate import parse_duration  # type: ignore[import-untyped]

from orchestrator.backends.azure.specification.shapes import Model, alternatives, is_model, shape
from orchestrator.backends.azure.specification.values import chosen

_DAY_S: Final = 86_400
_HOUR_S: Final = 3_600
_MINUTE_S: Final = 60


def normal(value: Any, model: Model, *, known: bool = True) -> Any:
    """A body that breaks no rule, as the service would tell it. Other values stay as they are.

    Args:
        model: generated class of the whole body.
        known: members that the model does not have are unknown to the service too; otherwise they may be those of another version.
    """
    if not isinstance(value, Mapping):
        return value
    found = shape(model)
    if found.discriminator and found.variants and str(value.get(found.discriminator)).lower() not in found.variants:
        return value  # of another version of the interface, whose models the client does not bring
    members = shape(chosen(value, model)).members
    kept = {}
    for name, given in value.items():
        member = members.get(name)
        if member is None and not known:
            kept[name] = given
        if member is None or not member.settable:
            continue
        if name == found.discriminator and found.variants:
            kept[name] = found.variants[str(given).lower()][0]
        else:
            kept[name] = _of_hint(given, member.hint, known=known)
    return kept


def _of_hint(value: Any, hint: Any, *, known: bool) -> Any:
    options = alternatives(hint)
    values = next((option for option in options if isinstance(option, type) and issubclass(option, enum.Enum)), None)
    if value is None:
        return None
    if values is not None:
        spelt = {str(member.value).lower(): member.value for member in values}
        return spelt.get(str(value).lower(), value)
    return _of_type(value, options[0], known=known) if len(options) == 1 else value


def _of_type(value: Any, hint: Any, *, known: bool) -> Any:
    origin = typing.get_origin(hint) or hint
    inside = typing.get_args(hint)
    if is_model(hint):
        return normal(value, hint, known=known)
    if origin is list and isinstance(value, list) and inside:
        return [_of_hint(item, inside[0], known=known) for item in value]
    if origin is dict and isinstance(value, Mapping) and inside:
        return {name: _of_hint(item, inside[1], known=known) for name, item in value.items()}
    read = _READ.get(origin)
    return value if read is None or isinstance(value, Mapping | list) else read(value)


def duration(text: Any) -> Any:
    """A duration as .NET writes it: 120 seconds are ``PT2M``. One with years or months stays.

    Source: XmlConvert.ToString(TimeSpan); bodies of recordings of azure-ai-ml such as ``PT0.5S``.
    """
    text = str(text).strip()
    length = parse_duration(text) if "P" in text else _clock(text)
    if not isinstance(length, datetime.timedelta):
        return text
    sign, length = ("-", -length) if length < datetime.timedelta(0) else ("", length)
    seconds = length.total_seconds() % _MINUTE_S
    whole = length.seconds
    clock = ((whole // _HOUR_S, "H"), (whole % _HOUR_S // _MINUTE_S, "M"), (round(seconds, 6), "S"))
    inner = "".join(f"{number:g}{unit}" if unit != "S" else f"{_plain(number)}S" for number, unit in clock if number)
    days = f"{length.days}D" if length.days else ""
    return f"{sign}P{days}T{inner}" if inner else f"{sign}P{days}" if days else "PT0S"


def _clock(text: str) -> datetime.timedelta:
    """``1.02:30:00``: days, hours, minutes and seconds."""
    *days, clock = text.rsplit(".", 1) if text.count(".") and text.index(".") < text.index(":") else [text]
    hours, minutes, *seconds = clock.split(":")
    return datetime.timedelta(
        days=int(days[0]) if days else 0,
        hours=int(hours),
        minutes=int(minutes),
        seconds=float(seconds[0]) if seconds else 0,
    )


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _whole(value: Any) -> int:
    return int(float(value))


def _number(value: Any) -> float | int:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else float(value)


def _truth(value: Any) -> bool:
    return value.lower() == "true" if isinstance(value, str) else bool(value)


_READ: Final[Mapping[Any, Callable[[Any], Any]]] = {
    str: str,
    int: _whole,
    float: _number,
    bool: _truth,
    datetime.timedelta: duration,
}
