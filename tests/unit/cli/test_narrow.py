"""What people read fits a terminal of 80 columns."""

from __future__ import annotations

import pytest

from tests.unit.cli.calling import Shell

LONG = "a-table-of-measurements-with-quite-a-long-name-for-a-terminal"
WIDTHS = (80, 60)


def test_every_command_that_people_read_fits(demo: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = demo.folder / "spec.yaml"
    spec.write_text(spec.read_text().replace("  rows:", f"  {LONG}: {{type: uri_file, path: rows.csv}}\n  rows:"))
    address = f"data.{LONG}"
    wide = []
    for width in WIDTHS:
        monkeypatch.setenv("COLUMNS", str(width))
        for command in (
            ("plan",),
            ("plan", "-v"),
            ("status",),
            ("apply", "--yes"),
            ("explain", "spec.yaml", address),
            ("runs", "list"),
        ):
            answer = demo(*command)
            wide += [(command, line) for line in answer.out.splitlines() if len(line) > width and len(line.split()) > 1]
        demo.write("rows.csv", f"x\n{width}\n")
    assert wide == []
    monkeypatch.delenv("COLUMNS")
    assert any(len(line) > 80 for line in demo("status").out.splitlines()), "pipes get whole lines"
