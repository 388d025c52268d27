"""A workspace of Azure Machine Learning behind the backend port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from orchestrator.backends.azure.batches import Batches
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.connection import connection_of
from orchestrator.backends.azure.drivers.context import DriverContext, Interest, driver_of, under
from orchestrator.backends.azure.drivers.deployments import DeploymentDriver
from orchestrator.backends.azure.drivers.driver import Driver, Refusing
from orchestrator.backends.azure.drivers.jobs import JobDriver
from orchestrator.backends.azure.drivers.schedules import ScheduleDriver
from orchestrator.backends.azure.facts import DELETING, answers_nobody
from orchestrator.backends.azure.logs import RunLog, follow_newest, tail
from orchestrator.backends.azure.logs import follow as follow_run
from orchestrator.backends.azure.scoring import Scorer
from orchestrator.backends.azure.sendable import unsendable
from orchestrator.backends.azure.tag_limits import refused_tags
from orchestrator.backends.azure.tracked import AzureRuns
from orchestrator.backends.azure.waiting import Operations, Pace, finish, until_settled
from orchestrator.backends.taken import taken
from orchestrator.core.address import Address
from orchestrator.core.batch import BatchJob, BatchRequest
from orchestrator.core.errors import Failed, Invalid, NotFound, Transient
from orchestrator.core.fields import root_node
from orchestrator.core.foreign import with_foreign
from orchestrator.core.health import Health
from orchestrator.core.kind import Identity, Kinds
from orchestrator.core.ports import Cancellation, Clock, Progress, Request, ScoringAnswer, ScoringRequest
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired, Observed, Removal
from orchestrator.core.value import opened

DELETE_TIMEOUT_S: Final = 1_800.0
"""How long the service may take to delete something. Its own limit on a stuck endpoint's deletion is not documented."""


def _everything() -> None:
    return None


class AzureBackend:
    """A `Backend` over `azure.ai.ml.MLClient`. Nothing is imported from azure and nobody is asked before the first call.

    Args:
        choice: settings of ``workspace: {azure: …}``, see `connection.connection_of`.
        kinds: how each kind is treated.
        clock: for time bounds.
        interest: see `Interest`. Narrows the listing of assets, of which the service lists names only.
        elsewhere: addresses that stand for assets of registries. They are taken to be there: the workspace does not know them.

    Attributes:
        client: of the workspace, for the state beside it.

    Raises:
        Invalid: the settings cannot be used.
    """

    def __init__(
        self,
        choice: WorkspaceChoice,
        kinds: Kinds,
        clock: Clock,
        interest: Interest = _everything,
        elsewhere: frozenset[Address] = frozenset(),
    ) -> None:
        self._connection = connection_of(choice.settings, choice.allowed_hosts)
        self.client = Client(self._connection)
        self._kinds = kinds
        self._clock = clock
        self._elsewhere = elsewhere
        self._operations = Operations()
        self._context = DriverContext(self.client, kinds, interest)
        self._scorer = Scorer(self.client, self._context.reads)
        self._batches = Batches(self.client)
        self._drivers = {key: driver_of(kind, self._context) for key, kind in kinds.items()}

    @property
    def label(self) -> str:
        return f"workspace {self._connection.workspace_name} in {self._connection.resource_group}"

    @property
    def workspace_id(self) -> str:
        return self._connection.arm_id

    @property
    def tracked(self) -> AzureRuns:
        """See `core.tracked.Tracking`."""
        return AzureRuns(self.client)

    def list(self, kind: str) -> Iterable[Observed]:
        if self._nowhere(kind):
            return []
        return self._context.spelt(found for found in self._driver(kind).list() if found.message != DELETING)

    def read(self, address: Address, revision: str | None = None) -> Observed | None:
        if address in self._elsewhere:
            return Observed(address, revision or "", properties={}, attributes={"name": address.name})
        if self._nowhere(address.kind):
            return None
        return self._spelt(address, self._driver(address.kind).read(address, revision))

    def refusals(self, desired: Desired, resources: Mapping[Address, Desired]) -> Iterable[Refusal]:
        driver = self._driver(desired.address.kind)
        if self._kinds[desired.address.kind].azure.tracked:
            yield from refused_tags(desired.properties)
        yield from unsendable(self._kinds[desired.address.kind], desired.properties)
        if isinstance(driver, Refusing):
            yield from driver.refusals(desired, resources)

    def create(self, request: Request) -> Observed:
        request = replace(request, properties=opened(request.properties))
        driver = self._driver(request.address.kind)
        existing = self._spelt(request.address, driver.read(request.address, request.revision))
        if existing is not None:
            return self._existing(request, existing)
        poller = driver.create(request)
        self._operations.put((request.address, request.revision), poller)
        return self._begun(request, poller)

    def update(self, request: Request, before: Observed) -> Observed:
        request = replace(request, properties=opened(self._whole(request, before)))
        driver = self._driver(request.address.kind)
        revision = request.revision or before.revision
        poller = driver.update(request, before)
        self._operations.put((request.address, revision), poller)
        return self._there(request.address, revision)

    def wait(
        self, address: Address, revision: str, timeout_s: float | None, cancel: Cancellation, progress: Progress
    ) -> Observed:
        pace = Pace(self._clock, timeout_s, float(self._connection.polling_s))
        # The last step of an operation is to read what it made, which may be there a moment later only.
        with suppress(NotFound):
            self._finish(address, revision, pace, cancel)
        try:
            return until_settled(lambda: self.read(address, revision), str(address), pace, cancel, progress)
        except Failed as error:
            raise self._with_log(error, address, revision) from error

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
        driver = self._driver(address.kind)
        if isinstance(driver, JobDriver):
            driver.cancel(address, revision)

    def trigger(self, address: Address) -> str:
        """See `Triggering`."""
        driver = self._driver(address.kind)
        if not isinstance(driver, ScheduleDriver):
            raise Invalid(f"{address} cannot be fired.")
        return driver.trigger(address)

    def invoke(self, endpoint: Address, request: BatchRequest) -> BatchJob:
        """See `Batching`."""
        return self._batches.invoke(endpoint, request)

    def batch_jobs(self, endpoint: Address, deployment: str = "") -> Sequence[BatchJob]:
        """See `Batching`."""
        return self._batches.jobs(endpoint, deployment)

    def batch_job(self, endpoint: Address, name: str) -> BatchJob:
        """See `Batching`."""
        return self._batches.job(endpoint, name)

    def logs(self, address: Address, revision: str | None, *, follow: bool) -> Iterator[str]:
        driver = self._driver(address.kind)
        pause_s = float(self._connection.polling_s)
        if isinstance(driver, DeploymentDriver):
            return follow_newest(lambda: driver.log(address), follow, pause_s)
        if not isinstance(driver, JobDriver):
            raise Invalid(f"{address} has no log.", fix="Jobs and deployments have one.")
        run = self._found(address, revision).revision
        log = RunLog(self.client, run)
        return follow_run(log, lambda: follow and self._found(address, run).health is Health.PROGRESSING, pause_s)

    def score(self, endpoint: Address, request: ScoringRequest) -> ScoringAnswer:
        return self._scorer.score(endpoint, request)

    def close(self) -> None:
        self.client.close()

    def _whole(self, request: Request, before: Observed) -> Mapping[str, Any]:
        """The body of an update: what is there plus what changes."""
        kind = self._kinds[request.address.kind]
        if kind.identity is Identity.RUN:  # the service itself keeps what is not mentioned
            return request.properties
        node, labels = root_node(kind, request.variant), kind.identity is Identity.VERSIONED
        live = {name: value for name, value in before.properties.items() if name not in kind.nests}
        return with_foreign(request.properties, live, request.removed, node, labels=labels)

    def _finish(self, address: Address, revision: str, pace: Pace, cancel: Cancellation) -> None:
        poller = self._operations.get((address, revision))
        if poller is None:
            return
        finish(poller, str(address), pace, cancel, lambda: self.client.settled(f"finish {address}", poller))
        self._operations.put((address, revision), None)

    def _existing(self, request: Request, existing: Observed) -> Observed:
        """What exists with the same content is what was asked for; anything else is not ours to overwrite."""
        if existing.message == DELETING:
            raise Transient(f"{request.address} is still being deleted.")
        kind = self._kinds[request.address.kind]
        if kind.identity is Identity.RUN and existing.owner is None:
            return self.update(request, existing)  # named after its content, and somebody took its marks away
        if not kind.taggable and answers_nobody(existing.properties):
            return self.update(
                request, existing
            )  # the service may say 0 of each deployment before anybody has said anything
        if kind.taggable or existing.fingerprint is not None:
            same = request.fingerprint.matches(existing.fingerprint)
        else:
            same = all(existing.properties.get(name) == value for name, value in request.properties.items())
        if not same:
            raise taken(request, existing.owner)
        if existing.archived:
            self._driver(request.address.kind).restore(request)
            return self._there(request.address, request.revision)
        return existing

    def _with_log(self, error: Failed, address: Address, revision: str) -> Failed:
        """The error of a run with the last lines of its log."""
        if not isinstance(self._driver(address.kind), JobDriver):
            return error
        lines = tail(self.client, revision)
        return Failed("\n".join([f"{address} ended as {error.detail}.", *lines]), code=error.code)

    def _found(self, address: Address, revision: str | None) -> Observed:
        found = self.read(address, revision)
        if found is None:
            raise NotFound(f"{address} {revision or ''}".rstrip() + " is not in the workspace.", fix="Apply first.")
        return found

    def _there(self, address: Address, revision: str) -> Observed:
        found = self.read(address, revision)
        if found is None:
            raise Transient(f"{address} was accepted but cannot be read yet.")
        return found

    def _begun(self, request: Request, poller: Any) -> Observed:
        """What a create has brought into being so far: that may be nothing yet, as long as its operation goes on."""
        found = self.read(request.address, request.revision)
        if found is not None:
            return found
        if poller is None or poller.done():
            return self._there(request.address, request.revision)
        return Observed(request.address, request.revision, properties={}, health=Health.PROGRESSING, message="accepted")

    def _spelt(self, address: Address, found: Observed | None) -> Observed | None:
        """What was found, under the name that was asked for: the service takes and tells names in any case."""
        return under(address, found) if found is not None and found.address.folded == address.folded else found

    def _nowhere(self, kind: str) -> bool:
        """Whether the workspace, in which things of this kind are, has still to be made."""
        return self._connection.create and not self._kinds[kind].is_workspace and not self._context.site.stands()

    def _driver(self, kind: str) -> Driver:
        try:
            return self._drivers[kind]
        except KeyError:
            raise Invalid(f"The Azure workspace does not support the kind '{kind}'.") from None
