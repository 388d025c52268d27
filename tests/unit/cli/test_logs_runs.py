"""``logs --run``: a run that this project has; no other name, and nobody else's run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient
from tests.unit.backends.played import Supervisor, obey
from tests.unit.cli.calling import Shell

SPEC = "project: {}\njobs:\n  train: {{command: 'true', environment: {{image: host}}}}\n"


@pytest.fixture
def store(amlctl: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordStore]:
    """The records of a workspace whose supervisor is played: every run succeeds at once."""
    played = Supervisor(RecordStore(WorkspacePaths(amlctl.folder / ".amlctl")), obey)
    monkeypatch.setattr(SupervisorClient, "ensure", lambda client: None)
    monkeypatch.setattr(SupervisorClient, "nudge", lambda client: played.wake())
    yield played.store
    played.store.close()


def ran(shell: Shell, store: RecordStore, project: str, text: str) -> str:
    """A project has run its job, which printed a text; the run's name."""
    shell.write("spec.yaml", SPEC.format(project).replace("'true'", f"'echo {text}'"))
    before = {record.revision for record in store.list("jobs")}
    shell("apply", "-y")
    (run,) = {record.revision for record in store.list("jobs")} - before
    log = WorkspacePaths(shell.folder / ".amlctl").job(run) / "user_logs" / "std_log.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"{text}\n")
    return run


@pytest.fixture
def runs(amlctl: Shell, store: RecordStore) -> dict[str, str]:
    """Two runs of this project and one of another, all of a job of the same name. This project's spec is in the folder."""
    theirs = ran(amlctl, store, "other", "theirs")
    return {
        "theirs": theirs,
        "first": ran(amlctl, store, "demo", "first"),
        "second": ran(amlctl, store, "demo", "second"),
    }


@pytest.mark.parametrize("follow", [(), ("--follow",), ("--format", "json")], ids=["plain", "follow", "json"])
def test_ours_are_read_and_no_others(amlctl: Shell, runs: dict[str, str], follow: tuple[str, ...]) -> None:
    for name in ("first", "second"):
        assert name in amlctl("logs", "jobs.train", "--run", runs[name], *follow).out
    assert "second" in amlctl("logs", "jobs.train", *follow).out
    for wrong in (runs["theirs"], "nothing", runs["first"][:-1]):
        answer = amlctl("logs", "jobs.train", "--run", wrong, *follow, code=1)
        said = " ".join((answer.out + answer.err).split())
        assert f"Project 'demo' has no run '{wrong}' of jobs.train." in said
        assert "theirs" not in said.replace(wrong, "")


def test_the_nearest_or_the_newest_is_named(amlctl: Shell, runs: dict[str, str]) -> None:
    assert runs["first"] in amlctl("logs", "jobs.train", "--run", runs["first"][:-1], code=1).err
    assert runs["second"] in amlctl("logs", "jobs.train", "--run", "nothing", code=1).err


def test_who_has_run_nothing_reads_nobody_else_s(amlctl: Shell, store: RecordStore) -> None:
    theirs = ran(amlctl, store, "other", "theirs")
    amlctl.write("spec.yaml", SPEC.format("demo"))
    for more in ((), ("--run", theirs)):
        assert "Project 'demo' has not run jobs.train" in amlctl("logs", "jobs.train", *more, code=1).err
