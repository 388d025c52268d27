"""Figures as SVG: lines over steps, and bars. No script draws anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from orchestrator.core.figures import Point

_WIDTH, _HEIGHT = 420, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 30, 26
_MOST: Final = 400
"""More points are not seen."""

_SHORT: Final = 6
"""Longer labels below a chart begin or end where their line does, and do not run out of it."""

COLOURS: Final = 8
"""Of lines and bars, before they come again."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where steps and values lie in a chart, pixels."""

    first: int
    last: int
    bottom: float
    top: float
    ticks: tuple[float, ...]

    @classmethod
    def of(cls, points: Sequence[Point]) -> _Scale:
        """A scale on which all points lie; there is at least one."""
        low, high = min(point.value for point in points), max(point.value for point in points)
        ticks = ticks_of(low, high)
        steps = [point.step for point in points]
        return cls(min(steps), max(steps), min(low, ticks[0]), max(high, ticks[-1]), tuple(ticks))

    def x(self, step: int) -> float:
        share = (step - self.first) / (self.last - self.first) if self.last > self.first else 0.5
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * share

    def y(self, value: float) -> float:
        share = (value - self.bottom) / (self.top - self.bottom) if self.top > self.bottom else 0.5
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share

    def way(self, points: Sequence[Point]) -> str:
        return " ".join(f"{self.x(point.step):.1f},{self.y(point.value):.1f}" for point in points)

    def axes(self, stamp: Callable[[int], str] = str) -> list[str]:
        """Lines at round values, and the first and the last step."""
        ends = sorted({self.first, self.last})
        anchors = ("start", "end") if len(stamp(ends[-1])) > _SHORT and len(ends) > 1 else ("middle", "middle")
        steps = [
            f'<text x="{self.x(step):.1f}" y="{_HEIGHT - 8}" text-anchor="{anchor}">{escape(stamp(step))}</text>'
            for step, anchor in zip(ends, anchors, strict=False)
        ]
        return [*(_tick(tick, self.y(tick)) for tick in self.ticks), *steps]


def line_chart(title: str, points: Sequence[Point], *, dots: bool = False, best: int | None = None) -> str:
    """A metric over its steps.

    Args:
        dots: draw each point by itself: they have nothing to do with each other.
        best: the step of the one to point out.
    """
    known = _thinned([point for point in points if math.isfinite(point.value)])
    name = escape(title)
    head = f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}">'
    label = f'<title>{name}</title><text class="title" x="12" y="19">{name}</text>'
    if not known:
        return f'{head}{label}<text x="{_LEFT}" y="{_HEIGHT / 2}">no value</text></svg>'
    scale = _Scale.of(known)
    parts = [head, label, *scale.axes()]
    if scale.last > scale.first and not dots:
        parts.append(f'<polyline class="series" points="{scale.way(known)}"/>')
    if dots or len(known) <= 60:
        for point in known:
            word = "best" if point.step == best else "point"
            caption = f"<title>{point.step}: {point.value:.6g}</title>"
            radius = 5 if word == "best" else 2.6
            parts.append(
                f'<circle class="{word}" cx="{scale.x(point.step):.1f}" cy="{scale.y(point.value):.1f}" r="{radius}">{caption}</circle>'
            )
    return "".join([*parts, "</svg>"])


def compare_chart(
    title: str, lines: Sequence[tuple[str, Sequence[Point]]], *, stamp: Callable[[int], str] = str, keyed: bool = False
) -> str:
    """One metric of several runs over its steps, each run with the colour of its place.

    Args:
        lines: name and points of each run; one without points is left out and keeps its colour.
        stamp: how a step is written.
        keyed: write the names into the chart.
    """
    known = [(place, name, _finite(points)) for place, (name, points) in enumerate(lines)]
    every = [point for _, _, points in known for point in points]
    name = escape(title)
    head = f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}"><title>{name}</title>'
    head += f'<text class="title" x="12" y="19">{name}</text>'
    if not every:
        return f'{head}<text x="{_LEFT}" y="{_HEIGHT / 2}">no value</text></svg>'
    scale = _Scale.of(every)
    parts = [head, *scale.axes(stamp)]
    for place, run, points in known:
        if points:
            end = points[-1]
            caption = f"<title>{escape(run)}: {end.value:.6g} at step {end.step}</title>"
            at = f'cx="{scale.x(end.step):.1f}" cy="{scale.y(end.value):.1f}"'
            parts.append(
                f'<polyline class="series s{place % COLOURS}" points="{scale.way(points)}">{caption}</polyline>'
            )
            parts.append(f'<circle class="end e{place % COLOURS}" {at} r="3">{caption}</circle>')
    for place, (run, _) in enumerate(lines if keyed else ()):
        parts.append(
            f'<text class="e{place % COLOURS}" x="{_LEFT + 4}" y="{_TOP + 14 + 15 * place}">{escape(run)}</text>'
        )
    return "".join([*parts, "</svg>"])


def _finite(points: Sequence[Point]) -> list[Point]:
    return _thinned(sorted((point for point in points if math.isfinite(point.value)), key=lambda point: point.step))


def time_chart(title: str, series: Mapping[str, Sequence[tuple[float, float]]], unit: str = "") -> str:
    """Several lines over the same time, each with its colour.

    Args:
        series: name to seconds since the epoch and value, oldest first. What is not finite leaves a gap.
        unit: of the values.
    """
    lines = {
        name: [(at, value) for at, value in points if math.isfinite(value)][-_MOST:] for name, points in series.items()
    }
    values = [value for points in lines.values() for _, value in points]
    moments = [at for points in lines.values() for at, _ in points]
    name = escape(f"{title}, {unit}" if unit else title)
    head = f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}"><title>{name}</title>'
    head += f'<text class="title" x="12" y="19">{name}</text>'
    if len(set(moments)) < 2:
        return f'{head}<text x="{_LEFT}" y="{_HEIGHT / 2}">no value yet</text></svg>'
    first, last, ticks = min(moments), max(moments), ticks_of(0.0, max(*values, 0.0) or 1.0)
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def place(at: float, value: float) -> str:
        x = _LEFT + wide * (at - first) / (last - first)
        return f"{x:.1f},{_HEIGHT - _BOTTOM - high * value / ticks[-1]:.1f}"

    parts = [head, *(_tick(tick, _HEIGHT - _BOTTOM - high * tick / ticks[-1]) for tick in ticks)]
    for number, points in enumerate(lines.values()):
        way = " ".join(place(at, value) for at, value in points)
        parts.append(f'<polyline class="series s{number % COLOURS}" points="{way}"/>')
    parts.append(f'<text x="{_LEFT}" y="{_HEIGHT - 8}">{_ago(last - first)}</text>')
    parts.append(f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 8}" text-anchor="end">now</text>')
    return "".join([*parts, "</svg>"])


def _ago(seconds: float) -> str:
    return f"{seconds:.0f} s ago" if seconds < 120 else f"{seconds / 60:.0f} min ago"


def _tick(value: float, y: float) -> str:
    line = f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
    return f'{line}<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.4g}</text>'


def _thinned(points: list[Point]) -> list[Point]:
    step = -(-len(points) // _MOST) if points else 1
    return points if step == 1 else [*points[::step], points[-1]]


def ticks_of(low: float, high: float) -> list[float]:
    """Some round values from at most the lowest to about the highest."""
    span = high - low
    if span <= 0 or not math.isfinite(span):
        return [low]
    rough = span / 3
    unit = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 0.0
    if not unit:
        return [low]
    step = next(factor * unit for factor in (1, 2, 5, 10) if factor * unit >= rough)
    first = math.floor(low / step)
    return [round((first + number) * step, 12) for number in range(int((high - first * step) / step) + 2)]


def share_bars(shares: Sequence[tuple[str, float]], colours: Sequence[str] = (), word: str = "") -> str:
    """Parts of a whole, in per cent, side by side.

    Args:
        colours: names in the order of their colours; those of the shares if left out.
        word: what the parts are, where that is something else than traffic.
    """
    order = list(colours or dict(shares))
    caption = ", ".join(filter(None, (word, *(f"{name} {share:g} %" for name, share in shares))))
    kind = "bars thin" if word else "bars"
    size = 'viewBox="0 0 100 10" preserveAspectRatio="none"'
    parts = [f'<svg class="{kind}" {size} role="img" aria-label="{escape(caption)}">']
    parts.append('<rect class="track" width="100" height="10"/>')
    x = 0.0
    for name, share in shares:
        number = order.index(name) if name in order else len(order)
        title = f"<title>{escape(name)} {share:g} %</title>"
        parts.append(f'<rect class="b{number % COLOURS}" x="{x:.2f}" width="{share:.2f}" height="10">{title}</rect>')
        x += share
    return "".join([*parts, "</svg>"])
