"""Requests that an endpoint must answer, from the ``tests`` of its body."""

from __future__ import annotations

import json
from typing import Any, Final

from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.resource import Check
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, LocatedList
from orchestrator.spec.body_problems import error
from orchestrator.spec.draft import Draft
from orchestrator.spec.local_files import LocalFileReader
from orchestrator.spec.plainness import has_unknown, not_plain

_FIX: Final = "Use plain values; the endpoint key is sent automatically."


def read_checks(draft: Draft, files: LocalFileReader, *, look: bool) -> tuple[tuple[Check, ...], list[Diagnostic]]:
    """Read the tests of a validated body.

    Args:
        draft: of a kind that has checks: the endpoint.
        files: knows where relative paths start.
        look: read request files; without it their requests are empty.

    Returns:
        The checks, and every mistake.
    """
    written = draft.body.get(draft.kind.checks_field)
    checks: list[Check] = []
    problems: list[Diagnostic] = []
    if not isinstance(written, LocatedList):
        return (), []
    for number, test in enumerate(written):
        span = written.value_span(number)
        special = not_plain(
            draft.address, draft.body, (draft.kind.checks_field, number), code="invalid-request", fix=_FIX
        )
        problems.extend(special)
        if special or not isinstance(test, LocatedDict) or not _well_formed(test) or has_unknown(test):
            continue  # validation says so, or whoever could not resolve an expression
        body, problem = _body(draft, test["request"], files, look=look)
        if problem is not None:
            problems.append(problem)
        else:
            checks.append(_check(test, body, str(test.get("name") or f"test {number + 1}"), span))
    return tuple(checks), problems


def _well_formed(test: LocatedDict) -> bool:
    parts = all(isinstance(test.get(part) or {}, dict) for part in ("expect", "headers"))
    return parts and isinstance(test.get("request"), LocatedDict) and isinstance(test.get("timeout") or 1, int | float)


def _check(test: LocatedDict, body: str, name: str, span: Span) -> Check:
    expect = test.get("expect") or {}
    return Check(
        name=name,
        body=body,
        headers=tuple((key, _header(value)) for key, value in (test.get("headers") or {}).items()),
        status=expect.get("status") or 200,
        expect=_plain(expect.get("json")),
        has_expect="json" in expect,
        match=expect.get("match") or "equal",
        timeout_s=float(test.get("timeout") or 30.0),
        span=span,
    )


def _body(draft: Draft, request: LocatedDict, files: LocalFileReader, *, look: bool) -> tuple[str, Diagnostic | None]:
    given = [key for key in ("file", "json", "text") if key in request]
    span = Span(*request.mark)
    if len(given) != 1:
        detail = (
            f"A test request of {draft.address} requires exactly one of 'file', 'json' and 'text'; got {len(given)}."
        )
        return "", error("invalid-request", detail, "Write 'request: {file: request.json}'.", span, draft.address)
    if given[0] == "json":
        return json.dumps(_plain(request["json"]), ensure_ascii=False), None
    if given[0] == "text":
        return str(request["text"]), None
    return _file(draft, str(request["file"]), request.value_span("file"), files) if look else ("", None)


def _file(draft: Draft, text: str, span: Span, files: LocalFileReader) -> tuple[str, Diagnostic | None]:
    path = files.path(text, span)
    missing = files.missing(text, path, span, draft.address)
    if missing is not None:
        return "", missing
    try:
        body = read_plain_text(path)
        json.loads(body)
    except (UnicodeDecodeError, json.JSONDecodeError) as failure:
        detail = f"The request '{text}' of {draft.address} is not JSON: {failure}."
        return "", error("invalid-request", detail, "Correct the file, or send it as 'text'.", span, draft.address)
    except OSError as failure:
        detail = f"The request '{text}' of {draft.address} cannot be read: {failure.strerror}."
        return "", error("unreadable-file", detail, "Make the file readable.", span, draft.address)
    return body, None


def _plain(value: Any) -> Any:
    """Without positions, so that records hold ordinary containers."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _header(value: Any) -> str:
    return "true" if value is True else "false" if value is False else str(value)
