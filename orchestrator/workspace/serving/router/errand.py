"""A request on its way through a deployment, and the time that it has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from orchestrator.workspace.serving.router.messages import Payload, Reply

if TYPE_CHECKING:
    from orchestrator.workspace.serving.router.instance import Instance
    from orchestrator.workspace.serving.router.upstream import UpstreamConnection


class Unanswered(Exception):
    """There is no answer; the router says so itself.

    Attributes:
        status: HTTP status.
        code: for programs.
        retry_after_s: whole seconds after which it may be asked again; 0 if nothing is known.
    """

    def __init__(self, status: int, code: str, message: str, *, retry_after_s: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s


Outcome: TypeAlias = Reply | Unanswered


class Errand:
    """What is known of one request on its way through a deployment. A task for each would cost more than all the rest.

    Args:
        on_done: gets the errand with its outcome and the time, once.
        reply_to: gets the answer.
        lines: header lines that the answer gets.

    Attributes:
        started: when it came, seconds of the loop's clock, as everywhere here.
        began: when it was sent to a server.
        deadline: when it is given up.
        instance: the server that it takes a place of; None while it waits for one.
        connection: on which it was sent.
        tries: servers that were tried.
        again: it was sent to this server a second time.
        reused: the connection had been used before.
        restarting: it waits because no server is up; its time begins when one is.
        over: the outcome is told.
    """

    started = 0.0
    began = 0.0
    deadline = 0.0
    instance: Instance | None = None
    connection: UpstreamConnection | None = None
    tries = 0
    again = False
    reused = False
    restarting = False
    over = False

    def __init__(self, payload: Payload, on_done: OnDone, reply_to: Callable[[Reply], None], lines: bytes) -> None:
        self.payload = payload
        self.on_done = on_done
        self.reply_to = reply_to
        self.lines = lines


OnDone: TypeAlias = Callable[[Errand, Outcome, float], None]


class Deadlines:
    """Watches over all errands of a pool with one timer: errands come and go thousands of times before it rings.

    Args:
        expired: called for each errand whose time is over.
    """

    def __init__(self, expired: Callable[[Errand], None]) -> None:
        self._expired = expired
        self._open: set[Errand] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = 0.0

    def watch(self, errand: Errand) -> None:
        """From now on; again when its deadline has changed."""
        self._open.add(errand)
        if self._timer is None or errand.deadline < self._rings_at:
            self._set(errand.deadline)

    def forget(self, errand: Errand) -> None:
        """It has its answer."""
        self._open.discard(errand)

    def _set(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = when
        self._timer = asyncio.get_running_loop().call_at(when, self._ring)

    def _ring(self) -> None:
        self._timer = None
        now = max(asyncio.get_running_loop().time(), self._rings_at)
        for errand in [errand for errand in self._open if errand.deadline <= now]:
            if errand in self._open:
                self._expired(errand)
        if self._open and self._timer is None:
            self._set(min(errand.deadline for errand in self._open))
