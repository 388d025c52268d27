from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.core.errors import Cancelled, Transient
from orchestrator.core.ports import ScoringAnswer, ScoringRequest
from orchestrator.core.resource import Check
from orchestrator.execution.verify import LONGEST_BODY, contains, judge, same, verify

DEEP = {"a": [1, {"b": "x"}], "c": None}


@pytest.mark.parametrize(
    ("expected", "got", "equal", "subset", "why"),
    [
        (DEEP, DEEP, True, True, "the same"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True, True, "order of keys means nothing"),
        ([1, 2], [2, 1], False, False, "order of items does"),
        (1, 1.0, True, True, "numbers count by value"),
        (1, True, False, False, "true is no number"),
        (0, False, False, False, "nor is false"),
        (True, True, True, True, "true is true"),
        ([False], [0], False, False, "in a list too"),
        (None, False, False, False, "nothing is not false"),
        ({"a": 1}, {"a": 1, "b": 2}, False, True, "members that nobody asked for"),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}, False, True, "deeper down"),
        ([{"a": 1}], [{"a": 1, "b": 2}], False, True, "inside lists"),
        ([{"a": 1}], [{"a": 1}, {"a": 1}], False, False, "more items than expected"),
        ({"a": 1}, {"b": 1}, False, False, "a member is missing"),
        ({"a": 1}, [1], False, False, "another shape"),
        ([1], {"a": 1}, False, False, "another shape"),
        ("1", 1, False, False, "text is no number"),
    ],
)
def test_comparison(expected: Any, got: Any, equal: bool, subset: bool, why: str) -> None:
    assert same(expected, got) is equal, why
    assert contains(expected, got) is subset, why


def answer(body: str, status: int = 200) -> ScoringAnswer:
    return ScoringAnswer("http://127.0.0.1/e", status, body)


@pytest.mark.parametrize(
    ("check", "got", "words"),
    [
        (Check("t", body="{}"), answer("anything"), []),
        (Check("t", body="{}"), answer("boom", 500), ["expected status 200", "500", "boom"]),
        (Check("t", body="{}", status=400), answer("bad", 400), []),
        (Check("t", body="{}", expect=[False], has_expect=True), answer("[false]"), []),
        (Check("t", body="{}", expect=None, has_expect=True), answer("null"), []),
        (Check("t", body="{}", expect=None, has_expect=True), answer("1"), ["expected null", "got 1"]),
        (Check("t", body="{}", expect=[False], has_expect=True), answer("[true]"), ["[false]", "[true]"]),
        (Check("t", body="{}", expect=[False], has_expect=True), answer("<html>"), ["expected JSON", "<html>"]),
        (Check("t", body="{}", expect={"a": 1}, has_expect=True, match="subset"), answer('{"a": 1, "b": 2}'), []),
        (Check("t", body="{}", expect={"a": 1}, has_expect=True), answer('{"a": 1, "b": 2}'), ["expected", "got"]),
    ],
)
def test_judgement(check: Check, got: ScoringAnswer, words: list[str]) -> None:
    problem = judge(check, got)
    assert bool(problem) is bool(words)
    assert all(word in problem for word in words)


def test_each_check_is_sent_as_it_is_written() -> None:
    sent: list[ScoringRequest] = []

    def score(request: ScoringRequest) -> ScoringAnswer:
        sent.append(request)
        return answer(json.dumps("x" * 5_000))

    check = Check("t", body='{"input": 1}', headers=(("x-tag", "1"),), timeout_s=3.0)
    (result,) = verify((check,), "blue", score)
    assert sent == [ScoringRequest('{"input": 1}', "blue", (("x-tag", "1"),), 3.0)]
    assert (result.name, result.deployment, result.status, result.problem) == ("t", "blue", 200, "")
    assert len(result.body) == LONGEST_BODY


def test_no_answer_fails_one_check_and_the_others_go_on() -> None:
    def score(request: ScoringRequest) -> ScoringAnswer:
        if request.body == "1":
            raise Transient("connection refused")
        return answer("ok")

    first, second = verify((Check("one", body="1"), Check("two", body="2")), "", score)
    assert (first.status, first.problem) == (0, "no answer: connection refused")
    assert second.problem == ""


def test_stopping_is_no_failed_check() -> None:
    def score(request: ScoringRequest) -> ScoringAnswer:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        verify((Check("one", body="1"),), "", score)


def test_a_long_answer_is_cut_in_messages() -> None:
    assert len(judge(Check("t", body="{}"), answer("x" * 5_000, 500))) < 300
