"""Colour for terminals, as plain escape sequences: a whole console library is not needed for eight words."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CODES = {
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
    "dim": "2",
    "bold": "1",
}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""C0 and C1 controls, and marks that turn the direction of writing."""


@dataclass(frozen=True, slots=True)
class Style:
    """Whether and how to colour text.

    Attributes:
        color: False gives plain text, for pipes, files and ``NO_COLOR``.
    """

    color: bool = False

    def __call__(self, text: str, *names: str) -> str:
        """Wrap a text in the named colours."""
        if not self.color or not names or not text:
            return text
        return f"\x1b[{';'.join(_CODES[name] for name in names)}m{text}\x1b[0m"


PLAIN = Style()


_INVISIBLE = re.compile(
    r"[\u00a0\u00ad\u034f\u061c\u115f\u1160\u180e\u2000-\u200d\u202f\u205f-\u2064\u3000\u3164\ufe00-\ufe0f\ufeff]"
)
"""Characters that look like a space or like nothing."""


def visible(text: str) -> str:
    """A harmless text in which characters that nobody sees are written as escapes: what is wrong with a name may be just those."""
    return _INVISIBLE.sub(lambda found: f"\\u{ord(found.group()):04x}", harmless(text))


def harmless(text: str) -> str:
    """Text from files and workspaces without what would steer a terminal: control characters become ``�``, tabs and line ends stay."""
    return text if text.isprintable() else _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
