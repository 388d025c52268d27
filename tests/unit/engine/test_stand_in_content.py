"""The bytes of what stands in for something are content of what uses it: an edit is told, and runs anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.address import Address
from orchestrator.core.project import LoadOptions
from orchestrator.core.resource import Desired
from orchestrator.engine import load_project

JOB = "{{command: echo, environment: {environment}, inputs: {{a: {{type: uri_folder, path: '{path}'}}}}}}"
WAYS = [
    ("https://example.org/in", "azureml:e:1", "https://example.org/in"),
    ("azureml:rows:1", "azureml:e:1", "azureml:rows:1"),
    ("azureml://datastores/lake/paths/in", "azureml:e:1", "azureml://datastores/lake/paths/in"),
    ("azureml://registries/r/data/rows/versions/1", "azureml:e:1", "azureml://registries/r/data/rows"),
    ("https://example.org/other", "azureml:AzureML-tf@latest", "azureml://registries/azureml/environments/tf"),
]
"""Path of the input, environment, key of the stand-in."""


def desired(folder: Path, path: str, environment: str, key: str) -> Desired:
    text = JOB.format(path=path, environment=environment)
    (folder / "spec.yaml").write_text(
        f"project: standing\nworkspace: {{local: {{stand_ins: {{'{key}': here}}}}}}\njobs: {{run: {text}}}\n"
    )
    return load_project([folder / "spec.yaml"], LoadOptions()).resources[Address("jobs", "run")]


@pytest.mark.parametrize(("path", "environment", "key"), WAYS, ids=[way[2] for way in WAYS])
def test_an_edited_stand_in_is_other_content(tmp_path: Path, path: str, environment: str, key: str) -> None:
    (tmp_path / "here" / "deep").mkdir(parents=True)
    (tmp_path / "here" / "deep" / "a.csv").write_text("1")
    first = desired(tmp_path, path, environment, key)
    assert desired(tmp_path, path, environment, key).content == first.content
    (tmp_path / "here" / "deep" / "a.csv").write_text("2")
    second = desired(tmp_path, path, environment, key)
    assert second.content != first.content
    assert first.files.keys() == second.files.keys() == {"here/deep/a.csv"}
    (tmp_path / "here" / "b.csv").write_text("3")
    assert desired(tmp_path, path, environment, key).content != second.content


def test_a_single_file_is_content_and_one_that_is_not_used_is_none(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("1")
    used = desired(tmp_path, "https://e.org/a", "azureml:e:1", "https://e.org/a")
    unused = desired(tmp_path, "https://e.org/b", "azureml:e:1", "https://e.org/a")
    assert (list(used.files), list(unused.files)) == (["here"], [])


def test_an_environment_of_its_own_stands_in_by_its_place(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "pyvenv.cfg").write_text("home = /usr/bin")
    first = desired(tmp_path, "https://e.org/a", "azureml:e:1", "azureml:e:1")
    (tmp_path / "here" / "site.pyc").write_text("compiled")
    assert desired(tmp_path, "https://e.org/a", "azureml:e:1", "azureml:e:1").content == first.content
