"""The figures of a job as files: ``outputs/leaderboard.json`` and ``metrics.json``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .problem import Outcome


def leaderboard(
    outcomes: Sequence[Outcome], children: Mapping[int, str], rescored: Mapping[int, float]
) -> list[dict[str, Any]]:
    """One entry for each trial, in the order given."""
    return [
        {
            "trial": outcome.candidate.number,
            "algorithm": outcome.candidate.learner.name,
            "origin": outcome.candidate.origin,
            "parameters": {name: _plain(value) for name, value in outcome.candidate.parameters.items()},
            "scores": {name: _plain(value) for name, value in outcome.scores.items()},
            "score_on_other_splits": rescored.get(outcome.candidate.number),
            "seconds": round(outcome.seconds, 3),
            "run": children.get(outcome.candidate.number),
            "failure": outcome.failure or None,
        }
        for outcome in outcomes
    ]


def write_json(path: Path, content: Any) -> None:
    """Write JSON whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".part")
    scratch.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    scratch.replace(path)


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
