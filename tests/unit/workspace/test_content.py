"""Files by digest: the same bytes once, what was planned and nothing else, nothing outside."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from pathlib import Path

import pytest

from orchestrator.core.errors import Conflict, Invalid, NotFound
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.files.content import DAMAGED, ContentStore
from orchestrator.workspace.folder.paths import WorkspacePaths


@pytest.fixture
def content(tmp_path: Path) -> ContentStore:
    return ContentStore(WorkspacePaths(tmp_path / ".amlctl"))


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def taken(path: Path, *relative: str) -> LocalFiles:
    names = relative or (path.name,)
    files = {name: path / name if relative else path for name in names}
    return LocalFiles(path, "d" * 64, path.name, {name: sha(file.read_bytes()) for name, file in files.items()})


def folder(tmp_path: Path) -> Path:
    source = tmp_path / "src"
    (source / "deep").mkdir(parents=True)
    (source / "train.py").write_text("print(1)\n")
    (source / "deep" / "run.sh").write_text("echo\n")
    (source / "deep" / "run.sh").chmod(0o755)
    (source / "left-out.txt").write_text("x")
    return source


def test_a_folder_comes_back_with_what_the_manifest_names(tmp_path: Path, content: ContentStore) -> None:
    digest = content.put(taken(folder(tmp_path), "train.py", "deep/run.sh"))
    into = content.materialise(digest, tmp_path / "job" / "code", writable=True)
    assert into == tmp_path / "job" / "code"
    assert sorted(p.relative_to(into).as_posix() for p in into.rglob("*") if p.is_file()) == ["deep/run.sh", "train.py"]
    assert (into / "train.py").read_text() == "print(1)\n"
    assert os.access(into / "deep" / "run.sh", os.X_OK)
    assert not (into / "train.py").stat().st_mode & 0o111


def test_a_single_file_keeps_its_name(tmp_path: Path, content: ContentStore) -> None:
    (tmp_path / "heart.csv").write_text("a,b\n")
    digest = content.put(taken(tmp_path / "heart.csv"))
    assert content.materialise(digest, tmp_path / "in", writable=False) == tmp_path / "in" / "heart.csv"
    assert content.path_of(digest).name == "heart.csv"
    assert content.path_of(digest).read_text() == "a,b\n"


def test_a_folders_place_bears_its_name(tmp_path: Path, content: ContentStore) -> None:
    digest = content.put(taken(folder(tmp_path), "train.py"))
    place = content.path_of(digest)
    assert place.name == "src"
    assert place == content.path_of(digest)
    assert (place / "train.py").is_file()


def test_an_empty_folder_is_a_folder(tmp_path: Path, content: ContentStore) -> None:
    source = tmp_path / "empty"
    source.mkdir()
    assert content.path_of(content.put(LocalFiles(source, "d" * 64, "empty"))).is_dir()


def test_digests_tell_bytes_and_names_apart_and_nothing_else(tmp_path: Path, content: ContentStore) -> None:
    one = tmp_path / "one" / "f.txt"
    two = tmp_path / "two" / "f.txt"
    for path in (one, two):
        path.parent.mkdir()
        path.write_text("same")
    os.utime(two, (1, 1))
    assert content.put(taken(one)) == content.put(taken(two))
    two.write_text("other")
    assert content.put(taken(one)) != content.put(taken(two))


def test_the_source_may_change_afterwards(tmp_path: Path, content: ContentStore) -> None:
    source = tmp_path / "f.txt"
    source.write_text("before")
    digest = content.put(taken(source))
    source.write_text("after!")
    assert content.path_of(digest).read_text() == "before"


def test_writable_copies_do_not_touch_the_store(tmp_path: Path, content: ContentStore) -> None:
    digest = content.put(taken(folder(tmp_path), "train.py"))
    first = content.materialise(digest, tmp_path / "a", writable=True)
    (first / "train.py").write_text("changed")
    assert (content.materialise(digest, tmp_path / "b", writable=True) / "train.py").read_text() == "print(1)\n"


def test_read_only_files_are_read_only(tmp_path: Path, content: ContentStore) -> None:
    digest = content.put(taken(folder(tmp_path), "train.py"))
    file = content.materialise(digest, tmp_path / "a", writable=False) / "train.py"
    assert not stat.S_IMODE(file.stat().st_mode) & 0o222


def test_the_administrators_read_only_files_share_nothing(
    tmp_path: Path, content: ContentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = content.put(taken(folder(tmp_path), "train.py"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert (content.materialise(digest, tmp_path / "root", writable=False) / "train.py").stat().st_nlink == 1
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert (content.materialise(digest, tmp_path / "user", writable=False) / "train.py").stat().st_nlink == 2


def test_a_file_that_changed_after_the_plan_is_refused(tmp_path: Path, content: ContentStore) -> None:
    source = tmp_path / "f.txt"
    source.write_text("planned")
    planned = taken(source)
    source.write_text("changed")
    with pytest.raises(Conflict, match="changed after the plan was created"):
        content.put(planned)


def test_the_line_ends_of_text_do_not_count_as_a_change(tmp_path: Path, content: ContentStore) -> None:
    source = tmp_path / "conda.yml"
    source.write_bytes(b"name: a\r\nchannels: []\r\n")
    planned = LocalFiles(source, "d" * 64, "conda.yml", {"conda.yml": sha(b"name: a\nchannels: []\n")})
    assert content.path_of(content.put(planned)).read_bytes() == source.read_bytes()


def test_files_outside_of_the_folder_are_refused(tmp_path: Path, content: ContentStore) -> None:
    source = tmp_path / "src"
    source.mkdir()
    (tmp_path / "secret").write_text("s")
    (source / "link").symlink_to(tmp_path / "secret")
    for name in ("link", "../secret"):
        with pytest.raises(Invalid, match="outside its folder"):
            content.put(LocalFiles(source, "d" * 64, "src", {name: sha(b"s")}))


def test_a_missing_file_is_told(tmp_path: Path, content: ContentStore) -> None:
    with pytest.raises(Invalid, match="No such file"):
        content.put(LocalFiles(tmp_path / "gone.csv", "d" * 64, "gone.csv", {"gone.csv": sha(b"")}))


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "z" * 64, "A" * 64, "a" * 63])
def test_what_is_no_digest_is_refused(content: ContentStore, digest: str) -> None:
    with pytest.raises(Invalid):
        content.path_of(digest)


def test_unknown_content_is_not_found(content: ContentStore) -> None:
    with pytest.raises(NotFound):
        content.materialise("a" * 64, Path("/nowhere"), writable=False)


def test_a_manifest_cannot_lead_outside(tmp_path: Path, content: ContentStore) -> None:
    digest = content.put(taken(folder(tmp_path), "train.py"))
    evil = content.manifest(digest).text().replace('"train.py"', '"../../evil.py"').encode()
    place = tmp_path / ".amlctl" / "content" / sha(evil)[:2]
    place.mkdir(parents=True, exist_ok=True)
    (place / sha(evil)).write_bytes(evil)
    with pytest.raises(Invalid, match="leaves its folder"):
        content.materialise(sha(evil), tmp_path / "into", writable=True)
    assert not (tmp_path.parent / "evil.py").exists()


def objects(root: Path) -> list[Path]:
    return [p for p in (root / ".amlctl" / "content").glob("??/*") if p.is_file()]


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.mark.parametrize("left", [b"", b"who", b"\0\0\0\0\0"], ids=["empty", "cut", "zeros"])
@pytest.mark.parametrize("which", ["file", "manifest"])
def test_damaged_content_is_told_and_healed_by_the_next_put(
    tmp_path: Path, content: ContentStore, left: bytes, which: str
) -> None:
    source = tmp_path / "f.txt"
    source.write_text("whole")
    digest = content.put(taken(source))
    stored = next(p for p in objects(tmp_path) if p.name == (digest if which == "manifest" else sha(b"whole")))
    overwrite(stored, left)
    for use in (content.path_of, lambda d: content.materialise(d, tmp_path / "into", writable=False)):
        with pytest.raises(NotFound, match=r"missing or damaged|not in the workspace") as caught:
            use(digest)
        assert caught.value.code == DAMAGED
    assert content.put(taken(source)) == digest
    assert content.path_of(digest).read_text() == "whole"
    assert content.materialise(digest, tmp_path / "into", writable=False).read_text() == "whole"


def test_a_place_that_lost_bytes_is_laid_out_again(tmp_path: Path, content: ContentStore) -> None:
    digest = content.put(taken(folder(tmp_path), "train.py", "deep/run.sh"))
    place = content.path_of(digest)
    file = place / "deep" / "run.sh"
    file.unlink()
    file.write_bytes(b"")
    assert content.path_of(digest) == place
    assert file.read_text() == "echo\n"
    (place / "train.py").unlink()
    assert (content.path_of(digest) / "train.py").read_text() == "print(1)\n"


def test_bytes_are_on_the_disk_before_their_name_is(
    tmp_path: Path, content: ContentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was synced is known by its inode: a rename does not change it."""
    synced: set[int] = set()
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    replace = Path.replace
    unsynced: list[Path] = []

    def check(path: Path, target: Path) -> Path:
        if path.stat().st_ino not in synced:
            unsynced.append(target)
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", note)
    monkeypatch.setattr(Path, "replace", check)
    place = content.path_of(content.put(taken(folder(tmp_path), "train.py", "deep/run.sh", "left-out.txt")))
    assert unsynced == []
    written = [*objects(tmp_path), *place.rglob("*"), place]
    assert len(written) == 9
    assert [p for p in written if p.stat().st_ino not in synced] == []
    assert {p.parent.stat().st_ino for p in objects(tmp_path)} <= synced


def test_what_could_not_be_put_leaves_nothing(tmp_path: Path, content: ContentStore) -> None:
    source = folder(tmp_path)
    planned = taken(source, "train.py", "deep/run.sh")
    (source / "deep" / "run.sh").write_text("changed")
    with pytest.raises(Conflict):
        content.put(planned)
    assert objects(tmp_path) == []


def test_many_at_once_do_not_disturb_each_other(tmp_path: Path, content: ContentStore) -> None:
    source = folder(tmp_path)
    results: list[str] = []
    failures: list[BaseException] = []

    def work() -> None:
        try:
            results.append(content.path_of(content.put(taken(source, "train.py", "deep/run.sh"))).as_posix())
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(set(results)) == 1
    views = tmp_path / ".amlctl" / "content" / "views"
    assert len(list(views.iterdir())) == 1
    assert not [p for p in (tmp_path / ".amlctl").rglob(".*") if p.name not in (".gitignore", ".lock")]


def test_sizes_count_each_file_once(tmp_path: Path, content: ContentStore) -> None:
    one, two = tmp_path / "a.txt", tmp_path / "b.txt"
    one.write_bytes(b"12345")
    two.write_bytes(b"12345")
    digests = [content.put(taken(one)), content.put(taken(two))]
    assert len(set(digests)) == 2
    assert content.size(digests) == 5
