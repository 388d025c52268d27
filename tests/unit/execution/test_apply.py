from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.core.change import Action, FieldChange
from orchestrator.core.errors import (
    Ambiguous,
    BackendError,
    Cancelled,
    Conflict,
    Denied,
    Failed,
    Invalid,
    NotFound,
    StateError,
    Throttled,
    TimedOut,
    Transient,
)
from orchestrator.core.health import Health
from orchestrator.core.ports import ScoringAnswer
from orchestrator.core.reason import Cause, Reason
from orchestrator.core.resource import Check, Lifecycle, Observed, Removal
from orchestrator.core.run import EventKind, Outcome, Verb
from orchestrator.core.state import Intent
from orchestrator.core.value import Reference, Secret, Unknown
from orchestrator.execution.apply import apply
from tests.unit.execution.bench import Bench
from tests.unit.execution.plans import KINDS, Row, at, based, plan_of, row
from tests.unit.execution.simulated import Faults, fail_once, fingerprint

E = "online_endpoints.e"
BLUE, TRAFFIC = f"{E}.deployments.blue", f"{E}.traffic"
CHECK = Check("lives", body="{}", expect={"result": [False]}, has_expect=True)


@pytest.mark.parametrize(
    ("change", "outcome", "calls", "why"),
    [
        (row("create", "compute.c"), "created", ["create compute.c"], "a record is there at once"),
        (row("create", E), "created", [f"create {E}", f"wait {E}"], "an endpoint takes its time"),
        (row("revise", "data.d", after="2"), "revised", ["create data.d"], "a new version"),
        (row("update", "compute.c", recorded=""), "updated", ["update compute.c"], "in place"),
        (row("run", "jobs.j", after="j-1"), "ran", ["create jobs.j", "wait jobs.j"], "a run is waited for"),
        (row("replace", "compute.c", recorded=""), "replaced", ["delete compute.c", "create compute.c"], "two steps"),
        (row("delete", "compute.c", recorded=""), "deleted", ["delete compute.c"], "removed"),
        (row("forget", "compute.c", recorded=""), "forgotten", [], "only the record goes"),
        (row("forget", "registries.r", recorded=""), "forgotten", [], "even of a kind nobody knows any more"),
    ],
)
def test_actions(change: Row, outcome: str, calls: list[str], why: str) -> None:
    bench = Bench()
    result = bench.one(change)
    assert result.outcome.value == outcome, why
    assert bench.calls() == calls, why
    gone = outcome in ("deleted", "forgotten")
    assert (change[0].address in bench.store.applied) is not gone
    assert set(bench.journal().values()) <= {outcome, "deleted"}


def test_nothing_to_do_writes_nothing() -> None:
    bench = Bench()
    bench.store.serial = 7
    report = bench.apply(row("noop", "compute.c"))
    assert report.results == ()
    assert report.serial == 7
    assert bench.store.calls == []


def test_the_record_says_what_was_applied() -> None:
    bench = Bench()
    secret = Secret("token", "hunter2")
    lifecycle = Lifecycle(protect=True, on_removal=Removal.KEEP)
    bench.apply(row("run", "jobs.j", "compute.c", after="j-1", properties={"token": secret}, lifecycle=lifecycle))
    record = bench.store.applied[at("jobs.j")]
    assert record.properties == {"token": {"$secret": "token", "digest": secret.digest(bench.store.lineage)}}
    assert record.fingerprint == fingerprint("a")
    assert record.revision == "j-1"
    assert record.depends_on == {at("compute.c")}
    assert record.upstream == {"upstream": "identity"}
    assert (record.protect, record.on_removal, record.tainted) == (True, Removal.KEEP, False)


def test_the_workspace_knows_how_long_a_run_took() -> None:
    bench = Bench()
    bench.backend.attributes[at("jobs.j")] = {"duration_s": 48}
    bench.backend.waiting = lambda address, cancel, progress: setattr(bench.clock, "time", bench.clock.time + 3)
    result = bench.one(row("run", "jobs.j", after="j-1"))
    assert result.duration_s == 3
    assert bench.store.applied[at("jobs.j")].duration_s == 48


def test_the_request_carries_everything() -> None:
    bench = Bench()
    bench.apply(
        row("run", "jobs.j", after="j-1"), row("create", BLUE, lifecycle=Lifecycle(timeout_s=5)), row("create", E)
    )
    requests = {str(request.address): request for request in bench.backend.requests}
    run = requests["jobs.j"]
    assert (run.revision, run.owner, run.fingerprint) == ("j-1", "demo", fingerprint("a"))
    assert run.key == f"jobs.j#{fingerprint('a').identity}"
    assert run.timeout_s is None, "how long training takes is for its own limits to say"
    assert requests[BLUE].timeout_s == 5
    assert requests[E].timeout_s == 1800


def test_values_of_this_run_are_filled_in() -> None:
    bench = Bench()
    bench.backend.attributes[at(E)] = {"scoring_uri": "http://127.0.0.1/e"}
    unknown = Unknown(Reference(at(E), "scoring_uri"))
    bench.apply(row("create", E), row("run", "jobs.j", E, after="j", properties={"url": unknown}))
    assert bench.store.applied[at("jobs.j")].properties == {"url": "http://127.0.0.1/e"}


def test_values_of_what_stays_are_filled_in() -> None:
    bench = Bench()
    live = Observed(at(E), "", properties={}, attributes={"scoring_uri": "http://127.0.0.1/e"})
    unknown = Unknown(Reference(at(E), "scoring_uri"))
    bench.apply(row("noop", E, live=live), row("run", "jobs.j", E, after="j", properties={"url": unknown}))
    assert bench.store.applied[at("jobs.j")].properties == {"url": "http://127.0.0.1/e"}


def test_a_value_that_cannot_be_filled_in_is_a_failure_without_an_effect() -> None:
    bench = Bench()
    unknown = Unknown(Reference(at("compute.gone"), "name"))
    result = bench.one(row("create", E, properties={"url": unknown}))
    assert (result.outcome, result.code) == (Outcome.FAILED, "Invalid")
    assert "compute.gone" in result.error
    assert bench.calls() == []
    assert bench.store.applied == {}


@pytest.mark.parametrize("error", [Denied, Invalid, Conflict, NotFound])
def test_a_refusal_leaves_no_record_and_is_not_repeated(error: type[BackendError]) -> None:
    bench = Bench(Faults(before=fail_once(error("no", fix="Ask."), "create")))
    result = bench.one(row("create", E))
    assert (result.outcome, result.code, result.error) == (Outcome.FAILED, error.__name__, "no Ask.")
    assert bench.store.applied == {}
    assert bench.journal() == {f"create {E}": "failed"}
    assert bench.cancel.sleeps == []


@pytest.mark.parametrize("error", [Transient("reset"), Throttled("429", retry_after=2.0)])
@pytest.mark.parametrize("verb", ["create", "wait", "update", "delete"])
def test_what_may_get_better_does(error: BackendError, verb: str) -> None:
    bench = Bench(Faults(before=fail_once(error, verb, times=3)))
    rows = [row("create", E), row("update", "compute.c", recorded=""), row("delete", "data.d", recorded="", after="1")]
    assert set(bench.outcomes(*rows).values()) == {"created", "updated", "deleted"}
    assert len(bench.messages(EventKind.RETRY)) == 3


@pytest.mark.parametrize(
    ("change", "verb"),
    [
        (row("create", "compute.c"), "create"),
        (row("create", "connections.c"), "create"),
        (row("update", "compute.c", recorded=""), "update"),
        (row("delete", "compute.c", recorded=""), "delete"),
        (row("delete", "data.d", recorded="", after="1", removal=Removal.ARCHIVE), "delete"),
        (row("run", "jobs.j", after="j-1"), "create"),
    ],
)
@pytest.mark.parametrize("happened", [True, False])
def test_an_effect_whose_answer_was_lost_happens_once(change: Row, verb: str, happened: bool) -> None:
    fault = fail_once(Ambiguous("connection dropped"), verb)
    bench = Bench(Faults(after=fault) if happened else Faults(before=fault))
    assert not bench.one(change).error
    calls = [call for call in bench.calls() if call.startswith(verb)]
    # A call that fails before its effect does not reach the log, so the repetition is the only one in it.
    assert len(calls) == 1
    assert all(number == 1 for number in bench.backend.created.values())


def test_a_lost_update_of_labels_alone_is_repeated() -> None:
    """Labels are left out of what makes two creates the same, but an update may be about nothing else."""
    change = row("update", "compute.c", recorded="")
    labels = change[1].fingerprint
    live = Observed(at("compute.c"), "", properties={}, fingerprint=f"{labels.pack()}older")
    bench = Bench(Faults(before=fail_once(Ambiguous("lost"), "update")))
    assert bench.one(row("update", "compute.c", recorded="", live=live)).outcome is Outcome.UPDATED
    assert "update compute.c" in bench.calls()


@pytest.mark.parametrize(
    ("address", "error", "tainted", "why"),
    [
        (BLUE, Failed("did not start"), True, "something is there and must be tried again"),
        (BLUE, TimedOut("still going on"), True, "the same"),
        ("data.d", None, None, "there at once"),
        ("jobs.j", Failed("exit code 1"), None, "the failed run is in the workspace to be seen"),
    ],
)
def test_what_failed_half_way(address: str, error: BackendError | None, tainted: bool | None, why: str) -> None:
    bench = Bench(Faults(before=fail_once(error, "wait") if error else lambda call: None))
    result = bench.one(row("run" if address == "jobs.j" else "create", address, after="1"))
    assert (result.outcome is Outcome.FAILED) is (error is not None), why
    record = bench.store.applied.get(at(address))
    if tainted is None and error is not None:
        assert record is None, why
    else:
        assert record is not None
        assert record.tainted is bool(tainted), why


@pytest.mark.parametrize("error", [Ambiguous("lost"), TimedOut("no answer"), Failed("operation failed")])
def test_a_create_that_may_have_happened_is_kept_on_record(error: BackendError) -> None:
    bench = Bench(Faults(before=fail_once(error, "create", times=99)))
    assert bench.one(row("create", E)).outcome is Outcome.FAILED
    assert bench.store.applied[at(E)].tainted


def test_a_failed_job_shows_the_end_of_its_log_and_keeps_the_last_good_run_on_record() -> None:
    bench = Bench()
    bench.backend.ends[at("jobs.j")] = Health.DEGRADED
    result = bench.one(row("run", "jobs.j", after="j-2", recorded=""))
    assert "ValueError: no such column" in result.error
    assert result.code == "Failed"
    assert bench.store.applied[at("jobs.j")].fingerprint == fingerprint("0")


def test_secrets_are_taken_out_of_what_others_say() -> None:
    secret = Secret("token", "hunter2")
    bench = Bench(Faults(before=fail_once(Failed("cannot log in with hunter2"), "wait")))
    bench.backend.waiting = lambda address, cancel, progress: progress("using hunter2")
    for name in ("j", "k"):
        bench.apply(row("run", f"jobs.{name}", after=name, properties={"t": secret}))
    everything = repr(bench.store.journal) + repr(bench.events) + repr(bench.store.applied)
    assert "hunter2" not in everything.replace("reveal_='hunter2'", "")
    assert bench.messages(EventKind.PROGRESS) == ["using (secret token)"]


def test_an_earlier_run_is_taken_over() -> None:
    bench = Bench()
    found = Observed(at("jobs.j"), "j-1", properties={}, attributes={"duration_s": 48})
    result = bench.one(row("run", "jobs.j", after="j-1", reused=found))
    assert (result.outcome, result.revision) == (Outcome.REUSED, "j-1")
    assert bench.calls() == []
    assert bench.store.applied[at("jobs.j")].duration_s == 48


@pytest.mark.parametrize(("recorded", "expected"), [("", 12.5), (None, None)])
def test_taking_over_takes_no_time_of_its_own(recorded: str | None, expected: float | None) -> None:
    bench = Bench()
    found = Observed(at("compute.c"), "", properties={})
    change, target = row("update", "compute.c", recorded=recorded, reused=found)
    if target.applied is not None:
        target = replace(target, applied=replace(target.applied, duration_s=12.5))
    bench.one((change, target))
    assert bench.store.applied[at("compute.c")].duration_s == expected


def test_a_running_one_is_waited_for() -> None:
    bench = Bench()
    found = Observed(at("jobs.j"), "j-1", properties={}, health=Health.PROGRESSING)
    bench.backend.objects[at("jobs.j"), "j-1"] = found
    result = bench.one(row("run", "jobs.j", after="j-1", reused=found))
    assert result.outcome is Outcome.REUSED
    assert bench.calls() == ["wait jobs.j"]


def test_a_removal_takes_every_version_and_stops_what_runs() -> None:
    bench = Bench()
    change, target = row("delete", "jobs.j", recorded="", removal=Removal.ARCHIVE)
    done = Observed(at("jobs.j"), "j-1", properties={})
    running = Observed(at("jobs.j"), "j-2", properties={}, health=Health.PROGRESSING)
    bench.backend.objects = {(at("jobs.j"), each.revision): each for each in (done, running)}
    target = type(target)(desired=None, applied=target.applied, owned=(done, running), removal=Removal.ARCHIVE)
    assert bench.one((change, target)).outcome is Outcome.DELETED
    assert bench.calls() == ["delete jobs.j", "cancel jobs.j", "delete jobs.j"]
    assert all(each.archived for each in bench.backend.objects.values())


def test_what_is_gone_already_is_no_error() -> None:
    bench = Bench(Faults(before=fail_once(NotFound("gone"), "delete")))
    assert bench.one(row("delete", "compute.c", recorded="")).outcome is Outcome.DELETED


def test_a_removal_that_failed_keeps_the_record() -> None:
    bench = Bench(Faults(before=fail_once(Denied("no"), "delete")))
    assert bench.one(row("delete", "compute.c", recorded="")).outcome is Outcome.FAILED
    assert at("compute.c") in bench.store.applied


def test_a_replacement_that_stops_in_the_middle_is_a_create_for_the_next_plan() -> None:
    bench = Bench(Faults(before=fail_once(Denied("no"), "create")))
    result = bench.one(row("replace", "compute.c", recorded=""))
    assert result.outcome is Outcome.FAILED
    assert bench.store.applied == {}
    assert bench.journal() == {"delete compute.c": "deleted", "create compute.c": "failed"}


def test_a_replacement_whose_removal_fails_is_a_failure() -> None:
    bench = Bench(Faults(before=fail_once(Denied("no"), "delete")))
    result = bench.one(row("replace", "compute.c", recorded=""))
    assert (result.outcome, result.error) == (Outcome.FAILED, "no")
    assert "create compute.c" not in bench.calls()


SIZE = FieldChange(path=("size",), applied=1, desired=2, observed=1, action=Action.UPDATE, reason=Reason(Cause.CHANGED))


@pytest.mark.parametrize(
    ("health", "packed", "fields", "sent", "why"),
    [
        (Health.PROGRESSING, fingerprint("a").pack(), (), False, "started by an apply that was stopped: adopted"),
        (Health.PROGRESSING, fingerprint("a").pack(), (SIZE,), True, "others changed it meanwhile"),
        (Health.PROGRESSING, fingerprint("b").pack(), (), True, "something else is under way"),
        (Health.DEGRADED, fingerprint("a").pack(), (), True, "it failed: tried again"),
        (Health.HEALTHY, fingerprint("a").pack(), (), True, "its tests failed: tried again"),
    ],
)
def test_what_is_under_way_is_not_started_twice(
    health: Health, packed: str, fields: tuple[FieldChange, ...], sent: bool, why: str
) -> None:
    bench = Bench()
    live = Observed(at(BLUE), "", properties={}, fingerprint=packed, health=health)
    change, target = row("update", BLUE, recorded="", live=live, checks=(CHECK,))
    assert bench.one((replace(change, fields=fields), target)).outcome is Outcome.UPDATED
    expected = [f"update {BLUE}"] if sent else []
    assert bench.calls() == [*expected, f"wait {BLUE}", f"score {E}"], why


def test_an_update_of_what_was_not_seen_is_a_create() -> None:
    bench = Bench()
    change, target = row("update", "compute.c", recorded="")
    assert (
        bench.one((change, type(target)(desired=target.desired, resolved=target.resolved))).outcome is Outcome.UPDATED
    )
    assert bench.calls() == ["create compute.c"]


def test_a_plan_that_does_not_say_how_is_a_failure() -> None:
    bench = Bench()
    change, target = row("create", "compute.c")
    assert bench.one((change, type(target)(desired=None))).code == "Invalid"


def test_checks_go_to_the_deployment_first_and_through_the_traffic_later() -> None:
    bench = Bench()
    report = bench.apply(
        row("create", E), row("create", BLUE, E, checks=(CHECK,)), row("create", TRAFFIC, BLUE, checks=(CHECK,))
    )
    assert [(str(endpoint), request.deployment) for endpoint, request in bench.backend.scored] == [(E, "blue"), (E, "")]
    answers = {str(result.address): result.answers for result in report.results}
    assert [answer.problem for answer in (*answers[BLUE], *answers[TRAFFIC])] == ["", ""]


def test_a_bad_deployment_never_gets_traffic() -> None:
    bench = Bench()
    bench.backend.scores = lambda endpoint, request: ScoringAnswer("http://127.0.0.1/e", 200, '{"result": [true]}')
    report = bench.apply(row("create", BLUE, checks=(CHECK,)), row("create", TRAFFIC, BLUE, checks=(CHECK,)))
    blue, traffic = report.results
    assert (blue.outcome, traffic.outcome) == (Outcome.FAILED, Outcome.SKIPPED)
    assert "lives" in blue.error
    assert blue.answers[0].problem
    assert BLUE in traffic.error
    assert bench.store.applied[at(BLUE)].tainted, "the next plan tries again"
    assert at(TRAFFIC) not in bench.store.applied


def test_a_connection_that_drops_is_no_failed_check() -> None:
    bench = Bench(Faults(before=fail_once(Transient("connection reset"), "score", times=2)))
    assert bench.one(row("create", BLUE, checks=(CHECK,))).outcome is Outcome.CREATED


def test_what_failed_takes_along_what_depends_on_it_and_nothing_else() -> None:
    bench = Bench(Faults(before=fail_once(Denied("no"), "create", "compute.c")))
    outcomes = bench.outcomes(
        row("create", "compute.c"),
        row("run", "jobs.j", "compute.c", after="j"),
        row("revise", "models.m", "jobs.j", after="1"),
        row("revise", "data.d", after="1"),
        row("run", "jobs.k", "data.d", after="k"),
    )
    assert outcomes == {
        "compute.c": "failed",
        "jobs.j": "skipped",
        "models.m": "skipped",
        "data.d": "revised",
        "jobs.k": "ran",
    }
    results = {event.result.address: event.result for event in bench.events if event.result}
    assert all("compute.c" in results[at(each)].error for each in ("jobs.j", "models.m"))


def test_unfinished_intents_are_told_and_stay_open_until_answered() -> None:
    bench = Bench(Faults(before=fail_once(Denied("no"), "create", "compute.b")))
    for name in "abcd":
        address = at(f"compute.{name}")
        intent = Intent(f"create {address}", address, Verb.CREATE, "key", "")
        bench.store.journal.append({"intent": intent, "serial": 0, "outcome": None, "error": ""})
    bench.apply(row("create", "compute.a"), row("create", "compute.b"), row("noop", "compute.c"))
    assert len(bench.messages(EventKind.NOTICE)) == 4
    old = {entry["intent"].step: entry["outcome"] for entry in bench.store.journal[:4]}
    assert old == {
        "create compute.a": "superseded",
        "create compute.b": None,
        "create compute.c": "superseded",
        "create compute.d": None,
    }


@pytest.mark.parametrize(("serial", "lineage"), [(5, ""), (0, "another")])
def test_a_plan_made_from_another_state_is_refused_before_any_effect(serial: int, lineage: str) -> None:
    bench = Bench()
    plan = plan_of(row("create", "compute.c"), serial=serial, lineage=lineage)
    with pytest.raises(StateError) as error:
        apply(plan, bench.backend, bench.store, KINDS, bench.options)
    assert error.value.code == "plan-outdated"
    assert bench.calls() == []


def test_results_come_sorted_with_the_serial() -> None:
    bench = Bench()
    bench.store.serial = 4
    report = bench.apply(*(row("create", f"compute.{name}") for name in "zyxab"))
    assert [result.address.name for result in report.results] == list("abxyz")
    assert (report.serial, report.interrupted, report.failed) == (5, False, False)


def test_stopped_by_a_person_while_waiting_is_neither_good_nor_failed() -> None:
    bench = Bench(Faults(before=fail_once(Cancelled("stopped"), "wait")))
    report = bench.apply(row("run", "jobs.j", after="j"), row("revise", "models.m", "jobs.j", after="1"))
    assert [result.outcome for result in report.results] == [Outcome.LEFT_RUNNING, Outcome.CANCELLED]
    assert report.interrupted
    assert based(plan_of(), bench.store).base.serial == 1
