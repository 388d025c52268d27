"""Wide text on narrow terminals."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.cli.console import Console
from orchestrator.report.folding import folded
from orchestrator.report.style import Style

COLOURED = Style(color=True)
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
words = st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=1, max_size=30)
columns = st.lists(
    st.tuples(st.lists(words, min_size=1, max_size=12), st.sampled_from([(), ("red",), ("dim", "bold")])), max_size=6
)


@settings(max_examples=150, deadline=None)
@given(columns, st.integers(0, 8), st.integers(20, 120))
def test_no_line_is_too_long_no_word_is_lost_and_colours_take_no_room(
    parts: list[tuple[list[str], tuple[str, ...]]], indent: int, width: int
) -> None:
    line = " " * indent + "   ".join(COLOURED(" ".join(told), *names) for told, names in parts)
    plain = ESCAPES.sub("", line)
    found = folded(line, width)
    assert ESCAPES.sub("", found) == folded(plain, width)
    assert found.count("\x1b[0m") == len([each for each in ESCAPES.findall(found) if each != "\x1b[0m"])
    assert folded(plain, width).split() == plain.split()
    for each in folded(plain, width).split("\n"):
        assert len(each) <= width or len(each.split()) == 1, "a word is never broken"
    assert folded(line, 0) == line


def test_columns_stay_where_they_are_as_far_as_they_fit() -> None:
    table = (
        "jobs.train                healthy   train-125c69dcbc86\n"
        "  ~ jobs.train            run again   upstream: data.records   last run took 45 s\n"
        "  = 3 unchanged: a.b, c.d, e.f and many others that are named"
    )
    assert folded(table, 44).splitlines() == [
        "jobs.train                healthy",
        "    train-125c69dcbc86",
        "  ~ jobs.train            run again",
        "      upstream: data.records",
        "      last run took 45 s",
        "  = 3 unchanged: a.b, c.d, e.f and many",
        "      others that are named",
    ]


def test_pipes_get_whole_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    line = "x " * 60
    monkeypatch.delenv("COLUMNS", raising=False)
    Console().text(line.strip())
    assert capsys.readouterr().out == f"{line.strip()}\n"
    monkeypatch.setenv("COLUMNS", "80")
    Console().text(line.strip())
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
