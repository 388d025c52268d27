"""Secrets of jobs and deployments: kept apart from the record, for the owner only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from orchestrator.core.errors import Invalid
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.secrets import SecretFiles

RECORD = Record(
    "jobs",
    "jobs.train",
    "train-1",
    body={"environment_variables": {"TOKEN": {"$secret": "T", "digest": "x"}}, "args": ["a", {"$template": ["b"]}]},
)
VALUES = [(("environment_variables", "TOKEN"), "hush"), (("args", 1), "b-hush")]


def test_secrets_come_back_in_their_places(tmp_path: Path) -> None:
    secrets = SecretFiles(WorkspacePaths(tmp_path / "w"))
    secrets.put(RECORD.key, VALUES)
    assert secrets.reveal(RECORD) == {"environment_variables": {"TOKEN": "hush"}, "args": ["a", "b-hush"]}
    assert RECORD.body["args"][1] == {"$template": ["b"]}
    (file,) = (tmp_path / "w" / "secrets").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_without_secrets_there_is_no_file(tmp_path: Path) -> None:
    secrets = SecretFiles(WorkspacePaths(tmp_path / "w"))
    secrets.put(RECORD.key, [])
    assert not (tmp_path / "w").exists()
    assert secrets.reveal(RECORD) == RECORD.body
    secrets.put(RECORD.key, VALUES)
    secrets.put(RECORD.key, [])
    assert secrets.reveal(RECORD) == RECORD.body


def test_forgotten_secrets_are_gone(tmp_path: Path) -> None:
    secrets = SecretFiles(WorkspacePaths(tmp_path / "w"))
    secrets.put(RECORD.key, VALUES)
    secrets.forget(RECORD.key)
    secrets.forget(RECORD.key)
    assert list((tmp_path / "w" / "secrets").iterdir()) == []


def test_damaged_secrets_are_told_without_showing_them(tmp_path: Path) -> None:
    secrets = SecretFiles(WorkspacePaths(tmp_path / "w"))
    secrets.put(RECORD.key, VALUES)
    (file,) = (tmp_path / "w" / "secrets").iterdir()
    file.write_text('[["hush"')
    with pytest.raises(Invalid) as caught:
        secrets.reveal(RECORD)
    assert "hush" not in str(caught.value)


def test_what_is_to_be_hidden_has_its_name(tmp_path: Path) -> None:
    secrets = SecretFiles(WorkspacePaths(tmp_path / "w"))
    assert secrets.to_hide(RECORD) == {}
    secrets.put(RECORD.key, VALUES)
    assert secrets.to_hide(RECORD) == {"hush": "TOKEN"}
    secrets.put(RECORD.key, [(("args", 1), "b-hush")], {"T": "hush"})
    assert secrets.to_hide(RECORD) == {"hush": "T"}
    secrets.put(RECORD.key, [(("args", 1), "b-hush")])
    assert secrets.to_hide(RECORD) == {"b-hush": "1"}
