"""How long ``run()`` may take, where the deployment says so itself with SCORING_TIMEOUT_MS."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .model import UnusableModel

VARIABLE = "SCORING_TIMEOUT_MS"
DEFAULT_MS = 3600 * 1000
"""Source: azureml-inference-server-http 1.5.1. The endpoint's own request timeout is shorter."""


def limit_ms() -> int:
    """The limit, in milliseconds.

    Raises:
        UnusableModel: the variable is no whole number.
    """
    text = os.environ.get(VARIABLE, str(DEFAULT_MS))
    try:
        return int(text)
    except ValueError:
        raise UnusableModel(f"The environment variable {VARIABLE} must be a whole number, not {text!r}.") from None


@contextmanager
def time_limit(milliseconds: int) -> Iterator[None]:
    """Raise TimeoutError in what takes longer. Without effect at the default, and outside of the main thread."""
    if milliseconds == DEFAULT_MS or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _over)
    signal.setitimer(signal.ITIMER_REAL, milliseconds / 1000)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _over(number: int, frame: Any) -> None:
    raise TimeoutError
