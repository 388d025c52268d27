"""What an unquoted YAML scalar means.

The rules are those of the YAML 1.2 core schema, not of YAML 1.1: ``yes``, ``on``, ``010``, ``1:30`` and dates are text.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final


class SpelledInt(int):
    """A whole number that is not written as it is printed: ``0x1F``, ``+5``. `str` gives it as it is written."""

    spelling: str

    def __str__(self) -> str:
        return self.spelling


class SpelledFloat(float):
    """A number that is not written as it is printed: ``1.10``, ``1e3``. `str` gives it as it is written."""

    spelling: str

    def __str__(self) -> str:
        return self.spelling


def _spelled(number: SpelledInt | SpelledFloat, text: str) -> SpelledInt | SpelledFloat:
    number.spelling = text
    return number


def unspelled(value: Any) -> Any:
    """A number without its spelling; everything else as it is."""
    if isinstance(value, SpelledFloat):
        return float(value)
    return int(value) if isinstance(value, SpelledInt) else value


def as_written(value: Any, spelling: str = "") -> Any:
    """A scalar as the text that stands in the file, for a field that is text; null and what is no scalar as it is.

    Args:
        value: as read.
        spelling: of a boolean, if it is known.
    """
    if isinstance(value, bool):
        return spelling if spelling.lower() == str(value).lower() else str(value).lower()
    return str(value) if isinstance(value, int | float) else value


_CONSTANTS: Final[dict[str, bool | None]] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_PREFIXED: Final = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT: Final = re.compile(r"[-+]?(?:(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)")
_LONGEST_NUMBER: Final = 400
"""A number of more digits is text: it fits no field, and turning it into a number takes quadratic time."""

STARTS: Final = frozenset("-+.0123456789nNtTfF~")
"""First letters of unquoted scalars that may be something else than text."""


def plain_scalar(text: str) -> Any:
    """Return the null, boolean, number or text that an unquoted scalar stands for; numbers keep how they are written.

    ``.inf`` and ``.nan`` stay text, since no field of a resource takes them and JSON cannot hold them.
    """
    if text and text[0] not in STARTS:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        whole = int(text)
        return whole if str(whole) == text else _spelled(SpelledInt(whole), text)
    if _PREFIXED.fullmatch(text):
        return _spelled(SpelledInt(int(text, 0)), text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            return text
        return number if str(number) == text else _spelled(SpelledFloat(number), text)
    return text


_YAML: Final = "tag:yaml.org,2002:"
CONTAINER_TAGS: Final = {"map": f"{_YAML}map", "seq": f"{_YAML}seq"}


def tagged_scalar(tag: str, text: str) -> Any:
    """Return the value of a scalar with an explicit tag such as ``!!str``.

    Raises:
        LookupError: the tag is not one of str, null, bool, int, float, timestamp (which is kept as text).
        ValueError: the text is not of the tag's type.
    """
    name = tag.removeprefix(_YAML)
    if tag == "!" or name in ("str", "timestamp"):
        return text
    if name not in _TAGGED:
        raise LookupError(tag)
    value = plain_scalar(text)
    if name == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(unspelled(value)) is not _TAGGED[name]:
        raise ValueError(f"{text!r} is not of type {name}")
    return value


_TAGGED: Final[dict[str, type]] = {"null": type(None), "bool": bool, "int": int, "float": float}
