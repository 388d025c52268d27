"""Keep secrets out of what others say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
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
        return without_passwords(self._mask(text))

    @cached_property
    def _mask(self) -> Callable[[str], str]:
        return mask_of({secret.reveal(): str(secret) for body in self._properties for secret in _secrets_in(body)})


def mask_of(names: Mapping[str, str]) -> Callable[[str], str]:
    """What puts names in the place of secrets in a text.

    Args:
        names: secret to what stands in its place. Empty secrets are nothing to hide.
    """
    # In one pass, or a secret would be looked for in the names of others; the longest first, as one may be part of another.
    forms = "|".join(re.escape(value) for value in sorted(names, key=len, reverse=True) if value)
    if not forms:
        return str
    pattern = re.compile(forms)
    return lambda text: pattern.sub(lambda found: names[found[0]], text)


def _secrets_in(value: Any) -> Iterator[Secret]:
    for leaf in leaves(value):
        parts = leaf.parts if isinstance(leaf, Template) else (leaf,)
        yield from (part for part in parts if isinstance(part, Secret))
