"""Sentences for reasons, and that nothing else has any."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change, FieldChange
from orchestrator.core.reason import Cause, Culprit, CulpritKind, Reason, because
from orchestrator.report.reasons import SENTENCES, change_reason, field_reason

ROOT = Path(__file__).parents[3] / "orchestrator"
CHANGE = Change(address=Address("data", "a"), action=Action.UPDATE, reasons=(Reason(Cause.NEW),))
FIELD = FieldChange(path=("size",), applied=1, desired=1, observed=2, action=Action.UPDATE, reason=Reason(Cause.DRIFT))
MANY = tuple(Culprit(CulpritKind.FILE, name) for name in "abcde")


def test_every_cause_has_a_sentence_whatever_its_culprits() -> None:
    assert set(SENTENCES) == set(Cause)
    for cause in Cause:
        said = change_reason(replace(CHANGE, reasons=(Reason(cause, MANY),)))
        assert said and "{" not in said, cause
        assert said == said.strip()


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ([Reason(Cause.CONTENT, MANY)], "content: a, b, c and 2 more"),
        (
            [because(Cause.CONTENT, CulpritKind.ADDED_FILE, "{x}"), because(Cause.UPSTREAM, CulpritKind.EXTERNAL, "azureml:y")],
            "content: {x} (added); upstream: azureml:y",
        ),
        ([because(Cause.DRIFT, CulpritKind.FIELD, "size", "gone")], "drift: size 1 → 2, gone"),
        ([Reason(Cause.DELETED_OUTSIDE)], "drift: deleted outside"),
        ([because(Cause.DELETED_OUTSIDE, CulpritKind.RUN, "r-1")], "drift: run r-1 deleted outside"),
        ([Reason(Cause.MANUAL), Reason(Cause.OTHER_CONTENT)], "manual: select it by name to run it again (content: changed)"),
        (
            [because(Cause.RENAMED, CulpritKind.RESOURCE, "data.b"), Reason(Cause.FORMER_STAYS)],
            "renamed: was data.b, which stays (on_removal: keep)",
        ),
        (
            [Reason(Cause.LEFT_SPEC), because(Cause.ADOPTED_STAYS, CulpritKind.VERSION, "1", "2")],
            "removed from the spec; 1, 2 adopted, not created by this project, so it is kept",
        ),
    ],
)  # fmt: skip
def test_sentences_of_a_change(reasons: list[Reason], said: str) -> None:
    assert change_reason(replace(CHANGE, reasons=tuple(reasons), fields=(FIELD,))) == said


def test_sentences_of_a_field() -> None:
    rule = because(Cause.IMMUTABLE, CulpritKind.RULE, "fixed at creation")
    assert field_reason(replace(FIELD, reason=rule)) == "immutable: fixed at creation"
    assert field_reason(FIELD) == "drift"


def test_a_reason_in_short_is_its_data() -> None:
    assert str(because(Cause.IMMUTABLE, CulpritKind.FIELD, "size", "tier")) == "immutable: size, tier"
    assert str(Reason(Cause.DRIFT)) == "drift"


def _called(call: ast.Call) -> str:
    return (
        call.func.id
        if isinstance(call.func, ast.Name)
        else call.func.attr
        if isinstance(call.func, ast.Attribute)
        else ""
    )


def test_planning_has_no_sentences_for_reasons() -> None:
    """What becomes a reason there has a cause; texts are names only."""
    makers = {"Reason", "because", "Culprit", "Verdict", "FieldChange", "Change", "change"}
    found = []
    for path in sorted((ROOT / "planning").rglob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            if _called(call) in makers:
                texts = [n.value for n in ast.walk(call) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
                texts += ["an f-string" for n in ast.walk(call) if isinstance(n, ast.JoinedStr)]
                found += [f"{path.name}:{call.lineno}: {text}" for text in texts if " " in text or ":" in text]
    assert found == []


def test_nobody_decides_by_the_text_of_a_reason() -> None:
    """Neither by comparing it nor by looking inside."""
    text = r"(\w*_reason\(\w+\)|\breason|\bcause|\bnote)"
    reads = re.compile(rf"{text}(\.(startswith|endswith|split)\(| (==|!=) f?[\"'][^\"']*[ :])|[\"'] in \w+\.reason\b")
    found = []
    for stage in ("planning", "execution", "reconcile", "report", "engine"):
        for path in sorted((ROOT / stage).rglob("*.py")):
            lines = enumerate(path.read_text().splitlines(), 1)
            found += [f"{path.name}:{number}: {line.strip()}" for number, line in lines if reads.search(line)]
    assert found == []
