"""Each harm once. ``python -m benchmarks.chaos`` does hundreds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stateful.chaos import Chaos

pytestmark = pytest.mark.slow


def test_every_harm_is_mended_by_the_next_apply(tmp_path: Path) -> None:
    chaos = Chaos(tmp_path, seed=1)
    try:
        for name in chaos.harms:
            chaos.round(name)
    finally:
        chaos.close()
