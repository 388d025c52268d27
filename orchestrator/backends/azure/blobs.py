"""Blob storage as the place of a state: conditional writes and leases, opened by key, by signature or by identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import uuid4

from orchestrator.backends.azure.client import Client
from orchestrator.core.errors import Ambiguous, BackendError, Denied, StateError

Result = TypeVar("Result")

_STORAGE_ROLE: Final = (
    "Request the role 'Storage Blob Data Contributor' on the container of the state, "
    "or choose another container with `state: {container_url: …}`."
)

_FIREWALL: Final = (
    "The network rules of the storage account do not admit this machine: run amlctl inside the network, add this machine's address "
    "to the account's firewall, or choose another container with `state: {container_url: …}`."
)

_NO_KEYS: Final = "KeyBasedAuthenticationNotPermitted"
_ADVICE: Final = {"AuthorizationFailure": _FIREWALL, "AuthorizationPermissionMismatch": _STORAGE_ROLE}
"""Source: Azure Storage documentation, troubleshoot client application errors: ``AuthorizationFailure`` is told where the network rules
forbid a request, ``AuthorizationPermissionMismatch`` where an identity has no role for the data."""

_TAKEN: Final = 409
_GONE: Final = 404

TRIES: Final = 3
"""How often something is asked whose answer was lost, the first time included."""


class BlobObjects:
    """A blob container as an `ObjectStore` of `orchestrator.state`: the one of the settings, or that of the default datastore.

    Nobody is asked before the first call. Everything may be asked twice, so lost answers are asked for again: a write that comes
    second knows its own content, a lease its own name. What is throttled waits as long as any read does.

    Args:
        client: of the workspace; tells the default datastore and who we are.
        moved: makes the error for a write that came second.
        stored: makes the answer of `read` from data and tag.
    """

    def __init__(self, client: Client, moved: Callable[[], Exception], stored: Callable[[bytes, str], Any]) -> None:
        self._client = client
        self._moved = moved
        self._stored = stored
        self._container: Any = None
        self._keyless = False

    @property
    def place(self) -> str:
        """See `ObjectStore.place`."""
        return str(self._opened().url).partition("?")[0]

    def read(self, name: str) -> Any:
        """See `ObjectStore.read`."""

        def download() -> Any:
            from azure.core.exceptions import ResourceNotFoundError  # after the client is there: see `_open`

            try:
                stream = self._opened().download_blob(name)
                return self._stored(stream.readall(), str(stream.properties.etag))
            except ResourceNotFoundError:
                return None

        return self._call("read", download)

    def write(self, name: str, data: bytes, *, etag: str | None) -> str:
        """See `ObjectStore.write`. An earlier write of ours whose answer was lost is no other version."""
        from azure.core import MatchConditions
        from azure.core.exceptions import ResourceExistsError, ResourceModifiedError

        condition = (
            {"match_condition": MatchConditions.IfMissing}
            if etag is None
            else {"etag": etag, "match_condition": MatchConditions.IfNotModified}
        )

        def upload() -> str:
            try:
                answer = self._blob(name).upload_blob(data, overwrite=etag is not None, **condition)
                return str(answer["etag"])
            except (ResourceExistsError, ResourceModifiedError):
                written = self._written(name, data)
                if written is None:
                    raise self._moved() from None
                return written

        return self._call("write", upload)

    def overwrite(self, name: str, data: bytes, *, lease: str = "") -> None:
        """See `ObjectStore.overwrite`."""
        held = {"lease": lease} if lease else {}
        self._call("write", lambda: self._blob(name).upload_blob(data, overwrite=True, **held))

    def acquire(self, name: str, seconds: int) -> str | None:
        """See `ObjectStore.acquire`."""
        from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

        lease = str(uuid4())

        def take() -> str | None:
            try:
                # A lease that is acquired again under its own name is extended. Source: Azure Storage REST reference, Lease Blob.
                return str(self._blob(name).acquire_lease(lease_duration=seconds, lease_id=lease).id)
            except ResourceNotFoundError:
                raise
            except HttpResponseError as error:
                if error.status_code == _TAKEN:
                    return None
                raise

        def make_and_take() -> str | None:
            try:
                return take()
            except ResourceNotFoundError:
                try:
                    self._blob(name).upload_blob(b"", overwrite=False)
                except ResourceExistsError:
                    return take()  # somebody was quicker
                return take()

        return self._call("lock", make_and_take)

    def renew(self, name: str, lease: str) -> bool:
        """See `ObjectStore.renew`."""
        from azure.core.exceptions import HttpResponseError

        def again() -> bool:
            try:
                self._lease(name, lease).renew()
            except HttpResponseError as error:
                if error.status_code in (_TAKEN, _GONE):
                    return False
                raise
            return True

        return self._call("keep the lock of", again)

    def release(self, name: str, lease: str) -> None:
        """See `ObjectStore.release`."""
        from azure.core.exceptions import HttpResponseError

        def let_go() -> None:
            try:
                self._lease(name, lease).release()
            except HttpResponseError as error:
                if error.status_code not in (_TAKEN, _GONE):
                    raise

        self._call("unlock", let_go)

    def close(self) -> None:
        """See `ObjectStore.close`."""
        if self._container is not None:
            self._container.close()

    def _written(self, name: str, data: bytes) -> str | None:
        """The tag of a blob that has this content; None if it has another."""
        stream = self._opened().download_blob(name)
        return str(stream.properties.etag) if stream.readall() == data else None

    def _blob(self, name: str) -> Any:
        return self._opened().get_blob_client(name)

    def _lease(self, name: str, lease: str) -> Any:
        from azure.storage.blob import BlobLeaseClient

        return BlobLeaseClient(self._blob(name), lease_id=lease)

    def _opened(self) -> Any:
        if self._container is None:
            self._container = self._open()
        return self._container

    def _open(self) -> Any:
        connection = self._client.connection
        options: dict[str, Any] = {"retry_total": connection.retries, "transport": self._client.transport}
        # Not before the client is made, which imports Azure's packages under its lock: listings have begun on other threads, and
        # packages that import each other in rings end up half imported when two threads begin at different ends.
        from azure.storage.blob import ContainerClient

        if connection.container_url:
            address = connection.state_url
            credential = None if "?" in address else self._client.credential
            return ContainerClient.from_container_url(address, credential, **options)
        url, container, key = self._default_datastore()
        known = None if self._keyless else key
        return ContainerClient(url, container, known or self._client.credential, **options)

    def _default_datastore(self) -> tuple[str, str, Any]:
        """Account, container and, if we may know it, the key of the workspace's default datastore."""
        try:
            store = self._client.read(
                "read the default datastore", lambda ml: ml.datastores.get_default(include_secrets=True)
            )
        except Denied:
            store = self._client.read("read the default datastore", lambda ml: ml.datastores.get_default())
        credentials = getattr(store, "credentials", None)
        key = getattr(credentials, "account_key", None) or getattr(credentials, "sas_token", None)
        return f"{store.protocol}://{store.account_name}.blob.{store.endpoint}", str(store.container_name), key

    def _call(self, verb: str, call: Callable[[], Result], tries: int = TRIES) -> Result:
        try:
            self._opened()
            return self._client.patience.call(lambda: _translated(verb, call))
        except Ambiguous as error:
            if tries > 1:
                return self._call(verb, call, tries - 1)
            raise _state_error(error) from error
        except BackendError as error:
            if error.code == _NO_KEYS and not self._keyless:
                # The account takes identities only, whatever the datastore says. Source: Azure Storage documentation, prevent Shared
                # Key authorization.
                self.close()
                self._keyless, self._container = True, None
                return self._call(verb, call, tries)
            raise _state_error(error) from error


def _translated(verb: str, call: Callable[[], Result]) -> Result:
    """Make a call; its errors are those of `core.errors`."""
    from azure.core.exceptions import AzureError

    from orchestrator.backends.azure.errors import translate

    try:
        return call()
    except AzureError as error:
        raise translate(error, f"{verb} the state", effect=verb != "read") from error


def _state_error(error: BackendError) -> StateError:
    if isinstance(error, Denied):
        storage = error.code.startswith("Authorization") or error.code == _NO_KEYS or not error.fix
        fix = _ADVICE.get(error.code, _STORAGE_ROLE if storage else error.fix)
        return StateError(error.detail, code="state-denied", fix=fix)
    return StateError(error.detail, code="state-unreachable", fix=error.fix or "Retry; no data was lost.")
