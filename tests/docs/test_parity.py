"""Every row of the parity tables names its source."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.docs.pages import ROOT


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("parity_rows")


def test_every_row_names_its_source(tables: Any) -> None:
    parity = (ROOT / "docs" / "reference" / "parity.md").read_text(encoding="utf-8")
    assert len(list(tables.rows(parity))) > 50
    assert tables.unfounded(parity) == []


def test_a_row_without_a_source_is_found(tables: Any) -> None:
    assert tables.unfounded("| a | b |\n|---|---|\n| list | proven |\n| get | assumed |\n") == ["b", "proven"]
