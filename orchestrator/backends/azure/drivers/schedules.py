"""Schedules: azure-ai-ml writes them, and the service's REST interface tells them, whatever they fire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator import job_types
from orchestrator.backends.azure import facts, rest
from orchestrator.backends.azure.bodies import loader_body, local_files
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.backends.azure.drivers.mutable import MutableDriver
from orchestrator.backends.azure.loader_body import for_loader
from orchestrator.backends.azure.normalise import normalised
from orchestrator.backends.azure.prepared import prepared
from orchestrator.core.address import Address
from orchestrator.core.errors import NotFound
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.resource import Observed
from orchestrator.core.wire import snake, without_nothing

_JOB: Final = "create_job"


class ScheduleDriver(MutableDriver):
    """Schedules. What they fire is kept by the service in words of its own, so a plan compares it with what was last written."""

    def __init__(self, context: DriverContext, kind: Kind) -> None:
        super().__init__(context.client, kind)
        self._jobs = context.kinds[kind.nests[_JOB]]

    def list(self) -> list[Observed]:
        """See `Driver.list`."""
        path, query = self._path(), {**rest.VERSION, "listViewType": "All"}
        found = self._client.read(f"list {self._kind.key}", lambda ml: list(rest.pages(ml, path, query)))
        return [self._observed(each) for each in found]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        try:
            return self._observed(
                self._client.read(f"read {address}", lambda ml: rest.resource(ml, self._path(address.name)))
            )
        except NotFound:
            return None

    def update(self, request: Request, before: Observed) -> Any:
        """See `Driver.update`. What a spec does not say of being paused stays."""
        paused = before.properties.get("is_enabled") is False and request.properties.get("is_enabled") is None
        return self._write(request, "update", {"is_enabled": False} if paused else {})

    def trigger(self, address: Address) -> str:
        """Fire one now. Returns the name of the run."""
        answer = self._client.write(f"trigger {address}", lambda ml: ml.schedules.trigger(name=address.name))
        return str(answer.job_name)

    def _put(self, request: Request, verb: str) -> Any:
        return self._write(request, verb, {})

    def _write(self, request: Request, verb: str, more: Mapping[str, Any]) -> Any:
        from orchestrator.backends.azure import sdk

        def put(ml: Any) -> Any:
            with prepared(request) as ready:
                body = {**loader_body(ready, self._kind, self._client.connection.resource_id), **more}
                return sdk.put_schedule(ml, sdk.load_schedule(body, self._job_inside(body)))

        return self._client.write(f"{verb} {request.address}", put, local_files(request.properties))

    def _job_inside(self, body: Mapping[str, Any]) -> dict[str, Any] | None:
        job = body.get(_JOB)
        if not isinstance(job, Mapping) or "job" in job:
            return None
        typed = {"type": job_types.variant_of(job).partition(".")[0], **job}
        return for_loader(self._jobs, typed)

    def _delete(self, ml: Any, address: Address) -> Any:
        return ml.schedules.begin_delete(name=address.name)

    def _path(self, name: str = "") -> str:
        return "/".join((self._client.connection.arm_id, self._kind.key, *([name] if name else ())))

    def _observed(self, found: Mapping[str, Any]) -> Observed:
        properties = found.get("properties") or {}
        body = {
            "display_name": properties.get("displayName"),
            "description": properties.get("description"),
            "properties": properties.get("properties") or None,
            "tags": properties.get("tags") or None,
            "is_enabled": properties.get("isEnabled"),
            "trigger": dict(_trigger(properties.get("trigger") or {})),
            "id": found.get("id"),
        }
        whole = normalised(self._kind, without_nothing(body))
        return facts.observed(Address(self._kind.section, str(found["name"])), "", whole, rest.entity_of(found))


def _trigger(sent: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """A trigger as CLI v2 has it. Times of days that are none are left out."""
    for name, value in sent.items():
        if name == "triggerType":
            yield "type", str(value).lower()
        elif name == "schedule":
            times = {snake(part): inner for part, inner in (value or {}).items() if inner}
            if times:
                yield "schedule", times
        elif value is not None:
            yield snake(name), value


def driver(kind: Kind, context: DriverContext) -> ScheduleDriver:
    """See `context.driver_of`."""
    return ScheduleDriver(context, kind)
