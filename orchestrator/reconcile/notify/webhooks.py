"""Sends notices in the background: each once, until it is taken, never in the way of a pass."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from orchestrator.reconcile.notify.channel import Channel
from orchestrator.reconcile.notify.post import Delivery, post
from orchestrator.reconcile.ports import Notice

Watch: TypeAlias = Callable[[str, Mapping[str, object]], None]
"""Told of events, for logs: a name and facts."""

_MOST_REMEMBERED: Final = 200
"""Keys that are kept for each project and channel. A key is old news once as many newer ones went out."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on with a receiver that does not take a notice.

    Attributes:
        first_s: the pause before the second try, seconds; doubles with each further one.
        longest_s: the bound on a pause.
        tries: how often one notice is tried; a notice that still holds is told again by a later pass.
        timeout_s: bound on one request.
        queue: most notices that wait for one receiver; the oldest gives way.
    """

    first_s: float = 1.0
    longest_s: float = 300.0
    tries: int = 12
    timeout_s: float = 10.0
    queue: int = 256

    def pause(self, tried: int, answer: Delivery) -> float:
        """Seconds to wait after a failed try."""
        doubled = self.first_s * float(1 << min(tried - 1, 30))
        return min(self.longest_s, max(doubled, answer.retry_after_s or 0.0))


class Webhooks:
    """Implements `ports.Notifier`. One thread for each channel, started with its first notice.

    Args:
        channels: with different names.
        watch: told of what was delivered, failed and dropped; from any thread.
    """

    def __init__(self, channels: Iterable[Channel], watch: Watch, patience: Patience | None = None) -> None:
        self._memory = _Memory()
        self._senders = [_Sender(channel, self._memory, watch, patience or Patience()) for channel in channels]

    def notify(self, notice: Notice) -> None:
        """See `ports.Notifier`."""
        for sender in self._senders:
            if sender.channel.wants(notice):
                sender.put(notice)

    def delivered(self, project: str) -> Sequence[str]:
        """See `ports.Notifier`."""
        return self._memory.keys(project)

    def restore(self, project: str, delivered: Iterable[str]) -> None:
        """See `ports.Notifier`."""
        for key in delivered:
            self._memory.add(project, key)

    def close(self, wait_s: float = 0.0) -> None:
        """End the threads, as soon as everything is told or after that many seconds. What was not told is told by a later pass."""
        deadline = time.monotonic() + wait_s
        for sender in self._senders:
            sender.finish(max(0.0, deadline - time.monotonic()))


class _Memory:
    """What was delivered, newest last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, OrderedDict[str, None]] = {}

    def add(self, project: str, key: str) -> None:
        with self._lock:
            keys = self._keys.setdefault(project, OrderedDict())
            keys[key] = None
            keys.move_to_end(key)
            while len(keys) > _MOST_REMEMBERED:
                keys.popitem(last=False)

    def has(self, project: str, key: str) -> bool:
        with self._lock:
            return key in self._keys.get(project, ())

    def keys(self, project: str) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._keys.get(project, ()))


class _Sender:
    """One channel with its queue and thread."""

    def __init__(self, channel: Channel, memory: _Memory, watch: Watch, patience: Patience) -> None:
        self.channel = channel
        self._memory = memory
        self._watch = watch
        self._patience = patience
        self._changed = threading.Condition()
        self._queue: deque[Notice] = deque()
        self._thread: threading.Thread | None = None
        self._finishing = False
        self._stopped = False

    def put(self, notice: Notice) -> None:
        with self._changed:
            waiting = any(self._same(notice, other) for other in self._queue)
            if waiting or self._finishing or self._memory.has(notice.project, self.channel.key(notice)):
                return
            dropped = self._queue.popleft() if len(self._queue) >= self._patience.queue else None
            self._queue.append(notice)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"notify-{self.channel.name}", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        if dropped is not None:
            self._emit("notify.dropped", dropped, reason="too many notices wait for this channel")

    def finish(self, wait_s: float) -> None:
        with self._changed:
            self._finishing = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._queue, timeout=wait_s)
            self._stopped = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(self._patience.timeout_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._finishing)
                if self._stopped or not self._queue:
                    return
                notice = self._queue[0]
            self._deliver(notice)
            with self._changed:
                if self._queue and self._queue[0] is notice:
                    self._queue.popleft()
                self._changed.notify_all()

    def _deliver(self, notice: Notice) -> None:
        for tried in range(1, self._patience.tries + 1):
            answer = post(notice, self.channel, timeout_s=self._patience.timeout_s)
            if answer.delivered:
                self._memory.add(notice.project, self.channel.key(notice))
                self._emit("notify.delivered", notice)
                return
            if not answer.again:
                break
            self._emit("notify.retry", notice, reason=answer.reason)
            with self._changed:
                if self._changed.wait_for(lambda: self._stopped, timeout=self._patience.pause(tried, answer)):
                    return
        self._emit("notify.failed", notice, reason=answer.reason)

    def _same(self, notice: Notice, other: Notice) -> bool:
        return (notice.project, notice.key) == (other.project, other.key)

    def _emit(self, event: str, notice: Notice, **facts: object) -> None:
        known = {"channel": self.channel.name, "project": notice.project, "trigger": notice.trigger.value}
        self._watch(event, {**known, "pass_id": notice.pass_id, **facts})
