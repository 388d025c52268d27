"""Passwords in addresses become secrets of their own, so that nothing keeps, shows or compares them in plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.url_secrets import parted
from orchestrator.core.value import Secret, Template


def concealed(value: Any) -> Any:
    """A tree in which each text that holds a password in an address is a `Template` with that password as a `Secret`.

    Trees without any are returned as they are.
    """
    kind = type(value)
    if kind is str:
        return _text(value) if "=" in value or "@" in value else value
    if isinstance(value, Mapping):
        changed = {name: new for name, item in value.items() if (new := concealed(item)) is not item}
        return {**value, **changed} if changed else value
    if kind is list:
        items = [concealed(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if kind is Template:
        parts = tuple(piece for part in value.parts for piece in _pieces(part))
        return value if parts == value.parts else Template(parts)
    return value


def _text(text: str) -> Any:
    parts = _pieces(text)
    return Template(parts) if any(isinstance(part, Secret) for part in parts) else text


def _pieces(part: Any) -> tuple[Any, ...]:
    if not isinstance(part, str) or not part:
        return (part,)
    return tuple(Secret(name, text) if name else text for name, text in parted(part))


def shown(value: Any) -> Any:
    """A plain tree, such as a live object's properties, in which names stand for the passwords in addresses."""
    kind = type(value)
    if kind is str:
        hidden = concealed(value)
        return value if hidden is value else str(hidden)
    if isinstance(value, Mapping):
        changed = {name: new for name, item in value.items() if (new := shown(item)) is not item}
        return {**value, **changed} if changed else value
    if kind is list:
        items = [shown(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value
