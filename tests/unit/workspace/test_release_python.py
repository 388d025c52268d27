"""Which Python serves a deployment: what it names, what its model declares, and never one that others share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from orchestrator.workspace.environments.environments import ANY, Wish
from orchestrator.workspace.files.content import ContentStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import PYTHON_DOWNLOADS, STAND_INS, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.serving.controller.release import ReleaseBuilder
from orchestrator.workspace.serving.files import DeploymentFiles


@dataclass
class Asked:
    """Says what was asked for, and gives interpreters that tell where they come from."""

    calls: list[tuple[str, Any, Wish]] = field(default_factory=list)

    def python_for(
        self, spec: str | Mapping[str, Any] | None, tell: Callable[[str], None] = print, wish: Wish = ANY
    ) -> Path:
        self.calls.append(("named", spec, wish))
        return Path(sys.executable)

    def python_of_model(self, folder: Path, tell: Callable[[str], None] = print, wish: Wish = ANY) -> Path:
        self.calls.append(("declared", folder.name, wish))
        return Path(sys.executable)

    def layer_for(self, python: Path, home: Path) -> Path:
        assert python == Path(sys.executable)
        return home / "bin" / "python"


CASES: list[tuple[dict[str, Any], tuple[str, Any], str]] = [
    ({"model": {"path": "MODEL"}}, ("declared", "model"), "an MLflow model without an environment"),
    ({"model": {"path": "ABOVE"}}, ("declared", "model"), "a folder with one"),
    ({"model": {"path": "MODEL"}, "environment": "azureml:e:1"}, ("named", "azureml:e:1"), "an MLflow model with one"),
    (
        {"code_configuration": {"code": "CODE", "scoring_script": "score.py"}, "environment": {"image": "x"}},
        ("named", {"image": "x"}),
        "a scoring script",
    ),
    ({"code_configuration": {"code": "CODE", "scoring_script": "score.py"}}, ("named", None), "a script without one"),
]


@pytest.mark.parametrize(("body", "asked", "why"), CASES, ids=[case[2] for case in CASES])
def test_who_decides_on_a_deployments_python(
    tmp_path: Path, body: dict[str, Any], asked: tuple[str, Any], why: str
) -> None:
    for file in ("above/model/MLmodel", "code/score.py"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text("")
    places = {"MODEL": tmp_path / "above" / "model", "ABOVE": tmp_path / "above", "CODE": tmp_path / "code"}

    def placed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: placed(item) for name, item in value.items()}
        return str(places.get(value, value)) if isinstance(value, str) else value

    paths = WorkspacePaths(tmp_path / "ws")
    paths.create()
    store = RecordStore(paths)
    environments = Asked()
    builder = ReleaseBuilder(paths, store, ContentStore(paths), environments)
    attributes = {STAND_INS: {"azureml:e:1": "/e"}, PYTHON_DOWNLOADS: True}
    kind = "online_endpoints.deployments"
    record = Record(kind, "online_endpoints.hf.deployments.blue", body=placed(body), attributes=attributes)
    release = builder.build(record, DeploymentFiles(paths, "hf", "blue"))
    store.close()
    ((who, what, wish),) = environments.calls
    assert (who, what) == asked, why
    assert (wish.stand_ins, wish.downloads) == ({"azureml:e:1": "/e"}, True), "settings come along"
    assert release.python.parents[1].name == "environment", "it runs in a layer of its own"
    assert release.environ["PATH"].startswith(str(release.python.parent))
