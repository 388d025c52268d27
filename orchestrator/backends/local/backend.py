"""The embedded workspace behind the backend port: writes records, lets the supervisor make them true."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from orchestrator.backends.local.batches import Batches
from orchestrator.backends.local.bodies import to_observed
from orchestrator.backends.local.doubts import Doubts
from orchestrator.backends.local.drafts import Drafts, key_of, only_labels
from orchestrator.backends.local.externals import STAND_IN, inborn, stand_in
from orchestrator.backends.local.refusals import Refusals
from orchestrator.backends.local.revival import Revival
from orchestrator.backends.local.shares import with_shares
from orchestrator.backends.local.tracked import LocalRuns
from orchestrator.backends.taken import taken
from orchestrator.core.address import Address
from orchestrator.core.batch import BatchJob, BatchRequest
from orchestrator.core.errors import Conflict, Invalid, NotFound, Transient
from orchestrator.core.health import Health
from orchestrator.core.kind import Identity, Kind, Kinds
from orchestrator.core.ports import Cancellation, Clock, Progress, Request, ScoringAnswer, ScoringRequest
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired, Observed, Removal
from orchestrator.workspace.service import PARENT, Record, Workspace, health_shown

DELETE_TIMEOUT_S: Final = 60.0
"""How long the processes of a resource may take to stop."""

_NO_SERVER = 503
"""What the router answers while no scoring server takes requests."""


class LocalBackend:
    """A `Backend` over the embedded workspace in a folder.

    Planning reads the database and starts nothing; the folder is made by the first write and the supervisor is started
    by the first resource that has processes.

    Args:
        choice: settings ``path`` (absolute), ``stand_ins`` and ``python_downloads``.
        project: the owner mark of the project.
        kinds: how each kind is treated.
        clock: for time bounds.
        mentions: how the spec writes what it mentions and does not declare, by what that stands for.
    """

    def __init__(
        self,
        choice: WorkspaceChoice,
        project: str,
        kinds: Kinds,
        clock: Clock,
        mentions: Mapping[Address, Collection[str]] = MappingProxyType({}),
    ) -> None:
        self._workspace = Workspace(Path(choice.settings["path"]), kinds, clock)
        self._stand_ins: dict[str, str] = dict(choice.settings.get("stand_ins") or {})
        self._mentions = mentions
        self._project = project
        self._kinds = kinds
        self._refusals = Refusals(choice.settings, self._workspace)
        self._doubts = Doubts(self._workspace.answers, clock)
        self._revival = Revival(self._workspace, self._stands_for_processes, clock)
        self._drafts = Drafts(self._workspace, choice.settings)
        self._batches = Batches(self._workspace)

    @property
    def label(self) -> str:
        return "embedded workspace"

    @property
    def workspace_id(self) -> str:
        return self._workspace.identity

    @property
    def tracked(self) -> LocalRuns:
        """See `core.tracked.Tracking`."""
        return LocalRuns(self._workspace.root)

    def list(self, kind: str) -> Iterable[Observed]:
        of = self._kinds.get(kind)
        records = [record for record in self._workspace.list(kind) if not self._hidden(record)]
        found = [to_observed(record, of) for record in records]
        if of is not None and of.local.served:
            found = [self._doubts.of(observed) for observed in found]
            found = [_as_served(*both) for both in zip(found, records, strict=True)]
        if of is not None and of.local.shares:
            found = [with_shares(observed) for observed in found]
        return [*found, *(inborn(of, found) if of is not None else ())]

    def _hidden(self, record: Record) -> bool:
        """Whether a record is nothing that a plan knows of: on its way out, lost, or a run that another run has started."""
        return record.deleting or PARENT in record.attributes or self._workspace.lost(record)

    def read(self, address: Address, revision: str | None = None) -> Observed | None:
        record = self._look_up(address, revision)
        if record is None or record.deleting or self._workspace.lost(record):
            kind = self._kinds.get(address.kind)
            texts = self._mentions.get(address, ())
            return stand_in(kind, address, revision, self._stand_ins, texts) if kind is not None else None
        return to_observed(record, self._kinds.get(address.kind))

    def refusals(self, desired: Desired, resources: Mapping[Address, Desired]) -> Iterable[Refusal]:
        return self._refusals.reasons(desired, self._kind(desired.address), resources)

    def create(self, request: Request) -> Observed:
        kind = self._kind(request.address)
        key = key_of(request.address, request.revision)
        existing = self._workspace.get(key)
        if existing is not None:
            return self._existing(request, existing, kind)
        draft = self._drafts.of(request, kind, key)
        try:
            record = self._workspace.submit(draft)
        except Conflict:
            existing = self._workspace.get(key)
            if existing is None:
                raise Transient(f"{request.address} was deleted at the same time.") from None
            return self._existing(request, existing, kind)
        return to_observed(record, kind)

    def update(self, request: Request, before: Observed) -> Observed:
        kind = self._kind(request.address)
        key = key_of(request.address, request.revision or before.revision)
        existing = self._workspace.get(key)
        if existing is None and STAND_IN in before.attributes:
            return self.create(request)
        if existing is None or existing.deleting:
            raise NotFound(f"{request.address} is no longer in the workspace.", fix="Plan and apply again.")
        draft = self._drafts.of(request, kind, key)
        labels = only_labels(draft, existing, request, kind)
        record = self._workspace.put(draft, same_work=labels, archived=labels and existing.archived)
        return to_observed(record, kind)

    def wait(
        self, address: Address, revision: str, timeout_s: float | None, cancel: Cancellation, progress: Progress
    ) -> Observed:
        kind = self._kind(address)
        record = self._workspace.wait(key_of(address, revision), timeout_s, cancel, progress)
        return to_observed(record, kind)

    def delete(self, address: Address, revision: str, removal: Removal) -> None:
        if removal is Removal.KEEP:
            return
        kind = self._kind(address)
        key = key_of(address, revision)
        record = self._workspace.get(key)
        if record is None:
            return
        if removal is Removal.ARCHIVE:
            self._archive(kind, record)
            return
        self._workspace.delete(key, processes=kind.local.processes)
        if kind.local.processes:
            self._workspace.wait_until_gone(key, DELETE_TIMEOUT_S)

    def cancel(self, address: Address, revision: str) -> None:
        self._workspace.cancel(key_of(address, revision))

    def trigger(self, address: Address) -> str:
        """See `Triggering`."""
        return self._workspace.trigger(address.name)

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
        record = self._find(address, revision)
        self._kind(address)
        return self._workspace.logs(record, follow=follow)

    def score(self, endpoint: Address, request: ScoringRequest) -> ScoringAnswer:
        record = self._find(endpoint, None)
        try:
            answer = self._workspace.score(record, request)
        except Transient:
            if not self._revival.endpoint(endpoint, Cancellation()):
                raise
        else:
            if answer.status != _NO_SERVER or not self._revival.endpoint(endpoint, Cancellation()):
                return answer
        return self._workspace.score(self._find(endpoint, None), request)

    def revive(self, cancel: Cancellation, progress: Progress) -> None:
        """Bring back what ran before the workspace or the machine went down; see `Revival.all`."""
        self._revival.all(cancel, progress)

    def close(self) -> None:
        self._workspace.close()

    def _stands_for_processes(self, record: Record) -> bool:
        kind = self._kinds.get(record.kind)
        if kind is None or record.archived or record.deleting or not kind.local.processes:
            return False
        return kind.identity is not Identity.RUN or record.health is Health.PROGRESSING

    def _kind(self, address: Address) -> Kind:
        try:
            return self._kinds[address.kind]
        except KeyError:
            raise Invalid(f"The embedded workspace does not support the kind '{address.kind}'.") from None

    def _look_up(self, address: Address, revision: str | None) -> Record | None:
        if revision is not None:
            return self._workspace.get(key_of(address, revision))
        found = self._workspace.latest(address.kind, str(address))
        if found is None and address.kind in self._kinds and self._kinds[address.kind].identity is Identity.RUN:
            # azureml://jobs/NAME/… names a run, whatever job of a spec it came from.
            return self._workspace.find(address.kind, address.name)
        return found

    def _find(self, address: Address, revision: str | None) -> Record:
        record = self._look_up(address, revision)
        if record is None:
            raise NotFound(f"{address} {revision or ''}".rstrip() + " is not in the workspace.", fix="Apply first.")
        return record

    def _existing(self, request: Request, existing: Record, kind: Kind) -> Observed:
        if existing.deleting:
            raise Transient(f"{request.address} is still being deleted.")
        if not request.fingerprint.matches(existing.fingerprint):
            raise taken(request, existing.owner)
        if self._workspace.lost(existing):
            existing = self._workspace.restore(self._drafts.of(request, kind, existing.key))
        if existing.archived:
            existing = self._workspace.relabel(replace(existing, archived=False))
        if existing.health is Health.PROGRESSING:
            self._wake(kind)
        return to_observed(existing, kind)

    def _archive(self, kind: Kind, record: Record) -> None:
        if not kind.local.archivable:
            raise Invalid(
                f"{record.address}: a {kind.title} cannot be archived.", fix="Use on_removal: delete or keep."
            )
        if record.health is Health.PROGRESSING:
            self._workspace.cancel(record.key)
            self._workspace.wait_until_still(record.key, DELETE_TIMEOUT_S)
        self._workspace.archive(record.key)

    def _wake(self, kind: Kind) -> None:
        if kind.local.processes:
            self._workspace.wake()


def _as_served(observed: Observed, record: Record) -> Observed:
    health, message = health_shown(observed.health, observed.message, record.attributes)
    return replace(observed, health=health, message=message)
