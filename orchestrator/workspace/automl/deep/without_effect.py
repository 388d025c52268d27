"""Settings of tasks on texts and images that this engine takes without doing anything for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def ignored(body: Mapping[str, Any]) -> list[tuple[tuple[str, ...], str]]:
    """The path of each setting that has no effect here, and a line that says so."""
    found: list[tuple[tuple[str, ...], str]] = []
    if (body.get("sweep") or {}).get("early_termination"):
        found.append(
            (("sweep", "early_termination"), "sweep.early_termination has no effect here: each trial runs to its end.")
        )
    if str((body.get("sweep") or {}).get("sampling_algorithm")).lower() == "bayesian":
        found.append(
            (
                ("sweep", "sampling_algorithm"),
                "sweep.sampling_algorithm has no effect here: trials are drawn at random.",
            )
        )
    if int((body.get("limits") or {}).get("max_concurrent_trials") or 1) > 1:
        why = "limits.max_concurrent_trials has no effect here: each trial uses all processors."
        found.append((("limits", "max_concurrent_trials"), why))
    return found
