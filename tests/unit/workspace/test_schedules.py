"""Schedules of the embedded workspace: when they fire, what they run, and what a clock that is turned does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.firings import ALERTS, FIRED_BY, FIRED_FOR, REUSED_FROM
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.monitoring.alerting import ON_ALERT, tell
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.schedules.clock import facts, tick
from orchestrator.workspace.schedules.manager import ScheduleManager
from orchestrator.workspace.schedules.runs import ScheduledRuns

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
DAILY = {"type": "cron", "expression": "0 6 * * *", "start_time": "2027-01-01T00:00:00"}
JOB = {"type": "command", "command": "echo", "environment": {"image": "python"}}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class World:
    """A workspace without processes, and a clock."""

    def __init__(self, root: Path) -> None:
        self.paths = WorkspacePaths(root)
        self.store = RecordStore(self.paths)
        self.clock = Clock()

    def schedule(self, name: str = "nightly", **body: Any) -> None:
        whole = {"trigger": DAILY, "create_job": JOB, **body}
        record = Record("schedules", f"schedules.{name}", "", body=whole, health=Health.PROGRESSING, phase="queued")
        self.store.insert(record)

    def change(self, name: str = "nightly", **body: Any) -> None:
        record = self.record(name)
        self.store.update_body(replace(record, body={**record.body, **body}), same_work=False)

    def record(self, name: str = "nightly") -> Record:
        found = self.store.get("schedules", f"schedules.{name}", "")
        assert found is not None
        return found

    def round(self, **later: float) -> list[str]:
        """A look of a fresh supervisor, so much later. Returns the runs that there are."""
        self.clock.now += timedelta(**later)
        ScheduleManager(self.paths, self.store, self.clock).round()
        return self.runs()

    def runs(self) -> list[str]:
        return [record.revision for record in self.store.list("jobs")]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_it_fires_when_it_is_due_and_once(world: World) -> None:
    world.schedule()
    assert world.round() == []
    assert world.record().health is Health.HEALTHY
    assert world.round(hours=17) == []
    assert world.round(hours=2) == ["nightly-20270302T060000Z"]
    assert world.round(minutes=5) == ["nightly-20270302T060000Z"]
    (run,) = world.store.list("jobs")
    assert (run.phase, run.variant, run.body["command"]) == ("queued", "command", "echo")
    assert run.body["display_name"] == run.revision
    assert (run.attributes[FIRED_BY], run.attributes[FIRED_FOR]) == ("nightly", "2027-03-02T06:00:00+00:00")


def test_of_firings_that_were_missed_the_last_one_is_made_up_for(world: World) -> None:
    world.schedule()
    world.round()
    assert world.round(days=5) == ["nightly-20270306T060000Z"]
    assert world.round(days=1) == ["nightly-20270306T060000Z", "nightly-20270307T060000Z"]


def test_without_a_start_time_it_fires_at_once(world: World) -> None:
    world.schedule(trigger={"type": "recurrence", "frequency": "day", "interval": 1})
    assert world.round() == ["nightly-20270301T120000Z"]
    assert world.round(days=1) == ["nightly-20270301T120000Z", "nightly-20270302T120000Z"]


def test_nothing_is_made_up_for_after_a_pause_or_another_trigger(world: World) -> None:
    world.schedule()
    world.round()
    world.change(is_enabled=False)
    world.round()
    assert world.record().phase == "paused"
    assert world.round(days=3) == []
    world.change(is_enabled=True)
    assert world.round() == []
    world.change(trigger={**DAILY, "expression": "0 11 * * *"})
    assert world.round() == []
    assert world.round(days=1) == ["nightly-20270305T110000Z"]


def test_an_end_comes_and_a_schedule_that_goes_is_gone(world: World) -> None:
    world.schedule(trigger={**DAILY, "end_time": "2027-03-02T06:00:00"})
    world.round()
    assert len(world.round(days=4)) == 1
    assert world.record().phase == "ended"
    world.store.mark_deleting(world.record().key)
    world.round()
    assert world.store.list("schedules") == []


def test_a_kill_between_the_run_and_its_note_makes_no_second_run(world: World) -> None:
    world.schedule()
    world.round()
    due = datetime(2027, 3, 2, 6, 0, tzinfo=UTC)
    ScheduledRuns(world.paths, world.store).fire(world.record(), due)  # and killed here
    assert world.round(days=1) == ["nightly-20270302T060000Z"]


def test_it_runs_a_job_that_is_there_with_what_is_otherwise(world: World) -> None:
    body = {**JOB, "inputs": {"a": 1, "b": 2}}
    job = Record("jobs", "jobs.train", "train-1", body=body, health=Health.HEALTHY, variant="command")
    world.store.insert(job)
    world.schedule("named", create_job="azureml:train-1")
    world.schedule("changed", create_job={"type": "command", "job": "azureml:train", "inputs": {"b": 3}})
    world.round()
    world.round(days=1)
    runs = {record.revision.partition("-")[0]: record.body for record in world.store.list("jobs")}
    assert runs["named"]["inputs"] == {"a": 1, "b": 2}
    assert runs["changed"]["inputs"] == {"a": 1, "b": 3}


def test_a_job_that_is_not_there_is_told_and_keeps_no_other_waiting(world: World) -> None:
    world.schedule("a", create_job="azureml:gone")
    world.schedule("b")
    world.round()
    assert world.round(days=1) == ["b-20270302T060000Z"]
    assert world.record("a").health is Health.DEGRADED
    assert "'gone' is not in the workspace" in world.record("a").message
    with pytest.raises(NotFound):
        ScheduledRuns(world.paths, world.store).fire_by_hand(world.record("a"), NOW)


def test_a_turned_clock_fires_everything_in_order_and_the_real_one_goes_on_from_there(world: World) -> None:
    world.schedule("daily")
    world.schedule("weekly", trigger={**DAILY, "expression": "0 7 * * 1"})
    world.schedule("paused", is_enabled=False)
    world.round()
    fired = tick(world.paths, world.store, NOW, datetime(2027, 3, 9, tzinfo=UTC))
    assert [each.schedule for each in fired] == ["daily"] * 7 + ["weekly"]
    assert [each.at for each in fired] == sorted(each.at for each in fired)
    assert tick(world.paths, world.store, NOW, datetime(2027, 3, 9, tzinfo=UTC)) == []
    assert len(world.round(days=7)) == 8
    assert len(world.round(days=1)) == 9
    with pytest.raises(Invalid, match="More than 1000"):
        tick(world.paths, world.store, NOW, datetime(2037, 1, 1, tzinfo=UTC))


def test_by_hand_it_fires_beside_its_trigger_and_every_firing_has_a_name(world: World) -> None:
    world.schedule(is_enabled=False)
    world.round()
    runs = ScheduledRuns(world.paths, world.store)
    assert [runs.fire_by_hand(world.record(), NOW) for _ in range(2)] == [
        "nightly-20270301T120000Z",
        "nightly-20270301T120000Z-2",
    ]


def test_people_are_told_the_last_and_the_next_firing(world: World) -> None:
    world.schedule()
    world.round()
    world.round(days=1)
    (found,) = facts(world.store.list("schedules"), world.clock.now)
    assert (found.name, found.phase, found.last_run) == ("nightly", "active", "nightly-20270302T060000Z")
    assert found.next == datetime(2027, 3, 3, 6, 0, tzinfo=UTC)


def test_alerts_of_a_monitor_stay_with_its_schedule_and_set_off_another(world: World) -> None:
    world.schedule("retrain")
    world.schedule("watch", properties={ON_ALERT: "retrain"})
    world.round()
    world.round(hours=18)
    run = next(one for one in world.store.list("jobs") if one.attributes[FIRED_BY] == "watch")
    before = set(world.runs())
    alerts = [f"drift: metric of feature {number} is 1, more than 0" for number in range(5)]
    for _ in range(2):  # a supervisor that was killed settles a run again
        tell(world.paths, world.store, run, {"alerts": alerts, "time": NOW.isoformat(), "emails": ["a@example.com"]})
    record = world.record("watch")
    assert record.health is Health.HEALTHY
    assert record.message.splitlines() == [f"5 alerts of {run.revision}:", *alerts[:3], "and 2 more"]
    assert record.attributes[ALERTS]["emails"] == ["a@example.com"]
    assert set(world.runs()) == before, "the schedule fired for the same moment by itself"
    later = replace(run, attributes={**run.attributes, FIRED_FOR: (NOW + timedelta(hours=1)).isoformat()})
    for _ in range(2):
        tell(world.paths, world.store, later, {"alerts": alerts})
    assert set(world.runs()) - before == {"retrain-20270301T130000Z"}
    world.round(days=1)
    assert "5 alerts" in world.record("watch").message
    tell(world.paths, world.store, run, {"alerts": []})
    assert world.record("watch").message == ""
    tell(world.paths, world.store, run, {"best_child": "x"})


def test_a_monitor_whose_follower_is_not_there_goes_on(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.schedule("watch", properties={ON_ALERT: "azureml:nowhere"})
    world.round()
    world.round(hours=18)
    (run,) = world.store.list("jobs")
    tell(world.paths, world.store, run, {"alerts": ["x"]})
    assert "'azureml:nowhere', which is to fire on alerts, is not in the workspace" in caplog.text


def complete(world: World, run: str) -> None:
    """What the job manager does when a run has ended well."""
    record = world.store.find("jobs", run)
    assert record is not None
    place = world.paths.job(run) / "outputs" / "report"
    place.mkdir(parents=True)
    (place / "text").write_text(run)
    outputs = {"outputs": {"report": str(place)}, "metrics": {"rows": 3.0}}
    world.store.update_status(record.key, health=Health.HEALTHY, phase="completed", attributes=outputs)


def made(world: World, run: str) -> str:
    """Which run made a run's result; empty if it is yet to run."""
    record = world.store.find("jobs", run)
    assert record is not None
    return Path(record.attributes["outputs"]["report"], "text").read_text() if record.phase == "completed" else ""


def test_a_firing_takes_the_result_of_an_earlier_one_while_nothing_has_changed(world: World, tmp_path: Path) -> None:
    table = tmp_path / "datastores" / "workspaceblobstore" / "table.csv"
    table.parent.mkdir(parents=True)
    table.write_text("1")
    source = {"type": "uri_file", "path": "azureml://datastores/workspaceblobstore/paths/table.csv"}
    job = {**JOB, "inputs": {"table": source}, "outputs": {"report": {"type": "uri_folder"}}}
    world.schedule(create_job=job)
    world.round()
    (first,) = world.round(hours=18)
    second = world.round(days=1)[-1]
    assert made(world, second) == "", "the first has not ended"
    complete(world, first)
    third = world.round(days=1)[-1]
    assert made(world, third) == first
    record = world.store.find("jobs", third)
    assert record is not None and record.attributes["metrics"] == {"rows": 3.0}
    assert (
        record.attributes[REUSED_FROM] == first
        and "Reused from" in (world.paths.job(third) / "user_logs/std_log.txt").read_text()
    )
    by_hand = ScheduledRuns(world.paths, world.store).fire_by_hand(world.record(), world.clock.now)
    assert made(world, by_hand) == ""
    table.write_text("2")
    fourth = world.round(days=1)[-1]
    assert made(world, fourth) == "", "its data have changed"
    complete(world, fourth)
    world.change(create_job={**job, "command": "other"})
    assert made(world, world.round(days=1)[-1]) == "", "its command has changed"
    world.change(create_job=job)
    assert made(world, world.round(days=1)[-1]) == fourth
    world.change(properties={"amlctl.force_rerun": "true"})
    assert made(world, world.round(days=1)[-1]) == ""


def test_what_leaves_nothing_or_shares_its_place_always_runs(world: World) -> None:
    shared = {"report": {"type": "uri_folder", "path": "azureml://datastores/workspaceblobstore/paths/here"}}
    for name, outputs in (("nothing", {}), ("shared", shared)):
        world.schedule(name, create_job={**JOB, "outputs": outputs})
    world.round()
    for run in world.round(hours=18):
        complete(world, run)
    world.round(days=1)
    assert [one.phase for one in world.store.list("jobs")] == ["completed", "completed", "queued", "queued"]
