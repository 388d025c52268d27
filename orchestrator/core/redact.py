"""Keep secrets out of what others say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from orchestrator.core.url_secrets import without_passwords
from orchestrator.core.value import Secret, Template, leaves


class Redactor:
    """Replaces the secrets of some properties in texts that come from elsewhere: error messages, logs, answers.

    Args:
        properties: bodies that may hold secrets. Looked through when the first text comes.
    """

    def __init__(self, properties: Iterable[Mapping[str, Any]]) -> None:
        self._properties = properties

    def __call__(self, text: str) -> str:
        """The text without secrets, and without passwords in addresses."""
        for value, name in self._secrets:
            text = text.replace(value, name)
        return without_passwords(text)

    @cached_property
    def _secrets(self) -> tuple[tuple[str, str], ...]:
        found = {secret.reveal(): str(secret) for body in self._properties for secret in _secrets_in(body)}
        # The longest first: one secret may be part of another.
        return tuple(sorted(((value, name) for value, name in found.items() if value), key=lambda pair: -len(pair[0])))


def _secrets_in(value: Any) -> Iterator[Secret]:
    for leaf in leaves(value):
        parts = leaf.parts if isinstance(leaf, Template) else (leaf,)
        yield from (part for part in parts if isinstance(part, Secret))
