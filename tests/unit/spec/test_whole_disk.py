"""A folder that holds the whole disk, the system or a home is refused before anything walks it."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.spec.file_hashes import PlainHasher
from orchestrator.spec.folder_walk import FolderWalk
from orchestrator.spec.snapshot import SnapshotProblem, take


@pytest.fixture
def no_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    def go(_: FolderWalk) -> None:
        raise AssertionError("it was walked")

    monkeypatch.setattr(FolderWalk, "go", go)


@pytest.mark.usefixtures("no_walk")
@pytest.mark.parametrize("code", [True, False], ids=["code", "data"])
@pytest.mark.parametrize("place", ["/", "/usr", "/etc", "/usr/../", "/proc", "/home", "home", "link root", "link home"])
def test_what_nobody_means_is_refused_before_it_is_walked(
    place: str, code: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "me"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    (tmp_path / "link root").symlink_to("/")
    (tmp_path / "link home").symlink_to(home)
    path = {"home": home}.get(place, tmp_path / place)
    if not path.is_dir():
        pytest.skip("this machine has no such folder")
    with pytest.raises(SnapshotProblem) as refused:
        take(path, PlainHasher(), gitignore=code)
    assert refused.value.code == "whole-disk"


def test_a_folder_in_the_home_is_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("project", "etc"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.py").write_text("1")
        assert take(tmp_path / name, PlainHasher()).manifest.keys() == {"a.py"}
