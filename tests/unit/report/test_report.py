"""What people and programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.change import ABSENT, Action, Change, FieldChange
from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.health import Health, Sync
from orchestrator.core.plan import Plan, PlanBase
from orchestrator.core.reason import Cause, CulpritKind, Reason, because
from orchestrator.core.run import CheckResult, Outcome, RunReport, StepResult
from orchestrator.core.span import Span
from orchestrator.core.status import ResourceStatus
from orchestrator.report.diagnostics import SourceLine, diagnostics_json, diagnostics_text
from orchestrator.report.graph import Drawing, dot, drawing_json, mermaid, svg
from orchestrator.report.plan import plan_markdown, plan_text, show_change, show_value
from orchestrator.report.run import result_line, run_json, run_text, show_duration
from orchestrator.report.status import status_json, status_text
from orchestrator.report.style import Style

CLUSTER, TABLE = Address("compute", "cluster"), Address("data", "table")
TRAIN, MODEL = Address("jobs", "train"), Address("models", "heart")
BLUE = Address("online_endpoints", "hf", "deployments.blue")


def source_from(texts: Mapping[str, str]) -> SourceLine:
    """Source lines out of texts held in memory."""

    def line(file: str, number: int) -> str | None:
        lines = texts.get(file, "").splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else None

    return line


def field(path: str, applied: object, desired: object, observed: object, action: Action, reason: Reason) -> FieldChange:
    return FieldChange(
        path=tuple(path.split(".")), applied=applied, desired=desired, observed=observed, action=action, reason=reason
    )


def change(
    address: Address, action: Action, reason: Reason, fields: tuple[FieldChange, ...] = (), **more: Any
) -> Change:
    return Change(address=address, action=action, reasons=(reason,), fields=fields, **more)


PLAN = Plan(
    project="heart",
    target="dev",
    base=PlanBase("lineage", 41, "digest", "ws"),
    changes=(
        change(
            CLUSTER,
            Action.UPDATE,
            because(Cause.DRIFT, CulpritKind.FIELD, "max_instances"),
            (field("max_instances", 3, 3, 5, Action.UPDATE, Reason(Cause.DRIFT)),),
            before="",
            drift=True,
        ),
        change(
            TABLE,
            Action.REVISE,
            because(Cause.CONTENT, CulpritKind.FILE, "data/heart.csv"),
            before="9f2c",
            after="4be1",
        ),
        change(
            TRAIN,
            Action.RUN,
            because(Cause.UPSTREAM, CulpritKind.RESOURCE, "data.table"),
            before="train-1",
            last_run_s=48,
        ),
        change(MODEL, Action.UPDATE, because(Cause.REUSE, CulpritKind.VERSION, "3"), before="4", after="3", reuse=True),
        change(
            BLUE,
            Action.REPLACE,
            because(Cause.IMMUTABLE, CulpritKind.FIELD, "instance_type"),
            (
                field(
                    "instance_type",
                    "A",
                    "B",
                    "A",
                    Action.REPLACE,
                    because(Cause.IMMUTABLE, CulpritKind.RULE, "fixed at creation"),
                ),
                field(
                    "egress",
                    ABSENT,
                    ABSENT,
                    "enabled",
                    Action.NOOP,
                    because(Cause.LEFT_TO_SERVICE, CulpritKind.RULE, "enabled"),
                ),
            ),
        ),
        change(Address("compute", "old"), Action.NOOP, Reason(Cause.LEFT_SPEC), orphaned=True),
        change(Address("compute", "same"), Action.NOOP, Reason(Cause.UNCHANGED)),
    ),
    workspace_label="embedded workspace",
)


def test_a_plan_reads_like_a_review() -> None:
    assert plan_text(PLAN).splitlines() == [
        "heart → embedded workspace (serial 41)",
        "",
        "  ~ compute.cluster                        update                        drift: max_instances 3 → 5",
        "      max_instances: 5 → 3   drift",
        "  ~ data.table                             new version 4be1 (was 9f2c)   content: data/heart.csv",
        "  > jobs.train                             run again                     upstream: data.table   last run took 48 s",
        "  ~ models.heart                           reuse 3 (was 4)               reuse: version 3 has this content",
        "  ± online_endpoints.hf.deployments.blue   replace                       immutable: instance_type",
        "      instance_type: A → B   immutable: fixed at creation",
        "  ? compute.old   orphaned   removed from the spec",
        "  = 1 unchanged: compute.same",
        "  ! drift: compute.cluster max_instances 3 → 5 (changed outside); apply reverts it",
        "",
        "Plan: 0 to create, 3 to update, 1 to run, 1 to replace, 0 to delete, 1 unchanged, 1 orphaned.",
    ]


def test_suppressed_differences_are_shown_on_request_with_their_reason() -> None:
    assert "set by the service: enabled" not in plan_text(PLAN)
    assert "set by the service: enabled" in plan_text(PLAN, verbose=True)


@pytest.mark.parametrize(
    ("before", "after", "shown", "why"),
    [
        ("a", "b", ("a", "b"), "short texts are shown whole"),
        (1, "b" * 70, ("1", "b" * 59 + "…"), "other types have no common part"),
        (
            f"{'x' * 80} end",
            f"{'x' * 80} stop",
            (f"…{'x' * 19} end", f"…{'x' * 19} stop"),
            "what two long texts begin with says nothing",
        ),
        (f"a{'x' * 80}", f"b{'x' * 80}", (f"a{'x' * 58}…", f"b{'x' * 58}…"), "a difference at the start"),
    ],
)
def test_of_long_values_the_difference_is_shown(
    before: object, after: object, shown: tuple[str, str], why: str
) -> None:
    assert show_change(before, after) == shown, why


def test_a_plan_without_resources_is_two_lines() -> None:
    plan = Plan(
        project="heart",
        target="dev",
        base=PlanBase("lineage", 41, "digest", "ws"),
        changes=(),
        workspace_label="embedded workspace",
    )
    assert plan_text(plan).splitlines()[1:] == [
        "",
        "Plan: 0 to create, 0 to update, 0 to run, 0 to delete, 0 unchanged.",
    ]


def test_a_plan_for_a_pull_request_is_a_table_with_folded_fields() -> None:
    text = plan_markdown(PLAN)
    assert "| `>` | `jobs.train` | run again | upstream: data.table (last run took 48 s) |" in text
    assert "- instance_type: A\n+ instance_type: B" in text
    assert "service default" not in text


def test_only_what_changes_is_effective() -> None:
    assert [change.address for change in PLAN.effective] == [CLUSTER, TABLE, TRAIN, MODEL, BLUE]


def test_a_problem_shows_its_line_why_and_fix() -> None:
    diagnostic = Diagnostic(
        Severity.ERROR, "unknown-field", summary="Unknown field", detail="jobs.train has no field 'timeout' in limits.",
        fix="Did you mean 'timeout_minutes'?", subject=Span("specs/x.yaml", 2, 10, 2, 17),
        related=(("first defined here", Span("specs/x.yaml", 1, 1, 1, 2)),), address=TRAIN,
    )  # fmt: skip
    text = diagnostics_text([diagnostic], source_from({"specs/x.yaml": "jobs:\n limits: {timeout: 60}\n"}))
    assert text.splitlines() == [
        "error[unknown-field]: Unknown field",
        "  --> specs/x.yaml:2:10",
        "2 |  limits: {timeout: 60}",
        "  |          ^^^^^^^",
        "   = why: jobs.train has no field 'timeout' in limits.",
        "   = fix: Did you mean 'timeout_minutes'?",
        "   = first defined here: specs/x.yaml:1:1",
    ]
    (data,) = diagnostics_json([diagnostic])["diagnostics"]
    assert (data["file"], data["line"], data["column"], data["address"]) == ("specs/x.yaml", 2, 10, "jobs.train")


def test_a_problem_whose_file_is_gone_is_told_without_the_line() -> None:
    diagnostic = Diagnostic(Severity.WARNING, "c", summary="s", detail="d", subject=Span("gone.yaml", 3, 1, 3, 2))
    assert "gone.yaml:3:1" in diagnostics_text([diagnostic], source_from({}))


def test_what_steers_a_terminal_is_not_passed_on() -> None:
    where = Span("s.yaml", 1, 7, 1, 8)
    problem = Diagnostic(
        Severity.ERROR, "x", summary="Title", detail="bad \x1b[31mred\u202e", fix="no\x9bfix", subject=where
    )
    text = diagnostics_text([problem], source_from({"s.yaml": "name: \x1b]0;title\x07"}))
    assert not any(char in text for char in "\x1b\x07\x9b\u202e")
    assert "name: �]0;title�" in text
    assert show_change("a\x1b[2J", "two\nlines") == ("a�[2J", "two⏎lines")


def test_of_a_line_of_thousands_the_place_is_shown() -> None:
    line = f"{'x' * 5000}HERE{'y' * 5000}"
    text = diagnostics_text(
        [
            Diagnostic(
                Severity.ERROR, "x", summary="Title", detail="d", fix="f", subject=Span("s.yaml", 1, 5001, 1, 5005)
            )
        ],
        source_from({"s.yaml": line}),
    )
    excerpt, carets = text.splitlines()[2:4]
    assert len(excerpt) < 220
    assert excerpt[carets.index("^") : carets.rindex("^") + 1] == "HERE"


def test_a_secret_that_was_written_down_is_masked_in_every_excerpt() -> None:
    line = "creds: {key: hunter2, kye: 1}"
    problems = [
        Diagnostic(
            Severity.ERROR, "secret-expected", summary="s", detail="d", subject=Span("x", 1, 14, 1, 21), conceal=True
        ),
        Diagnostic(Severity.ERROR, "unknown-field", summary="s", detail="d", subject=Span("x", 1, 23, 1, 26)),
    ]
    text = diagnostics_text(problems, source_from({"x": line}))
    assert "hunter2" not in text
    assert text.count("creds: {key: *******, kye: 1}") == 2


REPORT = RunReport(
    (
        StepResult(TABLE, Outcome.REVISED, revision="4be1", duration_s=0.2),
        StepResult(
            TRAIN,
            Outcome.FAILED,
            revision="train-2",
            duration_s=61.0,
            error="exit code 3",
            code="Failed",
            span=Span("s.yaml", 9, 1, 9, 2),
        ),
        StepResult(MODEL, Outcome.SKIPPED, error="jobs.train failed"),
        StepResult(
            BLUE,
            Outcome.UPDATED,
            answers=(
                CheckResult(
                    name="t", url="http://127.0.0.1:1/score", deployment="", status=200, body='{"result": [false]}'
                ),
            ),
        ),
    ),
    serial=42,
)


def test_the_end_of_an_apply_tells_what_failed_and_what_was_answered() -> None:
    text = run_text(REPORT)
    assert "✗ jobs.train  failed train-2  1 min 1 s\n    exit code 3 (s.yaml:9:1)" in text
    assert "- models.heart  skipped" in text
    assert """POST http://127.0.0.1:1/score → 200 {"result": [false]}""" in text
    assert (
        "Apply incomplete: 1 failed, 1 revised, 1 skipped, 1 updated (serial 42); run apply again to continue." in text
    )


def test_an_error_of_several_lines_has_its_place_at_the_first() -> None:
    failed = StepResult(TRAIN, Outcome.FAILED, error="Exit code 7.\nlast words", span=Span("s.yaml", 9, 1, 9, 2))
    assert result_line(failed) == "✗ jobs.train  failed\n    Exit code 7. (s.yaml:9:1)\n      last words"


def test_the_end_of_an_apply_as_data_is_json() -> None:
    data = json.loads(json.dumps(run_json(REPORT)))
    assert [o["outcome"] for o in data["outcomes"]] == ["revised", "failed", "skipped", "updated"]
    assert data["outcomes"][1]["error"] == "exit code 3"
    assert REPORT.failed


def test_durations_are_short() -> None:
    assert [show_duration(s) for s in (0.44, 48.2, 125, 7260)] == ["0.4 s", "48 s", "2 min 5 s", "2 h 1 min"]


def test_status_tells_health_agreement_and_where_to_call() -> None:
    found = (
        ResourceStatus(address=BLUE, health=Health.DEGRADED, sync=Sync.OUT_OF_SYNC, message="it crashed"),
        ResourceStatus(
            address=CLUSTER, health=Health.HEALTHY, sync=Sync.SYNCED, urls={"scoring": "http://127.0.0.1:1/score"}
        ),
    )
    text = status_text(found)
    assert "degraded" in text
    assert "it crashed" in text
    assert "scoring: http://127.0.0.1:1/score" in text
    assert status_json(found)["resources"][0]["sync"] == "out-of-sync"
    assert status_text(()) == "No resources."


def test_colour_is_off_unless_asked_for() -> None:
    assert Style()("text", "red") == "text"
    assert Style(color=True)("text", "red") == "\x1b[31mtext\x1b[0m"
    assert "\x1b[" not in plan_text(PLAN)
    assert "\x1b[" in plan_text(PLAN, Style(color=True))


DRAWING = Drawing({TABLE: (), TRAIN: (TABLE, Address("data", "elsewhere")), MODEL: (TRAIN,)}, {TRAIN: Action.RUN})


def test_a_graph_goes_from_what_is_needed_to_what_needs_it() -> None:
    assert mermaid(DRAWING).splitlines()[:6] == [
        "flowchart LR",
        '  n0["data.table"]',
        '  n1["#62; jobs.train"]',
        '  n2["models.heart"]',
        "  n0 --> n1",
        "  n1 --> n2",
    ]
    assert '"data.table" -> "jobs.train";' in dot(DRAWING)
    assert drawing_json(DRAWING)["edges"][0] == {"from": "data.table", "to": "jobs.train"}


def test_the_picture_puts_what_is_needed_to_the_left() -> None:
    import xml.etree.ElementTree as ET

    root = ET.fromstring(svg(DRAWING))
    boxes = {t.text: float(t.get("x", "0")) for t in root.iter("{http://www.w3.org/2000/svg}text")}
    assert boxes["data.table"] < boxes["> jobs.train"] < boxes["models.heart"]
    assert svg(Drawing({})).startswith("<svg")


@pytest.mark.parametrize(
    ("value", "shown", "why"),
    [
        ({"$secret": "db", "digest": "0123"}, "(secret db)", "a secret"),
        ({"user": "me", "key": {"$secret": "db", "digest": "0123"}}, '{"user": "me", "key": "(secret db)"}', "in a mapping"),
        ([{"$secret": "db", "digest": "0123"}], '["(secret db)"]', "in a list"),
        ({"a": [{"b": {"$template": ["x", {"$secret": "s", "digest": "0123"}]}}]}, '{"a": [{"b": "(text with a secret)"}]}', "deep"),
        ({"code": {"$files": "0123456789abcdef"}}, '{"code": "files 0123456789ab"}', "files in a mapping"),
    ],
)  # fmt: skip
def test_a_secret_s_digest_is_shown_nowhere(value: object, shown: str, why: str) -> None:
    assert show_value(value) == shown, why
