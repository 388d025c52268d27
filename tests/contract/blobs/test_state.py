"""The state's blobs, through the real client of Azure storage: versions, leases, and answers that are lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orchestrator.backends.azure.blobs import TRIES, BlobObjects
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.connection import Connection
from orchestrator.core.errors import StateError
from orchestrator.state.objects import Moved, Stored
from tests.contract.blobs.conftest import Place

LEASE_S = 60


@pytest.fixture
def objects(place: Place) -> Iterator[BlobObjects]:
    connection = Connection("s", "g", "w", ca_file=str(place.certificate), retries=0, container_url=place.url)
    client = Client(connection)
    objects = BlobObjects(client, Moved, Stored)
    yield objects
    objects.close()
    client.close()


@pytest.fixture
def lose(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], list[str]]:
    """Lose the answers to the next calls of a method, after their effect. Returns the calls so far."""

    def losing(method: str, times: int = 1) -> list[str]:
        from azure.core.exceptions import ServiceResponseError
        from azure.storage.blob import BlobClient

        real = getattr(BlobClient, method)
        calls: list[str] = []

        def call(client: Any, *args: Any, **options: Any) -> Any:
            calls.append(method)
            answer = real(client, *args, **options)
            if len(calls) <= times:
                raise ServiceResponseError("The connection was closed.")
            return answer

        monkeypatch.setattr(BlobClient, method, call)
        return calls

    return losing


def test_a_write_needs_the_version_that_it_is_based_on(objects: BlobObjects, prefix: str) -> None:
    name = f"{prefix}/state.json"
    assert objects.read(name) is None
    first = objects.write(name, b"1", etag=None)
    with pytest.raises(Moved):
        objects.write(name, b"2", etag=None)
    second = objects.write(name, b"2", etag=first)
    with pytest.raises(Moved):
        objects.write(name, b"3", etag=first)
    assert objects.read(name) == Stored(b"2", second)


@pytest.mark.parametrize("new", [True, False], ids=["a new one", "a further one"])
def test_a_write_whose_answer_is_lost_is_known_by_its_content(
    objects: BlobObjects, prefix: str, lose: Callable[[str], list[str]], new: bool
) -> None:
    name = f"{prefix}/state.json"
    before = None if new else objects.write(name, b"1", etag=None)
    calls = lose("upload_blob")
    tag = objects.write(name, b"2", etag=before)
    assert len(calls) == 2
    assert objects.read(name) == Stored(b"2", tag)
    assert objects.write(name, b"3", etag=tag), "the tag is that of the blob"


def test_a_lost_write_is_not_taken_for_ours_if_another_came_after_it(
    objects: BlobObjects, prefix: str, container: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from azure.core.exceptions import ServiceResponseError
    from azure.storage.blob import BlobClient

    name = f"{prefix}/state.json"
    before = objects.write(name, b"1", etag=None)
    real = BlobClient.upload_blob

    def interrupted(client: Any, data: bytes, **options: Any) -> Any:
        monkeypatch.setattr(BlobClient, "upload_blob", real)
        real(client, data, **options)
        container.upload_blob(name, b"theirs", overwrite=True)
        raise ServiceResponseError("The connection was closed.")

    monkeypatch.setattr(BlobClient, "upload_blob", interrupted)
    with pytest.raises(Moved):
        objects.write(name, b"2", etag=before)
    found = objects.read(name)
    assert found is not None
    assert found.data == b"theirs"


def test_answers_that_are_lost_again_and_again_are_told(
    objects: BlobObjects, prefix: str, lose: Callable[[str, int], list[str]]
) -> None:
    calls = lose("upload_blob", 100)
    with pytest.raises(StateError, match="the response was lost"):
        objects.overwrite(f"{prefix}/holder", b"me")
    assert len(calls) == TRIES


def test_a_lease_keeps_others_out_until_it_is_let_go(objects: BlobObjects, prefix: str) -> None:
    name = f"{prefix}/lock"
    lease = objects.acquire(name, LEASE_S)
    assert lease
    assert objects.acquire(name, LEASE_S) is None
    assert objects.renew(name, lease)
    with pytest.raises(StateError):
        objects.overwrite(name, b"theirs")
    objects.overwrite(name, b"mine", lease=lease)
    objects.release(name, lease)
    objects.release(name, lease)
    assert not objects.renew(name, lease)
    assert objects.acquire(name, LEASE_S) not in (None, lease)


def test_a_lease_whose_answer_is_lost_is_ours(
    objects: BlobObjects, prefix: str, lose: Callable[[str], list[str]]
) -> None:
    name = f"{prefix}/lock"
    calls = lose("acquire_lease")
    lease = objects.acquire(name, LEASE_S)
    assert lease
    assert len(calls) >= 2
    assert objects.renew(name, lease)
    objects.release(name, lease)
