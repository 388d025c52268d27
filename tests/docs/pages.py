"""Reads the pages of the documentation: files to write, commands to run, what they should say, specs to validate.

A fenced block is, by the word after its backticks:

- ``yaml``: a spec, or a part of one; validated. With ``<!-- file: NAME -->`` on the line before, it is also written to NAME.
- any other language with ``<!-- file: NAME -->`` before it: written to NAME.
- ``console``: lines that begin with ``$ `` are run in the page's folder, the lines below each are what it prints: every one of
  them must appear, in this order; ``…`` stands for any text. ``$ ... # exit 2`` expects that exit code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "specs/**/*.md")
    for path in ROOT.glob(pattern)
    if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
)
_FENCE = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<language>[\w-]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass
class Block:
    """One fenced block."""

    language: str
    body: str
    file: str | None
    line: int


@dataclass
class Command:
    """One command of a console block with what it should print."""

    text: str
    expected: list[str] = field(default_factory=list)
    code: int = 0


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Block(match["language"], match["body"], match["file"], line)


def commands(body: str) -> list[Command]:
    found: list[Command] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            text, _, code = line[2:].partition("  # exit ")
            found.append(Command(text, [], int(code or 0)))
        elif line.strip() and found:
            found[-1].expected.append(line.strip())
    return found


def missing(expected: list[str], printed: str) -> str | None:
    """The first expected line that does not appear in its turn."""
    lines = iter(" ".join(line.split()) for line in printed.splitlines())
    for wanted in expected:
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in " ".join(wanted.split()).split("…")))
        if not any(pattern.search(line) for line in lines):
            return wanted
    return None
