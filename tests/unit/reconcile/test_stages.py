"""The loop over real stages: a small project in an embedded workspace, without any process."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.reconcile.engine import Aim, Stages
from orchestrator.reconcile.loop import Loop
from orchestrator.reconcile.loop_context import LoopContext
from orchestrator.reconcile.managed import Managed, OneAtATime
from orchestrator.reconcile.outcome import PassFacts, PassOutcome
from orchestrator.reconcile.passes import Pass
from orchestrator.reconcile.places import PlacesFile
from orchestrator.reconcile.policy import Override, Policy
from orchestrator.reconcile.record import NOTE, Record, from_document
from orchestrator.reconcile.source.folder import FolderSource
from orchestrator.reconcile.stages import StandingBy
from orchestrator.reconcile.task import Control, Known, Task
from orchestrator.reconcile.threads import Threads
from orchestrator.state.sqlite import SqliteStateStore

SPEC = """\
project: small
compute:
  cpu: {type: amlcompute, size: Standard_DS3_v2, max_instances: 2}
  gpu: {type: amlcompute, size: Standard_NC6, max_instances: 1}
environments:
  plain: {image: "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"}
"""


def silence(event: str, facts: Mapping[str, object]) -> None:
    assert "exc_info" not in facts, facts


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "project" / "spec.yaml"
    path.parent.mkdir()
    path.write_text(SPEC)
    return path


@contextmanager
def stages(aim: Aim | None = None, places: Path | None = None) -> Iterator[Stages]:
    file = PlacesFile(places) if places is not None else None
    made = Stages({"p": aim or Aim()}, SystemClock(), lambda event: None, file)
    try:
        yield made
    finally:
        made.close()


def one_pass(engine: Stages, spec: Path, policy: Policy | None = None, known: Known | None = None) -> PassFacts:
    task = Task("p", policy or Policy(debounce_s=0.0), FolderSource(spec))
    return Pass(task, known or Known(), engine, SystemClock(), Control(), silence).run().facts


def instances(spec: Path, name: str, value: int | None = None) -> int:
    """Read or change a cluster's size, as somebody would by hand in the workspace's own records."""
    with closing(sqlite3.connect(spec.parent / ".amlctl" / "workspace.db")) as database, database:
        where = "WHERE kind = 'compute' AND address = ?"
        address = (f"compute.{name}",)
        if value is not None:
            changed = database.execute(
                f"UPDATE records SET body = json_set(body, '$.max_instances', ?) {where}", (value, *address)
            )
            assert changed.rowcount == 1
        (found,) = database.execute(
            f"SELECT json_extract(body, '$.max_instances') FROM records {where}", address
        ).fetchone()
        return int(found)


def test_a_folder_becomes_a_workspace(spec: Path) -> None:
    with stages() as engine:
        first = one_pass(engine, spec)
        assert first.outcome is PassOutcome.CHANGED
        assert sorted(first.done) == ["compute.cpu", "compute.gpu", "environments.plain"]
        assert one_pass(engine, spec).outcome is PassOutcome.CLEAN


def test_a_broken_spec_is_told_with_its_place(spec: Path) -> None:
    with stages() as engine:
        one_pass(engine, spec)
        spec.write_text(SPEC.replace("max_instances: 2", "max_instances: many"))
        facts = one_pass(engine, spec)
        assert facts.trouble is not None
        assert facts.trouble.reason == "InvalidSpec"
        assert facts.trouble.message.startswith("spec.yaml:3:")


def test_what_is_held_is_left_out_of_the_apply(spec: Path) -> None:
    with stages() as engine:
        policy = Policy(overrides=(Override("compute.gpu", auto_apply=False),))
        facts = one_pass(engine, spec, policy)
        assert sorted(facts.done) == ["compute.cpu", "environments.plain"]
        assert [waiting.address for waiting in facts.waiting] == ["compute.gpu"]


def test_drift_is_seen_and_set_back(spec: Path) -> None:
    with stages() as engine:
        one_pass(engine, spec)
        instances(spec, "cpu", 7)
        held = one_pass(engine, spec, Policy(self_heal=False))
        assert (held.outcome, held.drift, held.healed) == (PassOutcome.PENDING, ("compute.cpu",), ())
        healed = one_pass(engine, spec)
        assert (healed.outcome, healed.healed) == (PassOutcome.CHANGED, ("compute.cpu",))
        assert instances(spec, "cpu") == 2


def test_what_left_the_spec_stays_until_pruned(spec: Path) -> None:
    with stages() as engine:
        one_pass(engine, spec)
        spec.write_text("\n".join(line for line in SPEC.splitlines() if "gpu" not in line))
        left = one_pass(engine, spec)
        assert (left.outcome, left.orphaned) == (PassOutcome.CLEAN, ("compute.gpu",))
        assert one_pass(engine, spec, Policy(prune=True)).done == {"compute.gpu": "deleted"}


def test_a_project_has_one_loop_at_a_time(spec: Path) -> None:
    with stages() as first, stages() as second:
        one_pass(first, spec)
        facts = one_pass(second, spec)
        assert facts.outcome is PassOutcome.STANDING_BY
        assert "reconcile" in facts.standing_by_for
        assert second.other_loop("p"), "without loading anything"
        first.close()
        assert second.other_loop("p") == ""
        assert one_pass(second, spec).outcome is PassOutcome.CLEAN


def test_a_deleted_workspace_frees_its_project(spec: Path) -> None:
    import shutil

    with stages() as engine:
        one_pass(engine, spec)
        shutil.rmtree(spec.parent / ".amlctl")
        assert one_pass(engine, spec).outcome is PassOutcome.CHANGED


def test_a_new_process_finds_the_record_before_it_can_load_the_spec(spec: Path, tmp_path: Path) -> None:
    places = tmp_path / "loop" / "places.json"
    with stages(places=places) as engine:
        one_pass(engine, spec)
        engine.remember("p", {"format": 1, "note": "mine"})
    with stages(places=places) as engine:
        assert engine.recall("p") == {"format": 1, "note": "mine"}
    places.write_text("[1")
    with stages(places=places) as engine:
        assert engine.recall("p") is None


def test_a_workspace_inside_of_a_checkout_is_moved_out(spec: Path, tmp_path: Path) -> None:
    moved = tmp_path / "stays"
    with stages(Aim(LoadOptions(), moved, spec.parent)) as engine:
        one_pass(engine, spec)
    assert (moved / "workspace.db").exists()
    assert not (spec.parent / ".amlctl").exists()
    with stages(Aim(LoadOptions(), tmp_path / "elsewhere", tmp_path / "no checkout")) as engine:
        one_pass(engine, spec)
    assert (spec.parent / ".amlctl").exists()


def test_a_loop_on_threads_follows_the_files_until_it_is_stopped(spec: Path) -> None:
    passes = threading.Semaphore(0)

    def watch(event: str, facts: Mapping[str, object]) -> None:
        assert "exc_info" not in facts, facts
        if event == "pass.end" and facts["changed"]:
            passes.release()

    engine = Stages({"p": Aim()}, SystemClock(), lambda event: None)
    policy = Policy(interval_s=3600.0, poll_s=0.05)
    loop = Loop(
        [Managed("p", OneAtATime(FolderSource(spec)), policy)],
        LoopContext(engine, Threads(2), SystemClock(), watch),
    )
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        assert passes.acquire(timeout=30)
        spec.write_text(SPEC.replace("max_instances: 2", "max_instances: 3"))
        assert passes.acquire(timeout=30), "the change of the file is noticed"
    finally:
        loop.stop()
        thread.join(30)
    assert not thread.is_alive()
    with closing(SqliteStateStore(spec.parent / ".amlctl" / "workspace.db", "small", SystemClock())) as store:
        record = from_document(store.recall(NOTE))
    assert record.ready
    assert record != Record()


def test_the_text_for_who_stands_by(spec: Path) -> None:
    with stages() as first, stages() as second:
        one_pass(first, spec)
        source = FolderSource(spec)
        with pytest.raises(StandingBy) as caught, second.open("p", source.fetch()):
            pass
        assert "process" in caught.value.holder
