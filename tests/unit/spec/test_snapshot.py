"""Bytes as digests: what counts, what is left out, what is refused."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from orchestrator.spec.file_hashes import PlainHasher, RememberingHasher, hash_file
from orchestrator.spec.local_files import is_local
from orchestrator.spec.snapshot import SnapshotProblem, take

HASHER = PlainHasher()


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return root


def test_relative_paths_and_bytes_count_and_nothing_else(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"b.txt": "b", "a/x": "x"})
    two = write(tmp_path / "two", {"a/x": "x", "b.txt": "b"})
    os.utime(two / "b.txt", (1, 1))
    first, second = take(one, HASHER), take(two, HASHER)
    assert first == second
    assert list(first.manifest) == ["b.txt", "a/x"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"b.txt": "B"}, "other bytes"),
        ({"c.txt": ""}, "one more file, though empty"),
        ({"a/y": "x"}, "the same bytes under another name"),
    ],
)
def test_a_change_changes_the_digest(change: dict[str, str], why: str, tmp_path: Path) -> None:
    root = write(tmp_path, {"b.txt": "b", "a/x": "x"})
    before = take(root, HASHER).digest
    assert take(write(root, change), HASHER).digest != before, why


def test_a_moved_file_changes_the_digest(tmp_path: Path) -> None:
    root = write(tmp_path, {"a/x": "x", "b/y": "y"})
    before = take(root, HASHER).digest
    (root / "a" / "x").rename(root / "b" / "x")
    assert take(root, HASHER).digest != before


def test_a_data_file_counts_with_its_name_and_a_text_file_without(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": "1\n", "b.csv": "1\n", "c.csv": "1\r\n"})
    a, b, c = (tmp_path / name for name in ("a.csv", "b.csv", "c.csv"))
    assert take(a, HASHER).digest != take(b, HASHER).digest
    assert take(a, HASHER, text=True).digest == take(b, HASHER, text=True).digest == take(c, HASHER, text=True).digest
    assert take(b, HASHER).manifest["b.csv"] != take(c, HASHER).manifest["c.csv"]


def test_line_ends_of_a_table_file_never_matter(tmp_path: Path) -> None:
    unix = write(tmp_path / "unix", {"MLTable": "paths:\n  - file: a\n"})
    windows = write(tmp_path / "windows", {"MLTable": "paths:\r\n  - file: a\r\n"})
    assert take(unix, HASHER) == take(windows, HASHER)


TREE = {"train.py": "", "notes.txt": "", "__pycache__/train.pyc": "", ".git/HEAD": "", "out/a": "", ".amlctl/x": ""}

RULES = [
    ({}, True, ["notes.txt", "train.py", "out/a"], "code without rules: droppings are left out"),
    ({".gitignore": "out/\n"}, True, ["notes.txt", "train.py"], "git's rules hold for code"),
    ({".gitignore": "out/\n", ".amlignore": "*.txt\n"}, True, ["train.py", "out/a"], ".amlignore wins"),
    ({".amlignore": "*\n!train.py\n"}, True, ["train.py"], "exceptions"),
    ({".amlignore": "\ufeffout/\r\n"}, True, ["notes.txt", "train.py"], "a byte order mark and CRLF"),
    ({".gitignore": "*.txt\n"}, False,
     [".gitignore", "notes.txt", "train.py", ".git/HEAD", "__pycache__/train.pyc", "out/a"],
     "data is taken whole"),
    ({".amlignore": "*.txt\n__pycache__/\n", ".gitignore": "*\n!.gitignore\n"}, False,
     [".amlignore", ".gitignore", "notes.txt", "train.py", ".git/HEAD", "__pycache__/train.pyc", "out/a"],
     "whatever ignore files say"),
    ({".amlignore": "*\n!out/a\n"}, True, ["out/a"], "an exception below a folder that is left out"),
    ({"out/.gitignore": "*\n"}, True, ["notes.txt", "train.py", "out/a"], "rules of folders inside do not hold"),
    ({".gitignore": "!.gitignore\n!__pycache__/*\n"}, True,
     [".gitignore", "notes.txt", "train.py", "__pycache__/train.pyc", "out/a"], "droppings that are asked for"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "code", "left", "why"), RULES, ids=[r[3] for r in RULES])
def test_ignore_rules(rules: dict[str, str], code: bool, left: list[str], why: str, tmp_path: Path) -> None:
    write(tmp_path, {**TREE, **rules})
    assert list(take(tmp_path, HASHER, gitignore=code).manifest) == left


def test_links_inside_are_followed_and_links_outside_refused(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.txt": "a", "sub/b.txt": "b"})
    (root / "again.txt").symlink_to("a.txt")
    (root / "folder").symlink_to("sub")
    assert list(take(root, HASHER).manifest) == ["a.txt", "again.txt", "folder/b.txt", "sub/b.txt"]
    outside = write(tmp_path, {"secret.txt": "s"}) / "secret.txt"
    (root / "leak").symlink_to(outside)
    with pytest.raises(SnapshotProblem) as caught:
        take(root, HASHER)
    assert (caught.value.code, caught.value.path.name) == ("escaping-link", "leak")


def test_an_ignored_link_may_lead_anywhere(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"a.txt": "a", ".amlignore": "leak\n"})
    (root / "leak").symlink_to(tmp_path)
    assert list(take(root, HASHER, gitignore=True).manifest) == ["a.txt"]


def test_what_is_missing_or_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, code in ((tmp_path / "nothing", "missing-file"), (tmp_path / "pipe", "special-file")):
        with pytest.raises(SnapshotProblem) as caught:
            take(path, HASHER)
        assert caught.value.code == code
    with pytest.raises(SnapshotProblem):
        take(tmp_path, HASHER)


# -- remembered digests


def aged(path: Path, seconds: float = 100.0) -> Path:
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def remembered(store: Path, path: Path) -> str:
    hasher = RememberingHasher(store)
    digest = hasher.digest(str(path), path.stat())
    hasher.save()
    return digest


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "digests"


def test_an_unchanged_file_is_not_read_again(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = aged(write(tmp_path, {"a": "a"}) / "a")
    digest = remembered(store, path)
    assert digest == hash_file(str(path))
    assert store.stat().st_mode & 0o077 == 0
    monkeypatch.setattr("orchestrator.spec.file_hashes.hash_file", lambda path: pytest.fail("read again"))
    assert remembered(store, path) == digest


def test_a_file_just_written_is_never_trusted(tmp_path: Path, store: Path) -> None:
    path = write(tmp_path, {"a": "a"}) / "a"
    remembered(store, path)
    status = path.stat()
    path.write_text("b")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert remembered(store, path) == hash_file(str(path))


@pytest.mark.parametrize("change", ["bytes", "time", "another file of the same name"])
def test_a_changed_file_is_read_again(change: str, tmp_path: Path, store: Path) -> None:
    path = aged(write(tmp_path, {"a": "a"}) / "a")
    remembered(store, path)
    if change == "bytes":
        aged(write(tmp_path, {"a": "longer"}) / "a")
    elif change == "time":
        path.write_text("b")
        aged(path, 50)
    else:
        status = path.stat()
        other = write(tmp_path, {"b": "b"}) / "b"
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.replace(path)
    assert remembered(store, path) == hash_file(str(path))


@pytest.mark.parametrize("damage", ["", "nonsense", "amlctl digests 1\n1 2 3\tx\nno tab\n", "\x00\xff"])
def test_a_damaged_store_is_as_good_as_none(damage: str, tmp_path: Path, store: Path) -> None:
    path = aged(write(tmp_path, {"a": "a"}) / "a")
    store.parent.mkdir()
    store.write_bytes(damage.encode("latin-1"))
    assert remembered(store, path) == hash_file(str(path))


def test_without_a_place_to_keep_them_nothing_is_kept(tmp_path: Path) -> None:
    path = aged(write(tmp_path, {"a": "a"}) / "a")
    assert remembered(tmp_path / "no" / "cache" / "digests", path) == hash_file(str(path))
    assert not (tmp_path / "no").exists()


LOCAL = [
    ("./a", True), ("a/b.csv", True), ("file:./a", True), ("/abs/a", True), ("../a", True),
    ("https://x/a", False), ("wasbs://c@a/x", False), ("azureml:a:1", False), ("azureml://jobs/j", False),
    ("git+https://x/r.git", False), ("runs:/abc/model", False), ("/subscriptions/s/x", False), ("${{inputs.a}}", False),
    ("C:/data/a.csv", True), ("", False),
]  # fmt: skip


@pytest.mark.parametrize(("text", "local"), LOCAL)
def test_what_a_path_of_this_machine_is(text: str, local: bool) -> None:
    assert is_local(text) is local
