"""What a scoring server answers.

The rules, the texts and the headers are those of azureml-inference-server-http 1.5.1, so that a script that works here works on
Azure and one that fails there fails here. `tests/e2e/test_scoring_reference.py` runs both side by side.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

JSON_TYPE = "application/json"
HTML_TYPE = "text/html; charset=utf-8"

RUN_FAILED_HEADER = "x-ms-run-function-failed"
DURATION_HEADER = "x-ms-run-fn-exec-ms"

RUN_FAILED = "An unexpected error occurred in scoring script. Check the logs for more info."
"""What the caller reads when run() raised. What it raised is for the deployment's log only."""
INTERNAL_ERROR = "An unexpected internal error occurred. Check the logs for more info."
"""What the caller reads when the result has no JSON form."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer.

    Attributes:
        content_type: empty for none.
        headers: besides content type and length.
    """

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()

    def with_header(self, name: str, value: str) -> Answer:
        """The same with one more header."""
        return replace(self, headers=(*self.headers, (name, value)))


class Rejected(Exception):
    """The request cannot be answered; the text goes to the caller.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def message(status: int, text: str, *, run_failed: bool = False) -> Answer:
    """An answer that says what went wrong.

    Args:
        run_failed: model code is the cause, not the request.
    """
    return _json(status, {"message": text}, run_failed=run_failed)


def empty() -> Answer:
    """The answer to OPTIONS."""
    return Answer(200, b"", HTML_TYPE, ((RUN_FAILED_HEADER, "False"),))


def json_answer(result: Any) -> Answer:
    """The answer for what ``run()`` returned: its JSON. None becomes ``{}``; text becomes a JSON string, even if it is JSON itself.

    Raises:
        Exception: the result has no JSON form, as arrays, frames, numpy scalars, sets, dates and bytes have none.
    """
    return _json(200, {} if result is None else result)


def _json(status: int, content: Any, *, run_failed: bool = False) -> Answer:
    return Answer(status, json.dumps(content).encode(), JSON_TYPE, ((RUN_FAILED_HEADER, str(run_failed)),))
