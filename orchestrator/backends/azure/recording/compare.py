"""How an answer of ours differs in shape from a recorded one: status, codes, members, types and the case of enumerations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.backends.azure.recording.files import Recording
from orchestrator.backends.azure.recording.step import Place, Reply, Send

_FREE: Final = frozenset(
    {"tags", "services", "traffic", "mirrorTraffic", "environmentVariables", "details", "innererror"}
)
"""Members whose own members are names that somebody chose, or that differ from answer to answer."""

_OPERATION: Final = ("azure-asyncoperation", "location")
"""Headers by which clients follow an operation."""


def differences(recording: Recording, place: Place, send: Send) -> list[str]:
    """Send a recorded request to a workspace of ours, and tell how the answer differs. Texts and numbers are not compared.

    Args:
        place: that workspace. Requests of one round must be sent in their order.
    """
    ours = send(recording.method, place.address(recording.path), recording.query, place.filled(recording.body))
    found = list(_replies("answer", recording.answer, ours))
    if recording.settled is not None and ours.taken:
        query = {"api-version": place.api_version}
        found += _replies("settled", recording.settled, send("GET", place.address(recording.path), query, None))
    return found


def _replies(where: str, theirs: Reply, ours: Reply) -> Iterator[str]:
    if theirs.status != ours.status:
        yield f"{where}: status {ours.status} instead of {theirs.status}"
    if theirs.taken != ours.taken:
        return
    if not theirs.taken:
        codes = [_code(reply) for reply in (theirs, ours)]
        if codes[0] != codes[1]:
            yield f"{where}: code {codes[1]} instead of {codes[0]}"
        return
    for name in _OPERATION:
        if (name in theirs.headers) != (name in ours.headers):
            yield f"{where}: header {name} is {'missing' if name in theirs.headers else 'not of the service'}"
    yield from _trees(where, theirs.body, ours.body)


def _code(reply: Reply) -> str:
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    return str(error.get("code")) if isinstance(error, dict) else "no envelope"


def _trees(where: str, theirs: Any, ours: Any) -> Iterator[str]:
    if theirs is None or ours is None:  # whether something is told as null or not at all is not compared
        return
    if _sort(theirs) != _sort(ours):
        yield f"{where}: {_sort(ours)} instead of {_sort(theirs)}"
    elif isinstance(theirs, Mapping) and where.rpartition(".")[2] not in _FREE:
        yield from _members(where, theirs, ours)
    elif isinstance(theirs, list) and theirs and ours:
        yield from _trees(f"{where}[]", theirs[0], ours[0])
    elif isinstance(theirs, str) and theirs != ours and theirs.lower() == str(ours).lower():
        yield f"{where}: '{ours}' is not the service's spelling '{theirs}'"


def _members(where: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*theirs, *ours}):
        if name not in ours and theirs[name] is not None:
            yield f"{where}.{name}: missing"
        elif name not in theirs and ours[name] is not None:
            yield f"{where}.{name}: not the service's"
        else:
            yield from _trees(f"{where}.{name}", theirs.get(name), ours.get(name))


def _sort(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
