"""What is said, how and how often: progress, logs, scores, JSON lines, colours, options before the command."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.client import SupervisorClient
from tests.unit.backends.played import Supervisor, obey
from tests.unit.cli.calling import SPEC, Shell

JOBS = """project: demo
jobs:
  train: {command: "true", environment: {image: host}}
"""
LOG = ["starting", "same", "same", "Trace", "  File x", "ValueError: no"]


def log_of(shell: Shell, record: Record) -> None:
    log = WorkspacePaths(shell.folder / ".amlctl").job(record.revision) / "user_logs" / "std_log.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("\n".join(LOG) + "\n")


@pytest.fixture
def training(amlctl: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """A job that writes a log, finds a best model and completes; who plays the supervisor can be told otherwise."""

    def complete(store: RecordStore, record: Record) -> None:
        log_of(amlctl, record)
        found = {"primary_metric": "accuracy", "best_score": 0.91234, "best_algorithm": "LightGBM", "trials": 20}
        store.update_status(record.key, attributes={"automl": found})
        obey(store, record)

    amlctl.write("spec.yaml", JOBS)
    played = Supervisor(RecordStore(WorkspacePaths(amlctl.folder / ".amlctl")), complete)
    monkeypatch.setattr(SupervisorClient, "ensure", lambda client: None)
    monkeypatch.setattr(SupervisorClient, "nudge", lambda client: played.wake())
    monkeypatch.setattr(SupervisorClient, "answers", lambda client, within_s=1.0: True)
    yield played
    played.store.close()


def test_of_a_log_the_last_line_is_shown_and_all_of_it_with_v(amlctl: Shell, training: Supervisor) -> None:
    said = amlctl("apply", "-y").err
    assert said.count(LOG[-1]) == 1
    assert "starting" not in said
    amlctl.write("spec.yaml", JOBS.replace("true", "true && true"))
    said = amlctl("apply", "-y", "-v").err
    lines = [line.split(": ", 1)[1] for line in said.splitlines() if line.startswith("    jobs.train: ")]
    assert lines == LOG


def test_a_label_of_a_finished_run_does_not_tell_its_log_again(amlctl: Shell, training: Supervisor) -> None:
    amlctl("apply", "-y")
    amlctl.write("spec.yaml", JOBS.replace("host}}", "host}, tags: {team: a}}"))
    answer = amlctl("apply", "-y", "-v")
    assert "1 updated" in answer.out
    assert not [line for line in LOG if line in answer.err.split("Plan:")[1]]


def test_the_score_is_shown_where_the_job_is(amlctl: Shell, training: Supervisor) -> None:
    text = "accuracy 0.9123, best model LightGBM of 20 trials"
    score = {"metric": "accuracy", "value": 0.91234, "model": "LightGBM", "trials": 20}
    assert text in amlctl("apply", "-y").err
    assert text in amlctl("status").out
    assert amlctl("status", "--format", "json").data["resources"][0]["score"] == score
    amlctl.write("spec.yaml", JOBS.replace("true", "true && true"))
    assert amlctl("apply", "-y", "--format", "json").data["outcomes"][0]["score"] == score


def test_a_failure_is_told_once_with_its_log_in_order(amlctl: Shell, training: Supervisor) -> None:
    def fail(store: RecordStore, record: Record) -> None:
        log_of(amlctl, record)
        message = "\n".join(["Exit code 1.", *LOG[-3:]])
        store.update_status(record.key, health=Health.DEGRADED, phase="failed", message=message)

    training.act = fail
    answer = amlctl("apply", "-y", code=3)
    lines = [line.strip() for line in (answer.err + answer.out).splitlines()]
    start = next(number for number, line in enumerate(lines) if line.startswith("Exit code 1."))
    assert lines[start + 1 : start + 1 + len(LOG)] == [line.strip() for line in LOG]
    assert sum("Exit code 1." in line for line in lines) == 1
    assert sum("ValueError" in line for line in lines) == 1


JSON_CALLS = [
    (("apply", "-y"), 0, "an apply"),
    (("apply", "-y", "-v"), 0, "an apply in full"),
    (("apply",), 1, "nobody can be asked"),
    (("plan", "-o", "plan.json", "--format", "json"), 0, "a plan with a notice"),
    (("plan", "--format", "json", "--var", "none=1"), 1, "a spec with a problem"),
    (("plan", "--nonsense"), 1, "a wrong command line"),
    (("plan", "missing.yaml"), 1, "no spec"),
    (("destroy", "-y"), 0, "a destruction"),
    (("logs", "jobs.none"), 1, "an unknown address"),
]


@pytest.mark.parametrize("first", [True, False], ids=["before the command", "behind it"])
@pytest.mark.parametrize(("arguments", "code", "why"), JSON_CALLS, ids=[c[2] for c in JSON_CALLS])
def test_json_lines_and_nothing_else(
    amlctl: Shell, training: Supervisor, arguments: tuple[str, ...], code: int, why: str, *, first: bool
) -> None:
    option = ("--log-format", "json")
    answer = amlctl(*option, *arguments, code=code) if first else amlctl(*arguments, *option, code=code)
    said = answer.err if "--format" in arguments else answer.err + answer.out
    lines = [json.loads(line) for line in said.splitlines()]
    assert lines, why
    for line in lines:
        assert {"timestamp", "level", "event"} <= line.keys()
    if arguments[:2] == ("apply", "-y"):
        assert [line["event"] for line in lines][-1] == "summary"
        (finished,) = [line for line in lines if line["event"] == "finished"]
        assert finished["score"]["metric"] == "accuracy"
        assert ("log" in {line["event"] for line in lines}) == ("-v" in arguments)


COLOURS = [
    ({}, (), False, "no terminal"),
    ({"FORCE_COLOR": "1"}, (), True, "forced"),
    ({"FORCE_COLOR": "0"}, (), False, "forced not"),
    ({"FORCE_COLOR": ""}, (), False, "empty"),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False, "both"),
    ({"FORCE_COLOR": "1", "TERM": "dumb"}, (), True, "forced on a dumb terminal"),
    ({"FORCE_COLOR": "1"}, ("--no-color",), False, "the option wins"),
]


@pytest.mark.parametrize("first", [True, False], ids=["before the command", "behind it"])
@pytest.mark.parametrize(("environ", "options", "coloured", "why"), COLOURS, ids=[c[3] for c in COLOURS])
def test_colours(
    demo: Shell, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], options: tuple[str, ...], why: str, *,
    first: bool, coloured: bool,
) -> None:  # fmt: skip
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    answer = demo(*options, "plan") if first else demo("plan", *options)
    assert ("\x1b[" in answer.out) is coloured, why


def test_other_options_about_the_output_may_stand_first_too(demo: Shell) -> None:
    assert demo("--quiet", "apply", "-y").err == ""
    assert "unchanged" in demo("-v", "plan").out


def test_a_version_that_moves_back_is_shown(demo: Shell) -> None:
    demo.write("spec.yaml", SPEC.replace("path: rows.csv", "path: rows.csv, version: '1'"))
    demo("apply", "-y")
    demo.write("two.csv", "x\n2\n")
    demo.write("spec.yaml", SPEC.replace("path: rows.csv", "path: two.csv, version: '2'"))
    demo("apply", "-y")
    demo.write("spec.yaml", SPEC.replace("path: rows.csv", "path: rows.csv, version: '1'"))
    assert "reuse 1 (was 2)" in demo("plan").out
    assert "reused 1 (was 2)" in demo("apply", "-y").err


def test_destroy_speaks_of_destroying(demo: Shell) -> None:
    demo("apply", "-y")
    said = demo("destroy", code=1).err
    assert "to destroy without confirmation" in said
    assert "apply without" not in said
