"""Send an endpoint's tests and judge the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.core.errors import BackendError, Cancelled
from orchestrator.core.ports import ScoringAnswer, ScoringRequest
from orchestrator.core.resource import Check
from orchestrator.core.run import CheckResult

LONGEST_BODY = 2_000
_LONGEST_SHOWN = 200

Score = Callable[[ScoringRequest], ScoringAnswer]


def verify(checks: tuple[Check, ...], deployment: str, score: Score) -> tuple[CheckResult, ...]:
    """Send each check and compare what comes back.

    Args:
        deployment: the deployment to address; empty means through the endpoint's traffic.
        score: sends a request.

    Returns:
        One result a check, in order; `CheckResult.problem` says why one failed.

    Raises:
        Cancelled: aborted meanwhile.
    """
    return tuple(_verify(check, deployment, score) for check in checks)


def _verify(check: Check, deployment: str, score: Score) -> CheckResult:
    try:
        answer = score(ScoringRequest(check.body, deployment, check.headers, check.timeout_s))
    except Cancelled:
        raise
    except BackendError as error:
        return CheckResult(
            name=check.name, url="", deployment=deployment, status=0, body="", problem=f"no answer: {error.detail}"
        )
    problem = judge(check, answer)
    return CheckResult(
        name=check.name,
        url=answer.url,
        deployment=deployment,
        status=answer.status,
        body=answer.body[:LONGEST_BODY],
        problem=problem,
    )


def judge(check: Check, answer: ScoringAnswer) -> str:
    """Why an answer is not the expected one, in words; empty if it is."""
    if answer.status != check.status:
        return f"expected status {check.status}, got {answer.status}: {_shown(answer.body)}"
    if not check.has_expect:
        return ""
    try:
        body = json.loads(answer.body)
    except ValueError:
        return f"expected JSON, got {_shown(answer.body)}"
    matches = contains if check.match == "subset" else same
    if matches(check.expect, body):
        return ""
    return f"expected {_shown(json.dumps(check.expect))}, got {_shown(answer.body)}"


def same(expected: Any, got: Any) -> bool:
    """Whether two JSON values are equal. Numbers count by value, so 1 is 1.0; true is no number."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        return expected.keys() == got.keys() and all(same(expected[key], got[key]) for key in expected)
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(same, expected, got))
    return bool(isinstance(expected, bool) is isinstance(got, bool) and expected == got)


def contains(expected: Any, got: Any) -> bool:
    """Whether every expected member is in the answer; lists are compared item by item."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        return all(key in got and contains(expected[key], got[key]) for key in expected)
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(contains, expected, got))
    return same(expected, got)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…"
