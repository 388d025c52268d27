"""Figures drawn with characters, for terminals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 8
"""Lines of a plot."""

WIDTH: Final = 60
"""Points side by side in a plot at most; of more, each column shows the last one of several."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The characters of a plot."""

    point: str
    best: str
    side: str
    tick: str
    corner: str
    floor: str


UNICODE: Final = Marks("•", "★", "│", "┤", "└", "─")
ASCII: Final = Marks("*", "@", "|", "+", "+", "-")


def plot(title: str, values: Sequence[float | None], *, best: int | None = None, marks: Marks = UNICODE) -> list[str]:
    """Values in a row, from left to right, as lines of characters; none if there are fewer than two.

    Args:
        values: None and what is not finite leave a gap.
        best: the place of the one to point out.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(known) < 2:
        return []
    low, high = min(known), max(known)
    span = high / 2 - low / 2  # half of it: the whole may be more than a float holds
    step = -(-len(values) // WIDTH)
    columns = -(-len(values) // step)
    spread = max(1, min(4, WIDTH // columns))
    grid = [[" "] * (columns * spread) for _ in range(HEIGHT)]
    for place, value in enumerate(values):
        if value is None or not math.isfinite(value):
            continue
        row = round((HEIGHT - 1) * ((high / 2 - value / 2) / span if span else 0.5))
        column = place // step * spread + spread // 2
        if grid[row][column] != marks.best:
            grid[row][column] = marks.best if place == best else marks.point
    labels = {0: f"{high:.4g}", HEIGHT - 1: f"{low:.4g}"} if high > low else {HEIGHT // 2: f"{high:.4g}"}
    margin = max(map(len, labels.values()))
    lines = [title]
    for number, row_marks in enumerate(grid):
        label = labels.get(number, "")
        lines.append(f"{label:>{margin}} {marks.tick if label else marks.side}{''.join(row_marks).rstrip()}")
    lines.append(f"{'':>{margin}} {marks.corner}{marks.floor * (columns * spread)}")
    ends = f"1{len(values):>{columns * spread - 1}}"
    return [*lines, f"{'':>{margin}}  {ends}"]
