"""What is asked of batch endpoints: data to be scored, and the jobs that came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from orchestrator.core.address import Address
from orchestrator.core.health import Health
from orchestrator.core.ports import Cancellation, Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """Data for a batch endpoint.

    Attributes:
        inputs: name to value: a number or a text, or a body with ``type`` (``uri_folder``, ``uri_file``, …) and ``path``: an absolute
            local path, ``azureml:NAME:VERSION``, a path in a datastore, or a URL.
        outputs: name to body with ``path``, a path in a datastore.
        deployment: which one scores; empty for the default one.
        settings: fields of the deployment that are otherwise for this job: ``mini_batch_size``, ``output_file_name``, ….
            ``instance_count`` is one of them.
        name: of the job; empty for a new one.
        experiment: of the job; empty for the endpoint's name.
    """

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    deployment: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    experiment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchJob:
    """A job of a batch endpoint.

    Attributes:
        name: of the run.
        deployment: which scored, or scores; empty if nobody says.
        status: in the words of the service: ``Running``, ``Completed``, ….
        health: the same for programs.
        message: why it failed.
        outputs: name to place of what it made: a local path, or an ``azureml://`` address.
        done, total: of its mini-batches; None if nobody counts them.
    """

    name: str
    deployment: str
    status: str
    health: Health
    message: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    done: int | None = None
    total: int | None = None

    def document(self) -> dict[str, Any]:
        """As plain data."""
        counts = {} if self.total is None else {"mini_batches": {"done": self.done, "total": self.total}}
        said = {"job": self.name, "deployment": self.deployment or None, "status": self.status}
        return {**said, "message": self.message or None, "outputs": dict(self.outputs), **counts}


@runtime_checkable
class Batching(Protocol):
    """A backend whose batch endpoints can be invoked. All raise members of the `BackendError` family."""

    def invoke(self, endpoint: Address, request: BatchRequest) -> BatchJob:
        """Start a job that scores data. Returns at once.

        Raises:
            NotFound: the endpoint, the deployment, or the data is not there.
            Invalid: no deployment is the default, or the request does not fit it.
        """
        ...

    def batch_jobs(self, endpoint: Address, deployment: str = "") -> Sequence[BatchJob]:
        """The jobs of an endpoint, or of one of its deployments, newest first."""
        ...

    def batch_job(self, endpoint: Address, name: str) -> BatchJob:
        """One of them. Raises `NotFound`."""
        ...


def settled(
    batching: Batching, endpoint: Address, name: str, cancel: Cancellation, progress: Progress, late: Callable[[], bool]
) -> BatchJob | None:
    """Wait until a job has ended, and tell how far it is.

    Args:
        late: whether nobody waits any longer.

    Returns:
        The job; None if the waiting was given up.
    """
    shown = ""
    pause = FIRST_PAUSE_S
    while True:
        job = batching.batch_job(endpoint, name)
        line = job.status if job.total is None else f"{job.status}: {job.done} of {job.total} mini-batches"
        if line != shown:
            progress(line)
            shown, pause = line, FIRST_PAUSE_S
        if job.health is not Health.PROGRESSING:
            return job
        if late() or cancel.sleep(pause):
            return None
        pause = min(LONGEST_PAUSE_S, pause * 1.5)


FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
"""Between two looks at a job, seconds."""
