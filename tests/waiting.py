"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

SLOWEST_S = 60.0
"""Far more than anything waited for takes, so that a busy machine fails no test."""

_GLANCE_S = 0.01


def wait_for(condition: Callable[[], Any], what: str = "the condition", seconds: float = SLOWEST_S) -> Any:
    """Wait until a condition holds.

    Returns:
        What the condition gave.

    Raises:
        AssertionError: it did not hold in time.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds:g} s"
        time.sleep(_GLANCE_S)
    return found
