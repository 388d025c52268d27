"""Colour for terminals, as plain escape sequences: a whole console library is not needed for eight words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from orchestrator.core.url_secrets import without_passwords

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

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""C0 and C1 controls, and marks that turn the direction of writing."""


STYLING = re.compile(r"(\x1b\[(?:0|[12]|3[1-6])(?:;(?:[12]|3[1-6]))*m|\x1b\[H\x1b\[2J)")
_LINE_END = re.compile(r"\r\n|[\n\r]")
_MARKUP = re.compile(r"[\\`*_\[\]<>#|@&]|(?<=\w):(?=//)|\bwww(?=\.)")
"""What means something to GitHub, Azure DevOps or GitLab inside a line: markup, HTML, mentions, formulas, bare links."""


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
    """Text from files, workloads and workspaces without what would steer a terminal, and without passwords in addresses.

    Control characters become ``�``; tabs and line ends stay.
    """
    text = without_passwords(text)
    return text if text.isprintable() else _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def without_foreign_controls(text: str) -> str:
    """A whole output, in which only the colours of `Style` may steer a terminal: the last thing before it is written."""
    if text.isprintable():
        return text
    parts = STYLING.split(text)
    return "".join(
        part if number % 2 else _CONTROL.sub("\N{REPLACEMENT CHARACTER}", part) for number, part in enumerate(parts)
    )


def one_line(text: object) -> str:
    """The same where it is a part of a line: a name with a line end in it must not begin a line of its own."""
    safe = harmless(str(text))
    return safe if safe.isprintable() else _LINE_END.sub("\N{RETURN SYMBOL}", safe).replace("\t", " ")


def markdown(text: object) -> str:
    """The same as a part of a line of Markdown: no markup, no HTML, no mention of a person and no end of a table's cell."""
    return _MARKUP.sub(lambda found: "".join(f"&#{ord(each)};" for each in found[0]), one_line(text))


def markdown_code(text: object) -> str:
    """A text in backticks. Inside of them nothing but a backtick ends them, and a bar a table's cell."""
    return "`" + one_line(text).replace("`", "'").replace("|", "\N{BROKEN BAR}") + "`"
