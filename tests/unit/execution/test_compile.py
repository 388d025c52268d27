from __future__ import annotations

import pytest

from orchestrator.core.resource import Observed
from orchestrator.core.run import Verb
from orchestrator.execution.compile import compile_steps
from tests.unit.execution.plans import KINDS, Row, plan_of, row

E = "online_endpoints.e"
BLUE, GREEN, TRAFFIC = f"{E}.deployments.blue", f"{E}.deployments.green", f"{E}.traffic"


def edges(*rows: Row) -> set[str]:
    """``later < earlier`` for every edge; also checks that the steps come in order."""
    steps = compile_steps(plan_of(*rows), KINDS)
    seen: set[str] = set()
    for step in steps:
        assert step.after <= seen, "a step stands before one that it waits for"
        seen.add(step.id)
    return {f"{step.id} < {earlier}" for step in steps for earlier in step.after}


@pytest.mark.parametrize(
    ("action", "verbs"),
    [
        ("create", [Verb.CREATE]),
        ("revise", [Verb.CREATE]),
        ("update", [Verb.UPDATE]),
        ("run", [Verb.RUN]),
        ("replace", [Verb.DELETE, Verb.CREATE]),
        ("delete", [Verb.DELETE]),
        ("forget", [Verb.FORGET]),
        ("noop", []),
    ],
)
def test_each_action_has_its_steps(action: str, verbs: list[Verb]) -> None:
    steps = compile_steps(plan_of(row(action, "compute.c", recorded="")), KINDS)
    assert [step.verb for step in steps] == verbs


@pytest.mark.parametrize("action", ["run", "revise", "update", "create"])
def test_what_exists_already_is_only_recorded(action: str) -> None:
    found = Observed(row("noop", "jobs.j")[0].address, "j-1", properties={})
    (step,) = compile_steps(plan_of(row(action, "jobs.j", reused=found)), KINDS)
    assert step.verb is Verb.REUSE


def test_the_key_is_the_same_for_the_same_content_and_another_for_other_content() -> None:
    def key(content: str) -> str:
        return compile_steps(plan_of(row("create", "compute.c", content=content)), KINDS)[0].key

    assert key("a") == key("a") != key("b")


TABLE: list[tuple[str, list[Row], set[str]]] = [
    (
        "what is made comes after what it depends on",
        [row("run", "jobs.j", "data.d compute.c"), row("revise", "data.d"), row("noop", "compute.c")],
        {"run jobs.j < create data.d"},
    ),
    (
        "a replacement deletes first, and dependants wait for the new one",
        [row("replace", "compute.c", recorded=""), row("run", "jobs.j", "compute.c", recorded="compute.c")],
        {"create compute.c < delete compute.c", "run jobs.j < create compute.c"},
    ),
    (
        "of two that are replaced, the dependant goes first and comes last",
        [row("replace", "compute.c", recorded=""), row("replace", "jobs.j", "compute.c", recorded="compute.c")],
        {
            "create compute.c < delete compute.c",
            "create jobs.j < delete jobs.j",
            "create jobs.j < create compute.c",
            "delete compute.c < delete jobs.j",
        },
    ),
    (
        "removals go against the recorded edges",
        [row("delete", "data.d", recorded=""), row("delete", "jobs.j", recorded="data.d")],
        {"delete data.d < delete jobs.j"},
    ),
    (
        "without a record, the plan says what a removed resource depended on",
        [row("delete", "data.d", recorded=""), row("delete", "jobs.j", "data.d")],
        {"delete data.d < delete jobs.j"},
    ),
    (
        "what nobody needs any more goes after the update of what needed it",
        [row("delete", "data.d", recorded=""), row("update", "jobs.j", recorded="data.d")],
        {"delete data.d < update jobs.j"},
    ),
    (
        "what is forgotten does not wait, and what it used waits for it only",
        [row("delete", "data.d", recorded=""), row("forget", "jobs.j", recorded="data.d")],
        {"delete data.d < forget jobs.j"},
    ),
    (
        "an endpoint is made from the outside in",
        [row("create", E), row("create", BLUE, E), row("create", TRAFFIC, f"{E} {BLUE}")],
        {f"create {BLUE} < create {E}", f"create {TRAFFIC} < create {BLUE}", f"create {TRAFFIC} < create {E}"},
    ),
    (
        "even if nobody wrote the edges down",
        [row("create", E), row("update", BLUE), row("create", TRAFFIC)],
        {f"update {BLUE} < create {E}", f"create {TRAFFIC} < update {BLUE}", f"create {TRAFFIC} < create {E}"},
    ),
    (
        "traffic leaves a deployment before that is removed",
        [row("create", GREEN, E), row("update", TRAFFIC, GREEN, recorded=BLUE), row("delete", BLUE, recorded=E)],
        {f"update {TRAFFIC} < create {GREEN}", f"delete {BLUE} < update {TRAFFIC}"},
    ),
    (
        "an endpoint is removed from the inside out",
        [
            row("delete", E, recorded=""),
            row("delete", BLUE, recorded=E),
            row("delete", TRAFFIC, recorded=f"{E} {BLUE}"),
        ],
        {f"delete {BLUE} < delete {TRAFFIC}", f"delete {E} < delete {BLUE}", f"delete {E} < delete {TRAFFIC}"},
    ),
    (
        "a replaced endpoint takes its deployments along: they are made again after it",
        [row("replace", E, recorded=""), row("create", BLUE, E, recorded=E)],
        {f"create {E} < delete {E}", f"create {BLUE} < create {E}"},
    ),
    (
        "a replaced deployment cannot wait for traffic that waits for it",
        [row("replace", BLUE, E, recorded=E), row("update", TRAFFIC, BLUE, recorded=BLUE)],
        {f"create {BLUE} < delete {BLUE}", f"update {TRAFFIC} < create {BLUE}"},
    ),
    (
        "what is made has the say where old and new order contradict each other",
        [
            row("replace", "compute.c", recorded=""),
            row("update", "data.w", "compute.c", recorded=""),
            row("update", "jobs.z", "data.w", recorded="compute.c"),
        ],
        {
            "create compute.c < delete compute.c",
            "update data.w < create compute.c",
            "update jobs.z < update data.w",
        },
    ),
    (
        "records of different ages may contradict each other: the first order wins",
        [row("delete", "data.a", recorded="data.b"), row("delete", "data.b", recorded="data.a")],
        {"delete data.b < delete data.a"},
    ),
    ("dependencies on what does not change are no edges", [row("run", "jobs.j", "data.gone")], set()),
]


@pytest.mark.parametrize(("why", "rows", "expected"), TABLE, ids=[why for why, _, _ in TABLE])
def test_order(why: str, rows: list[Row], expected: set[str]) -> None:
    assert edges(*rows) == expected


def test_one_queue_for_each_endpoint_and_none_for_the_rest() -> None:
    rows = [row("create", E), row("create", BLUE), row("create", TRAFFIC), row("create", "compute.c")]
    queues = {str(step.address): step.queue for step in compile_steps(plan_of(*rows), KINDS)}
    assert queues == {E: E, BLUE: E, TRAFFIC: E, "compute.c": ""}


def test_a_kind_that_is_not_known_any_more_can_still_be_removed() -> None:
    (step,) = compile_steps(plan_of(row("forget", "registries.r", recorded="")), KINDS)
    assert step.verb is Verb.FORGET
