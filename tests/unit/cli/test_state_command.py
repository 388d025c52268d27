"""``amlctl state rebuild`` on the embedded workspace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.cli.main import run

SPEC = "project: demo\ncompute:\n  cpu: {type: amlcompute, size: Standard_DS3_v2, tags: {a: b}}\n"


def amlctl(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        run(list(arguments))
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


@pytest.fixture
def spec(tmp_path: Path) -> str:
    file = tmp_path / "spec.yaml"
    file.write_text(SPEC)
    return str(file)


def test_a_lost_state_is_written_again(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    amlctl(capsys, "apply", spec, "--yes")
    code, _, err = amlctl(capsys, "state", "rebuild", spec)
    assert code == 1
    assert "nothing was rebuilt" in err
    _lose(Path(spec).parent / ".amlctl" / "workspace.db")
    code, out, err = amlctl(capsys, "state", "rebuild", spec, "--format", "json")
    assert code == 0, err
    assert json.loads(out)["rebuilt"] == {"compute.cpu": ""}
    code, out, _ = amlctl(capsys, "plan", spec, "--detailed-exitcode")
    assert code == 0, out


def _lose(database: Path) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DELETE FROM state_applied")
        connection.commit()
