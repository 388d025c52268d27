"""Documents without ``$schema`` whose ``type`` two kinds have are told apart by the rest of what they say."""

from __future__ import annotations

from orchestrator.kinds import discover
from orchestrator.spec.documents import recognise
from tests.unit.spec.building import tree

JOBS, DEPLOYMENTS, COMPONENTS = "jobs", "batch_endpoints.deployments", "components"
TOLD = {
    "type: pipeline\ncomponent: ./c.yml\n": JOBS,
    "type: pipeline\ncomponent: ./c.yml\ninputs: {a: 1}\nsettings: {default_compute: azureml:x}\n": JOBS,
    "type: pipeline\ncomponent: ./c.yml\nexperiment_name: e\nsettings: {default_compute: azureml:x}\n": JOBS,
    "type: pipeline\njobs: {a: {command: b}}\nsettings: {default_compute: azureml:x}\n": JOBS,
    "type: pipeline\ncomponent: ./c.yml\nsettings: {default_compute: azureml:x}\n": DEPLOYMENTS,
    "type: pipeline\nendpoint_name: e\ncomponent: ./c.yml\n": DEPLOYMENTS,
    "name: a\nversion: 1\ntype: pipeline\njobs: {a: {command: b}}\n": COMPONENTS,
    "name: a\nversion: 1\ntype: command\ncommand: a\nenvironment: azureml:a:1\n": COMPONENTS,
    "name: a\ntype: command\ncommand: a\ncompute: azureml:c\nenvironment: azureml:a:1\n": JOBS,
    "name: a\nversion: 1\ntype: spark\nentry: {file: a.py}\n": COMPONENTS,
}


def test_they_are_told_apart() -> None:
    kinds = discover()
    assert {text: recognise(tree(text), kinds).kind for text in TOLD} == TOLD
