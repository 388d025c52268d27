"""A folder as a source."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from orchestrator.reconcile.ports import SourceUnavailable
from orchestrator.reconcile.source.folder import FolderSource


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    (root / "spec.yaml").write_text("project: p\n")
    (root / "data" / "a.csv").write_text("1\n")
    return root


def test_equal_files_are_the_same_revision(folder: Path) -> None:
    source = FolderSource(folder / "spec.yaml")
    first = source.fetch()
    assert first.path == folder / "spec.yaml"
    assert first.label == f"folder@{first.id[:7]}"
    os.utime(folder / "data" / "a.csv")
    assert source.fetch() == first
    assert FolderSource(folder).fetch().id == first.id
    assert source.recall(first.id) == first
    assert source.recall("other") is None


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ("data/a.csv", True),
        ("new.yaml", True),
        (".amlctl/workspace.db", False),
        (".git/HEAD", False),
        ("__pycache__/x.pyc", False),
        ("elsewhere/workspace.db", False),
        (".amlignore", True),
    ],
)
def test_what_makes_a_new_revision(folder: Path, change: str, counts: bool) -> None:
    source = FolderSource(folder, left_out=[folder / "elsewhere"])
    before = source.fetch().id
    (folder / change).parent.mkdir(exist_ok=True)
    (folder / change).write_text("something else")
    assert (source.fetch().id != before) == counts


@pytest.mark.parametrize(
    ("age_s", "noticed", "why"),
    [
        (0, True, "two changes within one step of the file system's clock have the same time"),
        (3600, False, "what has long been at rest is not read again"),
    ],
)
def test_a_change_that_leaves_size_and_time_as_they_were(folder: Path, age_s: int, noticed: bool, why: str) -> None:
    file, source = folder / "data" / "a.csv", FolderSource(folder)
    # A minute ahead, so that no pause of the test makes it old.
    at = time.time_ns() + 60_000_000_000 if age_s == 0 else time.time_ns() - age_s * 1_000_000_000
    os.utime(file, ns=(at, at))
    before = source.fetch().id
    file.write_text("2\n")
    os.utime(file, ns=(at, at))
    assert (source.fetch().id != before) is noticed, why


def test_moving_bytes_between_files_is_a_change(folder: Path) -> None:
    source = FolderSource(folder)
    before = source.fetch().id
    (folder / "data" / "a.csv").rename(folder / "data" / "b.csv")
    assert source.fetch().id != before


def test_unreadable_and_vanishing_files_stop_nothing(folder: Path) -> None:
    (folder / "broken").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    assert FolderSource(folder).fetch().id


def test_a_missing_folder_may_come_back(folder: Path) -> None:
    source = FolderSource(folder)
    first = source.fetch()
    folder.rename(folder.with_name("away"))
    with pytest.raises(SourceUnavailable) as caught:
        source.fetch()
    assert caught.value.code == "source-missing"
    folder.with_name("away").rename(folder)
    assert source.fetch() == first
