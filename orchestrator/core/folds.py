"""Two texts for one value: each function brings both into one form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final


def scalar_text(value: Any) -> Any:
    """The service's text of a scalar: ``true`` is ``True``, 1.0 and 1 are ``1``.

    Source: scalars of inputs come back as text, see the normalisation table in the recordings of azure-ai-ml.
    """
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    return value


def lower(value: Any) -> Any:
    """Fold a text of which upper and lower case mean the same."""
    return value.lower() if isinstance(value, str) else value


def bare_name(value: Any) -> Any:
    """Drop the ``azureml:`` before a name."""
    return value.removeprefix("azureml:") if isinstance(value, str) and "://" not in value else value


_DURATION: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.IGNORECASE)


def seconds(value: Any) -> Any:
    """Seconds of an ISO 8601 duration, ``PT2M`` as 120; anything else as it is."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) and len(value) > 2 else None
    if found is None:
        return value
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    total = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    return int(total) if total.is_integer() else total


_ARM_ID: Final = re.compile(r"(?:azureml:)?/subscriptions/[^/]+(?:/.*)?", re.IGNORECASE | re.DOTALL)


def arm_id(value: Any) -> Any:
    """A resource id of Azure in one form, without case; anything else as it is.

    Source: Azure Resource Manager, ids and their parts are compared without case.
    """
    return value.lower().rstrip("/") if isinstance(value, str) and _ARM_ID.fullmatch(value) else value


_MENTION: Final = re.compile(r"azureml:(?:[^:@/]+|//datastores/[^/]+)", re.IGNORECASE)


def mention(value: Any) -> Any:
    """A text that mentions a resource, with the resource's name without case; anything else as it is.

    Source: as `arm_id`. Versions, and paths inside a datastore, keep their case.
    """
    found = _MENTION.match(value) if isinstance(value, str) else None
    return value if found is None else found.group().lower() + value[found.end() :]


def bare_resource_name(value: Any) -> Any:
    """The same of a resource's name, of which case says nothing."""
    return lower(bare_name(value))


def identity_id(value: Any) -> Any:
    """The resource id of an identity in either form, without case."""
    found = value.get("resource_id", value) if isinstance(value, Mapping) else value
    return lower(found)


_LITERALS: Final = frozenset({"integer", "number", "string", "boolean"})


def bare_literal(value: Any) -> Any:
    """The value of an input that is written with its type: ``{type: integer, value: 3}`` as 3; anything else as it is."""
    is_literal = isinstance(value, Mapping) and value.get("type") in _LITERALS and value.keys() <= {"type", "value"}
    return value["value"] if is_literal and "value" in value else value
