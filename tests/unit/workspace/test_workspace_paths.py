"""The workspace's folder: nothing leaves it, and what belongs to others stays as it is."""

from __future__ import annotations

import stat
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.core.errors import Invalid
from orchestrator.workspace.folder.identity import ensure_identity, read_identity
from orchestrator.workspace.folder.paths import WorkspacePaths, inside, safe_name
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "nothing"),
        (".", "this folder"),
        ("..", "the one above"),
        ("a/b", "a separator"),
        ("a\\b", "the other separator"),
        ("a\0b", "ends early in C"),
        ("a\n", "a line end"),
        ("a" * 256, "too long for a file system"),
    ],
)
def test_unsafe_names_are_refused(name: str, why: str) -> None:
    with pytest.raises(Invalid):
        safe_name(name)
    with pytest.raises(Invalid):
        WorkspacePaths(Path("/w")).job(name)


def test_ordinary_names_are_taken(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path)
    assert paths.job("train-9f2c@1") == tmp_path / "jobs" / "train-9f2c@1"
    assert paths.endpoint("hf") == tmp_path / "endpoints" / "hf"
    assert paths.datastore("my_store.v1") == tmp_path / "datastores" / "my_store.v1"


@pytest.mark.parametrize("relative", ["../x", "a/../../x", "/etc/passwd", "out/x", "out"])
def test_paths_that_leave_are_refused(tmp_path: Path, relative: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    with pytest.raises(Invalid):
        inside(folder, relative)


@pytest.mark.parametrize("relative", ["", ".", "a", "a/b/../c", "link/x"])
def test_paths_that_stay_are_taken(tmp_path: Path, relative: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert inside(tmp_path, relative).is_relative_to(tmp_path.resolve())


def test_a_folder_with_other_things_keeps_its_rights(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "spec.yaml").write_text("project: p\n")
    WorkspacePaths(tmp_path).create()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert not (tmp_path / ".gitignore").exists()


def test_the_identity_is_given_once(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path / "w")
    assert read_identity(paths) == ""
    assert not paths.root.exists()
    identity = ensure_identity(paths)
    assert identity
    assert ensure_identity(paths) == read_identity(paths) == identity
    assert ensure_identity(WorkspacePaths(tmp_path / "v")) != identity


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "damaged"),
        ("[]", "damaged"),
        ('{"workspace": "a"}', "damaged"),
        ('{"workspace": "a", "format": 99}', "layout 99"),
    ],
)
def test_a_marker_that_cannot_be_understood_is_refused(tmp_path: Path, text: str, says: str) -> None:
    paths = WorkspacePaths(tmp_path)
    paths.marker.write_text(text)
    with pytest.raises(Invalid, match=says):
        read_identity(paths)


def test_a_damaged_marker_is_written_again_and_nothing_is_lost(tmp_path: Path) -> None:
    """What its error advises."""
    paths = WorkspacePaths(tmp_path / "ws")
    ensure_identity(paths)
    with closing(RecordStore(paths)) as store:
        store.insert(Record("data", "data.rows", "1", body={"type": "uri_file"}))
    paths.marker.write_text("{")
    with pytest.raises(Invalid) as caught:
        ensure_identity(paths)
    assert caught.value.fix.startswith("Remove this file")
    paths.marker.unlink()
    assert ensure_identity(paths) == read_identity(paths) != ""
    with closing(RecordStore(paths)) as store:
        assert [record.address for record in store.list("data")] == ["data.rows"]
