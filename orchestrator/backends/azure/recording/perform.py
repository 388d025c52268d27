"""Sends a round and records it. Whatever happens, what it made is deleted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from orchestrator.backends.azure.recording.files import Folder, Recording
from orchestrator.backends.azure.recording.scrub import Scrubber
from orchestrator.backends.azure.recording.step import Place, RecordingStep, Reply, Send
from orchestrator.core.errors import BackendError

LASTING: Final = frozenset({"succeeded", "failed", "canceled", "completed", "notresponding", "paused"})
"""States that last, of resources and of jobs. Source: REST specification, ``provisioningState`` and ``JobStatus``."""

PAUSE_S: Final = 10.0
"""Between two reads of what is not in such a state yet."""

DELETE_MINUTES: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a round is sent.

    Attributes:
        send: sends one request.
        clock: seconds that rise.
        sleep: waits so many seconds.
        tell: says how far it is.
        budget_s: the whole round, without deleting, may take so long.
    """

    send: Send
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    tell: Callable[[str], None]
    budget_s: float


@dataclass(slots=True)
class Report:
    """What became of a round.

    Attributes:
        sent: steps that were sent.
        skipped: steps that were not, each with the reason.
        unexpected: steps whose answer is not the one that was expected.
        left: paths of what could not be deleted, each with the reason.
        stopped: why the round ended early; empty if it did not.
    """

    sent: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    stopped: str = ""


class Round:
    """One round in one workspace.

    Args:
        place: where.
        folder: where the recordings go.
        scrubber: of this round.
        manner: how.
    """

    def __init__(self, place: Place, folder: Folder, scrubber: Scrubber, manner: Manner) -> None:
        self._place = place
        self._folder = folder
        self._scrubber = scrubber
        self._manner = manner
        self._made: list[str] = []
        self.report = Report()

    def run(self, steps: Sequence[RecordingStep]) -> Report:
        """Send the steps, then delete what they made, also if something fails or Ctrl-C is pressed.

        Raises:
            KeyboardInterrupt: it was pressed. What could not be deleted is in `report` and in the folder.
        """
        try:
            with self._deleting():
                self._send(steps)
        except BackendError as error:
            self.report.stopped = f"{error.detail} {error.fix}".strip()
        return self.report

    def clean(self, paths: Sequence[str]) -> Report:
        """Delete what an earlier round has left."""
        self._made = list(paths)
        self._delete_all()
        return self.report

    @contextmanager
    def _deleting(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._delete_all()

    def _send(self, steps: Sequence[RecordingStep]) -> None:
        taken: set[str] = set()
        until = self._manner.clock() + self._manner.budget_s
        for number, step in enumerate(steps, 1):
            if self._manner.clock() > until:
                self.report.stopped = f"The round took longer than {self._manner.budget_s / 60:.0f} minutes."
                return
            if step.needs and step.needs not in taken:
                self.report.skipped[step.name] = f"'{step.needs}' did not succeed"
                continue
            self._manner.tell(f"[{number}/{len(steps)}] {step.method} {step.path or 'the workspace'}: {step.shows}")
            if self._step(step, until):
                taken.add(step.name)

    def _step(self, step: RecordingStep, until: float) -> bool:
        """Send a step; whether it was taken."""
        manner, address = self._manner, self._place.address(step.path)
        if step.makes and step.makes not in self._made:
            # Before the request: its answer may be lost, and with it the knowledge that something is there.
            self._made.append(step.makes)
            self._folder.left(self._filled())
        begun = manner.clock()
        reply = manner.send(step.method, address, self._place.query(step), self._place.filled(step.body))
        settled, polls = self._settled(step, address, until) if step.waits and reply.taken else (None, 0)
        if not step.path and isinstance(reply.body, dict):
            self._scrubber.learn(reply.body)
        self._write(step, (reply, settled, polls), manner.clock() - begun)
        self.report.sent.append(step.name)
        if reply.taken == step.refused:
            self.report.unexpected.append(step.name)
        return reply.taken

    def _settled(self, step: RecordingStep, address: str, until: float) -> tuple[Reply | None, int]:
        """The resource when it is in a state that lasts, or when time is up; and how many reads that took."""
        until = min(until, self._manner.clock() + 60 * step.minutes)
        query = {"api-version": self._place.api_version}
        polls = 0
        while True:
            found = self._manner.send("GET", address, query, None)
            polls += 1
            if not found.taken or _state(found) in LASTING or self._manner.clock() > until:
                return found, polls
            self._manner.sleep(PAUSE_S)

    def _write(self, step: RecordingStep, replies: tuple[Reply, Reply | None, int], seconds: float) -> None:
        reply, settled, polls = replies
        answer, later = self._scrubber.reply(reply), settled and self._scrubber.reply(settled)
        answered = json.dumps([answer.body, dict(answer.headers), later and [later.body, dict(later.headers)]])
        if self._scrubber.left_over(answered):
            self.report.skipped[step.name] = "its answer repeats something private, so it was not written"
            return
        self._folder.write(
            Recording(
                step=step.name,
                shows=step.shows,
                method=step.method,
                path=step.path,
                query=self._place.query(step),
                body=step.body,
                answer=answer,
                settled=later,
                polls=polls,
                seconds=seconds,
            )
        )

    def _delete_all(self) -> None:
        """Delete what was made, the last first; go on if something cannot be deleted."""
        query = {"api-version": self._place.api_version}
        for path in reversed(self._made):
            address = self._place.address(path)
            try:
                self._manner.tell(f"Deleting {self._place.filled(path)}")
                why = self._delete(address, query)
            except BackendError as error:
                why = error.detail
            if why:
                self.report.left[self._place.filled(path)] = why
            else:
                self._made = [each for each in self._made if each != path]
            self._folder.left(self._filled())

    def _delete(self, address: str, query: dict[str, str]) -> str:
        """Delete one thing and wait until it is gone. Returns why it is still there; empty if it is not."""
        send, until = self._manner.send, self._manner.clock() + 60 * DELETE_MINUTES
        found = send("GET", address, query, None)
        if found.status == 404:
            return ""
        if "/jobs/" in address and _state(found) not in LASTING:
            send("POST", f"{address}/cancel", query, None)
        reply: Reply | None = None
        while True:
            if reply is None or not reply.taken:  # a job cannot be deleted before it has ended
                reply = send("DELETE", address, query, None)
            if send("GET", address, query, None).status == 404:
                return ""
            if self._manner.clock() > until:
                return f"{reply.status}: {_message(reply)}" if not reply.taken else "it is still being deleted"
            self._manner.sleep(PAUSE_S)

    def _filled(self) -> list[str]:
        return [self._place.filled(path) for path in self._made]


def _state(reply: Reply) -> str:
    """The state of a resource, in lower case. One that says none has one that lasts."""
    properties = reply.body.get("properties") if isinstance(reply.body, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    return str(properties.get("provisioningState") or properties.get("status") or "succeeded").lower()


def _message(reply: Reply) -> str:
    error = reply.body.get("error") if isinstance(reply.body, dict) else None
    return str(error.get("message")) if isinstance(error, dict) else "the service refused"
