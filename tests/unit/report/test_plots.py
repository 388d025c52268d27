"""Figures drawn with characters."""

from __future__ import annotations

import math

import pytest

from orchestrator.report.plots import ASCII, HEIGHT, UNICODE, WIDTH, Marks, plot


def test_a_plot_points_the_best_out() -> None:
    lines = plot("AUC", [0.5, 1.0, None, 0.75], best=1)
    assert lines[0] == "AUC"
    assert lines[1].startswith("  1 ┤") and "★" in lines[1]
    assert lines[HEIGHT].startswith("0.5 ┤") and "•" in lines[HEIGHT]
    assert lines[-1].split() == ["1", "4"]
    assert plot("AUC", [1.0]) == plot("AUC", [None, 1.0, math.nan]) == []


ODD = ([0.0, 1e-320], [-1e308, 1e308], [1.0] * 300, [None, *range(61)], [math.inf, 1.0, math.nan, -2.0], [5.0, 5.0])


@pytest.mark.parametrize("values", ODD)
@pytest.mark.parametrize("marks", [UNICODE, ASCII])
def test_any_values_make_a_plot_that_fits(values: list[float | None], marks: Marks) -> None:
    lines = plot("m", values, best=0, marks=marks)
    assert len(lines) == HEIGHT + 3
    assert all(len(line) <= WIDTH + 14 for line in lines)
    assert marks is UNICODE or "".join(lines).isascii()
