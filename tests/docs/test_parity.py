"""Every row of the parity tables names its source, and the page of operations counts what is answered."""

from __future__ import annotations

import sys

from tests.docs.pages import ROOT

DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

from operations_page import page, rows, unfounded

PARITY = (DOCS / "reference" / "parity.md").read_text(encoding="utf-8")


def test_every_row_names_its_source() -> None:
    assert len(list(rows(PARITY))) > 50
    assert unfounded(PARITY) == []


def test_a_row_without_a_source_is_found() -> None:
    assert unfounded("| a | b |\n|---|---|\n| list | proven |\n| get | assumed |\n") == ["proven"]


def test_operations_that_programs_use_are_answered() -> None:
    """Those that are not answered are listed, and are none of these."""
    text = page(PARITY)
    assert "operations are answered" in text
    assert not {
        name
        for name in ("`computes`", "`datastores`", "`jobs`", "`onlineEndpoints`", "`schedules`")
        if f"| {name} | 0" in text
    }
