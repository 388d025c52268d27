"""``amlctl runs``: what ran, why, and what came of it."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.firings import ALERTS, FIRED_BY, REUSED_FROM
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import PARAMETERS, PARENT, STEP, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient
from tests.unit.backends.played import Supervisor, obey
from tests.unit.cli.calling import Shell

SPEC = """project: demo
jobs:
  train: {command: 'echo 1', environment: {image: host}, inputs: {lr: 0.1}}
  search:
    type: sweep
    search_space: {lr: {type: choice, values: [1, 2, 3]}}
    objective: {goal: maximize, primary_metric: AUC}
    limits: {max_total_trials: 3}
    trial: {command: 'echo ${{search_space.lr}}', environment: {image: host}}
  flow:
    type: pipeline
    jobs:
      prep: {type: command, command: 'echo 1', environment: {image: host}, outputs: {out: {type: uri_folder}}}
      fit:
        type: command
        command: 'cat ${{inputs.rows}}'
        environment: {image: host}
        inputs: {rows: '${{parent.jobs.prep.outputs.out}}'}
schedules:
  nightly:
    create_job: '${jobs.train}'
    trigger: {type: cron, expression: '0 3 * * *', start_time: '2026-01-01T00:00:00'}
"""
TABLES = """
CREATE TABLE runs (run_uuid TEXT, name TEXT, status TEXT, start_time INT, end_time INT, lifecycle_stage TEXT DEFAULT 'active',
  experiment_id INT);
CREATE TABLE experiments (experiment_id INT, name TEXT);
CREATE TABLE metrics (key TEXT, step INT, value REAL, timestamp INT, is_nan INT, run_uuid TEXT);
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
"""


@pytest.fixture
def store(amlctl: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordStore]:
    """The records of a workspace whose supervisor is played: every run succeeds at once."""
    played = Supervisor(RecordStore(WorkspacePaths(amlctl.folder / ".amlctl")), obey)
    monkeypatch.setattr(SupervisorClient, "ensure", lambda client: None)
    monkeypatch.setattr(SupervisorClient, "nudge", lambda client: played.wake())
    amlctl.write("spec.yaml", SPEC)
    amlctl("apply", "-y")
    log(amlctl.folder / ".amlctl", {}, {})
    yield played.store
    played.store.close()


def log(root: Path, metrics: Mapping[str, list[float]], parents: Mapping[str, str]) -> None:
    """Write what runs have logged the way MLflow's server does: a metric ``m`` for each, and whose child it is."""
    place = WorkspacePaths(root).tracking / "mlflow.db"
    place.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(place)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'runs'").fetchall():
            connection.executescript(TABLES)
        for run, values in metrics.items():
            connection.execute("INSERT INTO runs VALUES (?, ?, 'FINISHED', 1000, 3500, 'active', NULL)", (run, run))
            connection.execute("INSERT INTO params VALUES ('epochs', '9', ?)", (run,))
            rows = [("AUC", step, value, step, 0, run) for step, value in enumerate(values)]
            connection.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", rows)
            if run in parents:
                connection.execute("INSERT INTO tags VALUES ('mlflow.parentRunId', ?, ?)", (parents[run], run))
        connection.commit()


def run_of(store: RecordStore, job: str) -> Record:
    return next(record for record in reversed(store.list("jobs")) if record.address == f"jobs.{job}")


def child(store: RecordStore, parent: Record, name: str, **attributes: Any) -> None:
    """A run that another has started."""
    told = {PARENT: parent.revision, **attributes}
    store.insert(Record("jobs", f"jobs.{name}", name, attributes=told, body={"display_name": name}))


def test_runs_are_listed_and_found(amlctl: Shell, store: RecordStore) -> None:
    train = run_of(store, "train")
    store.update_status(
        train.key, health=Health.DEGRADED, message="exit code 1\x1b[2J", attributes={"duration_s": 61.5}
    )
    fired = replace(train, address="jobs.nightly-1", revision="nightly-1", owner=None, attributes={FIRED_BY: "nightly"})
    store.insert(fired)
    alerts = ["drift: a is 2, more than 1\x1b[2J"]
    store.update_status(fired.key, attributes={ALERTS: alerts, REUSED_FROM: "nightly-0"})
    shown = amlctl("runs", "show", "nightly-1").out
    assert "Alerts\n  drift: a is 2, more than 1" in shown and "\x1b[2J" not in shown
    assert "Nothing has changed since nightly-0: its result is reused." in shown
    assert amlctl("runs", "show", "nightly-1", "--format", "json").data["alerts"] == alerts
    store.insert(replace(fired, address="jobs.x", revision="stranger", attributes={FIRED_BY: "theirs"}))
    text = amlctl("runs", "list").out
    for part in (train.revision, "degraded", "jobs.train", "1 min 2 s", "exit code 1", "in force", "nightly-1"):
        assert part in text
    assert "stranger" not in text and "\x1b[2J" not in text
    assert max(map(len, text.splitlines())) <= 80
    listed = amlctl("runs", "list", "--format", "json").data["runs"]
    assert {run["job"] for run in listed} == {"jobs.train", "jobs.search", "jobs.flow", "jobs.nightly-1"}
    few = amlctl("runs", "list", "--health", "degraded", "--format", "json").data["runs"]
    assert [(run["name"], run["in_force"], run["duration_s"]) for run in few] == [(train.revision, True, 61.5)]
    assert len(amlctl("runs", "list", "--limit", "1", "--format", "json").data["runs"]) == 1
    assert train.revision not in amlctl("runs", "list", "--job", "jobs.flow").out
    assert "Did you mean 'jobs.train'?" in amlctl("runs", "list", "--job", "train", code=1).err


def test_one_run_says_why_it_ran_and_what_it_logged(amlctl: Shell, store: RecordStore) -> None:
    before = run_of(store, "train").revision
    amlctl.write("spec.yaml", SPEC.replace("lr: 0.1", "lr: 0.25"))
    amlctl("apply", "-y")
    run = run_of(store, "train").revision
    log(amlctl.folder / ".amlctl", {run: [0.5, 0.75, 0.7]}, {})
    made = WorkspacePaths(amlctl.folder / ".amlctl").job(run) / "outputs" / "model.txt"
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_text("model")
    text = amlctl("runs", "show", "jobs.train").out
    assert text == amlctl("runs", "show", run).out
    for part in (
        before,
        "inputs.lr",
        "- 0.1",
        "+ 0.25",
        "apply #2",
        "AUC",
        "0.7",
        "epochs",
        "•",
        "outputs/model.txt",
        "5 B",
    ):
        assert part in text, part
    assert "first run of this job" in amlctl("runs", "show", before).out
    facts = amlctl("runs", "show", "jobs.train", "--format", "json").data
    assert facts["why"]["differing"] == [{"field": "inputs.lr", "before": "0.1", "now": "0.25"}]
    assert [point["value"] for point in facts["history"]["AUC"]] == [0.5, 0.75, 0.7]
    assert (facts["duration_s"], facts["parameters"]) == (2.5, {"epochs": "9"})
    assert "Did you mean 'jobs.train'?" in amlctl("runs", "show", "jobs.trian", code=1).err


def test_trials_are_ranked_with_what_was_chosen_for_them(amlctl: Shell, store: RecordStore) -> None:
    search = run_of(store, "search")
    for number, value in enumerate((0.5, 0.9, 0.7)):
        name = f"trial-{number}"
        child(store, search, name, **{PARAMETERS: {"lr": number + 1}})
        log(amlctl.folder / ".amlctl", {name: [value]}, {name: search.revision})
    log(amlctl.folder / ".amlctl", {"only-logged": [0.6]}, {"only-logged": search.revision})
    child(store, search, "begun", **{PARAMETERS: {"lr": 3}})
    text = amlctl("runs", "show", "jobs.search").out
    assert "★ trial-1  0.9" in text
    assert "lr=2" in text
    assert text.index("trial-1") < text.index("trial-2") < text.index("only-logged") < text.index("trial-0")
    assert "AUC of each trial" in text
    children = amlctl("runs", "show", "jobs.search", "--format", "json").data["children"]
    assert [each["name"] for each in children] == ["trial-0", "trial-1", "trial-2", "begun", "only-logged"]
    assert children[1]["parameters"] == {"lr": "2", "epochs": "9"}


def test_steps_say_what_they_wait_for_and_what_they_reused(amlctl: Shell, store: RecordStore) -> None:
    flow = run_of(store, "flow")
    child(store, flow, "flow_prep", **{STEP: {"name": "prep", "digest": "d", "reused_from": "older_prep"}})
    text = amlctl("runs", "show", "jobs.flow").out
    assert "prep  reused     from older_prep" in text
    assert "fit   waiting    after prep" in text
    assert max(map(len, text.splitlines())) <= 80
    steps = amlctl("runs", "show", "jobs.flow", "--format", "json").data["steps"]
    assert [(step["name"], step["status"], step["needs"]) for step in steps] == [
        ("prep", "reused", []),
        ("fit", "waiting", ["prep"]),
    ]
    assert json.dumps(steps).count("older_prep") == 1


def test_who_has_run_nothing_is_told_so(amlctl: Shell) -> None:
    amlctl.write("spec.yaml", SPEC)
    assert amlctl("runs", "list").out == "No runs.\n"
    assert "Apply first." in amlctl("runs", "show", "jobs.train", code=1).err
