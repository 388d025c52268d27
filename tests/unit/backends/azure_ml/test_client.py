"""The bounds on calls, and who shares an answer. No service, no client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from orchestrator.backends.azure.client import CONCURRENT_CALLS, Client
from orchestrator.backends.azure.connection import Connection
from orchestrator.backends.azure.drivers.endpoint_reads import SharedCalls
from orchestrator.backends.azure.hosts import trusted_hosts
from orchestrator.backends.azure.sessions import Sessions
from orchestrator.core.errors import Invalid, NotFound

pytest.importorskip("azure.identity")


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client(Connection("s", "g", "w"))
    client._ml = object()
    client._sessions = Sessions("", 1, trusted_hosts("public", ()))
    yield client
    client.close()


def test_no_more_requests_than_the_bound_wait_for_their_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, using = 0, 0, threading.Lock()
    full = threading.Barrier(CONCURRENT_CALLS, timeout=20)

    def answered(adapter: HTTPAdapter, request: Any) -> Response:
        nonlocal inside, most
        with using:
            inside += 1
            most = max(most, inside)
        full.wait()
        with using:
            inside -= 1
        response = Response()
        response.status_code = 200
        return response

    monkeypatch.setattr(HTTPAdapter, "send", answered)
    sessions = Sessions("", CONCURRENT_CALLS, trusted_hosts("public", ()))
    adapter = sessions._session.get_adapter("https://management.azure.com")
    with ThreadPoolExecutor(3 * CONCURRENT_CALLS) as pool:
        list(pool.map(lambda number: adapter.send(PreparedRequest()), range(3 * CONCURRENT_CALLS)))
    sessions.close()
    assert most == CONCURRENT_CALLS


def test_answers_come_in_the_order_of_the_questions(client: Client) -> None:
    assert client.each(lambda number: client.read("read", lambda ml: number * 2), range(20)) == list(range(0, 40, 2))


def test_an_error_of_ours_comes_through_and_any_other_is_translated(client: Client) -> None:
    def missing(ml: Any) -> None:
        raise NotFound("gone")

    def broken(ml: Any) -> None:
        raise AttributeError("'NoneType' object has no attribute 'lower'")

    with pytest.raises(NotFound, match="gone"):
        client.read("read", missing)
    with pytest.raises(Invalid, match="azure-ai-ml failed with AttributeError"):
        client.write("create compute.cpu", broken)


class Key:
    """A key that tells when somebody looks for it."""

    def __init__(self) -> None:
        self.looked_for = threading.Event()

    def __hash__(self) -> int:
        self.looked_for.set()
        return 1


def test_equal_calls_that_overlap_happen_once_and_nothing_is_kept() -> None:
    shared, key = SharedCalls(), Key()
    under_way = threading.Event()

    def slow() -> str:
        key.looked_for.clear()
        under_way.set()
        assert key.looked_for.wait(10)
        return "answer"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shared.call, key, slow)
        assert under_way.wait(10)
        second = pool.submit(shared.call, key, lambda: "not asked for")
        assert (first.result(10), second.result(10)) == ("answer", "answer")
    assert shared.call(key, lambda: "fresh") == "fresh"


def test_whoever_waits_shares_the_error_too() -> None:
    shared = SharedCalls()

    def refused() -> None:
        raise NotFound("gone")

    for _ in range(2):
        with pytest.raises(NotFound):
            shared.call("endpoints", refused)
