"""Things that go wrong, on purpose: for tests of clients."""

from __future__ import annotations

import re
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from orchestrator.backends.azure.specification.judge import Specification
from orchestrator.core.errors import BackendError
from orchestrator.kinds import discover
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest
from orchestrator.workspace.arm.server import Dropped, Respond
from orchestrator.workspace.arm.service import ArmService, Manners
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from tests.wire.pretended import Pretences


@dataclass(frozen=True, slots=True)
class Latency:
    """The answer comes late.

    Attributes:
        seconds: how late.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class Refuse:
    """The request is refused without an effect: throttled, forbidden, broken.

    Attributes:
        retry_after: whole seconds, for 429 and 503.
    """

    status: int = 429
    code: str = "TooManyRequests"
    message: str = "The request was throttled."
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Drop:
    """The connection ends without an answer.

    Attributes:
        effect: whether the request has its effect all the same.
    """

    effect: bool = True


@dataclass(frozen=True, slots=True)
class FailOperation:
    """The operation that the request starts is told to have failed. What it wrote stays, in the state `Failed`.

    Attributes:
        polls: so many questions find it going on before.
    """

    code: str = "OperationFailed"
    message: str = "The operation failed."
    polls: int = 0


@dataclass(frozen=True, slots=True)
class Linger:
    """The operation that the request starts goes on for a while.

    Attributes:
        polls: so many questions, about the operation or about the resource, find it going on.
    """

    polls: int = 2


@dataclass(frozen=True, slots=True)
class Stale:
    """After a write the next reads of the same path show what was there before.

    Attributes:
        reads: so many.
    """

    reads: int = 1


Fault: TypeAlias = Latency | Refuse | Drop | FailOperation | Linger | Stale


@dataclass(slots=True)
class Rule:
    """When a fault strikes.

    Attributes:
        fault: what happens.
        method: in upper case; empty means any.
        path: regular expression, searched in the path without regard to case.
        times: so often; None means always.
        struck: how often it did.
    """

    fault: Fault
    method: str = ""
    path: str = ""
    times: int | None = 1
    struck: int = 0

    def fits(self, request: WireRequest) -> bool:
        """Whether it strikes this request."""
        left = self.times is None or self.struck < self.times
        return left and self.method in ("", request.method) and bool(re.search(self.path, request.path, re.IGNORECASE))


@dataclass(slots=True)
class Faults:
    """Rules between the wire and the facade. Safe to use from several threads.

    Attributes:
        rules: the first that fits strikes.
        log: method and path of every request, in order.
    """

    rules: list[Rule] = field(default_factory=list)
    log: list[tuple[str, str]] = field(default_factory=list)
    _pretences: Pretences = field(default_factory=Pretences)
    _old: dict[str, tuple[Answer, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault, method: str = "", path: str = "", times: int | None = 1) -> Rule:
        """Add a rule and return it."""
        rule = Rule(fault, method, path, times)
        with self._lock:
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """Let everything go well from now on."""
        with self._lock:
            self.rules.clear()
            self._pretences.clear()
            self._old.clear()

    def around(self, respond: Respond) -> Respond:
        """The same function, with the rules before it."""

        def answer(request: WireRequest) -> Answer:
            with self._lock:
                self.log.append((request.method, request.path))
                rule = next((rule for rule in self.rules if rule.fits(request)), None)
                if rule is not None:
                    rule.struck += 1
            known = self._pretences.of_operation(request) or self._known(request)
            if known is not None:
                return known
            self._pretences.forget(request)
            answer = respond(request) if rule is None else self._strike(rule.fault, request, respond)
            return self._pretences.shown(request, answer)

        return answer

    def _known(self, request: WireRequest) -> Answer | None:
        """The answer of an earlier fault to this request."""
        with self._lock:
            old = self._old.get(request.path) if request.method == "GET" else None
            if old is None:
                return None
            answer, left = old
            if left > 1:
                self._old[request.path] = (answer, left - 1)
            else:
                del self._old[request.path]
            return answer

    def _strike(self, fault: Fault, request: WireRequest, respond: Respond) -> Answer:
        if isinstance(fault, Latency):
            time.sleep(fault.seconds)
            return respond(request)
        if isinstance(fault, Refuse):
            raise WireError(fault.status, fault.code, fault.message, retry_after=fault.retry_after)
        if isinstance(fault, Drop):
            if fault.effect:
                respond(request)
            raise Dropped
        if isinstance(fault, Stale):
            before = _asked(respond, replace(request, method="GET", body=b""))
            answer = respond(request)
            with self._lock:
                self._old[request.path] = (before, fault.reads)
            return answer
        failure = (fault.code, fault.message) if isinstance(fault, FailOperation) else None
        return self._pretences.start(request, respond(request), fault.polls, failure)


def _asked(respond: Callable[[WireRequest], Answer], request: WireRequest) -> Answer:
    try:
        return respond(request)
    except WireError as error:
        return error.answer()
    except BackendError as error:
        return WireError(404, "ResourceNotFound", error.detail).answer()


class FaultyService(ArmService):
    """A served workspace on whose wire things can go wrong.

    Args:
        faults: between the wire and the workspace; otherwise fresh ones.
        manners: of the wire, beside the rules.

    Attributes:
        faults: what shall go wrong; nothing as long as no rule is added.
        records: those behind the wire.
    """

    def __init__(self, paths: WorkspacePaths, port: int = 0, faults: Faults | None = None, **manners: Any) -> None:
        self.faults = Faults() if faults is None else faults
        kinds = discover()
        rules = Specification(kinds)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the client's own
            rules.load()
        super().__init__(paths, port, self.faults.around, kinds, Manners(rules=rules, **manners))
        self.records = RecordStore(paths)

    def close(self) -> None:
        """Stop answering."""
        self.records.close()
        super().close()
