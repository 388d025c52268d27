"""Plain English in what users read: documents, help, messages. The phrases below were used before, and have a standard term."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.docs.pages import ROOT

PHRASES: Final = {
    r"\b(no|some)body\b": "say who, or use the passive",
    r"\banew\b": "again",
    r"\bas such\b": "leave it out",
    r"\b(is|are|was) told\b|\btold (at once|by|in full|to)\b": "is reported, is printed",
    r"\ball the same\b": "still",
    r"\b(goes|go|went|going) on\b": "continues, runs",
    r"\bfor ever\b": "hangs, permanently",
    r"\bleads? out\b": "points outside",
    r"\blooks? whether\b": "checks whether",
    r"\bsays? so\b": "reports it, contains a warning",
    r"\bof (its|their|one's) own\b": "separate, its own …",
    r"\bby (itself|themselves)\b": "automatically, alone",
    r"\bwhat (lives|is there)\b": "live resources",
    r"\b(comes?|came|is|are|at) (to|at) rest\b": "a second plan is empty",
    r"\bneeds? a person\b|\ba person (acts|decides|stopped)\b": "requires manual action",
    r"\b(is|are) no (?!longer\b|more\b|such\b)(?<!there is no )(?<!there are no )\w+": "is not a …",
    r"\bholds? for (nobody|everybody)\b": "has no effect",
    r"\buntil told otherwise\b": "until you stop it",
    r"\bcannot be\.": "say which values are valid",
    r"\bstands? by\b|\btakes? turns\b": "standby, serialized by the lock",
    r"\bif nothing is said\b|\bnothing means\b|\bunless said\b": "default",
    r"\bmend(s|ed|ing)?\b": "fix, repair",
    r"\bshall\b": "must, will",
    r"\bbeside\b|\blies (in|at|where)\b": "next to, compared with; is in",
    r"\bbears?\b|\bthe other way (a)?round\b": "has; conversely, vice versa",
    r"\bwherever\b|\bwhatever\b": "regardless of, all",
}  # fmt: skip
"""Pattern, in any case, to what to write instead."""

PAGES: Final = ("*.md", "docs/**/*.md", "examples/**/*.md", "benchmarks/*.md", "docs/*.yaml")
LEFT_OUT: Final = ("CHANGELOG.md", "docs/adr/")
"""History: what was decided and released stays as it was written."""


def pages() -> Iterator[Path]:
    for pattern in PAGES:
        for path in ROOT.glob(pattern):
            if not path.relative_to(ROOT).as_posix().startswith(LEFT_OUT):
                yield path


def prose(text: str) -> Iterator[tuple[int, str]]:
    """Lines outside of code blocks, without code in them."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        inside ^= line.lstrip().startswith("```")
        if not inside and not line.startswith("    "):
            yield number, re.sub(r"`[^`]*`", "`", line)


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """String constants of a module that are sentences, docstrings left out; the help of commands is in ``commands.md``."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and " " in text and id(node) not in docstrings:
            yield node.lineno, text


BANNED: Final = re.compile("|".join(f"({pattern})" for pattern in PHRASES), re.IGNORECASE)


QUOTED: Final = re.compile(r'(?<!")"[^"\n]* [^"\n]*"(?!")')


def found(lines: Iterator[tuple[int, str]], place: str) -> list[str]:
    """Every phrase with its place and what to write instead."""
    advice = [re.compile(pattern, re.IGNORECASE) for pattern in PHRASES]
    problems = []
    for number, line in lines:
        for hit in BANNED.finditer(line):
            instead = next(PHRASES[one.pattern] for one in advice if one.search(hit.group()) or one.search(line))
            problems.append(f"{place}:{number}: '{hit.group()}': {instead}")
    return problems


def test_the_check_finds_phrases_and_leaves_code_alone() -> None:
    text = "There is no spec.\nIt goes on.\n```\nnobody\n```\nRun `nobody`.\nThat is no conflict.\n"
    assert [problem.split(": ")[0:2] for problem in found(prose(text), "p")] == [
        ["p:2", "'goes on'"],
        ["p:7", "'is no conflict'"],
    ]


def test_documents_are_in_plain_english() -> None:
    problems = []
    for path in sorted(pages()):
        problems += found(prose(path.read_text(encoding="utf-8")), path.relative_to(ROOT).as_posix())
    assert problems == []


def test_messages_are_in_plain_english() -> None:
    problems = []
    for path in sorted((ROOT / "orchestrator").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if any(map(BANNED.search, QUOTED.findall(source))):  # to parse every module takes seconds
            problems += found(texts(ast.parse(source)), path.relative_to(ROOT).as_posix())
    assert problems == []
