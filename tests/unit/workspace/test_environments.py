"""Which interpreter an environment means, and when it is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from orchestrator.core.errors import Failed, Invalid, NotFound
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.environments.environments import Environments, Wish
from orchestrator.workspace.environments.interpreters import OWN, Interpreter, Interpreters
from orchestrator.workspace.files.content import ContentStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    paths = WorkspacePaths(tmp_path / "ws")
    paths.create()
    return paths


@pytest.mark.parametrize(
    "spec",
    [
        None,
        {"image": "some/image:1"},
        "azureml:AzureML-unheard-of@latest",
        "azureml://registries/mine/environments/sklearn-1.5/labels/latest",
    ],
)
def test_this_interpreter_stands_in(paths: WorkspacePaths, spec: object) -> None:
    told: list[str] = []
    assert Environments(paths).python_for(spec, told.append) == Path(sys.executable)  # type: ignore[arg-type]
    assert bool(told) == (spec is not None), "a stand-in is said so"


@pytest.mark.parametrize("text", ["azureml:env:1", "azureml:env@latest", "azureml:env", "env:1"])
def test_a_reference_is_looked_up(paths: WorkspacePaths, text: str) -> None:
    store = RecordStore(paths)
    store.insert(Record("environments", "environments.env", "1", body={"image": "some/image"}))
    store.close()
    assert Environments(paths).python_for(text) == Path(sys.executable)


def test_a_reference_to_nothing(paths: WorkspacePaths) -> None:
    with pytest.raises(NotFound, match="azureml:env:2"):
        Environments(paths).python_for("azureml:env:2")


def test_a_dockerfile_is_not_guessed_at(paths: WorkspacePaths) -> None:
    with pytest.raises(Invalid, match="Dockerfile"):
        Environments(paths).python_for({"build": {"path": "content://abc"}})


def test_a_python_that_is_not_here_names_its_place(paths: WorkspacePaths) -> None:
    spec = {"image": "x", "conda_file": {"dependencies": ["python=2.5"]}}
    with pytest.raises(Invalid, match=r"conda_file asks for Python 2\.5;"):
        Environments(paths).python_for(spec)


def test_a_conda_file_of_the_content_store_is_called_by_its_name(paths: WorkspacePaths, tmp_path: Path) -> None:
    file = tmp_path / "env.yaml"
    file.write_text("dependencies:\n  - numpi\n")
    digest = ContentStore(paths).put(LocalFiles(file, "", "env.yaml", {"env.yaml": ""}))
    with pytest.raises(Invalid, match=r"env\.yaml:2: the conda package 'numpi'"):
        Environments(paths).python_for({"image": "x", "conda_file": f"content://{digest}"})


def test_nothing_is_built_after_a_stop(paths: WorkspacePaths) -> None:
    environments = Environments(paths)
    environments.stop()
    with pytest.raises(Failed, match="Interrupted"):
        environments.python_for({"image": "x", "conda_file": {"dependencies": ["python>=3.11"]}})
    assert [entry.name for entry in paths.environments.iterdir() if entry.is_dir()] == []


def test_a_package_that_cannot_be_installed_is_told_in_the_installers_words(paths: WorkspacePaths) -> None:
    spec = {"image": "x", "conda_file": {"dependencies": [{"pip": ["--no-index", "no-such-package-anywhere"]}]}}
    with pytest.raises(Failed, match="no-such-package-anywhere"):
        Environments(paths).python_for(spec)
    assert [entry.name for entry in paths.environments.iterdir() if entry.is_dir()] == []


def test_an_environment_is_built_once_and_works_where_it_ends_up(paths: WorkspacePaths) -> None:
    told: list[str] = []
    spec = {"image": "x", "conda_file": {"dependencies": ["python>=3.11"]}}
    python = Environments(paths).python_for(spec, told.append)
    assert python.is_relative_to(paths.environments)
    assert python.exists()
    assert len(told) == 2
    assert Environments(paths).python_for(spec, told.append) == python
    assert len(told) == 2
    assert [entry.name for entry in paths.environments.iterdir() if entry.name.startswith(".")] == []


def test_a_stand_in_is_what_runs(paths: WorkspacePaths, tmp_path: Path) -> None:
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    python = tmp_path / "venv" / "bin" / "python"
    python.symlink_to(sys.executable)
    for key in ("azureml:AzureML-sklearn-1.5@latest", "azureml:mine:1"):
        wish = Wish({key: str(tmp_path / "venv")})
        assert Environments(paths).python_for(key, wish=wish) == python


def test_a_fetched_python_is_what_runs(paths: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = Interpreter("3.99.1", Path("/fetched/python"))
    asked: list[str] = []
    monkeypatch.setattr(Interpreters, "installed", lambda self: (OWN,))
    monkeypatch.setattr(Interpreters, "available", lambda self, specifier: ("3.99.1", ""))
    monkeypatch.setattr(Interpreters, "fetch", lambda self, version: asked.append(version) or fetched)
    monkeypatch.setattr(Environments, "_built", lambda self, base, conda, tell: base)
    told: list[str] = []
    spec = {"image": "x", "conda_file": {"dependencies": ["python=3.99"]}}
    with pytest.raises(Invalid, match="no other that fits"):
        Environments(paths).python_for(spec, told.append)
    assert Environments(paths).python_for(spec, told.append, Wish(downloads=True)) == fetched.path
    assert asked == ["3.99.1"]
    assert told == ["conda_file asks for Python 3.99: Python 3.99.1 is fetched."]
