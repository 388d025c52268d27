"""Numbers and switches that are written in another form than their own: ``"3"``, ``yes``, ``'0'``.

Expressions from the environment are always text, and the service's own loader takes these forms too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

TRUE: Final = frozenset({"true", "True", "TRUE", "t", "T", "yes", "Yes", "YES", "y", "Y", "on", "On", "ON", "1"})
FALSE: Final = frozenset({"false", "False", "FALSE", "f", "F", "no", "No", "NO", "n", "N", "off", "Off", "OFF", "0"})
"""Texts of switches. Source: marshmallow, ``fields.Boolean.truthy`` and ``falsy``, which azure-ai-ml's schemas use; what YAML 1.1
makes of unquoted words is among them."""


def switch(value: Any) -> bool | None:
    """What a text or number says as a switch; None if it says nothing.

    Numbers count as the service's loader reads them: ``1``, ``1.0`` and ``0x1`` are true, ``1e0`` and ``0o1`` are text to YAML 1.1.
    """
    if isinstance(value, str):
        return True if value in TRUE else False if value in FALSE else None
    if isinstance(value, int | float) and not isinstance(value, bool) and value in (0, 1):
        return None if set(str(value)) & set("eEo") else value == 1
    return None


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d+", value) else None


def _number(value: Any) -> float | None:
    written = isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", value)
    return float(value) if written else None


_FORMS: Final[Mapping[str, Callable[[Any], Any]]] = {"int_type": _whole, "float_type": _number, "bool_type": switch}


def proper_form(rule: str, value: Any) -> Any:
    """The value in the form that a rule of pydantic wants (``int_type``, ``float_type``, ``bool_type``); None if it has none."""
    form = _FORMS.get(rule)
    return None if form is None else form(value)
