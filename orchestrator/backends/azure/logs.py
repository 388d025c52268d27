"""Logs of runs, as they grow, and of deployments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.transport import Message, send
from orchestrator.core.errors import BackendError, NotFound, Transient
from orchestrator.core.ports import Cancellation

_STREAMED: Final = ("user_logs/std_log.txt", "user_logs/std_log_process_0.txt", "user_logs/std_log_process_00.txt")
"""Where the first node writes what a user's code prints. Source: Azure ML documentation, logs of a run."""

_TIMEOUT_S: Final = 60.0
_NOTHING_NEW: Final = 416
_TAIL_LINES: Final = 20


def primary_log(files: Mapping[str, str]) -> str | None:
    """The name of the log that people want to read; None if there is none yet."""
    for name in _STREAMED:
        if name in files:
            return name
    users = sorted(name for name in files if name.startswith(("user_logs/", "logs/user/", "azureml-logs/70_driver")))
    return users[0] if users else None


class RunLog:
    """The log of one run.

    Args:
        client: of the workspace.
        run: name of the run.
    """

    def __init__(self, client: Client, run: str) -> None:
        self._client = client
        self._run = run
        self._offset = 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        """Whole lines that are new, without line ends. None while there is no log."""
        data = self._new_bytes()
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [_text(line) for line in lines]

    def last_line(self) -> list[str]:
        """The unfinished line at the end, if there is one. For when nothing is added any more."""
        rest, self._rest = self._rest, b""
        return [_text(rest)] if rest else []

    def _new_bytes(self) -> bytes:
        from orchestrator.backends.azure import sdk

        details = self._client.read(f"read the log of {self._run}", lambda ml: sdk.run_details(ml, self._run))
        files: Mapping[str, str] = getattr(details, "log_files", None) or {}
        name = primary_log(files)
        if name is None:
            return b""
        headers = {"Range": f"bytes={self._offset}-"} if self._offset else {}
        reply = send(Message("GET", files[name], headers), _TIMEOUT_S, self._client.connection.ca_file)
        if reply.status in (404, _NOTHING_NEW):
            return b""
        if reply.status not in (200, 206):
            raise Transient(f"The log of {self._run} cannot be read: status {reply.status}.")
        new = reply.body[self._offset :] if reply.status == 200 else reply.body  # a server may ignore the range
        self._offset += len(new)
        return new


def follow(log: RunLog, running: Callable[[], bool], pause_s: float) -> Iterator[str]:
    """Yield lines as they come, until nothing runs any more."""
    never = Cancellation()
    while True:
        going_on = running()
        yield from log.new_lines()
        if not going_on:
            break
        never.sleep(pause_s)
    yield from log.last_line()


def tail(client: Client, run: str) -> list[str]:
    """The last lines of a run's log, as far as they can be had: a run that failed is told of with or without them."""
    log = RunLog(client, run)
    try:
        lines = [*log.new_lines(), *log.last_line()]
    except NotFound:
        return []
    except BackendError as error:
        return [f"(its log cannot be read: {error.detail})"]
    return [line for line in lines if line.strip()][-_TAIL_LINES:]


def unseen(before: Sequence[str], now: Sequence[str]) -> Sequence[str]:
    """What the newest lines of a log have that the last look did not."""
    for overlap in range(min(len(before), len(now)), 0, -1):
        if list(before[-overlap:]) == list(now[:overlap]):
            return now[overlap:]
    return now


def follow_newest(read: Callable[[], Sequence[str]], going_on: bool, pause_s: float) -> Iterator[str]:  # noqa: FBT001
    """Yield the newest lines of a log that can only be read from its end, and what is added."""
    never = Cancellation()
    seen: Sequence[Any] = ()
    while True:
        lines = read()
        yield from unseen(seen, lines)
        if not going_on:
            return
        seen = lines
        never.sleep(pause_s)


def _text(line: bytes) -> str:
    return line.decode("utf-8", errors="replace").rstrip("\r")
