"""A workspace and a state in memory, with faults on demand, for tests of everything between a plan and its effects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from orchestrator.core.address import Address
from orchestrator.core.behaviour import LOCAL_RECORD, WRITTEN, Behaviour
from orchestrator.core.errors import BackendError, Conflict, Failed, NotFound, StateError
from orchestrator.core.field_mark import Immutable, Metadata
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.health import Health
from orchestrator.core.kind import AzureBinding, Identity, Kind, NameRule, Spec
from orchestrator.core.ports import Cancellation, Progress, Request, ScoringAnswer, ScoringRequest
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Applied, Desired, Observed, Removal
from orchestrator.core.state import Holder, Intent, State, StateChange
from orchestrator.core.value import plain


class Crash(BaseException):
    """The process dies. Nothing catches it, and after it every call dies as well."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the backend or the store: ``create``, ``wait``, ``intend``, …"""

    verb: str
    address: Address | None


@dataclass(slots=True)
class Faults:
    """What goes wrong and when.

    Attributes:
        before: asked before each effect; an error that it returns is raised, and the effect does not happen.
        after: the same after the effect: the answer is lost.
        crash_at: the number of the call (counted from 1, backend and store together) at which the process dies.
        crash_after: it dies after that call's effect instead of before it.
    """

    before: Callable[[Call], BaseException | None] = lambda call: None
    after: Callable[[Call], BaseException | None] = lambda call: None
    crash_at: int = 0
    crash_after: bool = False
    count: int = 0
    dead: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, call: Call) -> int:
        """Note a call, and fail it if it shall fail."""
        with self.lock:
            if self.dead:
                raise Crash
            self.count += 1
            number = self.count
            if number == self.crash_at and not self.crash_after:
                self.dead = True
                raise Crash
        error = self.before(call)
        if error is not None:
            raise error
        return number

    def leave(self, call: Call, number: int) -> None:
        """The effect has happened; fail the answer if it shall fail."""
        with self.lock:
            if number == self.crash_at and self.crash_after:
                self.dead = True
            if self.dead:
                raise Crash
        error = self.after(call)
        if error is not None:
            raise error


def fail_once(
    error: BaseException, verb: str, address: str = "", times: int = 1
) -> Callable[[Call], BaseException | None]:
    """A fault that happens the first few times that a call fits."""
    left = [times]
    lock = threading.Lock()

    def fault(call: Call) -> BaseException | None:
        with lock:
            if left[0] and call.verb == verb and address in ("", str(call.address)):
                left[0] -= 1
                return error
        return None

    return fault


class SimulatedBackend:
    """A workspace of objects in memory.

    Attributes:
        objects: by address and revision.
        created: how often something came into being, by address and revision: more than once is a mistake.
        log: the calls, in order of their start.
        scores: how a deployment (or, under "", the traffic) of an endpoint answers.
        ends: how a run or deployment ends, by address; HEALTHY unless said.
    """

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.objects: dict[tuple[Address, str], Observed] = {}
        self.created: dict[tuple[Address, str], int] = {}
        self.log: list[Call] = []
        self.requests: list[Request] = []
        self.scored: list[tuple[Address, ScoringRequest]] = []
        self.scores: Callable[[Address, ScoringRequest], ScoringAnswer] = lambda endpoint, request: ScoringAnswer(
            f"http://127.0.0.1/{endpoint.name}", 200, '{"result": [false]}'
        )
        self.ends: dict[Address, Health] = {}
        self.attributes: dict[Address, Mapping[str, Any]] = {}
        self.busy: dict[str, int] = {}
        self.overlaps: list[str] = []
        self.waiting: Callable[[Address, Cancellation, Progress], None] = lambda address, cancel, progress: None
        self._lock = threading.RLock()

    label = "simulated workspace"
    workspace_id = "simulated"

    def list(self, kind: str) -> Iterable[Observed]:
        with self._lock:
            return [
                each
                for (address, _), each in sorted(self.objects.items(), key=lambda item: item[1].order)
                if address.kind == kind
            ]

    def read(self, address: Address, revision: str | None = None) -> Observed | None:
        with self._called("read", address), self._lock:
            if revision is not None:
                return self.objects.get((address, revision))
            found = [each for (other, _), each in self.objects.items() if other == address]
            return max(found, key=lambda each: each.order, default=None)

    def refusals(self, desired: Desired, resources: Mapping[Address, Desired]) -> tuple[Refusal, ...]:
        return ()

    def create(self, request: Request) -> Observed:
        with self._called("create", request.address), self._lock:
            self.requests.append(request)
            place = (request.address, request.revision)
            there = self.objects.get(place)
            if there is not None:
                # A call that was under way when its process died may have its effect after the next plan.
                known = there.fingerprint is not None
                same = request.fingerprint.matches(there.fingerprint) if known else self._is_same(request, there)
                if same:
                    self.objects[place] = replace(there, archived=False)
                    return self.objects[place]
                raise Conflict(f"{request.address} is there with other content")
            self.created[place] = self.created.get(place, 0) + 1
            made = self._object(request, len(self.created))
            self.objects[place] = made
            return made

    def update(self, request: Request, before: Observed) -> Observed:
        with self._called("update", request.address), self._lock:
            self.requests.append(request)
            place = (request.address, before.revision)
            if place not in self.objects:
                raise NotFound(f"{request.address} is not there")
            self.objects[place] = self._object(request, self.objects[place].order)
            return self.objects[place]

    def wait(
        self, address: Address, revision: str, timeout_s: float | None, cancel: Cancellation, progress: Progress
    ) -> Observed:
        with self._called("wait", address):
            self.waiting(address, cancel, progress)
            with self._lock:
                if (address, revision) not in self.objects:
                    raise NotFound(f"{address} {revision} is not there")
                end = self.ends.get(address, Health.HEALTHY)
                here = replace(self.objects[address, revision], health=end)
                self.objects[address, revision] = here
            if end is not Health.HEALTHY:
                raise Failed(f"{address} ended badly\nValueError: no such column")
            return here

    def delete(self, address: Address, revision: str, removal: Removal) -> None:
        with self._called("delete", address), self._lock:
            here = self.objects.pop((address, revision), None)
            if here is not None and removal is Removal.ARCHIVE:
                self.objects[address, revision] = replace(here, archived=True)

    def cancel(self, address: Address, revision: str) -> None:
        with self._called("cancel", address):
            self.ends[address] = Health.DEGRADED

    def logs(self, address: Address, revision: str | None, *, follow: bool) -> Iterator[str]:
        return iter(())

    def score(self, endpoint: Address, request: ScoringRequest) -> ScoringAnswer:
        with self._called("score", endpoint):
            self.scored.append((endpoint, request))
            return self.scores(endpoint, request)

    def close(self) -> None:
        """Nothing to let go of."""

    @staticmethod
    def _is_same(request: Request, there: Observed) -> bool:
        """Where there is no room for our marks, content decides, as in the real workspaces."""
        return bool(plain(request.properties) == there.properties)

    def _object(self, request: Request, order: int) -> Observed:
        kind = KINDS[request.address.kind]
        at_once = kind.behaviour.instant
        return Observed(
            request.address,
            request.revision,
            properties=plain(request.properties),
            fingerprint=request.fingerprint.pack() if kind.taggable else None,
            owner=request.owner if kind.taggable else None,
            health=Health.HEALTHY if at_once else Health.PROGRESSING,
            attributes=self.attributes.get(request.address, {}),
            order=order,
        )

    def _called(self, verb: str, address: Address) -> AbstractContextManager[None]:
        return _Call(self, Call(verb, address))


class _Call(AbstractContextManager[None]):
    """One call: counted, failed on demand, and watched for overlaps inside an endpoint."""

    def __init__(self, backend: SimulatedBackend, call: Call) -> None:
        self.backend, self.call = backend, call
        address = call.address
        parted = address is not None and address.section.endswith("_endpoints") and call.verb != "score"
        self.family = f"{address.section}.{address.name}" if address is not None and parted else ""
        self.number = 0

    def __enter__(self) -> None:
        self.number = self.backend.faults.enter(self.call)
        with self.backend._lock:
            self.backend.log.append(self.call)
            if self.family:
                self.backend.busy[self.family] = self.backend.busy.get(self.family, 0) + 1
                if self.backend.busy[self.family] > 1:
                    self.backend.overlaps.append(self.family)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with self.backend._lock:
            if self.family:
                self.backend.busy[self.family] -= 1
        if error is None:
            self.backend.faults.leave(self.call, self.number)


class MemoryStore:
    """A state in memory. What was written is there after a crash; a journal call that dies before its effect wrote nothing.

    Attributes:
        journal: an entry for each intent, oldest first.
        calls: the writes, in order.
    """

    def __init__(self, faults: Faults | None = None) -> None:
        self.faults = faults or Faults()
        self.lineage = ""
        self.serial = 0
        self.applied: dict[Address, Applied] = {}
        self.journal: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self._lock = threading.RLock()

    def load(self) -> State:
        open_ = tuple(entry["intent"] for entry in self.journal if entry["outcome"] is None)
        return State(self.lineage, self.serial, dict(self.applied), open_)

    def lock(self, holder: Holder, *, wait_s: float) -> AbstractContextManager[None]:
        return nullcontext()

    def begin(self) -> State:
        with self._called("begin"):
            state = self.load()
            self.lineage = self.lineage or "lineage"
            self.serial += 1
            return replace(state, lineage=self.lineage, serial=self.serial)

    def intend(self, intents: Sequence[Intent]) -> None:
        with self._called("intend"):
            self.journal += [
                {"intent": intent, "serial": self.serial, "outcome": None, "error": ""} for intent in intents
            ]

    def settle_all(self, changes: Sequence[StateChange]) -> None:
        with self._called("settle"):
            for change in changes:
                self._settle(change)

    def history(self, limit: int) -> Sequence[Mapping[str, Any]]:
        return [
            {"step": e["intent"].step, "outcome": e["outcome"], "error": e["error"]} for e in self.journal[::-1][:limit]
        ]

    def close(self) -> None:
        """Nothing to let go of."""

    def _settle(self, change: StateChange) -> None:
        for entry in self.journal:
            if entry["outcome"] is not None or entry["intent"].address != change.address:
                continue
            if entry["intent"].step == change.step and entry["serial"] == self.serial:
                entry.update(outcome=change.outcome, error=change.error)
            elif not change.keep:
                entry.update(outcome="superseded")
        if change.keep:
            return
        if change.applied is None:
            self.applied.pop(change.address, None)
        else:
            self.applied[change.address] = change.applied

    def _called(self, verb: str) -> AbstractContextManager[None]:
        return _StoreCall(self, Call(verb, None))


class _StoreCall(AbstractContextManager[None]):
    def __init__(self, store: MemoryStore, call: Call) -> None:
        self.store, self.call, self.number = store, call, 0

    def __enter__(self) -> None:
        self.store._lock.acquire()
        try:
            self.number = self.store.faults.enter(self.call)
        except BaseException:
            self.store._lock.release()
            raise
        self.store.calls.append(self.call.verb)

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self.store._lock.release()
        if error is None:
            self.store.faults.leave(self.call, self.number)


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class FakeCancellation(Cancellation):
    """A cancellation whose sleeps take no time and move a clock on.

    Attributes:
        sleeps: how long each sleep would have been.
    """

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self.clock = clock
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> bool:
        self.sleeps.append(seconds)
        self.clock.time += seconds
        return self.aborted


class _Body(Spec):
    about: Any = None
    inputs: Any = None
    size: Annotated[Any, Immutable("the service cannot change it")] = None
    description: Annotated[Any, Metadata("a description is a label only")] = None


def _kind(key: str, identity: Identity, behaviour: Behaviour, **more: Any) -> Kind:
    return Kind(
        key=key,
        title=key,
        identity=identity,
        variants={"": _Body},
        name=NameRule(".*", "anything", "tests"),
        azure=AzureBinding(key, loader=f"load_{key}", create="create_or_update", remove="delete", driver="named"),
        behaviour=behaviour,
        local=LOCAL_RECORD,
        source="tests",
        **more,
    )


def _settling(timeout_s: float | None, rank: int = 0) -> Behaviour:
    return Behaviour(timeout_s=timeout_s, rank=rank, instant=False, tested_alone=rank == 1)


KINDS: dict[str, Kind] = {
    kind.key: kind
    for kind in (
        _kind("compute", Identity.NAMED, WRITTEN),
        _kind("connections", Identity.NAMED, WRITTEN, taggable=False),
        _kind("data", Identity.VERSIONED, WRITTEN, removal=Removal.ARCHIVE),
        _kind("models", Identity.VERSIONED, WRITTEN, removal=Removal.ARCHIVE),
        _kind("jobs", Identity.RUN, _settling(None), removal=Removal.ARCHIVE),
        _kind("online_endpoints", Identity.NAMED, _settling(1_800.0)),
        _kind("online_endpoints.deployments", Identity.NAMED, _settling(7_200.0, 1)),
        _kind("online_endpoints.traffic", Identity.NAMED, _settling(1_800.0, 2), taggable=False),
    )
}
"""A kind for each behaviour, small enough to read."""


def fingerprint(text: str) -> Fingerprint:
    """A fingerprint that differs with the text."""
    return Fingerprint((text * 64)[:64])


__all__ = [
    "KINDS",
    "BackendError",
    "Call",
    "Crash",
    "FakeCancellation",
    "FakeClock",
    "Faults",
    "MemoryStore",
    "SimulatedBackend",
    "StateError",
    "fail_once",
    "fingerprint",
]
