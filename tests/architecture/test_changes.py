"""News fragments: each is named as `changes/README.md` says, and the next release's notes hold all of them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "changes"
SETTINGS: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]
FRAGMENTS: Final = sorted(path for path in FOLDER.iterdir() if path.name not in ("README.md", "template.md.jinja"))


def wrong(name: str, text: str) -> str:
    """What is wrong with a fragment; empty if nothing is."""
    types = "|".join(SETTINGS["fragment"])
    if not re.fullmatch(rf"[a-z0-9]+(-[a-z0-9]+)*\.({types})\.md", name):
        return f"is not named SHORT-NAME.TYPE.md with a type of {types}"
    if re.match(r"\s*([#*-]\s|$)", text):
        return "begins with a heading or a bullet, or says nothing"
    return "" if text.rstrip().endswith((".", "`")) and text.endswith("\n") else "does not end with a full stop"


def test_fragments_are_named_and_written_as_agreed() -> None:
    assert {path.name: why for path in FRAGMENTS if (why := wrong(path.name, path.read_text()))} == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sweep jobs.added.md", "Sweep jobs.\n"),
        ("sweep.new.md", "Sweep jobs.\n"),
        ("sweep.added.rst", "Sweep jobs.\n"),
        ("sweep.added.md", "- Sweep jobs.\n"),
        ("sweep.added.md", "# Sweep jobs\n"),
        ("sweep.added.md", "Sweep jobs\n"),
        ("sweep.added.md", "\n"),
    ],
)
def test_others_are_told(name: str, text: str) -> None:
    assert wrong(name, text)
    assert not wrong("sweep.added.md", "Sweep jobs.\n")


def test_the_next_releases_notes_hold_every_fragment() -> None:
    shell = pytest.importorskip("towncrier._shell", reason="needs the dev extra")

    done = CliRunner().invoke(
        shell.cli, ["build", "--draft", "--version", "next", "--date", "2000-01-01", "--dir", str(ROOT)]
    )
    assert done.exit_code == 0, done.output
    notes = " ".join(done.output.split())
    assert "## next (2000-01-01)" in notes
    assert [path.name for path in FRAGMENTS if " ".join(path.read_text().split()) not in notes] == []
    assert SETTINGS["start_string"].strip() in (ROOT / SETTINGS["filename"]).read_text()
