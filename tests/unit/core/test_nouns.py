"""Small promises of the nouns."""

from __future__ import annotations

from orchestrator.core.address import Address
from orchestrator.core.change import ABSENT, Action, Change
from orchestrator.core.errors import UnsupportedSetup
from orchestrator.core.plan import Plan, PlanBase
from orchestrator.kinds import discover


def test_absent_is_nothing_and_says_so() -> None:
    assert not ABSENT
    assert repr(ABSENT) == "(absent)"


def test_what_is_missing_on_the_machine_comes_with_the_command() -> None:
    error = UnsupportedSetup("no azure", fix="pip install it")
    assert (str(error), error.detail, error.fix) == ("no azure", "no azure", "pip install it")


def test_a_plan_counts_each_change_once() -> None:
    def change(number: int, action: Action, *, orphaned: bool = False) -> Change:
        return Change(address=Address("data", f"d{number}"), action=action, reasons=(), orphaned=orphaned)

    actions = [Action.CREATE, Action.REVISE, Action.RUN, Action.UPDATE, Action.REPLACE, Action.DELETE, Action.FORGET]
    changes = [change(number, action) for number, action in enumerate([*actions, Action.NOOP])]
    plan = Plan(
        project="p", target="", base=PlanBase("", 0, "", ""), changes=(*changes, change(9, Action.NOOP, orphaned=True))
    )
    assert plan.summary() == {
        "create": 1, "update": 1, "revise": 1, "run": 1, "replace": 1,
        "delete": 1, "forget": 1, "unchanged": 1, "orphaned": 1,
    }  # fmt: skip


def test_kinds_without_runs_have_no_unnamed_outputs() -> None:
    kinds = discover()
    assert kinds["data"].unnamed_outputs("uri_file") == ()
    assert "best_model" in kinds["jobs"].unnamed_outputs("automl.regression")
