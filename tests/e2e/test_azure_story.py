"""The lesson's project on Azure's wire, through the command line: made, meddled with, repaired, its state lost, its holders killed.

The tests follow each other. A holder is killed first and its lease ends while the others go on.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.project import ROOT
from tests.e2e.served import Served, serving
from tests.waiting import wait_for

pytest.importorskip("azure.ai.ml", reason="needs the azure extra")

TARGET = ("--target", "azure-loopback")
CLUSTER, RECORDS, ENDPOINT = "compute.heart-f-cluster", "data.heart-failure-records", "online_endpoints.automl-hf-sdk"
BLUE, TRAFFIC = f"{ENDPOINT}.deployments.blue", f"{ENDPOINT}.traffic"
ANSWER = '{"result": [false]}'

LIMITS, SMALL = "limits: {timeout_minutes: 20,", "limits: {timeout_minutes: 20, max_trials: 3,"
"""A few trials find a model that gives the patient's answer."""

SLOW_SPEC = """
project: slow
workspace:
  azure:
    subscription_id: "${env.AZURE_SUBSCRIPTION_ID}"
    resource_group: "${env.AZURE_RESOURCE_GROUP}"
    workspace_name: "${env.AZUREML_WORKSPACE_NAME}"
compute:
  cpu: {type: amlcompute, size: Standard_DS2_v2, max_instances: 1}
jobs:
  wait:
    type: command
    command: touch FOLDER/started; while [ ! -e FOLDER/go ]; do sleep 0.1; done
    environment: {image: "python:3.11"}
    compute: azureml:cpu
"""

LOSE_STATE = """
from azure.storage.blob import BlobClient
store = ml_client.datastores.get_default(include_secrets=True)
account = f"{store.protocol}://{store.account_name}.blob.{store.endpoint}"
BlobClient(
    account, store.container_name, "amlctl/heart-failure/state.json", credential=store.credentials.sas_token
).delete_blob()
"""

MEDDLE = {
    CLUSTER: """
cluster = ml_client.compute.get("heart-f-cluster")
cluster.max_instances = 6
ml_client.compute.begin_update(cluster).result()
""",
    RECORDS: """
records = ml_client.data.get("heart-failure-records", label="latest")
records.tags["team"] = "surgery"
ml_client.data.create_or_update(records)
""",
    TRAFFIC: """
endpoint = ml_client.online_endpoints.get("automl-hf-sdk")
endpoint.traffic = {"blue": 0}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()
""",
}
"""What a colleague does, by the address where the plan has to show it."""

DELETE = """
ml_client.online_deployments.begin_delete("blue", "automl-hf-sdk").result()
"""


class Story:
    """A served workspace, a copy of the lesson's project, and a second project that is never in a hurry."""

    def __init__(self, served: Served, folder: Path) -> None:
        self.served = served
        self.folder = folder / "heart-failure"
        shutil.copytree(ROOT / "specs" / "heart-failure", self.folder, ignore=shutil.ignore_patterns(".amlctl*"))
        spec = self.folder / "spec.yaml"
        text = spec.read_text()
        assert LIMITS in text
        spec.write_text(text.replace(LIMITS, SMALL))
        self.slow = folder / "slow"
        self.slow.mkdir()
        (self.slow / "spec.yaml").write_text(SLOW_SPEC.replace("FOLDER", str(self.slow)))

    def amlctl(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        return self.served.amlctl(*arguments, *TARGET, folder=self.folder, code=code)

    def plan(self, *, code: int) -> dict[str, tuple[str, str]]:
        """Action and reason by address of what is to be done."""
        done = self.amlctl("plan", "--detailed-exitcode", "--format", "json", code=code)
        changes = json.loads(done.stdout)["changes"]
        return {one["address"]: (one["action"], one["reason"]) for one in changes if one["action"] != "noop"}

    def settled(self) -> None:
        """Nothing is to be done, and the endpoint answers."""
        assert self.plan(code=0) == {}
        asked = self.amlctl("invoke", "spec.yaml", ENDPOINT, "--request-file", "requests/patient.json")
        assert json.loads(asked.stdout) == json.loads(ANSWER)

    def client(self, program: str) -> str:
        return self.served.program(program, self.folder)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("azure")
    with serving(folder / "ws") as served:
        story = Story(served, folder)
        try:
            yield story
        finally:
            (story.slow / "go").touch()


def test_the_second_of_two_applies_is_refused_by_name(story: Story) -> None:
    holder = story.served.start("apply", "--yes", folder=story.slow)
    wait_for((story.slow / "started").exists, "the job of the first apply")
    refused = story.served.amlctl("apply", "--yes", folder=story.slow, code=1)
    for said in ("state-locked", f"process {holder.pid}", "runs 'apply'", "--lock-wait"):
        assert said in refused.stderr
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    dead = story.served.amlctl("apply", "--yes", folder=story.slow, code=1)
    assert f"process {holder.pid}" in dead.stderr, "a lease outlives its holder"


def test_a_spec_becomes_an_endpoint_that_answers(story: Story) -> None:
    applied = story.amlctl("apply", "--yes")
    assert f"→ 200 {ANSWER}" in applied.stdout
    assert "Apply complete: 6 created, 1 ran" in applied.stdout
    assert "\x1b" not in applied.stdout + applied.stderr, "no colours for a pipe, the client's own included"
    story.settled()


def test_what_a_colleague_changes_is_named_and_set_back(story: Story) -> None:
    story.client("".join(MEDDLE.values()))
    planned = story.plan(code=2)
    assert planned == {
        CLUSTER: ("update", "drift: max_instances 3 → 6"),
        RECORDS: ("update", "drift: tags.team cardiology → surgery"),
        TRAFFIC: ("create", "drift: deleted outside"),  # the service forgets deployments without requests
    }
    story.amlctl("apply", "--yes")
    story.settled()


def test_a_deployment_that_a_colleague_deletes_is_made_again(story: Story) -> None:
    story.client(MEDDLE[TRAFFIC] + DELETE)
    drift = ("create", "drift: deleted outside")
    assert story.plan(code=2) == {BLUE: drift, TRAFFIC: drift}
    story.amlctl("apply", "--yes")
    story.settled()


def test_a_lost_state_is_written_again_from_what_is_there(story: Story) -> None:
    story.client(LOSE_STATE)
    without = story.plan(code=2)
    assert "jobs.train" in without, "nothing says what was applied"
    assert {action for action, _ in without.values()} == {"update"}, "the marks say what is ours: nothing is made twice"
    rebuilt = story.amlctl("state", "rebuild")
    assert "Rebuilt the state: 7 records." in rebuilt.stdout
    story.settled()


def test_the_lock_of_the_dead_ends_and_who_waits_goes_on(story: Story) -> None:
    waiting = story.served.start("apply", "--yes", "--lock-wait", "120", folder=story.slow)
    (story.slow / "go").touch()
    out, err = waiting.communicate(timeout=120)
    assert waiting.returncode == 0, out + err
    assert "jobs.wait" in err
    runs = story.client('print(len([job for job in ml_client.jobs.list() if job.name.startswith("wait-")]))')
    assert runs == "1", "the run of the dead was taken up"
