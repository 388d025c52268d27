"""Processes that tests start."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def killed_in_the_end(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill a process when the block is left.

    Leaving `subprocess.Popen` waits without bound: where a test fails or runs out of time, the whole run would stand still.
    """
    try:
        yield
    finally:
        process.kill()
