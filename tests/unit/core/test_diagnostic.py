"""Problems: order and nearest names."""

from __future__ import annotations

import pytest

from orchestrator.core.diagnostic import Diagnostic, Severity, SpecError, did_you_mean, nearest
from orchestrator.core.span import Span


def problem(code: str, line: int | None) -> Diagnostic:
    subject = Span("s.yaml", line, 1, line, 2) if line else None
    return Diagnostic(Severity.ERROR, code, summary="summary", detail="detail", subject=subject)


def test_problems_are_told_in_the_order_of_the_file() -> None:
    error = SpecError([problem("b", 9), problem("a", 9), problem("c", 2), problem("d", None)])
    assert [d.code for d in error.diagnostics] == ["d", "c", "a", "b"]
    assert "c: detail" in str(error)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("max_instance", "max_instances"), ("MAX_INSTANCES", "max_instances"), ("colour", None)],
)
def test_the_nearest_name_is_offered_only_if_it_is_near(typed: str, meant: str | None) -> None:
    assert nearest(typed, ["max_instances", "size"]) == meant


def test_a_fix_without_a_near_name_says_what_the_caller_says() -> None:
    assert did_you_mean("siz", ["size"]) == "Did you mean 'size'?"
    assert did_you_mean("zzz", ["size"], "Remove it.") == "Remove it."
