"""Folders as specs take them: what is amlctl's own, what is refused, what of a file counts."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.file_digests import Compare, agrees, digest_of, python_digest
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.resource import Desired
from orchestrator.kinds import discover
from orchestrator.spec.load import load
from tests.unit.spec.composing import write

JOB = """\
project: demo
tags: {owner: one}
FILES
jobs:
  train: {command: "python train.py", code: ., environment: {image: host}}
"""
PLAN = json.dumps({"format": 1, "project": "demo", "target": "", "base": {}, "changes": [], "origin": {}}, indent=2)
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
TRAIN = Address("jobs", "train")


def loaded(folder: Path, spec: str = JOB, settings: str = "") -> Project:
    return load([write(folder, {"spec.yaml": spec.replace("FILES", settings)})], LoadOptions(), discover())


def job(folder: Path, spec: str = JOB, settings: str = "") -> Desired:
    return loaded(folder, spec, settings).resources[TRAIN]


def refusals(folder: Path, spec: str = JOB, settings: str = "") -> list[tuple[str, str]]:
    try:
        loaded(folder, spec, settings)
    except SpecError as error:
        return [(problem.code, problem.detail) for problem in error.diagnostics]
    return []


def content(folder: Path, spec: str = JOB, settings: str = "") -> str:
    return job(folder, spec, settings).content


# -- amlctl's own files


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("a label in the spec", lambda folder: write(folder, {"spec.yaml": JOB.replace("one", "two")})),
        ("a saved plan", lambda folder: write(folder, {"plan.json": PLAN})),
        ("a saved plan of any name", lambda folder: write(folder, {"out/monday": PLAN})),
        ("a workspace", lambda folder: write(folder, {".amlctl/x": "1", ".amlctl-prod/y": "1"})),
    ],
)
def test_our_own_files_are_no_content(why: str, change: Callable[[Path], Path], tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "1\n"})
    before = job(tmp_path)
    change(tmp_path)
    text = (tmp_path / "spec.yaml").read_text()
    assert job(tmp_path, text).content == before.content, why
    assert set(before.files) == {"train.py"}


def test_a_plan_saved_into_the_code_it_is_about_still_holds(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "1\n"})
    planned = loaded(tmp_path).spec_digest
    write(tmp_path, {"plan.json": PLAN})
    assert loaded(tmp_path).spec_digest == planned, "an apply compares this digest"


def test_included_files_are_ours_and_other_documents_are_not(tmp_path: Path) -> None:
    spec = JOB.replace("FILES", "include: [more.yaml]")
    write(tmp_path, {"train.py": "1\n", "more.yaml": "compute: {}\n", "params.yaml": "rate: 1\n"})
    assert set(job(tmp_path, spec).files) == {"train.py", "params.yaml"}


@pytest.mark.parametrize("way", ["command", "rule", "path"])
def test_our_own_files_are_content_where_they_are_named(way: str, tmp_path: Path) -> None:
    spec = JOB
    write(tmp_path, {"train.py": "1\n"})
    if way == "command":
        spec = JOB.replace("python train.py", "python train.py --config spec.yaml")
    elif way == "rule":
        write(tmp_path, {".amlignore": "!spec.yaml\n"})
    else:
        spec = "project: demo\ndata: {train: {type: uri_file, path: spec.yaml}}\n"
    project = loaded(tmp_path, spec)
    (resource,) = project.resources.values()
    assert "spec.yaml" in resource.files


# -- what is refused, all at once


def test_all_that_cannot_be_taken_is_told_at_once(tmp_path: Path) -> None:
    outside, project = tmp_path / "outside", tmp_path / "p"
    write(outside, {"secret": "s"})
    write(project, {"train.py": "1\n", "lib/a.py": "1\n", "big.bin": POINTER})
    (project / "one").symlink_to(outside / "secret")
    (project / "two").symlink_to(outside)
    (project / "lib" / "up").symlink_to("..")
    (project / "self").symlink_to("self")
    (project / "gone").symlink_to("nowhere")
    os.mkfifo(project / "pipe")
    (project / os.fsdecode(b"\xff")).write_text("x")
    found = refusals(project)
    assert sorted(code for code, _ in found) == [
        "escaping-link", "escaping-link", "lfs-pointer", "link-loop", "link-loop", "missing-file", "special-file", "unusable-name",
    ]  # fmt: skip
    assert {"(lib/up)", "(two)", "(one)"} <= {word.rstrip(",") for _, text in found for word in text.split()}


def test_links_that_are_left_out_by_name_may_lead_anywhere(tmp_path: Path) -> None:
    write(tmp_path / "p", {"train.py": "1\n", ".amlignore": "round/\nout\n"})
    (tmp_path / "p" / "round").symlink_to(".")
    (tmp_path / "p" / "out").symlink_to(tmp_path)
    assert set(job(tmp_path / "p").files) == {"train.py"}


@pytest.mark.parametrize(
    "spec",
    [
        "project: demo\ndata: {train: {path: empty}}\n",
        "project: demo\nmodels: {train: {path: empty}}\n",
        JOB.replace("code: .", "code: empty"),
    ],
)
def test_an_empty_folder_is_refused(spec: str, tmp_path: Path) -> None:
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    assert [code for code, _ in refusals(tmp_path, spec)] == ["empty-folder"]
    write(tmp_path, {"empty/inner/file": ""})
    assert refusals(tmp_path, spec) == []


def test_a_folder_of_which_nothing_is_left_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "1\n", ".amlignore": "*\n"})
    ((code, detail),) = refusals(tmp_path)
    assert code == "empty-folder"
    assert "no files after ignore rules" in detail


@pytest.mark.parametrize("name", ["weights.bin", "deep/weights.bin"])
def test_a_pointer_of_git_lfs_is_refused_unless_allowed(name: str, tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "1\n", name: POINTER})
    assert [code for code, _ in refusals(tmp_path)] == ["lfs-pointer"]
    assert refusals(tmp_path, settings="files: {allow: [lfs_pointers]}") == []
    spec = f"project: demo\nmodels: {{train: {{path: {name}}}}}\n"
    assert [code for code, _ in refusals(tmp_path, spec)] == ["lfs-pointer"]


def test_a_submodule_that_was_not_fetched_is_refused_unless_allowed(tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "1\n", ".gitmodules": '[submodule "x"]\n\tpath = vendor/x\n\turl = https://e.org/x\n'})
    (tmp_path / "vendor" / "x").mkdir(parents=True)
    assert [code for code, _ in refusals(tmp_path)] == ["missing-submodule"]
    assert refusals(tmp_path, settings="files: {allow: [missing_submodules]}") == []
    write(tmp_path, {"vendor/x/a.py": "1\n"})
    assert refusals(tmp_path) == []


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("files: {alow: []}", "unknown-key"),
        ("files: {compare_python: ast}", "invalid-setting"),
        ("files: {allow: [everything]}", "invalid-setting"),
        ("files: {allow: lfs_pointers}", "invalid-setting"),
        ("files: 3", "invalid-setting"),
    ],
)
def test_settings_of_files_are_checked(settings: str, code: str, tmp_path: Path) -> None:
    write(tmp_path, {"train.py": "1\n"})
    assert [found for found, _ in refusals(tmp_path, settings=settings)] == [code]


# -- what of a file counts

BASE = b'#!/usr/bin/env python\n"""Doc."""\nx = f\'{1}\'\ndef f(a, *, b=2):\n    return a + b\n'
EDITS = [
    (BASE.replace(b"\n", b"\r\n"), True, True, "line ends"),
    (BASE.replace(b"\n", b"\r"), True, True, "line ends of old"),
    (b"\n".join([*BASE.split(b"\n"), b"# a comment\n"]), False, True, "a comment"),
    (BASE.replace(b"a + b", b"(a +\n        b)"), False, True, "layout"),
    (BASE.replace(b"'", b'"'), False, True, "quotes"),
    (BASE.replace(b"Doc", b"Dock"), False, False, "a docstring, which the program can see"),
    (BASE.replace(b"a + b", b"b + a"), False, False, "what it does"),
    (BASE.replace(b"python", b"python3"), False, False, "what runs it"),
    (BASE.replace(b"b=2", b"b=2.0"), False, False, "the type of a number"),
    (b"print 1\n", False, False, "another language"),
]


@pytest.mark.parametrize(("edited", "text", "syntax", "why"), EDITS, ids=[edit[3] for edit in EDITS])
def test_what_of_python_code_counts(edited: bytes, text: bool, syntax: bool, why: str, tmp_path: Path) -> None:
    train = tmp_path / "train.py"
    found = []
    for source in (BASE, edited):
        train.write_bytes(source)
        found.append([content(tmp_path), content(tmp_path, settings="files: {compare_python: syntax}")])
        for how in Compare:
            assert agrees(train, digest_of(str(train), how), ".py"), "an apply knows it again"
    assert [one == other for one, other in zip(*found, strict=True)] == [text, syntax], why


@pytest.mark.parametrize(("data", "same"), [(b"a\r\nb", True), (b"\0a\r\nb", False)], ids=["text", "binary"])
def test_line_ends_of_code_do_not_count_and_those_of_binaries_and_data_do(
    data: bytes, same: bool, tmp_path: Path
) -> None:
    write(tmp_path, {"train.py": "1\n"})
    spec = JOB + "data:\n  d: {type: uri_file, path: notes}\n"
    found = []
    for each in (data, data.replace(b"\r\n", b"\n")):
        (tmp_path / "notes").write_bytes(each)
        project = loaded(tmp_path, spec)
        found.append((project.resources[TRAIN].content, project.resources[Address("data", "d")].content))
    assert [one == other for one, other in zip(*found, strict=True)] == [same, False]


@hypothesis_settings(deadline=None, max_examples=30)
@given(pieces=st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"x" * 1_000_000]), max_size=4))
def test_long_text_counts_like_short_text(pieces: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("text") / "t"
    data = b"x" * ((1 << 20) - 1) + b"".join(pieces)
    path.write_bytes(data)
    plain = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert digest_of(str(path), Compare.TEXT) == hashlib.sha256(plain).hexdigest()


def test_code_that_no_parser_takes_is_text() -> None:
    assert [python_digest(source) for source in (b"def", b"a\0b", b"(" * 5_000, b"\xff")] == [None] * 4


# -- tables

TABLES = [
    ("paths: [{file: ./a.csv}, {pattern: ./*.csv}, {folder: ./sub}, {pattern: '**/*.csv'}]", []),
    ("paths: [{file: https://e.org/a.csv}, {folder: 'azureml://datastores/d/paths/x'}]", []),
    ("paths: [{file: ../b.csv}, {folder: /etc}, {pattern: ../*.csv}, {file: 'file:///etc/passwd'}]",
     ["outside-table"] * 4),
    ("paths: [{file: ./A.csv}, {folder: ./none}, {pattern: ./*.parquet}]", ["missing-file"] * 3),
    ("transformations: []", ["invalid-value"]),
    ("paths: [", ["invalid-value"]),
    ("[]", ["invalid-value"]),
]  # fmt: skip


@pytest.mark.parametrize(("table", "codes"), TABLES)
def test_a_table_names_what_lies_in_its_folder(table: str, codes: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"b.csv": "x\n", "t/a.csv": "x\n1\n", "t/sub/c.csv": "x\n1\n", "t/MLTable": table + "\n"})
    spec = "project: demo\ndata: {train: {type: mltable, path: t}}\n"
    assert [code for code, _ in refusals(tmp_path, spec)] == codes
