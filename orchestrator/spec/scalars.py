"""What an unquoted YAML scalar means.

The rules are those of the YAML 1.2 core schema, not of YAML 1.1: ``yes``, ``on``, ``010``, ``1:30`` and dates are text.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

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
    """Return the null, boolean, number or text that an unquoted scalar stands for.

    ``.inf`` and ``.nan`` stay text, since no field of a resource takes them and JSON cannot hold them.
    """
    if text and text[0] not in STARTS:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _PREFIXED.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
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
    if name == "float" and type(value) is int:
        return float(value)
    if type(value) is not _TAGGED[name]:
        raise ValueError(f"{text!r} is not of type {name}")
    return value


_TAGGED: Final[dict[str, type]] = {"null": type(None), "bool": bool, "int": int, "float": float}
