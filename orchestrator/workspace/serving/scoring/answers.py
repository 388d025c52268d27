"""What a scoring server answers, and how the results of model code become JSON."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON_TYPE = "application/json"


@dataclass(frozen=True)
class Answer:
    """An HTTP answer.

    Attributes:
        headers: besides content type and length.
    """

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()


class Rejected(Exception):
    """The request cannot be answered; the text goes to the caller.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def problem(status: int, code: str, message: str) -> Answer:
    """An answer that says what went wrong."""
    text = json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False)
    return Answer(status, text.encode(errors="backslashreplace"))


def answer_of(result: Any) -> Answer:
    """Turn what ``run()`` returned into an answer.

    Text that is JSON goes out as it is, other text as a JSON string. Arrays, frames and scalars of numpy and pandas become
    plain JSON. A response object (``get_data()``, ``status_code``, ``headers``, as Flask's and ``AMLResponse`` have) decides for itself.

    Raises:
        Rejected: the result has no JSON form.
    """
    if isinstance(result, Answer):
        return result
    if hasattr(result, "get_data") and hasattr(result, "status_code"):
        return _of_response(result)
    if isinstance(result, (bytes, bytearray)):
        return Answer(200, bytes(result), JSON_TYPE if _is_json(result) else "application/octet-stream")
    if isinstance(result, str) and _is_json(result):
        return Answer(200, result.encode())
    try:
        return Answer(200, json.dumps(result, default=_plain, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError) as error:
        raise Rejected(
            500, f"run() returned {type(result).__name__}, which cannot be written as JSON: {error}"
        ) from error


def _of_response(response: Any) -> Answer:
    headers = [(str(name), str(value)) for name, value in dict(response.headers).items()]
    kept = tuple((n, v) for n, v in headers if n.lower() not in _FRAMING and _one_line(n) and _one_line(v))
    kind = next((value for name, value in headers if name.lower() == "content-type" and _one_line(value)), JSON_TYPE)
    body = response.get_data()
    return Answer(int(response.status_code), body.encode() if isinstance(body, str) else bytes(body), kind, kept)


_FRAMING = frozenset({"content-type", "content-length", "transfer-encoding", "connection"})


def _one_line(text: str) -> bool:
    return "\r" not in text and "\n" not in text


def _is_json(text: str | bytes | bytearray) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _plain(value: Any) -> Any:
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return value.to_dict(orient="records")
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "item"):
        return value.item()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
