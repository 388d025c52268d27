"""Small projects that train and serve in seconds, without any library."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.project import Project

TRAIN = """import json, sys, time
from pathlib import Path
table, model, pause = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
time.sleep(pause)
model.mkdir(parents=True, exist_ok=True)
(model / "model.json").write_text(json.dumps({"total": sum(float(line) for line in table.read_text().split())}))
print("trained")
"""
SCORE = """import json, os
from pathlib import Path
model = {}
def init():
    (path,) = Path(os.environ["AZUREML_MODEL_DIR"]).rglob("model.json")
    model.update(json.loads(path.read_text()))
def run(raw_data):
    return {"total": model["total"], "echo": json.loads(raw_data)}
"""


def training(project: Project, *, pause: float = 0.0) -> Project:
    """Data → command job → model → endpoint."""
    folder = project.folder
    (folder / "src").mkdir()
    (folder / "serve").mkdir()
    (folder / "numbers.txt").write_text("1\n2\n3\n")
    (folder / "src" / "train.py").write_text(TRAIN)
    (folder / "serve" / "score.py").write_text(SCORE)
    (folder / "spec.yaml").write_text(
        f"""project: totals
data:
  numbers: {{type: uri_file, path: numbers.txt}}
jobs:
  train:
    type: command
    code: src
    command: python train.py ${{{{inputs.table}}}} ${{{{outputs.model}}}} {pause}
    environment: {{image: host}}
    compute: azureml:here
    inputs: {{table: {{type: uri_file, path: azureml:numbers@latest}}}}
    outputs: {{model: {{type: custom_model}}}}
models:
  total: {{type: custom_model, path: azureml://jobs/train/outputs/model}}
compute:
  here: {{type: amlcompute, size: Standard_DS2_v2, max_instances: 1}}
online_endpoints:
  totals:
    auth_mode: key
    deployments:
      blue:
        model: azureml:total@latest
        code_configuration: {{code: serve, scoring_script: score.py}}
        environment: {{image: host}}
        instance_type: Standard_DS2_v2
        instance_count: 1
    traffic: {{blue: 100}}
    tests:
      - {{name: it adds up, request: {{json: {{a: 1}}}}, expect: {{json: {{total: 6.0, echo: {{a: 1}}}}}}}}
"""
    )
    return project


def two_colours(project: Project, blue: int, green: int) -> Project:
    """Two deployments of two models behind one endpoint."""
    folder = project.folder
    for colour, total in (("blue", 1), ("green", 2)):
        (folder / colour).mkdir(parents=True, exist_ok=True)
        (folder / colour / "model.json").write_text(f'{{"total": {total}}}')
    (folder / "serve").mkdir(exist_ok=True)
    (folder / "serve" / "score.py").write_text(SCORE)
    bodies = "".join(
        f"""
      {colour}:
        model: azureml:{colour}-model@latest
        code_configuration: {{code: serve, scoring_script: score.py}}
        environment: {{image: host}}
        instance_type: Standard_DS2_v2
        instance_count: 1"""
        for colour in ("blue", "green")
    )
    Path(folder / "spec.yaml").write_text(
        f"""project: colours
models:
  blue-model: {{type: custom_model, path: blue}}
  green-model: {{type: custom_model, path: green}}
online_endpoints:
  colours:
    auth_mode: key
    deployments:{bodies}
    traffic: {{blue: {blue}, green: {green}}}
"""
    )
    return project
