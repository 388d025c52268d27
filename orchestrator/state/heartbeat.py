"""Keeps a claim that expires alive while its holder works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestrator.core.errors import StateError


@contextmanager
def beating(renew: Callable[[], bool], every_s: float) -> Iterator[None]:
    """Renew a claim from a thread of its own until the block ends or the claim is lost.

    Args:
        renew: puts off the expiry, and says whether the claim is still ours. After a `StateError` the next beat tries again: should the
            claim expire meanwhile and another take over, our next write is refused.
        every_s: seconds between beats.
    """
    stop = threading.Event()

    def beat() -> None:
        while not stop.wait(every_s):
            try:
                if not renew():
                    return
            except StateError:
                continue

    thread = threading.Thread(target=beat, name="state-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
