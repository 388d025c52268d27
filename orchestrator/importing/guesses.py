"""Values with which a placeholder can be planned on the embedded workspace, before anybody has said the right ones."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.spec.documents import sanitised

_NUMBER: Final = re.compile(
    r"count|instances|nodes|num|max|min(?!ute)|seconds|minutes|retries|size_gb|percent|port|batch|version",
    re.IGNORECASE,
)
_ID: Final = re.compile(r"subscription|tenant|client_?id|object_?id|principal", re.IGNORECASE)
_BY_NAME: Final = (
    (
        re.compile(r"subscription|tenant|client_?id|object_?id|principal", re.IGNORECASE),
        "00000000-0000-0000-0000-000000000000",
    ),
    (re.compile(r"sku|instance_?type|vm_?size|^size$", re.IGNORECASE), "Standard_DS3_v2"),
    (re.compile(r"location|region", re.IGNORECASE), "eastus"),
    (re.compile(r"ur[il]$|^target$|^server$", re.IGNORECASE), "https://example.com"),
)


def guess(hole: str, key: str) -> str:
    """A value for a placeholder.

    Args:
        hole: its name.
        key: the field in which it stands.
    """
    for text in (key, hole):
        for pattern, value in _BY_NAME:
            if pattern.search(text):
                return value
    if _NUMBER.search(key):
        return "1"
    return sanitised(hole).replace("_", "-").lower() or "value"
