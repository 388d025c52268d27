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


def test_each_recorded_request_is_evidence_for_a_row(tables: Any) -> None:
    steps = pytest.importorskip("orchestrator.backends.azure.recording.steps")
    cells = set(tables.first_cells((ROOT / "docs" / "reference" / "parity.md").read_text(encoding="utf-8")))
    assert {step.row for step in steps.ROUND if step.row} <= cells


def test_recordings_of_the_service_are_told_with_their_date(tables: Any, tmp_path: Any, monkeypatch: Any) -> None:
    pytest.importorskip("azure.ai.ml", reason="needs the azure extra")
    from orchestrator.backends.azure.recording.files import About, Folder, Recording
    from orchestrator.backends.azure.recording.step import Reply

    page = importlib.import_module("operations_page")
    monkeypatch.setattr(page, "_RECORDINGS", tmp_path)
    assert "not yet" in "".join(page.recorded()) and " 0 of " in "".join(page.recorded())
    recording = Recording(step="workspace", shows="", method="GET", path="", query={}, body=None, answer=Reply(200))
    for name, service in (("theirs", "azure"), ("ours", "embedded")):
        folder = Folder(tmp_path / name)
        folder.write(recording)
        folder.about(About(date=f"2031-01-0{len(name)}", version="1", api_version="v", service=service, complete=True))
    told = "\n".join(page.recorded())
    assert " 1 of " in told and "2031-01-06 |" in told and "2031-01-04" not in told, "only the service counts"
