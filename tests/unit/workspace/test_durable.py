"""What is made durable, and what is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orchestrator.workspace.folder.durable import Draft, put_in_place, sync_tree


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    found: set[int] = set()
    monkeypatch.setattr(os, "fsync", lambda descriptor: found.add(os.fstat(descriptor).st_ino))
    return found


@pytest.mark.parametrize("count", [1, 40])
def test_drafts_get_their_names_once_they_are_on_the_disk(tmp_path: Path, synced: set[int], count: int) -> None:
    drafts = []
    for number in range(count):
        target = tmp_path / str(number % 3) / f"{number}"
        target.parent.mkdir(exist_ok=True)
        drafts.append(Draft(target.with_name(f".{number}"), target))
        drafts[-1].path.write_text(str(number))
    put_in_place(drafts)
    for number, draft in enumerate(drafts):
        assert draft.target.read_text() == str(number)
        assert {draft.target.stat().st_ino, draft.target.parent.stat().st_ino} <= synced
        assert not draft.path.exists()


def test_a_tree_is_synced_without_what_is_no_file(tmp_path: Path, synced: set[int]) -> None:
    top = tmp_path / "top"
    (top / "deep" / "empty").mkdir(parents=True)
    (top / "deep" / "file").write_text("x")
    (tmp_path / "outside").write_text("x")
    (top / "link").symlink_to(tmp_path / "outside")
    (top / "gone").symlink_to(tmp_path / "nowhere")
    os.mkfifo(top / "pipe")  # opening it would wait for a writer
    sync_tree(top)
    inside = (top, top / "deep", top / "deep" / "empty", top / "deep" / "file")
    assert synced == {path.stat().st_ino for path in inside}
    sync_tree(tmp_path / "outside")
    assert (tmp_path / "outside").stat().st_ino in synced


def test_what_a_job_has_closed_to_everybody_is_left_out(
    tmp_path: Path, synced: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "open").write_text("x")
    (tmp_path / "closed").write_text("x")
    really = os.open

    def refuse(path: os.PathLike[str], flags: int) -> int:
        if Path(path).name == "closed":
            raise PermissionError  # the administrator, who may run these tests, would be let in
        return really(path, flags)

    monkeypatch.setattr(os, "open", refuse)
    sync_tree(tmp_path)
    assert (tmp_path / "open").stat().st_ino in synced
    assert (tmp_path / "closed").stat().st_ino not in synced
