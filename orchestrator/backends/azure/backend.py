"""A workspace of Azure Machine Learning behind the backend port."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.connection import connection_of
from orchestrator.backends.azure.drivers.assets import AssetDriver
from orchestrator.backends.azure.drivers.driver import Driver
from orchestrator.backends.azure.drivers.named import NamedDriver
from orchestrator.backends.azure.facts import DELETING
from orchestrator.backends.azure.waiting import Operations, Pace, finish, until_settled
from orchestrator.core.address import Address
from orchestrator.core.errors import Conflict, Invalid, NotFound, Transient
from orchestrator.core.kind import Behaviour, Kind, Kinds
from orchestrator.core.ports import Cancellation, Clock, Progress, Request, ScoringAnswer, ScoringRequest
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.resource import Desired, Observed, Removal

DELETE_TIMEOUT_S: Final = 1_800.0
"""How long the service may take to delete something. Its own limit on a stuck endpoint's deletion is not documented."""

Interest = Callable[[], Mapping[Address, str] | None]
"""The addresses that a plan may be about, each with the revision on record; None means everything in the workspace."""


def _everything() -> None:
    return None


class AzureBackend:
    """A `Backend` over `azure.ai.ml.MLClient`. Nothing is imported from azure and nobody is asked before the first call.

    Args:
        choice: settings of ``workspace: {azure: …}``, see `connection.connection_of`.
        kinds: how each kind is treated.
        clock: for time bounds.
        interest: see `Interest`. Narrows the listing of assets, of which the service lists names only.

    Raises:
        Invalid: the settings cannot be used.
    """

    def __init__(self, choice: WorkspaceChoice, kinds: Kinds, clock: Clock, interest: Interest = _everything) -> None:
        self._connection = connection_of(choice.settings)
        self._client = Client(self._connection)
        self._kinds = kinds
        self._clock = clock
        self._interest = interest
        self._operations = Operations()
        self._drivers = {key: self._driver_of(kind) for key, kind in kinds.items()}

    @property
    def label(self) -> str:
        return f"workspace {self._connection.workspace_name} in {self._connection.resource_group}"

    @property
    def workspace_id(self) -> str:
        return self._connection.arm_id

    def list(self, kind: str) -> Iterable[Observed]:
        return [observed for observed in self._driver(kind).list() if observed.message != DELETING]

    def read(self, address: Address, revision: str | None = None) -> Observed | None:
        return self._driver(address.kind).read(address, revision)

    def refusal(self, desired: Desired) -> str | None:
        return None

    def create(self, request: Request) -> Observed:
        driver = self._driver(request.address.kind)
        existing = driver.read(request.address, request.revision)
        if existing is not None:
            return self._existing(request, existing)
        poller = driver.create(request)
        self._operations.put((request.address, request.revision), poller)
        return self._there(request.address, request.revision)

    def update(self, request: Request, before: Observed) -> Observed:
        driver = self._driver(request.address.kind)
        revision = request.revision or before.revision
        poller = driver.update(request, before)
        self._operations.put((request.address, revision), poller)
        return self._there(request.address, revision)

    def wait(
        self, address: Address, revision: str, timeout_s: float | None, cancel: Cancellation, progress: Progress
    ) -> Observed:
        pace = Pace(self._clock, timeout_s, float(self._connection.polling_s))
        self._finish(address, revision, pace, cancel)
        return until_settled(lambda: self.read(address, revision), str(address), pace, cancel, progress)

    def delete(self, address: Address, revision: str, removal: Removal) -> None:
        if removal is Removal.KEEP:
            return
        try:
            poller = self._driver(address.kind).remove(address, revision, removal)
            self._operations.put((address, revision), poller)
            pace = Pace(self._clock, DELETE_TIMEOUT_S, float(self._connection.polling_s))
            self._finish(address, revision, pace, Cancellation())
        except NotFound:
            return

    def cancel(self, address: Address, revision: str) -> None:
        raise Invalid(f"{address} is nothing that runs.")

    def logs(self, address: Address, revision: str | None, *, follow: bool) -> Iterator[str]:
        raise Invalid(f"{address} has no log.", fix="Jobs and deployments have one.")

    def score(self, endpoint: Address, request: ScoringRequest) -> ScoringAnswer:
        raise Invalid(f"{endpoint} answers no requests.")

    def close(self) -> None:
        self._client.close()

    def _finish(self, address: Address, revision: str, pace: Pace, cancel: Cancellation) -> None:
        poller = self._operations.get((address, revision))
        if poller is None:
            return
        finish(poller, str(address), pace, cancel, lambda: self._client.settled(f"finish {address}", poller))
        self._operations.put((address, revision), None)

    def _existing(self, request: Request, existing: Observed) -> Observed:
        """What exists with the same content is what was asked for; anything else is not ours to overwrite."""
        if existing.message == DELETING:
            raise Transient(f"{request.address} is still being deleted.")
        if not request.fingerprint.matches(existing.fingerprint):
            raise Conflict(
                f"{request.address} {request.revision}".rstrip() + " exists already with other content.",
                fix="Plan again; adopt it with --adopt if it should belong to this project.",
            )
        if existing.archived:
            self._driver(request.address.kind).restore(request)
            return self._there(request.address, request.revision)
        return existing

    def _there(self, address: Address, revision: str) -> Observed:
        found = self.read(address, revision)
        if found is None:
            raise Transient(f"{address} was accepted and cannot be read yet.")
        return found

    def _driver(self, kind: str) -> Driver:
        try:
            return self._drivers[kind]
        except KeyError:
            raise Invalid(f"The Azure workspace knows no kind '{kind}'.") from None

    def _driver_of(self, kind: Kind) -> Driver:
        if kind.local.behaviour is Behaviour.ASSET:
            return AssetDriver(self._client, kind, lambda: self._names(kind))
        return NamedDriver(self._client, kind)

    def _names(self, kind: Kind) -> frozenset[str] | None:
        wanted = self._interest()
        if wanted is None:
            return None
        return frozenset(address.name for address in wanted if address.kind == kind.key)
