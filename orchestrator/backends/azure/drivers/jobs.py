"""Jobs: a run for each name, never changed but for its labels, archived or deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from orchestrator.backends.azure import facts
from orchestrator.backends.azure.bodies import loader_body, local_files
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.marks import marked, marks_of
from orchestrator.backends.azure.normalise import shortened
from orchestrator.backends.azure.prepared import prepared
from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.health import Health
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import OWNER_TAG, Observed, Removal
from orchestrator.core.wire import CONNECTION_PROPERTY

_ENDED: Final = {
    "completed": Health.HEALTHY,
    "failed": Health.DEGRADED,
    "canceled": Health.DEGRADED,
    "notresponding": Health.DEGRADED,
    "paused": Health.SUSPENDED,
    "unknown": Health.UNKNOWN,
}
"""Every other status is on its way. Source: Azure REST specification, ``JobStatus``."""

_LABELS: Final = ("name", "type", "display_name", "description", "tags", "properties", "experiment_name", "compute")

Recorded = Callable[[], Mapping[Address, str] | None]
"""Addresses of jobs, each with the run on record; None if nobody knows."""


class JobDriver:
    """Runs. A job's name in the workspace is the run's; the job of the spec stands in its marks.

    Args:
        client: of the workspace.
        kind: of jobs.
        recorded: see `Recorded`.
    """

    def __init__(self, client: Client, kind: Kind, recorded: Recorded) -> None:
        self._client = client
        self._kind = kind
        self._recorded = recorded

    def list(self) -> Sequence[Observed]:
        """See `Driver.list`: runs with an owner's mark, and those on record that have lost theirs.

        A workspace keeps its runs for ever: reading those of all others would cost a page for each hundred.
        """
        found = list(chain.from_iterable(self._client.each(self._marked, ("ACTIVE", "ARCHIVED"))))
        seen = {observed.revision for observed in found}
        lost = [(address, run) for address, run in (self._recorded() or {}).items() if run and run not in seen]
        again = self._client.each(lambda pair: self._unmarked(*pair), lost)
        return [*found, *(observed for observed in again if observed is not None)]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`. Without a revision a run of this name, otherwise the newest run of the job."""
        name = address.name if revision is None else revision
        found = self._get(address, name)
        if found is not None or revision is not None:
            return found
        runs = [observed for observed in self._marked("ACTIVE") if observed.address == address]
        return max(runs, key=lambda observed: observed.order, default=None)

    def create(self, request: Request) -> None:
        """See `Driver.create`."""
        from orchestrator.backends.azure import sdk

        def submit(ml: Any) -> None:
            with prepared(request) as ready:
                ml.jobs.create_or_update(
                    sdk.load_entity(
                        self._kind.azure.loader, loader_body(ready, self._kind, self._client.connection.resource_id)
                    )
                )

        files = local_files(request.properties)
        self._client.write(f"submit {request.address} as {request.revision}", submit, files)

    def update(self, request: Request, before: Observed) -> None:
        """Change the labels of a run. The service keeps what is not mentioned, so that what goes is named.

        Raises:
            Invalid: a property has another value; those of a run never change.
        """
        _refuse_other_properties(request, before)
        name = request.revision or before.revision
        gone = sorted(str(path[1]) for path in request.removed if path[0] == "tags" and len(path) > 1)
        description = "" if ("description",) in request.removed else request.properties.get("description")

        from orchestrator.backends.azure import sdk

        def relabel(ml: Any) -> None:
            job = ml.jobs.get(name)
            job.display_name = request.properties.get("display_name") or job.display_name
            sdk.remove_tags(ml, job, gone)
            sdk.relabel(ml, job, marked(request.properties.get("tags"), request), description)

        self._client.write(f"update {request.address} {name}", relabel)

    def restore(self, request: Request) -> None:
        """See `Driver.restore`."""
        self._client.write(f"restore {request.address}", lambda ml: ml.jobs.restore(request.revision))

    def remove(self, address: Address, revision: str, removal: Removal) -> Any:
        """See `Driver.remove`."""
        if removal is Removal.DELETE:
            return self._client.write(f"delete {address} {revision}", lambda ml: ml.jobs.begin_delete(revision))
        from orchestrator.backends.azure import sdk

        return self._client.write(f"archive {address} {revision}", lambda ml: sdk.hide_run(ml, revision))

    def cancel(self, address: Address, revision: str) -> None:
        """Ask a run to stop. One that has ended already is no error."""
        found = self._get(address, revision)
        if found is not None and found.health is Health.PROGRESSING:
            self._client.write(f"cancel {address} {revision}", lambda ml: ml.jobs.begin_cancel(revision))

    def _marked(self, view: str) -> Sequence[Observed]:
        def page_through(ml: Any) -> Sequence[Any]:
            from orchestrator.backends.azure import sdk

            found = ml.jobs.list(list_view_type=sdk.VIEWS[view], tag=OWNER_TAG)
            return [job for job in found if job is not None]

        jobs = self._client.read("list jobs", page_through)
        observed = [self._observed(job, archived=view == "ARCHIVED") for job in jobs]
        return [run for run in observed if run.owner is not None]

    def _unmarked(self, address: Address, run: str) -> Observed | None:
        return self._get(address, run)

    def _get(self, address: Address, name: str) -> Observed | None:
        from orchestrator.backends.azure import sdk

        try:
            job = self._client.read(f"read {address} {name}", lambda ml: ml.jobs.get(name))
            # A run that goes on is not archived; of one that has ended, the client's object does not say whether it is.
            ended = facts.bare(job.status) in _ENDED
            archived = ended and self._client.read(f"read {address} {name}", lambda ml: sdk.is_hidden(ml, name))
        except NotFound:
            return None
        return self._observed(job, archived=archived, at=address)

    def _observed(self, job: Any, *, archived: bool = False, at: Address | None = None) -> Observed:
        body = _labels(job)
        marked_as = marks_of(body.get("tags")).address
        address = marked_as if marked_as is not None and marked_as.kind == self._kind.key else at
        status = facts.bare(job.status)
        health = _ENDED.get(status, Health.PROGRESSING)
        return facts.observed(
            address or Address(self._kind.key, job.name),
            str(job.name),
            body,
            job,
            archived=archived,
            health=(health, "" if health is Health.HEALTHY else status),
        )


def _refuse_other_properties(request: Request, before: Observed) -> None:
    """Source: azureml-core documentation, ``Run.add_properties``: properties of a run are immutable, its tags are not."""
    requested, there = request.properties.get("properties") or {}, before.properties.get("properties") or {}
    others = [name for name, value in requested.items() if str(there.get(name)) != str(value)]
    if others:
        raise Invalid(
            f"{request.address}: {', '.join(sorted(others))} cannot be changed: properties of a run are immutable.",
            fix="Use tags for values that change, or change the job so that it runs again.",
        )


def _labels(job: Any) -> dict[str, Any]:
    """What a plan compares of a run. What it did never changes, and the client cannot write down every job that it has read:
    one of AutoML with outputs makes it fail. Source: measured with azure-ai-ml 1.35."""
    found = {name: getattr(job, name, None) for name in _LABELS}
    properties = found["properties"]
    if isinstance(properties, Mapping):
        found["properties"] = {name: value for name, value in properties.items() if name != CONNECTION_PROPERTY}
    body: dict[str, Any] = shortened({name: value for name, value in found.items() if value is not None})
    return body


def driver(kind: Kind, context: DriverContext) -> JobDriver:
    """See `context.driver_of`."""
    return JobDriver(context.client, kind, lambda: context.recorded(kind))
