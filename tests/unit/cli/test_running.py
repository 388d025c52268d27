"""Commands about what runs: the test plays the supervisor, so that everything ends as it says, at once."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator

import pytest

from orchestrator.core.health import Health
from orchestrator.core.ports import ScoringAnswer, ScoringRequest
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient
from tests.unit.backends.played import Rounds, Supervisor, obey
from tests.unit.cli.calling import Shell

SPEC = """project: demo
jobs:
  train: {command: "true", environment: {image: host}}
models:
  net: {path: azureml://jobs/train/outputs/default}
online_endpoints:
  end:
    auth_mode: key
    deployments: {blue: {model: azureml:net@latest, instance_type: D2}}
    traffic: {blue: 100}
    tests: [{name: one, request: {json: {a: 1}}, expect: {json: [1]}}]
"""


def succeeding(amlctl: Shell) -> Rounds:
    """Everything succeeds at once; a job leaves an output behind."""
    paths = WorkspacePaths(amlctl.folder / ".amlctl")

    def act(store: RecordStore, record: Record) -> None:
        if record.kind == "jobs" and not record.deleting:
            made = paths.job(record.revision) / "outputs" / "default"
            made.mkdir(parents=True, exist_ok=True)
            (made / "weights.bin").write_bytes(b"w")
            store.update_status(record.key, attributes={"outputs": {"default": str(made)}})
        obey(store, record)

    return act


@pytest.fixture
def supervisor(amlctl: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """Who makes records true; everything succeeds until a test says otherwise."""
    played = Supervisor(RecordStore(WorkspacePaths(amlctl.folder / ".amlctl")), succeeding(amlctl))
    monkeypatch.setattr(SupervisorClient, "ensure", lambda client: None)
    monkeypatch.setattr(SupervisorClient, "nudge", lambda client: played.wake())
    monkeypatch.setattr(SupervisorClient, "answers", lambda client, within_s=1.0: True)
    yield played
    played.store.close()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[ScoringRequest]:
    """Every request that was sent; the answer is ``[1]``, and 500 to a request for the deployment 'red'."""
    requests: list[ScoringRequest] = []

    def send(paths: WorkspacePaths, record: Record, request: ScoringRequest) -> ScoringAnswer:
        requests.append(request)
        status = 500 if request.deployment == "red" else 200
        return ScoringAnswer(f"http://127.0.0.1:1/{record.name}", status, "[1]")

    monkeypatch.setattr("orchestrator.workspace.operations.scoring.send", send)
    return requests


@pytest.fixture
def serving(amlctl: Shell, supervisor: Supervisor, asked: list[ScoringRequest]) -> Shell:
    """A project that was applied."""
    amlctl.write("spec.yaml", SPEC)
    done = amlctl("apply", "-y")
    assert "test 'one'" in done.out
    asked.clear()
    return amlctl


def failing(store: RecordStore, record: Record) -> None:
    """Jobs fail, everything else succeeds."""
    if record.kind == "jobs" and not record.deleting:
        store.update_status(record.key, health=Health.DEGRADED, phase="failed", message="Exit code 1.")
    else:
        obey(store, record)


def test_what_fails_is_told_and_the_rest_is_done(amlctl: Shell, supervisor: Supervisor, asked: object) -> None:
    amlctl.write("spec.yaml", SPEC)
    supervisor.act = failing
    answer = amlctl("apply", "-y", code=3)
    assert "Apply incomplete" in answer.out
    assert (answer.out + answer.err).count("Exit code 1.") == 1, "told once, when it happens"
    assert "Exit code 1." in amlctl("apply", "-y", "-q", code=3).out, "nothing else has told it"
    assert "run apply again to continue" in answer.out
    outcomes = {o["address"]: o["outcome"] for o in amlctl("apply", "-y", "--format", "json", code=3).data["outcomes"]}
    assert outcomes["jobs.train"] == "failed"
    assert outcomes["models.net"] == "skipped"
    assert "degraded" in amlctl("status").out
    supervisor.act = succeeding(amlctl)
    assert "Apply complete" in amlctl("apply", "-y").out
    assert amlctl("plan", "--detailed-exitcode").code == 0


INVOKED = [
    (("--data", '{"a": 1}'), "", '{"a": 1}', "text on the command line"),
    (("--request-file", "request.json"), "", "[2]", "a file"),
    (("--data", "@request.json"), "", "[2]", "a file as curl takes it"),
    (("--request-file", "-"), "", "[3]", "standard input"),
    (("--data", "1", "--deployment", "blue"), "blue", "1", "a deployment"),
]


@pytest.mark.parametrize(("options", "deployment", "body", "why"), INVOKED, ids=[i[3] for i in INVOKED])
def test_invoke(
    serving: Shell, asked: list[ScoringRequest], options: tuple[str, ...], deployment: str, body: str, why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    serving.write("request.json", "\ufeff[2]")
    monkeypatch.setattr("sys.stdin", io.StringIO("[3]"))
    answer = serving("invoke", "online_endpoints.end", *options)
    assert answer.out == "[1]\n"
    assert "POST http://127.0.0.1:1/end → 200" in answer.err
    assert [(request.deployment, request.body) for request in asked] == [(deployment, body)], why


def test_invoke_a_deployment_by_its_address(serving: Shell, asked: list[ScoringRequest]) -> None:
    answer = serving(
        "invoke", "online_endpoints.end.deployments.blue", "--data", "1", "--timeout", "3", "--format", "json"
    )
    assert answer.data == {"url": "http://127.0.0.1:1/end", "status": 200, "body": "[1]"}
    assert [(request.deployment, request.timeout_s) for request in asked] == [("blue", 3.0)]


def test_the_bare_name_of_an_endpoint_or_deployment_is_offered_its_address(serving: Shell) -> None:
    told = serving("invoke", "end", "--data", "1", code=1).err
    assert "Did you mean 'online_endpoints.end'?" in " ".join(told.split())
    told = serving("explain", "blue", code=1).err
    assert "Did you mean 'online_endpoints.end.deployments.blue'?" in " ".join(told.split())
    assert "request.json" in serving("invoke", "online_endpoints.end", "--data", "@request.json", code=1).err


def test_an_answer_that_is_an_error_is_one(serving: Shell) -> None:
    answer = serving("invoke", "online_endpoints.end", "--data", "1", "--deployment", "red", code=1)
    assert "→ 500" in answer.err
    assert answer.out == "[1]\n"


def test_a_request_file_that_is_no_text(serving: Shell) -> None:
    (serving.folder / "request.bin").write_bytes(b"\xff\xfe")
    assert "request.bin" in serving("invoke", "online_endpoints.end", "--request-file", "request.bin", code=1).err


def test_logs(serving: Shell, supervisor: Supervisor) -> None:
    run = supervisor.store.latest("jobs", "jobs.train")
    assert run is not None
    log = WorkspacePaths(serving.folder / ".amlctl").job(run.revision) / "user_logs" / "std_log.txt"
    log.parent.mkdir(parents=True)
    log.write_text("one\ntwo\n")
    assert serving("logs", "jobs.train").out == "one\ntwo\n"
    assert serving("logs", "jobs.train", "--follow", "--run", run.revision).out == "one\ntwo\n"
    assert serving("logs", "jobs.train", "--format", "json").data == {"address": "jobs.train", "lines": ["one", "two"]}
    assert "has no run 'other' of jobs.train" in serving("logs", "jobs.train", "--run", "other", code=1).err


def test_a_watch_ends_with_ctrl_c(serving: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    answer = serving("status", "--watch", "--interval", "0.5", code=130)
    assert looks == [0.5, 0.5, 0.5]
    assert answer.out.count("online_endpoints.end.traffic") == 3


def raising(error: BaseException) -> Callable[..., None]:
    def fail(*arguments: object, **options: object) -> None:
        raise error

    return fail


ENDS = [
    (KeyboardInterrupt(), 130, "Interrupted.", "a person stopped it"),
    (PermissionError(13, "Permission denied", "/x"), 1, "/x: Permission denied", "the machine refuses"),
]


@pytest.mark.parametrize(("error", "code", "part", "why"), ENDS, ids=[e[3] for e in ENDS])
def test_how_a_command_ends(
    amlctl: Shell, error: BaseException, code: int, part: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    amlctl.write("spec.yaml", SPEC)
    monkeypatch.setattr("orchestrator.engine.load_project", raising(error))
    assert part in amlctl("validate", code=code).err, why


def test_a_second_apply_is_refused_with_the_holder_s_name(serving: Shell) -> None:
    from orchestrator.core.ports import SystemClock
    from orchestrator.core.state import Holder
    from orchestrator.state.sqlite import SqliteStateStore

    serving.write("spec.yaml", SPEC + "compute: {cpu: {type: amlcompute, size: D2}}\n")
    store = SqliteStateStore(serving.folder / ".amlctl" / "workspace.db", "demo", SystemClock())
    with store.lock(Holder("ada@elsewhere", "apply", 1, "2026-01-01"), wait_s=0):
        answer = serving("apply", "-y", "--format", "json", code=1)
        assert "ada@elsewhere" in answer.data["error"]["detail"]
        assert answer.data["error"]["code"] == "state-locked"
    store.close()
    assert json.loads(serving("apply", "-y", "--format", "json").out)["outcomes"][0]["outcome"] == "created"
