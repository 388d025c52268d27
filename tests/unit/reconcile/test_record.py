from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError
from orchestrator.core.errors import Denied, Locked, StateError, Transient, UnsupportedSetup
from orchestrator.core.run import Outcome as StepOutcome
from orchestrator.core.run import RunReport, StepResult
from orchestrator.core.span import NOWHERE, Span
from orchestrator.reconcile.conditions import after_pass
from orchestrator.reconcile.outcome import PassFacts, PassOutcome, Trouble, Waiting
from orchestrator.reconcile.policy import Backoff
from orchestrator.reconcile.ports import Revision
from orchestrator.reconcile.record import HISTORY, ConditionType, Record, from_document, to_document
from orchestrator.reconcile.switches import Hold
from orchestrator.reconcile.troubles import of_exception, of_report
from orchestrator.report.reconcile import reconcile_json, reconcile_text

ONE = Revision("1" * 40, Path("spec.yaml"), message="First")
TWO = Revision("2" * 40, Path("spec.yaml"), message="Second")
CLEAN = PassFacts("a1", "interval", 1_000.0, 2.0, PassOutcome.CLEAN, ONE)
BROKEN = replace(CLEAN, outcome=PassOutcome.FAILED, trouble=Trouble("InvalidSpec", "spec.yaml:3:5: no", stalls=True))
FAILED = replace(CLEAN, outcome=PassOutcome.FAILED, trouble=Trouble("ApplyFailed", "jobs.a: no"))


def after(*passes: PassFacts) -> Record:
    record = Record()
    for facts in passes:
        record = after_pass(record, facts, Backoff())
    return record


def full() -> Record:
    waiting = (Waiting("data.a", "update", "auto-apply is off", Hold.OBSERVE_ONLY), Waiting("data.b", "create", "new"))
    changed = replace(
        CLEAN,
        outcome=PassOutcome.CHANGED,
        done={"jobs.a": "ran"},
        drift=("data.c", "data.d"),
        healed=("data.c",),
        waiting=waiting,
        orphaned=("data.old",),
    )
    return after(changed, replace(FAILED, revision=TWO, started_at=2_000.0))


def test_a_record_survives_being_written_and_read() -> None:
    record = full()
    text = json.dumps(to_document(record))
    assert from_document(json.loads(text)) == record
    assert json.dumps(to_document(from_document(json.loads(text)))) == text, (
        "the same to the byte: a restart is no change"
    )


def test_a_change_that_waits_since_before_causes_were_kept_is_read() -> None:
    document = to_document(full())
    document["pending"] = [{k: v for k, v in c.items() if k not in ("cause", "drift")} for c in document["pending"]]
    assert {(c["address"], c["cause"], c["drift"]) for c in from_document(document).pending} == {
        ("data.a", "", False),
        ("data.b", "", False),
    }


@pytest.mark.parametrize(
    "document", [None, {}, {"format": 2}, {"format": 1}, {"format": 1, "conditions": [{"type": "?"}]}]
)
def test_a_document_of_another_shape_is_left_aside(document: dict[str, object] | None) -> None:
    assert from_document(document) == Record()


def test_the_history_is_bounded_and_uneventful_passes_share_an_entry() -> None:
    busy = [
        replace(CLEAN, outcome=PassOutcome.CHANGED, done={f"jobs.j{number}": "ran"}) for number in range(HISTORY + 20)
    ]
    record = after(*busy, CLEAN, CLEAN, CLEAN)
    assert len(record.history) == HISTORY
    assert (record.history[0].outcome, record.history[0].times) == ("clean", 3)
    assert record.counts.passes == HISTORY + 23


def test_failures_count_by_revision() -> None:
    assert after(FAILED, FAILED).failures == 2
    assert after(FAILED, FAILED, replace(FAILED, revision=TWO)).failures == 1
    assert after(FAILED, FAILED, CLEAN).failures == 0
    assert after(FAILED, replace(FAILED, revision=None)).failures == 2, "a source that is away resets nothing"


@pytest.mark.parametrize(
    ("passes", "ready", "reconciling", "stalled", "why"),
    [
        ([CLEAN], "UpToDate", "", "", "all is well"),
        ([BROKEN], "", "", "InvalidSpec", "only a new revision helps"),
        ([FAILED], "", "ApplyFailed", "", "the automatic retry is still to come"),
        ([FAILED, FAILED], "", "", "ApplyFailed", "it failed too"),
        ([replace(FAILED, trouble=Trouble("Locked", "x", passing=True))] * 3, "", "Locked", "", "it passes by itself"),
        ([replace(CLEAN, source_trouble=Trouble("SourceStalled", "x", stalls=True))], "UpToDate", "", "SourceStalled", ""),
        ([replace(CLEAN, unhealthy={"jobs.a": "failed"})], "", "", "", "as the spec says, and not well"),
        ([replace(CLEAN, progressing=("jobs.a",))], "", "Progressing", "", "on its way"),
        ([replace(CLEAN, outcome=PassOutcome.INTERRUPTED, stopped_for="a freeze")], "", "Interrupted", "", "goes on later"),
        (
            [replace(CLEAN, outcome=PassOutcome.PENDING, waiting=(Waiting("data.a", "delete", "off", Hold.PRUNE_OFF),))],
            "UpToDate",
            "",
            "",
            "what is only not pruned harms nothing that is wanted",
        ),
    ],
)  # fmt: skip
def test_the_three_conditions(passes: list[PassFacts], ready: str, reconciling: str, stalled: str, why: str) -> None:
    record = after(*passes)
    found = {c.type: c.reason if c.status else "" for c in record.conditions}
    assert found == {
        ConditionType.READY: ready,
        ConditionType.RECONCILING: reconciling,
        ConditionType.STALLED: stalled,
    }, why


def test_a_condition_says_since_when() -> None:
    record = after(CLEAN, replace(CLEAN, started_at=2_000.0), replace(BROKEN, started_at=3_000.0))
    ready = record.condition(ConditionType.READY)
    assert ready is not None
    assert ready.since == "1970-01-01T00:50:02+00:00"
    assert record.last_success == "1970-01-01T00:33:22+00:00"


def test_a_pass_that_never_looked_leaves_what_was_seen() -> None:
    seen = replace(CLEAN, drift=("data.c",), outcome=PassOutcome.PENDING)
    record = after(seen, BROKEN)
    assert list(record.drift) == ["data.c"]
    assert record.applied is not None


SPAN = Span("sub/spec.yaml", 3, 5, 3, 9)
PROBLEM = Diagnostic(Severity.ERROR, "x", summary="X", detail="It is wrong.", fix="Mend it.", subject=SPAN)


@pytest.mark.parametrize(
    ("error", "planning", "reason", "message", "stalls", "passing"),
    [
        (SpecError([PROBLEM]), False, "InvalidSpec", "sub/spec.yaml:3:5: It is wrong. Mend it.", True, False),
        (SpecError([PROBLEM, PROBLEM]), True, "PlanRefused", "(and 1 more)", True, False),
        (Locked("by her"), True, "Locked", "by her", False, True),
        (StateError("moved", code="plan-outdated"), True, "WorkspaceMoved", "moved", False, True),
        (StateError("damaged", fix="Restore it."), True, "StateUnusable", "damaged Restore it.", False, True),
        (Transient("away"), True, "WorkspaceUnavailable", "away", False, True),
        (Denied("no right"), True, "WorkspaceUnavailable", "no right", False, True),
        (UnsupportedSetup("no extra", fix="Install it."), False, "UnsupportedSetup", "Install it.", True, False),
        (OSError(28, "No space left", "/x"), True, "MachineTrouble", "No space left: /x", False, True),
        (ValueError("secret-4711"), True, "InternalError", "ValueError", False, False),
    ],
)
def test_what_an_exception_means(
    error: Exception, planning: bool, reason: str, message: str, stalls: bool, passing: bool
) -> None:
    trouble = of_exception(error, ONE, planning=planning)
    assert (trouble.reason, trouble.stalls, trouble.passing) == (reason, stalls, passing)
    assert message in trouble.message
    assert "4711" not in trouble.message, "nobody knows what the text of a defect holds"


def test_places_are_told_from_the_checkout(tmp_path: Path) -> None:
    inside = Span(f"{tmp_path}/parts/a.yaml", 3, 5, 3, 9)
    revision = Revision("x", tmp_path)
    trouble = of_exception(SpecError([replace(PROBLEM, subject=inside)]), revision, planning=False)
    assert trouble.message.startswith("parts/a.yaml:3:5: ")


def test_what_failed_does_not_say_where_the_checkout_lies(tmp_path: Path) -> None:
    inside = Span(f"{tmp_path}/parts/a.yaml", 3, 5, 3, 9)
    failed = StepResult(
        Address.parse("jobs.a"), StepOutcome.FAILED, error=f"{tmp_path}/train/train.py is no program", span=inside
    )
    trouble = of_report(RunReport((failed,)), Revision("x", tmp_path))
    assert trouble is not None
    assert trouble.message == "parts/a.yaml:3:5: jobs.a: train/train.py is no program"


def result(name: str, outcome: StepOutcome, code: str = "", span: Span = NOWHERE) -> StepResult:
    return StepResult(Address.parse(name), outcome, error="why", code=code, span=span)


def test_what_a_report_means() -> None:
    good, skipped = result("data.a", StepOutcome.CREATED), result("jobs.a", StepOutcome.SKIPPED)
    assert of_report(RunReport((good,))) is None
    assert of_report(RunReport((good, result("jobs.b", StepOutcome.CANCELLED)))) is None, "nobody failed"
    failed = of_report(RunReport((skipped, result("jobs.b", StepOutcome.FAILED, "Failed", SPAN))))
    assert failed is not None
    assert failed.message == "sub/spec.yaml:3:5: jobs.b: why (and 1 more)"
    assert not failed.passing
    throttled = of_report(RunReport((result("jobs.b", StepOutcome.FAILED, "Throttled"), skipped)))
    assert throttled is not None
    assert throttled.passing


def test_the_text_for_people() -> None:
    text = reconcile_text({"heart": to_document(full())})
    for part in (
        "Ready        False  ApplyFailed  jobs.a: no",
        "attempted: 222222222222",
        "pending: update data.a (auto-apply is off)",
        "drift: data.d since",
        "orphaned: data.old",
        "changed, 1 changed, 1 healed",
        "after 1 failure\n",
    ):
        assert part in text, text
    assert "Stalled      True   NeverPlanned  No pass yet" in reconcile_text({"new": to_document(Record())})
    assert "standing by: her" in reconcile_text({"new": {**to_document(Record()), "standing_by_for": "her"}})
    assert reconcile_json({"heart": {"a": 1}}) == {"projects": {"heart": {"a": 1}}}


@pytest.mark.parametrize(
    ("waiting", "text", "ready"),
    [
        (Waiting("compute.c", "update", "auto-apply is off", Hold.OBSERVE_ONLY, drift=True, cause="drift: size 1 → 2"),
         "  drift: update compute.c (size 1 → 2; auto-apply is off)", "1 change waits, drift: "),
        (Waiting("compute.c", "update", "auto-apply is off", Hold.OBSERVE_ONLY, cause="changed: size"),
         "  pending: update compute.c (changed: size; auto-apply is off)", "1 change waits: "),
        (Waiting("compute.c", "update", "changed: size", cause="changed: size"),
         "  pending: update compute.c (changed: size)", "1 change waits: "),
    ],
    ids=["drift", "an edit", "an edit that failed"],
)  # fmt: skip
def test_drift_is_told_apart_from_what_the_spec_asks_for(waiting: Waiting, text: str, ready: str) -> None:
    record = after(replace(CLEAN, outcome=PassOutcome.PENDING, waiting=(waiting,)))
    assert text in reconcile_text({"p": to_document(record)}).splitlines()
    condition = record.condition(ConditionType.READY)
    assert condition is not None
    assert condition.message.startswith(ready)


def test_a_record_stays_small_whatever_the_size_of_a_project() -> None:
    waiting = tuple(Waiting(f"data.d{number}", "create", "new") for number in range(5000))
    done = {f"jobs.j{number}": "ran" for number in range(5000)}
    record = after(replace(CLEAN, outcome=PassOutcome.CHANGED, done=done, waiting=waiting))
    assert (record.history[0].changed, record.waiting) == (5000, 5000)
    assert len(json.dumps(to_document(record))) < 50_000
    text = reconcile_text({"p": to_document(record)})
    assert "and 4992 more pending" in text
    assert "5000 changed" in text
