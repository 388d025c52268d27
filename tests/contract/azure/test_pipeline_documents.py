"""What azure-ai-ml makes of a pipeline's document alone, it makes of the body that we hand to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.azure.loader_body import for_loader
from orchestrator.core.project import LoadOptions, Project
from orchestrator.core.value import LocalFiles, Reference, mapped
from orchestrator.engine import load_project
from orchestrator.kinds import discover
from tests.contract.azure.pipeline_documents import DOCUMENTS, FILES

ml = pytest.importorskip("azure.ai.ml")
KIND = discover()["jobs"]


REMEMBERED = "a parallel step"
"""The client reads the code of a parallel step relative to the first folder from which this process has loaded one, whichever test that
was; so this document says where its code is."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("documents")
    for name, text in FILES.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text)
    return place


def written(folder: Path, text: str) -> Path:
    path = folder / "job.yml"
    path.write_text(text if "type: pipeline" in text.split("jobs:")[0] else f"type: pipeline\n{text}")
    return path


def project(path: Path) -> Project:
    return load_project([path], LoadOptions())


def plain(value: Any) -> Any:
    if isinstance(value, LocalFiles):
        return str(value.path)
    assert isinstance(value, Reference), value
    return value.text


def form(value: Any, folder: Path) -> Any:
    """An entity as data, up to how paths are written."""
    if isinstance(value, Mapping):
        return {name: form(item, folder) for name, item in value.items()}
    if isinstance(value, list):
        return [form(item, folder) for item in value]
    return _PLACE.sub("", value.replace(f"{folder}/", "./")) if isinstance(value, str) else value


_PLACE = re.compile(r"^(azureml:)?(\.{1,2}/)+|^azureml:(?=https?://)")
"""The client takes some paths for names of assets, and looks for the files all the same."""


@pytest.mark.parametrize("what", DOCUMENTS)
def test_the_client_makes_the_same_of_our_body(what: str, folder: Path) -> None:
    from orchestrator.backends.azure import sdk
    from orchestrator.backends.azure.sdk.repairs import mend

    mend()
    text = DOCUMENTS[what]
    if what == REMEMBERED:
        text = text.replace("./src", f"{folder}/src")
    path = written(folder, text)
    [desired] = [found for found in project(path).resources.values() if found.address.kind == KIND.key]
    body = for_loader(KIND, mapped(desired.properties, plain))
    ours, alone = sdk.load_entity(KIND.azure.loader, body), ml.load_job(path)
    assert form(ours._to_dict(), folder) == form(alone._to_dict(), folder)
