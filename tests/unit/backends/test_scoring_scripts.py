"""Scoring scripts that can never be served are refused by plan, in both worlds; what needs a package, where it is known not to be there."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.backends.local.raw_http import lacking
from orchestrator.backends.scoring_script import unusable
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.files.content import ContentStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from tests.unit.backends.test_refusals import refused

GOOD = "def init():\n    pass\n\n\ndef run(data):\n    return data\n"
NO_INIT = "has no function init()"
SCRIPTS = [
    ("score.py", GOOD, [], "a scoring script"),
    ("score.py", "from served import init, run\n", [], "both from a module beside it"),
    ("score.py", "from served import *\n", [], "what that has is not known"),
    ("score.py", "import served\ninit = served.init\nrun, other = served.run, 1\n", [], "assigned"),
    ("score.py", "try:\n    from fast import run\nexcept ImportError:\n    run = 1\nif True:\n    def init(): pass\n", [], "in blocks"),
    ("score.py", "globals().update(make())\n", [], "made while it is imported"),
    ("score.py", GOOD + "x = f'{'a'}'\n", [], "a newer Python understands it"),
    ("score.py", GOOD + "type Row = dict[str, int]\n", [], "a newer Python understands it"),
    ("score.py", "\ufeff" + GOOD, [], "a mark at the beginning"),
    ("score.py", "# -*- coding: latin-1 -*-\nname = '\xe9'\n" + GOOD, [], "another encoding is not read as UTF-8"),
    ("score.py", "", ["has no function init()", "has no function run()"], "empty"),
    ("score.py", "def run(data): return 1\n", ["has no function init()"], "not called once"),
    ("score.py", "class S:\n    def init(self): pass\n    def run(self, data): pass\n", [NO_INIT, "has no function run()"], "methods"),
    ("score.py", "library(plumber)\nrun <- function(data) {\n  data$x\n}\n", ["is not Python 3.11, line 2: invalid syntax"], "R"),
    ("score.py", "exec 'x'\n", ["is not Python 3.11, line 1: Missing parentheses in call to 'exec'. Did you mean exec(...)?"], "Python 2"),
    ("score.py", "a\0b", ["is not Python 3.11: source code string cannot contain null bytes"], "no text"),
    ("score.R", "run <- 1\n", ["is not a Python file: its name does not end in .py"], "R by its name"),
    ("score.ipynb", "{}", ["is not a Python file: its name does not end in .py"], "a notebook"),
    ("score", GOOD, ["is not a Python file: its name does not end in .py"], "no ending"),
]  # fmt: skip


def deployment(folder: Path, name: str, text: str, encoding: str = "utf-8") -> dict[str, object]:
    (folder / "code").mkdir(exist_ok=True)
    (folder / "code" / name).write_bytes(text.encode(encoding))
    files = LocalFiles(folder / "code", "code", "digest", {})
    return {"code_configuration": {"code": files, "scoring_script": name}}


@pytest.mark.parametrize(("name", "text", "reasons", "why"), SCRIPTS)
def test_scripts(tmp_path: Path, name: str, text: str, reasons: list[str], why: str) -> None:
    body = deployment(tmp_path, name, text, "latin-1" if "latin-1" in text else "utf-8")
    found = list(unusable(body, None))
    assert [refusal.reason for refusal in found] == [f"its scoring script {name} {reason}" for reason in reasons], why
    assert {refusal.path for refusal in found} <= {("code_configuration", "scoring_script")}
    assert list(unusable(body, {"inference_config": {}})) == [], "a container with a server of its own takes any"


RAW = "from azureml_inference_server_http.api.aml_request import rawhttp\n" + GOOD
OLD = "from azureml.contrib.services.aml_request import AMLRequest, rawhttp\n" + GOOD
ENVIRONMENTS = [
    (RAW, {"conda_file": {"dependencies": ["python=3.11", {"pip": ["numpy"]}]}}, True, "without it"),
    (RAW, {"conda_file": {"dependencies": [{"pip": ["azureml-inference-server-http>=1.3"]}]}}, False, "with it"),
    (RAW, {"conda_file": {"dependencies": [{"pip": ["azureml-defaults"]}]}}, False, "azureml-defaults brings it"),
    (RAW, {"conda_file": {"dependencies": [{"pip": ["-r more.txt"]}]}}, False, "not known"),
    (RAW, {"image": "mcr.microsoft.com/azureml/inference"}, True, "this Python stands in for an image"),
    (RAW, None, True, "this Python stands in for none"),
    (OLD, {"conda_file": {"dependencies": [{"pip": ["numpy"]}]}}, True, "its older name"),
    (OLD, {"conda_file": {"dependencies": [{"pip": ["azureml-contrib-services"]}]}}, False, "the older package"),
    ("import azureml.core\n" + GOOD, None, False, "another package"),
    (GOOD, None, False, "nothing raw"),
    ("def run(: azureml_inference_server_http", None, False, "told elsewhere"),
]


@pytest.mark.parametrize(("text", "environment", "refuses", "why"), ENVIRONMENTS)
def test_raw_requests_need_a_package(tmp_path: Path, text: str, environment: object, refuses: bool, why: str) -> None:
    content = ContentStore(WorkspacePaths(tmp_path / "ws"))
    found = list(lacking(deployment(tmp_path, "score.py", text), environment, content.path_of))
    assert bool(found) is refuses, why
    for refusal in found:
        assert (
            "uses @rawhttp, but its environment does not include the package azureml-inference-server-http"
            in refusal.reason
        )
        assert refusal.path == ("environment",)


def test_the_package_is_looked_for_in_conda_files_on_disk(tmp_path: Path) -> None:
    (tmp_path / "env.yaml").write_text("dependencies: [{pip: [azureml-inference-server-http]}]\n")
    content = ContentStore(WorkspacePaths(tmp_path / "ws"))
    body = deployment(tmp_path, "score.py", RAW)
    for name, refuses in (("env.yaml", False), ("absent.yaml", False)):
        environment = {"conda_file": LocalFiles(tmp_path / name, name, "digest", {})}
        assert bool(list(lacking(body, environment, content.path_of))) is refuses


def test_a_plan_tells_all_at_their_places(tmp_path: Path) -> None:
    (tmp_path / "serve").mkdir()
    (tmp_path / "serve" / "score.py").write_text(
        "from azureml_inference_server_http.api.aml_request import rawhttp\nrun = 1\n"
    )
    (tmp_path / "serve" / "score.R").write_text("run <- 1")
    text = """
models: {weights: {path: weights.bin}}
environments: {e: {image: host}}
online_endpoints:
  eee:
    deployments:
      blue:
        model: azureml:weights@latest
        environment: azureml:e@latest
        instance_type: Standard_DS3_v2
        code_configuration: {code: serve, scoring_script: score.R}
      green:
        model: azureml:weights@latest
        environment: azureml:e@latest
        instance_type: Standard_DS3_v2
        code_configuration: {code: serve, scoring_script: score.py}
"""
    found = refused(tmp_path, text)
    raw = "uses @rawhttp, but its environment does not include the package azureml-inference-server-http."
    assert sorted((place, detail.partition("its scoring script ")[2]) for place, detail, _ in found) == [
        ("12:59", "score.R is not a Python file: its name does not end in .py."),
        ("15:22", f"score.py {raw}"),
        ("17:59", "score.py has no function init()."),
    ]
