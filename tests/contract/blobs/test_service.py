"""A blob service before the real client of Azure storage: what the built-in one answers, Azurite answers too."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.contract.blobs.conftest import Place


def test_a_blob_goes_and_comes_back(container: Any, prefix: str) -> None:
    container.upload_blob(f"{prefix}/folder/a b.txt", b"content", metadata={"k": "v"})
    blob = container.get_blob_client(f"{prefix}/folder/a b.txt")
    assert (blob.get_blob_properties().size, blob.get_blob_properties().metadata) == (7, {"k": "v"})
    assert blob.download_blob(offset=3, length=2).readall() == b"te"
    assert [one.name for one in container.list_blobs(name_starts_with=f"{prefix}/fold")] == [f"{prefix}/folder/a b.txt"]
    assert [one.name for one in container.walk_blobs(f"{prefix}/")] == [f"{prefix}/folder/"]
    blob.delete_blob()
    assert not blob.exists()


def test_a_large_blob_goes_in_blocks(container: Any, prefix: str) -> None:
    data = os.urandom(3_000_000)
    container._config.max_single_put_size, container._config.max_block_size = 1_000_000, 700_000
    container.upload_blob(f"{prefix}/large", data)
    assert container.download_blob(f"{prefix}/large").readall() == data


def test_lost_updates_are_refused(container: Any, prefix: str) -> None:
    from azure.core import MatchConditions
    from azure.core.exceptions import ResourceExistsError, ResourceModifiedError

    blob = container.upload_blob(f"{prefix}/state", b"1")
    with pytest.raises(ResourceExistsError):
        container.upload_blob(f"{prefix}/state", b"1")
    before = blob.get_blob_properties().etag
    blob.upload_blob(b"2", overwrite=True, etag=before, match_condition=MatchConditions.IfNotModified)
    with pytest.raises(ResourceModifiedError):
        blob.upload_blob(b"3", overwrite=True, etag=before, match_condition=MatchConditions.IfNotModified)
    assert blob.download_blob().readall() == b"2"


def test_a_lease_keeps_others_out_until_it_is_let_go(container: Any, prefix: str) -> None:
    from azure.core.exceptions import HttpResponseError

    blob = container.upload_blob(f"{prefix}/lock", b"")
    lease = blob.acquire_lease(15)
    with pytest.raises(HttpResponseError) as taken:
        blob.acquire_lease(15)
    assert taken.value.error_code == "LeaseAlreadyPresent"
    with pytest.raises(HttpResponseError) as closed:
        blob.upload_blob(b"x", overwrite=True)
    assert closed.value.error_code == "LeaseIdMissing"
    lease.renew()
    blob.upload_blob(b"mine", overwrite=True, lease=lease)
    lease.release()
    blob.upload_blob(b"anyone's", overwrite=True)
    assert blob.acquire_lease(15).id


def test_without_a_signature_nothing_is_shown(place: Place) -> None:
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import ContainerClient

    bare, _, signature = place.url.partition("?")
    for url in (bare, f"{bare}?{signature[:-8]}AAAAAAA%3D"):
        with ContainerClient.from_container_url(url) as other, pytest.raises(HttpResponseError) as refused:
            list(other.list_blobs())
        assert refused.value.status_code in (401, 403)


def test_a_large_blob_goes_in_one_piece_and_comes_back_in_parts(container: Any, prefix: str) -> None:
    data = os.urandom(2_500_000)
    blob = container.upload_blob(f"{prefix}/whole", data)
    assert blob.download_blob(offset=1000, length=1_500_000).readall() == data[1000:1_501_000]
    assert blob.download_blob(offset=2_400_000).readall() == data[2_400_000:]
    assert blob.get_blob_properties().size == len(data)
    assert blob.download_blob().readall() == data
