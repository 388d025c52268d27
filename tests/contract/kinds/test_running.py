"""Kinds with processes, in a workspace with a real supervisor: jobs run, servers start, and each step still ends in an empty plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.health import Health
from orchestrator.core.run import Outcome
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.operations import administration as admin
from orchestrator.workspace.records.store import RecordStore
from tests.contract.kinds.life import KINDS, Life
from tests.contract.kinds.test_life import CHANGED, MADE, identity
from tests.contract.kinds.worlds import EmbeddedWorld
from tests.unit.kinds.cases import Case

pytestmark = pytest.mark.slow

SCORE = "def init(): pass\ndef run(data): return {answer}\n"
SERVED = {
    "model": "azureml:weights@latest",
    "environment": {"image": "host"},
    "code_configuration": {"code": "serve", "scoring_script": "score.py"},
    "instance_type": "Standard_DS3_v2",
    "instance_count": 1,
}
FILES = {"serve/score.py": SCORE.format(answer=1), "other/score.py": SCORE.format(answer=2), "weights.bin": "01"}
WEIGHTS = {"models": {"weights": {"path": "weights.bin"}}}

JOB = Case(
    kind="jobs",
    files={"src/run.py": "print('one')\n", "other/run.py": "print('two')\n"},
    around={},
    parent=None,
    name="count",
    variant="command",
    minimal={},
    full={"command": "python run.py", "code": "src", "environment": {"image": "host"}, "tags": {"team": "a"}},
    label={"tags": {"team": "b"}},
    content={"code": "other"},
)
ENDPOINT = Case(
    kind="online_endpoints",
    files={},
    around={},
    parent=None,
    name="answers",
    variant="managed",
    minimal={},
    full={"auth_mode": "key", "tags": {"team": "a"}},
    label={"tags": {"team": "b"}},
    content={"properties": {"origin": "test"}},
)
DEPLOYMENT = Case(
    kind="online_endpoints.deployments",
    files=FILES,
    around=WEIGHTS,
    parent={"auth_mode": "key"},
    name="blue",
    variant="managed",
    minimal={},
    full={**SERVED, "tags": {"team": "a"}},
    label={"tags": {"team": "b"}},
    content={"code_configuration": {"code": "other"}},
)
TRAFFIC = Case(
    kind="online_endpoints.traffic",
    files=FILES,
    around=WEIGHTS,
    parent={"auth_mode": "key", "deployments": {"blue": SERVED, "green": SERVED}},
    name="traffic",
    variant="",
    minimal={},
    full={"traffic": {"blue": 100, "green": 0}},
    content={"traffic": {"blue": 10, "green": 90}},
)


@dataclass(frozen=True)
class RunningWorld(EmbeddedWorld):
    """The embedded workspace while its supervisor works: how things are may change at any time, what is wanted may not."""

    def facts(self) -> Any:
        with closing(RecordStore(WorkspacePaths(self.root))) as store:
            return [(r.key, r.body, r.fingerprint, r.generation, r.archived, r.deleting) for r in store.list()]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorld]:
    """One workspace for all; taken down afterwards."""
    root = tmp_path_factory.mktemp("running") / ".amlctl"
    yield RunningWorld(root)
    admin.down(root)


def at_work(root: Path) -> list[str]:
    """Runs and endpoints that the workspace has processes for."""
    found = admin.status(root)
    return [each.name for each in (*found.jobs, *found.endpoints)]


def endpoint_folders(root: Path) -> list[str]:
    places = (root / "endpoints").glob("*")
    return [place.name for place in places if not place.name.startswith(".")]


@pytest.mark.parametrize("case", [JOB, ENDPOINT, DEPLOYMENT, TRAFFIC], ids=str)
def test_a_whole_life(case: Case, running: RunningWorld, tmp_path: Path) -> None:
    life = Life(case, running, tmp_path)
    assert life.changes()[life.address].action is MADE[identity(case)]
    life.apply()
    first = healthy(life)
    if case.label:
        labelled(life, case.label)
    assert case.content
    life.edit(case.content)
    assert life.changes()[life.address].action is CHANGED[identity(case)]
    life.apply()
    healthy(life)
    life.leave()
    life.settled()
    assert life.apply(prune=True)[life.address].outcome is Outcome.DELETED
    assert life.live(life.address) == []
    life.edit({})
    life.apply()
    healthy(life)
    life.apply(destroy=True)
    life.settled(destroy=True)
    assert life.live() == []
    assert at_work(running.root) == []
    assert first.owner == "contract"
    assert endpoint_folders(running.root) == []


def test_an_answer_follows_the_content(running: RunningWorld, tmp_path: Path) -> None:
    life = Life(TRAFFIC, running, tmp_path)
    life.apply()
    assert life.answer() == "1"
    (tmp_path / "serve" / "score.py").write_text(SCORE.format(answer=3))
    done = life.apply()
    assert {str(address).rpartition(".")[2] for address in done} == {"blue", "green"}
    assert life.answer() == "3"
    life.apply(destroy=True)


def test_a_distributed_job_is_several_processes(running: RunningWorld, tmp_path: Path) -> None:
    script = "import os\nprint(os.environ['RANK'], 'of', os.environ['WORLD_SIZE'])\n"
    body = {**JOB.full, "distribution": {"type": "pytorch", "process_count_per_instance": 2}}
    life = Life(replace(JOB, name="ranks", full=body, files={"src/run.py": script}), running, tmp_path)
    done = life.apply()
    logs = (running.root / "jobs" / done[life.address].revision / "user_logs").glob("*.txt")
    assert sorted(line for log in logs for line in log.read_text().splitlines()) == ["0 of 2", "1 of 2"]
    life.apply(destroy=True)


def healthy(life: Life) -> Any:
    found = life.live(life.address)
    assert {observed.health for observed in found} == {Health.HEALTHY}
    return found[-1]


def labelled(life: Life, label: Any) -> None:
    """A label is one update: nothing runs again and nothing starts anew."""
    before = generations(life)
    life.edit(label)
    (change,) = life.changes().values()
    assert change.action is Action.UPDATE
    life.apply()
    life.world.meddle(life.address, {"tags": {"team": "meddled"}})
    assert life.changes()[life.address].drift
    life.apply()
    assert generations(life) == before, "no process was touched"


def generations(life: Life) -> dict[Any, int]:
    with closing(RecordStore(WorkspacePaths(Path(life.world.choice.settings["path"])))) as store:
        kind = KINDS[Address.parse(life.case.address).kind].key
        return {record.key: record.generation for record in store.list(kind)}
