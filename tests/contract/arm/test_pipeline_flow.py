"""Conditions and loops of the real client (``dsl._condition``, ``_do_while``, ``_parallel_for``, private preview), run over the wire.

The client decides at import whether it knows them, so its program is a process of its own, as a user's is.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.contract.arm.conftest import SUBSCRIPTION

GATE = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: count
type: command
inputs:
  n: {type: integer}
outputs:
  low: {type: boolean, is_control: true}
  next: {type: integer, is_control: true}
  made: {type: uri_folder}
environment: azureml:env:1
command: >-
  n=${{inputs.n}}; echo $n > ${{outputs.made}}/n; echo $((n + 1)) > ${{outputs.next}};
  if [ $n -lt 3 ]; then echo True; else echo False; fi > ${{outputs.low}}
"""
LIST = """
$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: show
type: command
inputs:
  n: {type: string}
  all: {type: mltable}
outputs:
  said: {type: uri_folder}
environment: azureml:env:1
command: cat ${{inputs.all}}/*/n > ${{outputs.said}}/all; echo ${{inputs.n}} > ${{outputs.said}}/n
"""


PROGRAM = """
import json, sys
from pathlib import Path

from azure.ai.ml import MLClient, dsl, load_component
from azure.ai.ml.dsl._condition import condition
from azure.ai.ml.dsl._do_while import do_while
from azure.ai.ml.dsl._parallel_for import parallel_for
from azure.ai.ml.entities import AmlCompute, Environment
from azure.identity import DefaultAzureCredential

client = MLClient(DefaultAzureCredential(), sys.argv[1], "local", "local")
client.environments.create_or_update(Environment(name="env", version="1", image="some/image"))
client.compute.begin_create_or_update(AmlCompute(name="cpu", size="Standard_DS3_v2", max_instances=2)).result()
count, show = load_component("count.yml"), load_component("show.yml")


@dsl.pipeline(default_compute="cpu")
def whole(start: int = 1):
    body = count(n=start)
    loop = do_while(body, mapping={"next": body.inputs.n}, max_iteration_count=9, condition=body.outputs.low)
    yes, no, also = count(n=20), count(n=30), count(n=40)
    choose = condition(body.outputs.low, true_block=yes, false_block=[no, also])
    one = count()
    each = parallel_for(body=one, items=[{"n": 7}, {"n": 8}])
    shown = show(n=body.outputs.next, all=each.outputs.made)
    return {"said": shown.outputs.said}


job = client.jobs.create_or_update(whole(), experiment_name="flow")
client.jobs.stream(job.name)
children = {child.display_name: child for child in client.jobs.list(parent_job_name=job.name)}
client.jobs.download(job.name, download_path="down", output_name="said")
read = client.jobs.get(job.name)
Path("seen.json").write_text(json.dumps({
    "children": {name: child.status for name, child in children.items()},
    "rounds": [child.display_name for child in client.jobs.list(parent_job_name=children["loop"].name)],
    "files": {path.name: path.read_text() for path in Path("down").rglob("*") if path.is_file() and path.parent.name == "said"},
    "types": {name: node.type for name, node in read.jobs.items() if node.type != "command"},
    "items": read.jobs["each"].items,
    "limit": read.jobs["loop"].limits.max_iteration_count,
}))
"""


def test_conditions_and_loops_of_the_client_run(connect: Any, tmp_path: Path) -> None:
    for name, text in (("count.yml", GATE), ("show.yml", LIST), ("program.py", PROGRAM)):
        (tmp_path / name).write_text(text)
    environ = {**os.environ, "AZURE_ML_CLI_PRIVATE_FEATURES_ENABLED": "true"}
    command = [sys.executable, "program.py", SUBSCRIPTION]
    ended = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "step choose: false" in ended.stdout and "step yes: not run" in ended.stdout, ended.stdout
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["children"] == dict.fromkeys(("loop", "no", "also", "each", "shown"), "Completed")
    assert set(seen["rounds"]) == {"body_1", "body_2", "body_3"}
    assert seen["files"] == {"all": "7\n8\n", "n": "4\n"}
    assert seen["types"] == {"loop": "do_while", "choose": "if_else", "each": "parallel_for"}
    assert (seen["items"], seen["limit"]) == ([{"n": 7}, {"n": 8}], 9)
