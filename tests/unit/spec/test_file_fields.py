"""Fields that name files: each of every body model is relative to the file that names it and checked by plan, or no local file at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.field_mark import Computed, Files, Sensitive
from orchestrator.core.fields import FieldNode, node_of
from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project
from orchestrator.kinds import discover

WORDS = re.compile(r"(^|_)(file|files|path|paths|script|code|dockerfile|certificate|keys)(_|$)")
NOT_LOCAL = {
    "outputs.path": "where a job leaves bytes",
    "output.path": "where a step leaves bytes",
    "path_on_compute": "on the compute",
    "dockerfile_path": "inside the build folder, checked with it",
    "scoring_script": "inside the code folder, checked with it",
    "liveness_route.path": "of a URL",
    "readiness_route.path": "of a URL",
    "scoring_route.path": "of a URL",
    "model_mount_path": "in the container",
    "creation_script.path": "in the workspace's file share",
    "startup_script.path": "in the workspace's file share",
    "data.path": "where collected data go",
    "file_share_name": "a name in the storage account",
    "ssh_public_keys": "the keys' text",
    "output_file_name": "a name in the output",
    "partition_keys": "names of columns",
    "task.entry_script": "inside the code folder",
    "entry.file": "inside the code folder",
    "py_files": "inside the code folder",
    "files": "inside the code folder",
    "source.path": "in a system outside",
    "sink.path": "in a system outside",
    "import_data.path": "where imported data go",
}


def fields(node: FieldNode, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], FieldNode]]:
    for name, inner in (node.fields or {}).items():
        yield (*path, name), inner
        yield from fields(inner, (*path, name))
    if node.item is not None and len(path) < 4:  # models may contain themselves
        yield from fields(node.item, path)


def file_fields() -> dict[str, FieldNode]:
    return {
        f"{key}: {'.'.join(path)}": node
        for key, kind in discover().items()
        for model in kind.variants.values()
        for path, node in fields(node_of(model))
        if WORDS.search(path[-1]) and not node.fields
    }


@pytest.mark.parametrize(("name", "node"), file_fields().items(), ids=file_fields())
def test_each_field_that_may_name_a_file_is_marked_as_one(name: str, node: FieldNode) -> None:
    other = name in NOT_LOCAL or any(name.endswith((f".{end}", f" {end}")) for end in NOT_LOCAL)
    assert node.mark(Files) or node.mark(Computed) or node.mark(Sensitive) or other, name


DOCUMENTS = [
    ("environments: {e: {build: {path: FILE}}}", "folder"),
    ("environments: {e: {image: i, conda_file: FILE}}", "file"),
    ("environments: {e: {build: {path: ., dockerfile_path: FILE}}}", "file"),
    ("data: {d: {type: uri_file, path: FILE}}", "file"),
    ("models: {m: {type: custom_model, path: FILE}}", "file"),
    ("jobs: {j: {command: ls, environment: {image: i}, code: FILE}}", "folder"),
    ("jobs: {j: {command: ls, environment: {image: i, conda_file: FILE}}}", "file"),
    ("jobs: {j: {command: ls, environment: {image: i}, inputs: {a: {type: uri_file, path: FILE}}}}", "file"),
    ("online_endpoints: {scores: {tests: [{request: {file: FILE}}]}}", "file"),
    (
        "compute: {machine: {type: virtualmachine, resource_id: /s, ssh_settings: {admin_username: me, ssh_private_key_file: FILE}}}",
        "file",
    ),
]


@pytest.mark.parametrize(("line", "shape"), DOCUMENTS, ids=[line for line, _ in DOCUMENTS])
def test_it_is_relative_to_the_file_that_names_it_and_checked(line: str, shape: str, tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "spec.yaml").write_text("project: demo\nworkspace: {local: {}}\ninclude: [parts/part.yaml]\n")
    (tmp_path / "parts" / "part.yaml").write_text(line.replace("FILE", "thing") + "\n")
    (tmp_path / "parts" / "other.txt").write_text("so that the folder is not empty")
    beside = tmp_path / "thing"  # beside the main spec it does not count
    there = tmp_path / "parts" / "thing"

    def make(path: Path) -> None:
        inside = path if shape == "file" else path / "Dockerfile"
        inside.parent.mkdir(exist_ok=True)
        inside.write_text("{}\n")

    make(beside)
    with pytest.raises(SpecError) as refused:
        load_project((tmp_path / "spec.yaml",), LoadOptions())
    assert {problem.code for problem in refused.value.diagnostics} == {"missing-file"}
    make(there)
    assert load_project((tmp_path / "spec.yaml",), LoadOptions()).resources
