"""Trials as parallel coordinates: an axis for each parameter and one for the metric, a line for each trial."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH: Final = 860
_HEIGHT: Final = 260
_SIDE, _TOP, _BOTTOM = 60, 40, 34
_MOST_AXES: Final = 8
_MOST_LINES: Final = 300
_MOST_WORDS: Final = 12
"""An axis of more different words is not read."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One line of the picture.

    Attributes:
        value: of the metric; None draws nothing.
    """

    name: str
    parameters: Mapping[str, str]
    value: float | None
    best: bool = False


@dataclass(frozen=True, slots=True)
class _Axis:
    name: str
    ticks: tuple[tuple[str, float], ...]
    """Text and height, 0 at the bottom, 1 at the top."""

    heights: Mapping[str, float]


def parallel_coordinates(names: Sequence[str], metric: str, trials: Sequence[Trial]) -> str:
    """The picture; empty if there is nothing that tells trials apart.

    Args:
        names: of parameters, in the order of the axes. Those with one value only are left out.
    """
    shown = [each for each in trials if each.value is not None and math.isfinite(each.value)][:_MOST_LINES]
    axes = [axis for name in names if (axis := _axis(name, [each.parameters.get(name, "") for each in shown]))]
    if len(shown) < 2 or not axes:
        return ""
    last = _axis(metric, [repr(each.value) for each in shown])
    axes = [*axes[: _MOST_AXES - 1], last or _Axis(metric, ((f"{shown[0].value:.4g}", 0.5),), {})]
    step = (_WIDTH - 2 * _SIDE) / (len(axes) - 1)
    label = escape(f"{len(shown)} trials by {', '.join(axis.name for axis in axes)}")
    parts = [
        f'<svg class="chart parallel" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}"><title>{label}</title>'
    ]
    # The best one last: it lies over the others.
    parts += [_line(axes, each, step) for each in sorted(shown, key=lambda each: each.best)]
    parts += [_drawn(axis, _SIDE + number * step) for number, axis in enumerate(axes)]
    return "".join([*parts, "</svg>"])


def _axis(name: str, texts: Sequence[str]) -> _Axis | None:
    different = list(dict.fromkeys(texts))
    if len(different) < 2:
        return None
    numbers = {text: number for text in different if text and (number := _number(text)) is not None}
    if len(numbers) == len([text for text in different if text]):
        return _of_numbers(name, numbers)
    if len(different) > _MOST_WORDS:
        return None
    words = sorted(text for text in different if text)
    heights = {word: (place + 0.5) / len(words) for place, word in enumerate(words)}
    return _Axis(name, tuple(heights.items()), heights)


def _of_numbers(name: str, numbers: Mapping[str, float]) -> _Axis | None:
    low, high = min(numbers.values()), max(numbers.values())
    if not high > low:
        return None
    # Rates and penalties are searched over powers of ten.
    scale = math.log10 if low > 0 and high / low > 50 else float
    bottom, top = scale(low), scale(high)
    if not math.isfinite(top - bottom) or top <= bottom:
        return None
    heights = {text: (scale(number) - bottom) / (top - bottom) for text, number in numbers.items()}
    return _Axis(name, ((f"{low:.4g}", 0.0), (f"{high:.4g}", 1.0)), heights)


def _line(axes: Sequence[_Axis], trial: Trial, step: float) -> str:
    points = []
    for number, axis in enumerate(axes):
        text = repr(trial.value) if number == len(axes) - 1 else trial.parameters.get(axis.name, "")
        height = axis.heights.get(text, 0.5 if number == len(axes) - 1 else None)
        if height is not None:  # a trial without the parameter passes its axis by
            points.append(f"{_SIDE + number * step:.1f},{_y(height):.1f}")
    tooltip = ", ".join(f"{name} {value}" for name, value in trial.parameters.items())
    title = escape(f"{trial.name}: {trial.value:.6g} ({tooltip})")
    word = "best" if trial.best else "trial"
    return f'<polyline class="way {word}" points="{" ".join(points)}"><title>{title}</title></polyline>'


def _drawn(axis: _Axis, x: float) -> str:
    name = escape(axis.name if len(axis.name) <= 16 else f"{axis.name[:15]}…")
    line = f'<line class="upright" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
    parts = [line, f'<text class="title" x="{x:.1f}" y="18" text-anchor="middle">{name}</text>']
    for text, height in axis.ticks:
        shown = escape(text if len(text) <= 14 else f"{text[:13]}…")
        at = _y(height) + (14 if height == 0.0 else -5 if height == 1.0 else 4)
        side = 'text-anchor="middle"' if height in (0.0, 1.0) else 'dx="6"'
        parts.append(f'<text class="tick" x="{x:.1f}" y="{at:.1f}" {side}>{shown}</text>')
    return "".join(parts)


def _y(height: float) -> float:
    return _HEIGHT - _BOTTOM - height * (_HEIGHT - _TOP - _BOTTOM)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
