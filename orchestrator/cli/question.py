"""A yes-or-no question that a signal ends at once.

Between Python's last look at signals and the system call that waits for input there is a moment in which a signal only
leaves a note: `input` would go on waiting. Here the wait ends by a byte in a pipe, which no moment is too early for.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

_YES, _NO = ("y", "yes"), ("n", "no", "")


def confirmed(question: str) -> bool:
    """Ask on standard error until the answer is yes or no; no answer means no.

    Raises:
        Abort: the input ended.
        KeyboardInterrupt: if the signal's handler raises it.
    """
    with _awakened() as alarm:
        while True:
            print(f"{question} [y/N]: ", end="", file=sys.stderr, flush=True)
            answer = _line(alarm).strip().lower()
            if answer in _YES or answer in _NO:
                return answer in _YES
            print("Please answer y or n.", file=sys.stderr)


def _line(alarm: int) -> str:
    while sys.stdin not in select.select([sys.stdin, alarm], [], [])[0]:
        os.read(alarm, 64)  # the handler has run by now; if it raised nothing, the question still stands
    line = sys.stdin.readline()
    if not line:
        raise click.Abort
    return line


@contextmanager
def _awakened() -> Iterator[int]:
    """A file descriptor that becomes readable with each signal that has a handler."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield reading
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)
