"""Writes what a process prints to its log without secrets. Run as ``python -m orchestrator.workspace.logs.keeper``.

A process of its own: scoring servers outlive the supervisor that started them, and what a server printed before it crashed is
written all the same. It reads from standard input what is printed, behind the secrets to hide, and writes to standard output.
It ends when nobody holds the other end any more.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from orchestrator.workspace.logs.masking import StreamMask
from orchestrator.workspace.processes.process import OWN_PYTHON, ProcessIdentity, spawn

_LENGTH: Final = struct.Struct("!I")
_CHUNK: Final = 1 << 16


@contextlib.contextmanager
def masked_log(log: Path, secrets: Mapping[str, str]) -> Iterator[tuple[int, ProcessIdentity]]:
    """A file descriptor to print to, and the process that writes to the log what arrives there.

    The descriptor is closed at the end; processes that got it meanwhile keep theirs.

    Args:
        log: appended to.
        secrets: value to name. They go through the pipe, so that they are in no file and in no list of arguments.

    Raises:
        OSError: the process cannot be started.
    """
    source, end = os.pipe()
    try:
        argv = [*OWN_PYTHON, "-m", "orchestrator.workspace.logs.keeper"]
        keeper = spawn(argv, cwd=log.parent, log=log, stdin=source)
        os.close(source)
        source = -1
        with contextlib.suppress(BrokenPipeError), os.fdopen(os.dup(end), "wb") as pipe:
            payload = json.dumps(dict(secrets)).encode()
            pipe.write(_LENGTH.pack(len(payload)) + payload)
        yield end, keeper
    finally:
        if source >= 0:
            os.close(source)
        os.close(end)


def main() -> None:
    """Read, mask, write until the other end is closed."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # what is printed last, at the server's end, is wanted most
    with os.fdopen(0, "rb", buffering=0) as source:
        payload = _exactly(source.fileno(), _LENGTH.unpack(_exactly(source.fileno(), _LENGTH.size))[0])
        mask = StreamMask(json.loads(payload))
        while data := source.read(_CHUNK):
            _write(mask.feed(data))
        _write(mask.finish())


def _exactly(source: int, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = os.read(source, size - len(found))
        if not piece:
            raise SystemExit(0)  # whoever started it was stopped before it could say what to hide
        found += piece
    return found


def _write(data: bytes) -> None:
    with contextlib.suppress(OSError):  # a full disk: the log has a gap, the server goes on
        while data:
            data = data[os.write(1, data) :]


if __name__ == "__main__":
    main()
