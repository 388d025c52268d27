"""The supervisor's few calls to MLflow: what is sent, and what refusals become."""

from __future__ import annotations

import pytest

from orchestrator.core.errors import Failed, Transient
from orchestrator.workspace.tracking.client import TrackingClient, _parsed


def test_an_answer_is_read() -> None:
    assert _parsed(200, '{"run": {}}', "/runs/get", "") == {"run": {}}
    assert _parsed(200, "", "/runs/update", "") == {}


def test_an_expected_refusal_is_an_answer() -> None:
    text = '{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no"}'
    assert _parsed(404, text, "/x", "RESOURCE_DOES_NOT_EXIST")["message"] == "no"


@pytest.mark.parametrize(
    ("status", "text", "message"),
    [
        (404, '{"error_code": "X", "message": "no such run"}', "refused /runs/get: no such run"),
        (500, "<html>", "answered 500 without JSON"),
        (200, "[]", "answered 200 without JSON"),
    ],
)
def test_refusals(status: int, text: str, message: str) -> None:
    with pytest.raises(Failed, match=message):
        _parsed(status, text, "/runs/get?run_id=1", "")


def test_nobody_there_is_transient() -> None:
    with pytest.raises(Transient):
        TrackingClient("http://127.0.0.1:1").metrics("x")
