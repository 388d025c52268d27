"""The embedded workspace behind the port: what is written, what is seen, what is refused."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.local.backend import LocalBackend
from orchestrator.core.address import Address
from orchestrator.core.errors import Cancelled, Conflict, Failed, Invalid, NotFound, TimedOut, Transient
from orchestrator.core.extras import install_extra
from orchestrator.core.health import Health
from orchestrator.core.ports import Cancellation, ScoringRequest, SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.resource import ADDRESS_TAG, FINGERPRINT_TAG, OWNER_TAG, Desired, Observed, Removal
from orchestrator.core.value import LocalFiles, Reference, Secret, Template, Unknown
from orchestrator.kinds import discover
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient
from tests.unit.backends.played import Supervisor, request

CPU = Address("compute", "cpu")
TRAIN = Address("jobs", "train")
BLUE = Address.parse("online_endpoints.hf.deployments.blue")


def silent(line: str) -> None:
    pass


def wait(backend: LocalBackend, address: Address, revision: str = "", timeout_s: float | None = 20.0) -> Observed:
    return backend.wait(address, revision, timeout_s, Cancellation(), silent)


class TestLooking:
    def test_a_plan_creates_and_starts_nothing(
        self, backend: LocalBackend, paths: WorkspacePaths, supervisor: Supervisor
    ) -> None:
        assert backend.workspace_id == ""
        assert list(backend.list("models")) == []
        assert backend.read(Address("models", "iris")) is None
        assert not list(
            backend.refusals(
                Desired(address=CPU, properties={"type": "amlcompute"}, content="c", variant="amlcompute"), {}
            )
        )
        assert not paths.root.exists()
        assert supervisor.started == 0

    def test_a_plan_imports_nothing_heavy(self) -> None:
        code = (
            "import sys, orchestrator.backends.local.backend;"
            "print([m for m in ('aiohttp', 'mlflow', 'sklearn', 'pandas', 'ssl', 'http.client', 'psutil') if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"

    def test_an_undeclared_compute_is_this_machine(self, backend: LocalBackend) -> None:
        found = backend.read(Address("compute", "gpu-cluster"))
        assert found is not None
        assert found.attributes["stand_in"] == "this machine"
        assert "gpu-cluster" in found.message
        assert found.owner is None

    @pytest.mark.parametrize(
        ("address", "revision", "found", "why"),
        [
            (Address("environments", "AzureML-sklearn-1.0-ubuntu20.04-py38-cpu"), None, True, "curated"),
            (Address("environments", "mine"), None, False, "neither curated nor declared"),
            (Address("datastores", "workspaceblobstore"), None, True, "every workspace has it"),
            (Address("datastores", "elsewhere"), None, False, "not declared"),
            (Address("data", "heart"), "3", True, "mapped with its version"),
            (Address("data", "heart"), "4", False, "mapped with another version"),
            (Address("data", "any"), "7", True, "mapped without a version"),
            (Address("models", "base"), None, True, "mapped from a registry"),
            (Address("data", "base"), None, False, "mapped, but a model"),
        ],
    )
    def test_what_stands_in(
        self, paths: WorkspacePaths, address: Address, revision: str | None, found: bool, why: str
    ) -> None:
        stand_ins = {
            "azureml:heart:3": "/data/heart",
            "azureml:any": "/data/any",
            "azureml://registries/r/models/base/versions/2": "/models/base",
            "https://example.org/x.csv": "/data/x.csv",
        }
        settings = {"path": str(paths.root), "stand_ins": stand_ins}
        mentions = {Address("models", "base"): ["azureml://registries/r/models/base/versions/2"]}
        choice = WorkspaceChoice("local", settings)
        backend = LocalBackend(choice, "heart", discover(), SystemClock(), mentions)
        assert (backend.read(address, revision) is not None) is found, why
        backend.close()

    def test_a_run_is_found_by_its_own_name(self, backend: LocalBackend) -> None:
        backend.create(request("jobs.train", "train-1"))
        found = backend.read(Address("jobs", "train-1"))
        assert found is not None
        assert (found.address, found.revision) == (TRAIN, "train-1")

    def test_default_datastores_are_listed_until_declared(self, backend: LocalBackend) -> None:
        before = {found.address.name for found in backend.list("datastores")}
        assert "workspaceblobstore" in before

    def test_what_is_on_its_way_out_is_not_seen(self, backend: LocalBackend, supervisor: Supervisor) -> None:
        backend.create(request("jobs.train", "train-1"))
        supervisor.store.mark_deleting(RecordKey("jobs", "jobs.train", "train-1"))
        assert list(backend.list("jobs")) == []
        assert backend.read(TRAIN, "train-1") is None


class TestWriting:
    def test_a_record_is_healthy_at_once_and_bears_our_marks(
        self, backend: LocalBackend, supervisor: Supervisor
    ) -> None:
        body = {"type": "amlcompute", "tags": {"team": "a"}}
        made = backend.create(request("compute.cpu", body=body))
        assert made == backend.read(CPU)
        assert list(backend.list("compute")) == [made]
        assert made.health is Health.HEALTHY
        assert made.owner == "heart"
        assert made.properties["tags"] == {
            "team": "a",
            OWNER_TAG: "heart",
            ADDRESS_TAG: "compute.cpu",
            FINGERPRINT_TAG: made.fingerprint,
        }
        assert backend.workspace_id
        assert supervisor.started == 0

    def test_kinds_without_tags_get_none(self, backend: LocalBackend) -> None:
        made = backend.create(request("online_endpoints.hf.traffic", body={"traffic": {"blue": 100}}))
        assert made.properties == {"traffic": {"blue": 100}}
        assert made.owner == "heart"

    def test_the_same_twice_is_the_same_once(self, backend: LocalBackend) -> None:
        first = backend.create(request("data.heart", "1", {"path": "/x"}))
        assert backend.create(request("data.heart", "1", {"path": "/x"})) == first

    def test_other_content_under_the_same_name_is_a_conflict(self, backend: LocalBackend) -> None:
        backend.create(request("data.heart", "1", content="one"))
        with pytest.raises(Conflict, match=r"data\.heart 1"):
            backend.create(request("data.heart", "1", content="two"))

    def test_what_was_archived_comes_back(self, backend: LocalBackend) -> None:
        backend.create(request("data.heart", "1"))
        backend.delete(Address("data", "heart"), "1", Removal.ARCHIVE)
        assert [found.archived for found in backend.list("data")] == [True]
        assert not backend.create(request("data.heart", "1")).archived

    def test_order_follows_creation_not_the_version(self, backend: LocalBackend) -> None:
        for version in ("10", "9"):
            backend.create(request("models.m", version))
        latest = backend.read(Address("models", "m"))
        assert latest is not None
        assert latest.revision == "9"

    def test_what_is_still_being_deleted_can_be_made_later(self, backend: LocalBackend, supervisor: Supervisor) -> None:
        backend.create(request("jobs.train", "train-1"))
        supervisor.store.mark_deleting(RecordKey("jobs", "jobs.train", "train-1"))
        with pytest.raises(Transient, match="still being deleted"):
            backend.create(request("jobs.train", "train-1"))

    def test_many_threads_make_one(self, backend: LocalBackend) -> None:
        made: list[Observed] = []
        threads = [
            threading.Thread(target=lambda: made.append(backend.create(request("data.heart", "1")))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({found.order for found in made}) == 1
        assert len(made) == 8

    def test_an_update_replaces_the_body_and_keeps_the_order(self, backend: LocalBackend) -> None:
        before = backend.create(request("compute.cpu", body={"size": "a"}))
        backend.create(request("compute.other"))
        after = backend.update(request("compute.cpu", body={"size": "b"}, content="two"), before)
        assert (after.properties["size"], after.order) == ("b", before.order)
        assert after.fingerprint != before.fingerprint

    def test_updating_what_is_gone_is_told(self, backend: LocalBackend) -> None:
        before = backend.create(request("compute.cpu"))
        backend.delete(CPU, "", Removal.DELETE)
        with pytest.raises(NotFound, match="no longer in the workspace"):
            backend.update(request("compute.cpu"), before)

    def test_new_labels_leave_a_deployment_alone(self, backend: LocalBackend, supervisor: Supervisor) -> None:
        backend.create(replace(request(str(BLUE)), variant="managed"))
        before = wait(backend, BLUE)
        supervisor.seen.clear()
        after = backend.update(replace(request(str(BLUE), body={"tags": {"a": "b"}}), variant="managed"), before)
        assert after.health is Health.HEALTHY
        assert supervisor.seen == []

    def test_what_others_changed_is_put_right_though_the_mark_is_the_same(
        self, backend: LocalBackend, supervisor: Supervisor
    ) -> None:
        traffic = Address.parse("online_endpoints.hf.traffic")
        wanted = request(str(traffic), body={"traffic": {"blue": 100}})
        backend.create(wanted)
        before = wait(backend, traffic)
        record = supervisor.store.get(*RecordKey(traffic.kind, str(traffic)))
        assert record is not None
        supervisor.store.update_body(replace(record, body={"traffic": {"blue": 0}}), same_work=True)
        supervisor.seen.clear()
        assert backend.update(wanted, before).health is Health.PROGRESSING
        assert supervisor.seen == [str(traffic)]

    def test_a_failed_deployment_with_the_same_content_is_tried_again(
        self, backend: LocalBackend, supervisor: Supervisor
    ) -> None:
        backend.create(request(str(BLUE)))
        supervisor.store.update_status(RecordKey(BLUE.kind, str(BLUE)), health=Health.DEGRADED)
        before = backend.read(BLUE)
        assert before is not None
        supervisor.seen.clear()
        assert backend.update(request(str(BLUE)), before).health is Health.PROGRESSING
        assert supervisor.seen == [str(BLUE)]

    def test_a_finished_run_keeps_its_end_when_its_labels_change(self, backend: LocalBackend) -> None:
        backend.create(request("jobs.train", "train-1"))
        before = wait(backend, TRAIN, "train-1")
        after = backend.update(request("jobs.train", "train-1", {"tags": {"a": "b"}}, content="two"), before)
        assert after.health is Health.HEALTHY

    @pytest.mark.parametrize("root", ["file/w", "file"])
    def test_a_folder_that_cannot_be_made_is_told(self, tmp_path: Path, root: str) -> None:
        (tmp_path / "file").write_text("x")
        choice = WorkspaceChoice("local", {"path": str(tmp_path / root)})
        backend = LocalBackend(choice, "heart", discover(), SystemClock())
        with pytest.raises(Invalid, match="is not writable"):
            backend.create(request("compute.cpu"))
        backend.close()

    def test_a_kind_nobody_knows_is_refused(self, backend: LocalBackend) -> None:
        with pytest.raises(Invalid, match="does not support the kind 'wishes'"):
            backend.create(request("wishes.one"))


class TestBodies:
    def files(self, tmp_path: Path) -> LocalFiles:
        source = tmp_path / "heart.csv"
        source.write_text("a\n1\n")
        return LocalFiles(source, "d" * 64, "./heart.csv", {source.name: hashlib.sha256(b"a\n1\n").hexdigest()})

    def test_files_are_seen_as_plans_know_them(
        self, backend: LocalBackend, tmp_path: Path, supervisor: Supervisor
    ) -> None:
        made = backend.create(request("data.heart", "1", {"path": self.files(tmp_path), "l": [self.files(tmp_path)]}))
        assert made.properties["path"] == {"$files": "d" * 64}
        assert made.properties["l"] == [{"$files": "d" * 64}]
        record = supervisor.store.get("data", "data.heart", "1")
        assert record is not None
        assert record.body["path"].startswith("content://")
        assert made.attributes == {}

    @pytest.mark.parametrize("address", ["jobs.train", "compute.cpu", str(BLUE)])
    def test_a_secret_is_in_no_record(
        self, backend: LocalBackend, paths: WorkspacePaths, address: str, supervisor: Supervisor
    ) -> None:
        body = {"environment_variables": {"A": Secret("A", "hush-1"), "B": Template(("x", Secret("B", "hush-2"), "y"))}}
        made = backend.create(request(address, "1", body))
        assert "hush" not in repr(made)
        backend.close()
        supervisor.store.close()
        holding = [p for p in paths.root.rglob("*") if p.is_file() and b"hush" in p.read_bytes()]
        runs = address != "compute.cpu"
        assert [p.parent.name for p in holding] == (["secrets"] if runs else [])
        record = supervisor.store.get(made.address.kind, address, "1")
        assert record is not None
        revealed = SecretFiles(paths).reveal(record)["environment_variables"]
        if runs:
            assert revealed == {"A": "hush-1", "B": "xhush-2y"}

    def test_a_deleted_runs_secrets_are_deleted(self, backend: LocalBackend, paths: WorkspacePaths) -> None:
        backend.create(request("jobs.train", "train-1", {"environment_variables": {"A": Secret("A", "hush")}}))
        backend.delete(TRAIN, "train-1", Removal.DELETE)
        assert list(paths.secrets.iterdir()) == []

    @pytest.mark.parametrize(
        "value",
        [
            Reference(CPU, text="azureml:cpu"),
            Unknown(Reference(CPU, text="azureml:cpu")),
            Template(("a", Reference(CPU, text="azureml:cpu"), Secret("S", "hush"))),
        ],
    )
    def test_a_reference_that_is_left_is_refused(self, backend: LocalBackend, value: Any) -> None:
        with pytest.raises(Invalid, match="azureml:cpu"):
            backend.create(request("compute.cpu", body={"x": value}))

    def test_stand_ins_go_with_the_record(self, paths: WorkspacePaths, supervisor: Supervisor) -> None:
        settings = {"path": str(paths.root), "stand_ins": {"wasbs://c@a/x": "/x"}}
        backend = LocalBackend(WorkspaceChoice("local", settings), "heart", discover(), SystemClock())
        made = backend.create(request("data.far", "1", {"path": "wasbs://c@a/x"}))
        backend.close()
        record = supervisor.store.get("data", "data.far", "1")
        assert record is not None
        assert record.stand_ins == {"wasbs://c@a/x": "/x"}
        assert made.attributes == {}


class TestWaiting:
    def test_a_run_tells_phases_and_its_log(
        self, backend: LocalBackend, paths: WorkspacePaths, supervisor: Supervisor
    ) -> None:
        log = paths.job("train-1") / "user_logs" / "std_log.txt"

        def act(store: RecordStore, record: Record) -> None:
            log.parent.mkdir(parents=True)
            log.write_text("epoch 1\n\nepoch 2")
            store.update_status(record.key, phase="running", message="on this machine")

        supervisor.act = act
        backend.create(request("jobs.train", "train-1"))
        told: list[str] = []

        def progress(line: str) -> None:
            told.append(line)
            if line == "epoch 1":
                supervisor.store.update_status(
                    RecordKey("jobs", "jobs.train", "train-1"), health=Health.HEALTHY, attributes={"duration_s": 1.0}
                )

        done = backend.wait(TRAIN, "train-1", 20.0, Cancellation(), progress)
        assert told == ["running: on this machine", "epoch 1", "epoch 2"]
        assert done.attributes == {"duration_s": 1.0}

    @pytest.mark.parametrize(
        ("address", "revision", "log"),
        [
            (TRAIN, "train-1", "jobs/train-1/user_logs/std_log.txt"),
            (BLUE, "", "endpoints/hf/deployments/blue/deployment.log"),
        ],
    )
    def test_a_failure_comes_with_the_end_of_the_log(
        self,
        backend: LocalBackend,
        paths: WorkspacePaths,
        supervisor: Supervisor,
        address: Address,
        revision: str,
        log: str,
    ) -> None:
        supervisor.act = lambda store, record: (
            store.update_status(record.key, health=Health.DEGRADED, phase="failed", message="exit code 2") and None
        )
        backend.create(request(str(address), revision))
        file = paths.root / log
        file.parent.mkdir(parents=True)
        file.write_text("".join(f"line {number}\n" for number in range(100)))
        with pytest.raises(Failed) as caught:
            wait(backend, address, revision)
        lines = caught.value.detail.splitlines()
        assert lines[0] == "exit code 2"
        assert (lines[1], lines[-1]) == ("line 80", "line 99")

    def test_the_bound_on_waiting_holds(self, backend: LocalBackend, supervisor: Supervisor) -> None:
        supervisor.act = lambda store, record: store.update_status(record.key, phase="running") and None
        backend.create(request("jobs.train", "train-1"))
        with pytest.raises(TimedOut, match=r"still running after 0\.05 s"):
            wait(backend, TRAIN, "train-1", 0.05)

    def test_waiting_can_be_given_up_and_the_run_goes_on(self, backend: LocalBackend, supervisor: Supervisor) -> None:
        supervisor.act = lambda store, record: None
        backend.create(request("jobs.train", "train-1"))
        cancel = Cancellation()
        cancel.abort()
        with pytest.raises(Cancelled):
            backend.wait(TRAIN, "train-1", None, cancel, silent)
        found = backend.read(TRAIN, "train-1")
        assert found is not None
        assert found.health is Health.PROGRESSING

    def test_a_supervisor_that_died_is_started_again_and_its_problems_are_told(
        self, paths: WorkspacePaths, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Leaping:
            """Each look at the clock is a second later."""

            seconds = 0.0

            def now(self) -> float:
                return self.monotonic()

            def monotonic(self) -> float:
                self.seconds += 1.0
                return self.seconds

        supervisor.act = lambda store, record: None
        choice = WorkspaceChoice("local", {"path": str(paths.root)})
        backend = LocalBackend(choice, "heart", discover(), Leaping())
        backend.create(request("jobs.train", "train-1"))
        before = supervisor.started
        told: list[str] = []
        monkeypatch.setattr(SupervisorClient, "status", lambda client: {"broken": {"jobs": "ImportError: x"}})
        with pytest.raises(TimedOut):
            backend.wait(TRAIN, "train-1", 12.0, Cancellation(), told.append)
        assert told == ["queued", "the supervisor has a problem: jobs: ImportError: x"]
        assert supervisor.started > before
        backend.close()

    def test_what_was_deleted_meanwhile_is_told(self, backend: LocalBackend, supervisor: Supervisor) -> None:
        supervisor.act = lambda store, record: store.delete(record.key) and None
        backend.create(request("jobs.train", "train-1"))
        with pytest.raises(NotFound, match="deleted in the meantime"):
            wait(backend, TRAIN, "train-1")


class TestRemoving:
    @pytest.mark.parametrize(
        ("address", "revision"),
        [
            (CPU, ""),
            (Address("data", "heart"), "1"),
            (TRAIN, "train-1"),
            (BLUE, ""),
            (Address("online_endpoints", "hf"), ""),
        ],
    )
    def test_deleted_is_gone_and_gone_already_is_no_error(
        self, backend: LocalBackend, supervisor: Supervisor, address: Address, revision: str
    ) -> None:
        backend.create(request(str(address), revision))
        backend.delete(address, revision, Removal.DELETE)
        backend.delete(address, revision, Removal.DELETE)
        assert supervisor.store.get(address.kind, str(address), revision) is None

    def test_kept_is_kept(self, backend: LocalBackend) -> None:
        made = backend.create(request("compute.cpu"))
        backend.delete(CPU, "", Removal.KEEP)
        assert backend.read(CPU) == made

    def test_a_running_job_is_stopped_before_it_is_archived(
        self, backend: LocalBackend, supervisor: Supervisor
    ) -> None:
        def act(store: RecordStore, record: Record) -> None:
            if record.cancel_requested:
                store.update_status(record.key, health=Health.DEGRADED, phase="cancelled")

        supervisor.act = act
        backend.create(request("jobs.train", "train-1"))
        backend.delete(TRAIN, "train-1", Removal.ARCHIVE)
        (found,) = backend.list("jobs")
        assert (found.archived, found.health) == (True, Health.DEGRADED)

    def test_what_cannot_be_archived_is_not_deleted_instead(self, backend: LocalBackend) -> None:
        backend.create(request("online_endpoints.hf"))
        with pytest.raises(Invalid, match="cannot be archived"):
            backend.delete(Address("online_endpoints", "hf"), "", Removal.ARCHIVE)
        assert backend.read(Address("online_endpoints", "hf")) is not None

    def test_cancel_asks_a_run_that_goes_on_and_no_other(self, backend: LocalBackend, supervisor: Supervisor) -> None:
        backend.create(request("jobs.train", "train-1"))
        backend.cancel(TRAIN, "train-1")
        backend.cancel(TRAIN, "train-9")
        done = supervisor.store.get("jobs", "jobs.train", "train-1")
        assert done is not None
        assert not done.cancel_requested
        supervisor.act = lambda store, record: None
        backend.create(request("jobs.train", "train-2"))
        backend.cancel(TRAIN, "train-2")
        running = supervisor.store.get("jobs", "jobs.train", "train-2")
        assert running is not None
        assert running.cancel_requested
        assert "cancel_requested" not in backend.create(request("jobs.train", "train-2")).attributes


class TestRefusing:
    @pytest.mark.parametrize(
        ("address", "variant", "properties", "refused", "why"),
        [
            (TRAIN, "command", {"command": "python t.py"}, False, "a process"),
            (TRAIN, "command", {"inputs": {"d": {"path": "wasbs://c@a/x?sig=hush"}}}, True, "storage out of reach"),
            (TRAIN, "command", {"inputs": {"d": {"path": "wasbs://c@mapped/x"}}}, False, "mapped to a local path"),
            (TRAIN, "command", {"environment_variables": {"A": "s3://a/b"}}, False, "the script's own affair"),
            (Address("data", "far"), "uri_file", {"path": "wasbs://c@a/x"}, False, "only recorded"),
        ],
    )
    def test_what_cannot_run_here(
        self, paths: WorkspacePaths, address: Address, variant: str, properties: Any, refused: bool, why: str
    ) -> None:
        settings = {"path": str(paths.root), "stand_ins": {"wasbs://c@mapped": "/x"}}
        backend = LocalBackend(WorkspaceChoice("local", settings), "heart", discover(), SystemClock())
        reasons = list(
            backend.refusals(Desired(address=address, properties=properties, content="c", variant=variant), {})
        )
        assert bool(reasons) is refused, why
        assert "hush" not in str(reasons)
        backend.close()

    def test_a_missing_extra_is_told_with_its_command(
        self, backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("orchestrator.workspace.supervision.client.find_spec", lambda name: None)
        (refusal,) = backend.refusals(
            Desired(address=TRAIN, properties={"command": "true"}, content="c", variant="command"), {}
        )
        assert install_extra("local") in refusal.reason


class TestLogs:
    def test_a_log_is_read_to_its_end(self, backend: LocalBackend, paths: WorkspacePaths) -> None:
        backend.create(request("jobs.train", "train-1"))
        log = paths.job("train-1") / "user_logs" / "std_log.txt"
        log.parent.mkdir(parents=True)
        log.write_bytes(b"one\r\ntwo\nthr\xffee")
        assert list(backend.logs(TRAIN, None, follow=False)) == ["one", "two", "thr\ufffdee"]
        assert list(backend.logs(TRAIN, "train-1", follow=True)) == ["one", "two", "thr\ufffdee"]

    def test_a_log_is_followed_until_the_run_ends(
        self, backend: LocalBackend, paths: WorkspacePaths, supervisor: Supervisor
    ) -> None:
        supervisor.act = lambda store, record: None
        backend.create(request("jobs.train", "train-1"))
        log = paths.job("train-1") / "user_logs" / "std_log.txt"
        lines = backend.logs(TRAIN, None, follow=True)
        log.parent.mkdir(parents=True)
        log.write_text("one\n")
        assert next(lines) == "one"
        with log.open("a") as file:
            file.write("two\n")
        supervisor.store.update_status(RecordKey("jobs", "jobs.train", "train-1"), health=Health.HEALTHY)
        assert list(lines) == ["two"]

    @pytest.mark.parametrize("revision", [None, "train-9"])
    def test_no_run_no_log(self, backend: LocalBackend, revision: str | None) -> None:
        with pytest.raises(NotFound):
            backend.logs(TRAIN, revision, follow=False)

    def test_a_compute_has_no_log(self, backend: LocalBackend) -> None:
        backend.create(request("compute.cpu"))
        with pytest.raises(Invalid, match="has no log"):
            backend.logs(CPU, None, follow=False)


class TestScoring:
    HF = Address("online_endpoints", "hf")

    def ready(self, backend: LocalBackend, supervisor: Supervisor, paths: WorkspacePaths, url: str) -> None:
        backend.create(request("online_endpoints.hf"))
        supervisor.store.update_status(
            RecordKey("online_endpoints", "online_endpoints.hf"), attributes={"scoring_uri": url}
        )
        paths.endpoint("hf").mkdir(parents=True)
        (paths.endpoint("hf") / "keys.json").write_text(json.dumps({"primary": "hush", "secondary": "b"}))

    def test_a_request_goes_out_with_key_and_deployment(
        self, backend: LocalBackend, supervisor: Supervisor, paths: WorkspacePaths, echo: Callable[[], str]
    ) -> None:
        self.ready(backend, supervisor, paths, echo())
        answer = backend.score(self.HF, ScoringRequest('{"data": "ä"}', "blue", (("x-mine", "1"),)))
        told = json.loads(answer.body)
        assert answer.status == 200
        assert answer.headers["x-answer"] == "yes"
        assert told["body"] == '{"data": "ä"}'
        assert told["authorization"] == "Bearer hush"
        assert told["azureml-model-deployment"] == "blue"
        assert told["x-mine"] == "1"
        assert "hush" not in repr(replace(answer, body=""))

    @pytest.mark.parametrize(
        "url", ["", "http://example.org:80/score", "https://127.0.0.1:1/score", "http://127.0.0.1/score"]
    )
    def test_the_key_goes_nowhere_but_to_this_machine(
        self, backend: LocalBackend, supervisor: Supervisor, paths: WorkspacePaths, url: str
    ) -> None:
        self.ready(backend, supervisor, paths, url)
        with pytest.raises(Invalid, match="no scoring URI"):
            backend.score(self.HF, ScoringRequest("{}"))

    def test_without_an_answer_the_error_says_so(
        self, backend: LocalBackend, supervisor: Supervisor, paths: WorkspacePaths, free_port: int
    ) -> None:
        self.ready(backend, supervisor, paths, f"http://127.0.0.1:{free_port}/score")
        with pytest.raises(Transient, match="cannot be reached"):
            backend.score(self.HF, ScoringRequest("{}"))
        (paths.endpoint("hf") / "keys.json").unlink()
        with pytest.raises(NotFound, match="no keys"):
            backend.score(self.HF, ScoringRequest("{}"))

    def test_without_an_endpoint_there_is_nothing_to_ask(self, backend: LocalBackend) -> None:
        with pytest.raises(NotFound):
            backend.score(self.HF, ScoringRequest("{}"))
