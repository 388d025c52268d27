"""The one door of the embedded workspace: everything outside it, and the Azure wire in front of it, imports this module only.

A `Workspace` is a folder. Reading starts and makes nothing; the first write makes the folder, and the first resource with processes
starts the supervisor. What is heavy (AutoML, environments, MLflow) is imported when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from orchestrator.core.address import Address
from orchestrator.core.health import Health
from orchestrator.core.kind import Identity, Kind, Kinds
from orchestrator.core.ports import Cancellation, Clock, Progress, ScoringAnswer, ScoringRequest, SystemClock
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.files.content import SCHEME, ContentStore
from orchestrator.workspace.folder.identity import ensure_identity, read_identity
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.operations.endpoint_health import health_shown
from orchestrator.workspace.operations.forecasts import (
    columns_at,
    first_table,
    job_foreseen,
    model_recipe,
    read_conda,
    recipes,
)
from orchestrator.workspace.operations.invoking import Invoking
from orchestrator.workspace.operations.log_reading import LogReader, log_file
from orchestrator.workspace.operations.log_reading import follow as follow_log
from orchestrator.workspace.operations.records import Draft, writable
from orchestrator.workspace.operations.waiting import Waiter
from orchestrator.workspace.pipeline import expressions
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import (
    ADOPTED,
    FILES,
    JOB_PROPERTY,
    LOST,
    NODES_AS_PROCESSES,
    PARENT,
    PRIVATE_ATTRIBUTES,
    PYTHON_DOWNLOADS,
    STAND_INS,
    WIRE,
    Record,
    RecordKey,
)
from orchestrator.workspace.records.record_kinds import of_asset
from orchestrator.workspace.records.secrets import SecretValues
from orchestrator.workspace.references.assets import remote, resolve
from orchestrator.workspace.references.curated import hosted
from orchestrator.workspace.references.hosted import component as hosted_component
from orchestrator.workspace.references.stand_ins import StandIn, mapped_below, stand_in_for
from orchestrator.workspace.supervision.client import LOCAL_EXTRA, missing_packages
from orchestrator.workspace.tracking.figures import TrackedRuns
from orchestrator.workspace.tracking.mlflow_files import mlflow_folder

if TYPE_CHECKING:
    from orchestrator.workspace.arm.service import ArmService, Around
    from orchestrator.workspace.environments.recipes import Recipe as Recipe
    from orchestrator.workspace.environments.recipes import Recipes as Recipes
    from orchestrator.workspace.operations.administration import GarbageSweep as GarbageSweep
    from orchestrator.workspace.operations.administration import WorkspaceStatus as WorkspaceStatus
    from orchestrator.workspace.schedules.clock import Fired as Fired
    from orchestrator.workspace.schedules.clock import ScheduleFacts as ScheduleFacts

__all__ = [
    "ADOPTED",
    "FILES",
    "JOB_PROPERTY",
    "LOCAL_EXTRA",
    "LOST",
    "NODES_AS_PROCESSES",
    "PARENT",
    "PRIVATE_ATTRIBUTES",
    "PYTHON_DOWNLOADS",
    "SCHEME",
    "STAND_INS",
    "WIRE",
    "Draft",
    "Record",
    "RecordKey",
    "SecretValues",
    "StandIn",
    "Workspace",
    "columns_at",
    "expressions",
    "first_table",
    "health_shown",
    "hosted",
    "hosted_component",
    "job_foreseen",
    "mapped_below",
    "missing_packages",
    "mlflow_folder",
    "model_recipe",
    "of_asset",
    "read_conda",
    "recipes",
    "record_kinds",
    "remote",
    "stand_in_for",
]

_NO_KINDS: Final[Kinds] = MappingProxyType({})


class Workspace(Invoking):
    """One embedded workspace. Safe to use from several threads.

    All methods that read or write records raise `Transient` if another process keeps the database busy, and `Invalid` if it is damaged.

    Args:
        root: its folder, absolute.
        kinds: how each kind is treated; `wait` and `logs` need the kind of what they are asked about.
        clock: for time bounds.
    """

    def __init__(self, root: Path, kinds: Kinds = _NO_KINDS, clock: Clock | None = None) -> None:
        super().__init__(root)
        self._kinds = kinds
        self._content = ContentStore(self._paths)
        self._waiter = Waiter(
            self._store, self._paths, kinds, clock or SystemClock(), self._supervisor.ensure, self._supervisor.trouble
        )

    @property
    def root(self) -> Path:
        """Its folder, which may not be there yet."""
        return self._paths.root

    @property
    def identity(self) -> str:
        """What tells it from every other workspace; empty if it is not there yet.

        Raises:
            Invalid: the marker is damaged, or of a newer version.
        """
        return read_identity(self._paths)

    @cached_property
    def made_identity(self) -> str:
        """The same; the workspace is made now if it is not there yet.

        Raises:
            Invalid: see `identity`; or the folder cannot be written.
        """
        with writable(self._paths):
            return ensure_identity(self._paths)

    def wait(self, key: RecordKey, timeout_s: float | None, cancel: Cancellation, progress: Progress) -> Record:
        """Wait until a record is no longer in progress; see `Waiter.until_healthy`."""
        return self._waiter.until_healthy(key, timeout_s, cancel, progress)

    def wait_until_gone(self, key: RecordKey, timeout_s: float) -> None:
        """Wait until a record that was deleted is gone; see `Waiter.until_gone`."""
        self._waiter.until_gone(key, timeout_s)

    def wait_until_still(self, key: RecordKey, timeout_s: float) -> None:
        """Wait until a run that was cancelled has stopped; see `Waiter.until_still`."""
        self._waiter.until_still(key, timeout_s)

    def logs(self, record: Record, *, follow: bool) -> Iterator[str]:
        """The lines of a run's or deployment's log, without secrets.

        Args:
            follow: go on as lines are written, until nothing runs any more.

        Raises:
            Invalid: the resource has no log.
        """
        kind = self._kinds[record.kind]
        reader = LogReader(log_file(self._paths, kind, Address.parse(record.address), record.revision))
        # What jobs print is masked on its way to the log; what scoring servers print is not.
        return map(self._secrets.mask(record.key), follow_log(reader, lambda: follow and self._running(record, kind)))

    def score(self, endpoint: Record, request: ScoringRequest) -> ScoringAnswer:
        """POST a request to an endpoint with its key; see `operations.scoring.send`."""
        from orchestrator.workspace.operations import scoring  # HTTP is needed by this only

        return scoring.send(self._paths, endpoint, request)

    def _running(self, record: Record, kind: Kind) -> bool:
        current = self._store.get(*record.key)
        if current is None:
            return False
        return kind.identity is not Identity.RUN or current.health is Health.PROGRESSING

    def keep(self, files: LocalFiles) -> str:
        """Keep a local file or folder. Returns its digest, to be written as ``SCHEME + digest``.

        Raises:
            Invalid: it cannot be read, or the workspace cannot be written.
            Conflict: it changed meanwhile.
        """
        with writable(self._paths):
            return self._content.put(files)

    def artifacts(self, digest: str) -> Path:
        """Where a file or folder that is kept lies.

        Raises:
            NotFound: it is not kept.
            ValueError: this is not a digest.
        """
        return self._content.path_of(digest)

    def resolve(self, reference: str, sections: Sequence[str]) -> Path:
        """Where the file or folder lies that a reference to an asset of some sections stands for; see `references.assets.resolve`."""
        return resolve(self._store, self._paths, {}, reference, tuple(sections))

    @property
    def tracked(self) -> TrackedRuns:
        """What runs have logged and made. Reading starts nothing."""
        return TrackedRuns(self._paths, self._store)

    # The supervisor.

    def answers(self) -> bool:
        """Whether a supervisor answers soon. Starts nothing."""
        return self._supervisor.answers()

    def supervised(self) -> bool:
        """Whether there is a supervisor; waits longer for its answer than `answers`. Starts nothing."""
        return bool(self._supervisor.status())

    def start(self, progress: Progress) -> None:
        """Start the supervisor unless it runs, and wait until it has looked at all records once.

        Raises:
            Failed: it does not start.
        """
        self._supervisor.ensure()
        self._supervisor.until_looked(progress)

    # The workspace as a whole; see `operations.administration`.

    def up(self, progress: Progress = lambda line: None) -> WorkspaceStatus:
        """Bring back what ran before, and wait until everything was looked at once."""
        from orchestrator.workspace.operations import administration

        return administration.up(self.root, progress)

    def down(self) -> bool:
        """Stop everything. Returns whether there was anything to stop."""
        from orchestrator.workspace.operations import administration

        return administration.down(self.root)

    def status(self) -> WorkspaceStatus:
        """How it is. Starts and makes nothing."""
        from orchestrator.workspace.operations import administration

        return administration.status(self.root)

    def reset(self) -> bool:
        """Stop everything and delete all that belongs to it. Returns whether there was anything to delete."""
        from orchestrator.workspace.operations import administration

        return administration.reset(self.root)

    def gc(self, grace_s: float, *, dry_run: bool) -> GarbageSweep:
        """Remove what no record needs any more, unless it was used within so many seconds."""
        from orchestrator.workspace.operations import administration

        return administration.gc(self.root, grace_s, dry_run=dry_run)


# The Azure wire.


def arm_service(
    root: Path,
    port: int = 0,
    *,
    around: Around | None = None,
    kinds: Kinds = _NO_KINDS,
    **manners: Any,
) -> ArmService:
    """The wire of a workspace, not yet started; see `arm.service.ArmService` and `arm.service.Manners`."""
    from orchestrator.workspace.arm.service import ArmService, Manners

    return ArmService(WorkspacePaths(root), port, around, kinds, Manners(**manners))


def arm_environment(root: Path) -> Mapping[str, str]:
    """What a program needs in its environment to find and trust the running wire.

    Raises:
        NotFound: none runs.
    """
    from orchestrator.workspace.arm.service import ArmFiles

    return ArmFiles(WorkspacePaths(root)).settings()
