"""Rules that several kinds follow: how their things are called, and what tells the shapes of a body apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.core.kind import NameRule


def asset_name(collection: str) -> NameRule:
    """How assets may be called.

    Args:
        collection: in the REST specification, such as ``data``.
    """
    return NameRule(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}",
        "1 to 255 letters, digits, '-', '_' and '.'; starts with a letter or digit",
        f"Azure REST specification, workspaces/{collection}",
    )


def variant_by_type(default: str = "", *, any_case: bool = False) -> Callable[[Mapping[str, Any]], str]:
    """The shape of a body from its field ``type``.

    Args:
        default: of a body without a type.
        any_case: upper and lower case mean the same.
    """

    def variant(body: Mapping[str, Any]) -> str:
        text = str(body.get("type") or default)
        return text.lower() if any_case else text

    return variant
