"""Files are written in one place, which makes them private."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "orchestrator"
HERE = "core/private_files.py"
OTHERS = {
    "cli/commands/init.py": "the user's own files, in the folder he named",
    "cli/streams.py": "the null device",
    "importing/__init__.py": "the user's own spec, in the folder he named",
    "spec/schema.py": "writes the published schemas of this repository",
    "workspace/serving/scoring/collecting.py": "runs in the model's environment, without amlctl; opens 0600 itself",
    "workspace/serving/scoring/failure.py": "runs in the model's environment, without amlctl; opens 0600 itself",
}
"""Modules that write files which are not ours to hide, and why. What runs as a user's job writes the user's files."""
JOBS = ("workspace/automl/", "workspace/programs/", "cli/starter/")
WRITING_CALLS = {"write_text", "write_bytes", "touch", "mkstemp", "NamedTemporaryFile", "mknod"}
FLAGS = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND", "O_TRUNC"}


def writes(tree: ast.AST) -> Iterator[ast.AST]:
    """Calls that can open a file to write it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in FLAGS:
            yield node
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in WRITING_CALLS and not ast.unparse(node).startswith("private_files."):
            yield node
        if called in ("open", "fdopen"):
            texts = [
                each.value for each in (*node.args, *(k.value for k in node.keywords)) if isinstance(each, ast.Constant)
            ]
            if called == "open" and any(isinstance(t, str) and set("wax+") & set(t) and len(t) <= 3 for t in texts):
                yield node


def test_the_check_finds_every_way_to_open_a_file_for_writing() -> None:
    ways = (
        "open(p, 'w')", "p.open('xb')", "open(p, mode='a+')", "p.write_text('')", "p.write_bytes(b'')", "p.touch()",
        "os.open(p, os.O_CREAT)", "tempfile.mkstemp()", "tempfile.NamedTemporaryFile()",
    )  # fmt: skip
    assert [way for way in ways if not list(writes(ast.parse(way)))] == []
    assert [
        way for way in ("open(p)", "p.open('rb')", "open(p, encoding='utf-8')") if list(writes(ast.parse(way)))
    ] == []


def modules() -> list[str]:
    names = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.rglob("*.py"))]
    return [name for name in names if name not in (HERE, *OTHERS) and not name.startswith(JOBS)]


@pytest.mark.parametrize("name", modules())
def test_no_other_module_opens_files_to_write(name: str) -> None:
    lines = sorted({node.lineno for node in writes(ast.parse((ROOT / name).read_text()))})  # type: ignore[attr-defined]
    assert lines == [], f"use orchestrator.core.private_files in {name}, lines {lines}"


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    import os

    from orchestrator.core import private_files

    before = os.umask(0)
    try:
        private_files.make_folder(tmp_path / "a" / "b")
        private_files.replace(tmp_path / "a" / "b" / "new", "text")
        private_files.create(tmp_path / "a" / "b" / "once")
        private_files.open_end(tmp_path / "a" / "b" / "log").close()
        os.close(private_files.open_lock(tmp_path / "a" / "b" / "lock"))
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "a").rglob("*")}
    assert modes == {"b": 0o700, "new": 0o600, "once": 0o600, "log": 0o600, "lock": 0o600}
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_a_link_in_a_files_place_is_replaced_and_never_written_through(tmp_path: Path) -> None:
    import os

    from orchestrator.core import private_files

    victim = tmp_path / "victim"
    victim.write_text("theirs")
    for name in ("replaced", "log", "lock"):
        (tmp_path / name).symlink_to(victim)
    private_files.replace(tmp_path / "replaced", "ours")
    with pytest.raises(OSError, match="symbolic links"):
        private_files.open_end(tmp_path / "log")
    with pytest.raises(OSError, match="symbolic links"):
        os.close(private_files.open_lock(tmp_path / "lock"))
    assert (victim.read_text(), (tmp_path / "replaced").read_text()) == ("theirs", "ours")
