"""The embedded workspace behind the backend port: writes records, lets the supervisor make them true."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from orchestrator.backends.local.bodies import to_observed
from orchestrator.backends.local.doubts import Doubts
from orchestrator.backends.local.drafts import RecordDrafts, key_of, relabelled
from orchestrator.backends.local.externals import STAND_IN, inborn, stand_in
from orchestrator.backends.local.logs import LogReader, follow, log_file
from orchestrator.backends.local.refusals import Refusals
from orchestrator.backends.local.revival import Revival
from orchestrator.backends.local.shares import with_shares
from orchestrator.backends.local.unserved import health_shown
from orchestrator.backends.local.waiting import Waiter
from orchestrator.backends.taken import taken
from orchestrator.core.address import Address
from orchestrator.core.errors import Conflict, Invalid, NotFound, Transient
from orchestrator.core.health import Health
from orchestrator.core.kind import Identity, Kind, Kinds
from orchestrator.core.ports import Cancellation, Clock, Progress, Request, ScoringAnswer, ScoringRequest
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired, Observed, Removal
from orchestrator.workspace.admission.deletion import refuse_while_answering
from orchestrator.workspace.files.content import ContentStore
from orchestrator.workspace.folder.identity import read_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import CANCEL_REQUESTED, Record
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import lost
from orchestrator.workspace.supervision.client import SupervisorClient

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
        self._paths = WorkspacePaths(Path(choice.settings["path"]))
        self._stand_ins: dict[str, str] = dict(choice.settings.get("stand_ins") or {})
        self._mentions = mentions
        self._project = project
        self._kinds = kinds
        self._store = RecordStore(self._paths)
        self._content = ContentStore(self._paths)
        self._refusals = Refusals(choice.settings, self._store, self._content)
        self._secrets = SecretFiles(self._paths)
        self._client = SupervisorClient(self._paths)
        self._waiter = Waiter(self._store, self._paths, kinds, clock, self._client.ensure, self._client.trouble)
        self._doubts = Doubts(self._client.answers, clock)
        self._revival = Revival(self._store, self._client, self._stands_for_processes, clock)
        self._drafts = RecordDrafts(self._paths, self._store, self._content, self._secrets, choice.settings)

    @property
    def label(self) -> str:
        return "embedded workspace"

    @property
    def workspace_id(self) -> str:
        return read_identity(self._paths)

    def list(self, kind: str) -> Iterable[Observed]:
        of = self._kinds.get(kind)
        records = [record for record in self._store.list(kind) if not (record.deleting or self._lost(record))]
        found = [to_observed(record, of) for record in records]
        if of is not None and of.local.served:
            found = [self._doubts.of(observed) for observed in found]
            found = [_as_served(*both) for both in zip(found, records, strict=True)]
        if of is not None and of.local.shares:
            found = [with_shares(observed) for observed in found]
        return [*found, *(inborn(of, found) if of is not None else ())]

    def read(self, address: Address, revision: str | None = None) -> Observed | None:
        record = self._look_up(address, revision)
        if record is None or record.deleting or self._lost(record):
            kind = self._kinds.get(address.kind)
            texts = self._mentions.get(address, ())
            return stand_in(kind, address, revision, self._stand_ins, texts) if kind is not None else None
        return to_observed(record, self._kinds.get(address.kind))

    def refusals(self, desired: Desired, resources: Mapping[Address, Desired]) -> Iterable[Refusal]:
        return self._refusals.reasons(desired, self._kind(desired.address), resources)

    def create(self, request: Request) -> Observed:
        kind = self._kind(request.address)
        key = key_of(request.address, request.revision)
        existing = self._store.get(*key)
        if existing is not None:
            return self._existing(request, existing, kind)
        wanted = self._drafts.fresh(request, kind, key)
        try:
            record = self._store.insert(wanted)
        except Conflict:
            existing = self._store.get(*key)
            if existing is None:
                raise Transient(f"{request.address} was deleted at the same moment.") from None
            return self._existing(request, existing, kind)
        self._wake(kind)
        return to_observed(record, kind)

    def update(self, request: Request, before: Observed) -> Observed:
        kind = self._kind(request.address)
        key = key_of(request.address, request.revision or before.revision)
        existing = self._store.get(*key)
        if existing is None and STAND_IN in before.attributes:
            return self.create(request)
        if existing is None or existing.deleting:
            raise NotFound(f"{request.address} is not in the workspace any more.", fix="Plan and apply again.")
        changed = self._drafts.of(request, kind, key)
        labelled = relabelled(changed, existing, request, kind)
        record = self._store.update_body(labelled or changed, same_work=labelled is not None)
        if labelled is None:
            self._wake(kind)
        return to_observed(record, kind)

    def wait(
        self, address: Address, revision: str, timeout_s: float | None, cancel: Cancellation, progress: Progress
    ) -> Observed:
        kind = self._kind(address)
        record = self._waiter.until_healthy(key_of(address, revision), timeout_s, cancel, progress)
        return to_observed(record, kind)

    def delete(self, address: Address, revision: str, removal: Removal) -> None:
        if removal is Removal.KEEP:
            return
        kind = self._kind(address)
        key = key_of(address, revision)
        record = self._store.get(*key)
        if record is None:
            return
        if removal is Removal.ARCHIVE:
            self._archive(kind, record)
            return
        refuse_while_answering(self._store, key)
        self._secrets.forget(key)
        if not kind.local.processes:
            self._store.delete(key)
            return
        self._store.mark_deleting(key)
        self._wake(kind)
        self._waiter.until_gone(key, DELETE_TIMEOUT_S)

    def cancel(self, address: Address, revision: str) -> None:
        record = self._store.get(*key_of(address, revision))
        if record is not None and record.health is Health.PROGRESSING:
            self._store.update_status(record.key, attributes={CANCEL_REQUESTED: True})
            self._wake(self._kind(address))

    def logs(self, address: Address, revision: str | None, *, follow: bool) -> Iterator[str]:
        record = self._find(address, revision)
        return self._lines(record, going_on=follow)

    def score(self, endpoint: Address, request: ScoringRequest) -> ScoringAnswer:
        from orchestrator.backends.local.scoring import send  # HTTP is needed by this only

        record = self._find(endpoint, None)
        try:
            answer = send(self._paths, record, request)
        except Transient:
            if not self._revival.endpoint(endpoint, Cancellation()):
                raise
        else:
            if answer.status != _NO_SERVER or not self._revival.endpoint(endpoint, Cancellation()):
                return answer
        return send(self._paths, self._find(endpoint, None), request)

    def revive(self, cancel: Cancellation, progress: Progress) -> None:
        """Bring back what ran before the workspace or the machine went down; see `Revival.all`."""
        self._revival.all(cancel, progress)

    def close(self) -> None:
        self._store.close()

    def _stands_for_processes(self, record: Record) -> bool:
        kind = self._kinds.get(record.kind)
        if kind is None or record.archived or record.deleting or not kind.local.processes:
            return False
        return kind.identity is not Identity.RUN or record.health is Health.PROGRESSING

    def _kind(self, address: Address) -> Kind:
        try:
            return self._kinds[address.kind]
        except KeyError:
            raise Invalid(f"The embedded workspace knows no kind '{address.kind}'.") from None

    def _look_up(self, address: Address, revision: str | None) -> Record | None:
        if revision is not None:
            return self._store.get(address.kind, str(address), revision)
        found = self._store.latest(address.kind, str(address))
        if found is None and address.kind in self._kinds and self._kinds[address.kind].identity is Identity.RUN:
            # azureml://jobs/NAME/… names a run, whatever job of a spec it came from.
            return self._store.find(address.kind, address.name)
        return found

    def _lost(self, record: Record) -> bool:
        """Whether files of a record are gone, so that it has to be made again. Archived ones are nobody's to make again."""
        return record.lost or (not record.archived and lost(self._store, self._paths, record))

    def _find(self, address: Address, revision: str | None) -> Record:
        record = self._look_up(address, revision)
        if record is None:
            raise NotFound(f"{address} {revision or ''}".rstrip() + " is not in the workspace.", fix="Apply first.")
        return record

    def _lines(self, record: Record, *, going_on: bool) -> Iterator[str]:
        address = Address.parse(record.address)
        kind = self._kind(address)
        reader = LogReader(log_file(self._paths, kind, address, record.revision))

        def running() -> bool:
            current = self._store.get(*record.key)
            over = kind.identity is Identity.RUN and current is not None and current.health is not Health.PROGRESSING
            return going_on and current is not None and not over

        # What jobs print is masked on its way to the log; what scoring servers print is not.
        return map(self._secrets.mask(record.key), follow(reader, running))

    def _existing(self, request: Request, existing: Record, kind: Kind) -> Observed:
        if existing.deleting:
            raise Transient(f"{request.address} is still being deleted.")
        if not request.fingerprint.matches(existing.fingerprint):
            raise taken(request, existing.owner)
        if self._lost(existing):
            existing = self._store.update_body(self._drafts.of(request, kind, existing.key), same_work=True)
        if existing.archived:
            existing = self._store.update_body(replace(existing, archived=False), same_work=True)
        if existing.health is Health.PROGRESSING:
            self._wake(kind)
        return to_observed(existing, kind)

    def _archive(self, kind: Kind, record: Record) -> None:
        if not kind.local.archivable:
            raise Invalid(
                f"{record.address}: a {kind.title} cannot be archived.", fix="Use on_removal: delete or keep."
            )
        if record.health is Health.PROGRESSING:
            self._store.update_status(record.key, attributes={CANCEL_REQUESTED: True})
            self._wake(kind)
            self._waiter.until_still(record.key, DELETE_TIMEOUT_S)
        self._store.archive(record.key)

    def _wake(self, kind: Kind) -> None:
        if kind.local.processes:
            self._client.ensure()
            self._client.nudge()


def _as_served(observed: Observed, record: Record) -> Observed:
    health, message = health_shown(observed.health, observed.message, record.attributes)
    return replace(observed, health=health, message=message)
