"""What an embedded workspace knows of one resource."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from orchestrator.core.firings import STATE
from orchestrator.core.health import Health

CANCEL_REQUESTED: Final = "cancel_requested"
"""Attribute of a run's record: true once its manager shall stop it."""

PROCESS: Final = "process"
"""Attribute of a run's record: the identity of its runner, while it runs."""

STAND_INS: Final = "stand_ins"
"""Attribute: reference or URL to absolute local path, as the spec's settings had it; for `assets.resolve`."""

PYTHON_DOWNLOADS: Final = "python_downloads"
"""Attribute: true where the spec's settings allow fetching a Python that this machine does not have."""

NODES_AS_PROCESSES: Final = "nodes_as_processes"
"""Attribute: true where the spec's settings let the nodes of a job be processes of this machine."""

SETTINGS: Final = (STAND_INS, PYTHON_DOWNLOADS, NODES_AS_PROCESSES)
"""Attributes that a run hands on to its children."""

FILES: Final = "files"
"""Attribute: the content digest of each local file or folder in the body, to the digest it has in plans."""

WIRE: Final = "wire"
"""Attribute: what a client of Azure's wire sent, without secrets, and when; see `workspace.arm.shelf`."""

UNSERVED: Final = "unserved"
"""Attribute of an endpoint's record: ``health`` and ``message`` while a deployment that gets traffic has no server that answers."""

LOST: Final = "content_lost"
"""Attribute of an asset's record: true once its content turned out to be damaged. Backends hide it, so that it is made again."""

ADOPTED: Final = "adopted"
"""Attribute: true where the owner took over what others had made."""

MLFLOW_RUN: Final = "mlflow_run_id"
"""Attribute of a job's record: its run in MLflow."""

PARENT: Final = "parent"
"""Attribute of a job's record: the name of the run that started it. Such a run comes and goes with that one, and no spec names it."""

PARAMETERS: Final = "parameters"
"""Attribute of a job's record: name to text of what its parent has chosen for it."""

STEP: Final = "step"
"""Attribute of a step's run: ``name``, ``digest`` (what its result depends on), ``reused_from``, ``try`` (see `Record.generation`)."""

BEST_CHILD: Final = "best_child"
"""Member of a run's result: the name of the child whose outputs became its own."""

CARRIED: Final = "carried_labels"
"""Attribute of a job's record: names of the tags that its run in MLflow has from it, so that one that the job has lost goes there too."""

REGISTERED: Final = "registered"
"""Attribute of a model's record: what MLflow's registry keeps beside it, ``source``, ``run_id``, ``stage``, …"""

KEPT: Final = "kept"
"""Attribute of a model's record: ``content://DIGEST`` of the copy that was taken when it was made from what a run has made."""

SCHEDULE_STATE: Final = STATE
"""Attribute of a schedule's record: how far it has got; see `schedules.state.Firing`."""

JOB_PROPERTY: Final = "azureml.jobName"
"""Property of a registered output: the run that made it."""

OUTPUT_PROPERTY: Final = "azureml.outputName"
"""Property of a registered output: its name among the run's outputs."""

PRIVATE_ATTRIBUTES: Final = frozenset(
    {CANCEL_REQUESTED, *SETTINGS, FILES, WIRE, UNSERVED, REGISTERED, KEPT, LOST, ADOPTED, CARRIED}
)
"""Attributes between the command line and the managers, which say nothing about the resource itself."""


class RecordKey(NamedTuple):
    """Tells one record from all others.

    Attributes:
        kind: ``jobs``, ``online_endpoints.deployments``, …
        address: in its text form.
        revision: version or run name; empty for named resources.
    """

    kind: str
    address: str
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One resource, version or run, as it is wanted and as it is.

    The command line writes what is wanted (`body`, `deleting`); the managers make processes match it and write how it is
    (`health`, `phase`, `message`, `attributes`).

    Attributes:
        kind, address, revision: see `RecordKey`.
        owner: the project that wrote it; None if nobody marked it.
        fingerprint: the packed fingerprint; None if nobody marked it.
        body: the CLI v2 body, plain data with every reference pinned. A local file or folder is
            ``content://<manifest digest>``; a secret is ``{"$secret": name, "digest": …}`` or ``{"$template": […]}``,
            which `workspace.secrets.SecretFiles.reveal` replaces by its value.
        attributes: what only the workspace knows: ``outputs``, ``scoring_uri``, ``duration_s``, …
        health: how it is.
        message: why, when not healthy.
        archived: hidden; the version number stays taken.
        order: rises with each insertion in the workspace. Given by the store.
        phase: for its manager: ``queued``, ``running``, ``completed``, …
        variant: the shape of the body inside its kind.
        deleting: it shall go: its manager stops its processes and then removes the record.
        generation: 1, and one more after each change of the body. Given by the store.
    """

    kind: str
    address: str
    revision: str = ""
    owner: str | None = None
    fingerprint: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    health: Health = Health.HEALTHY
    message: str = ""
    archived: bool = False
    order: int = 0
    phase: str = ""
    variant: str = ""
    deleting: bool = False
    generation: int = 1

    @property
    def key(self) -> RecordKey:
        """What the store finds it by."""
        return RecordKey(self.kind, self.address, self.revision)

    @property
    def name(self) -> str:
        """The resource's own name: the last part of its address."""
        return self.address.rsplit(".", 1)[-1] if "." in self.kind else self.address.split(".", 1)[1]

    @property
    def stand_ins(self) -> Mapping[str, str]:
        """See `STAND_INS`."""
        found: Mapping[str, str] = self.attributes.get(STAND_INS) or {}
        return found

    @property
    def python_downloads(self) -> bool:
        """See `PYTHON_DOWNLOADS`."""
        return bool(self.attributes.get(PYTHON_DOWNLOADS))

    @property
    def nodes_as_processes(self) -> bool:
        """See `NODES_AS_PROCESSES`."""
        return bool(self.attributes.get(NODES_AS_PROCESSES))

    @property
    def lost(self) -> bool:
        """See `LOST`."""
        return bool(self.attributes.get(LOST))

    @property
    def cancel_requested(self) -> bool:
        """See `CANCEL_REQUESTED`."""
        return bool(self.attributes.get(CANCEL_REQUESTED))
