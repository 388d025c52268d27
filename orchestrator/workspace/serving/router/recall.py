"""Heads that come again byte by byte: what they mean is recalled, not parsed a second time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Meaning = TypeVar("Meaning")

_END = b"\r\n\r\n"
_LONGEST = 8 * 1024
"""Bytes of a head that is worth to be kept for each connection."""


@dataclass(frozen=True, slots=True)
class KnownHead(Generic[Meaning]):
    """A head that was parsed before on the same connection. The same bytes at the same place mean the same.

    Attributes:
        text: the head with the empty line at its end.
        size: bytes of the body behind it.
        whole: bytes of both.
        meaning: what was parsed.
    """

    text: bytes
    size: int
    whole: int
    meaning: Meaning


def known_head(data: bytes, size: int, meaning: Meaning) -> KnownHead[Meaning] | None:
    """Remember a head.

    Args:
        data: what came, beginning with the head.
        size: bytes of its body, which has no other framing than that.

    Returns:
        None if it is long, or if it is not certain where it ends: it came in pieces, or its lines do not all end as they should.
    """
    end = data.find(_END) + len(_END)
    text = data[:end]
    if not len(_END) <= end <= _LONGEST or not text[:1].isalpha() or text.count(b"\n") != text.count(b"\r\n"):
        return None
    return KnownHead(text, size, end + size, meaning)
