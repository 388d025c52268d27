"""The client of one workspace: made when first needed, its errors translated, its calls bounded."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from orchestrator.backends.azure.connection import Connection
from orchestrator.backends.azure.hosts import require_hosts, trusted_hosts
from orchestrator.backends.azure.normalise import normalised
from orchestrator.backends.azure.patience import Patience
from orchestrator.backends.azure.uploads import Uploads
from orchestrator.core.errors import BackendError, Transient
from orchestrator.core.kind import Kind
from orchestrator.core.value import LocalFiles

Result = TypeVar("Result")
Item = TypeVar("Item")

CONCURRENT_CALLS = 10
"""Requests at once: far below what the service refuses, and as many connections are kept."""

CONCURRENT_READS = 8
"""Threads for reads that a listing consists of. The service counts some 250 reads in a row before it throttles.
Source: ``x-ms-ratelimit-remaining-subscription-*`` in the recordings of azure-ai-ml."""


class Client:
    """Calls the service through azure-ai-ml. May be used from several threads at once.

    Importing azure-ai-ml takes seconds, so it is imported by the first call.

    Args:
        connection: which workspace, and how.

    Attributes:
        patience: repeats throttled reads; for what is read without azure-ai-ml.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._making = threading.Lock()
        self._ml: Any = None
        self._credential: Any = None
        self._sessions: Any = None
        self._uploads = Uploads()
        self.patience = Patience()

    @property
    def credential(self) -> Any:
        """Who we are; for what is reached without azure-ai-ml."""
        self._open()
        return self._credential

    @property
    def transport(self) -> Any:
        """Our connections, as a transport for a client of azure-core."""
        self._open()
        return self._sessions.transport()

    @property
    def ml(self) -> Any:
        """The ``MLClient``."""
        self._open()
        return self._ml

    def read(self, doing: str, call: Callable[[Any], Result]) -> Result:
        """Make a call that changes nothing. One that is throttled is repeated, see `patience.BUDGET`.

        Args:
            doing: for messages: ``read compute.cpu``.
            call: receives the ``MLClient``. Lazy pages must be used up inside.

        Raises:
            BackendError: what the error of the client means.
        """
        return self.patience.call(lambda: self._call(doing, call, effect=False))

    def write(self, doing: str, call: Callable[[Any], Result], files: Iterable[LocalFiles] = ()) -> Result:
        """Make a call that changes something; a lost answer is `Ambiguous`.

        Args:
            files: what it may have to upload.
        """
        return self._uploads.run(files, doing, lambda: self._call(doing, call, effect=True))

    def body(self, kind: Kind, entity: Any) -> dict[str, Any]:
        """The body of an entity, comparable with a spec's.

        Raises:
            Invalid: the client cannot write down what it has read itself.
        """
        from orchestrator.backends.azure import sdk
        from orchestrator.backends.azure.errors import translate

        try:
            return normalised(kind, sdk.body_of(entity))
        except Exception as error:
            raise translate(error, f"understand {kind.key} {entity.name}", effect=False) from error

    def settled(self, doing: str, poller: Any) -> Any:
        """The result of an operation that has ended.

        Raises:
            BackendError: what it failed with.
        """
        from orchestrator.backends.azure.errors import translate

        try:
            return poller.result()
        except Exception as error:
            raise translate(error, doing, effect=True) from error

    def each(self, call: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
        """Read several things at once; answers come in the items' order."""
        known = list(items)
        if len(known) < 2:
            return [call(item) for item in known]
        with ThreadPoolExecutor(min(CONCURRENT_READS, len(known)), thread_name_prefix="azure-read") as pool:
            return list(pool.map(call, known))

    def close(self) -> None:
        """Close the credential and all connections; whoever waits to read again gives up."""
        self.patience.close()
        for each in (self._credential, self._sessions):
            if each is not None:
                each.close()

    def _call(self, doing: str, call: Callable[[Any], Result], *, effect: bool) -> Result:
        self._open()
        from orchestrator.backends.azure import sdk
        from orchestrator.backends.azure.errors import translate

        try:
            with sdk.storage_through(self._sessions.transport):
                return call(self._ml)
        except BackendError:
            raise
        except Exception as error:
            raise translate(error, doing, effect=effect) from error

    def _open(self) -> None:
        with self._making:
            if self._ml is not None:
                return
            _quieten()
            try:
                self._connect()
            except Exception as error:
                if type(error).__name__ != "MlException":
                    raise
                raise _without_cloud() from error

    def _connect(self) -> None:
        from orchestrator.backends.azure import sdk
        from orchestrator.backends.azure.identity import make_credential
        from orchestrator.backends.azure.sessions import Sessions
        from orchestrator.backends.azure.tokens import OneAtATime

        connection = self.connection
        hosts = trusted_hosts(connection.cloud or "public", connection.allowed_hosts)
        require_hosts(connection, hosts)
        self._sessions = Sessions(connection.ca_file, CONCURRENT_CALLS, hosts)
        if connection.endpoints is None:
            # The environment may name another cloud than the settings do; it is not the spec's.
            self._sessions.trust(sdk.hosts_of_the_cloud(connection.cloud))
        self._credential = OneAtATime(make_credential(connection, self._sessions.transport()))
        self._ml = sdk.connect(connection, self._credential, self._sessions.transport())


def _quieten() -> None:
    """Keep what azure-ai-ml says at import from stderr: that classes of its own are experimental, and what we say ourselves of a cloud
    that is not found. Its progress bars read their variable while they are imported."""
    os.environ.setdefault("TQDM_DISABLE", "1")
    for name in ("_utils._experimental", "_azure_environments"):
        logging.getLogger(f"azure.ai.ml.{name}").setLevel(logging.CRITICAL)


def _without_cloud() -> BackendError:
    """What to say when nobody tells azure-ai-ml where the environment's cloud is; it asks as soon as it is imported."""
    cloud, asked = (os.environ.get(name, "") for name in ("AZUREML_CURRENT_CLOUD", "ARM_CLOUD_METADATA_URL"))
    where = f" from {asked.partition('?')[0]} (ARM_CLOUD_METADATA_URL)" if asked else ""
    return Transient(
        f"Cannot learn where the cloud '{cloud}' (AZUREML_CURRENT_CLOUD) is{where}.",
        code="cloud-unreachable",
        fix='For a served workspace run `amlctl workspace serve --arm`, then `eval "$(amlctl workspace env --arm)"` again; '
        "for Azure itself unset both variables.",
    )
