"""The figures that a training has left in ``outputs/curves.json``, as pictures. What others have put there may be anything."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from markupsafe import Markup

from orchestrator.ui.drawn import drawn
from orchestrator.ui.forecasts import forecasts_of

FILE: Final = "outputs/curves.json"
_LARGEST: Final = 1 << 20
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 420, 300, 52, 30, 14, 34
_MOST_CLASSES: Final = 20
_MOST: Final = 500
_BARS: Final = 20


def curves_of(path: Path | None) -> dict[str, Any] | None:
    """The pictures of a file; None if there is none that can be read."""
    try:
        if path is None or path.stat().st_size > _LARGEST:
            return None
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(data, Mapping):
        return None
    makers = (_confusion, _roc, _scatter, _residuals, _importance)
    charts = [*forecasts_of(data), *(chart for make in makers if (chart := _made(make, data)))]
    return {"charts": charts, "source": str(data.get("source") or ""), "rows": data.get("rows")} if charts else None


def _made(make: Any, data: Mapping[str, Any]) -> Markup | None:
    try:
        found = make(data)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError):
        return None
    return drawn(found) if found else None


def _framed(title: str, inner: str, height: float = _HEIGHT) -> str:
    name = escape(title)
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{name}"><title>{name}</title>'
        f'<text class="title" x="12" y="19">{name}</text>{inner}</svg>'
    )


def _confusion(data: Mapping[str, Any]) -> str:
    """Rows are what is true, columns what the model says; darker cells have a larger part of their row."""
    confusion = data.get("confusion")
    if not confusion:
        return ""
    labels, matrix = [str(each) for each in confusion["labels"]], [[int(n) for n in row] for row in confusion["matrix"]]
    size = len(labels)
    if not 1 < size <= _MOST_CLASSES or any(len(row) != size for row in matrix) or len(matrix) != size:
        return ""
    left, top = 96, 58
    wide, high = (_WIDTH - left - _RIGHT) / size, (_HEIGHT - top - 10) / size
    parts = [
        f'<text x="{left}" y="36">predicted</text><text x="8" y="{top - 6}">true</text>',
    ]
    for place, label in enumerate(labels):
        text = escape(label if len(label) <= 12 else f"{label[:11]}…")
        short = escape(label if len(label) <= wide / 7 else f"{label[: max(1, int(wide / 7) - 1)]}…")
        parts.append(f'<text x="{left + (place + 0.5) * wide:.1f}" y="{top - 6}" text-anchor="middle">{short}</text>')
        parts.append(f'<text x="{left - 6}" y="{top + (place + 0.5) * high + 4:.1f}" text-anchor="end">{text}</text>')
    for at, row in enumerate(matrix):
        total = sum(row) or 1
        for to, number in enumerate(row):
            x, y, share = left + to * wide, top + at * high, max(0.0, min(1.0, number / total))
            title = escape(f"true {labels[at]}, predicted {labels[to]}: {number}")
            word = "hit" if at == to else "miss"
            parts.append(
                f'<rect class="cell {word}" x="{x:.1f}" y="{y:.1f}" width="{wide - 1:.1f}" height="{high - 1:.1f}"'
                f' fill-opacity="{0.06 + 0.5 * share:.2f}"><title>{title}</title></rect>'
            )
            if size <= 12:
                parts.append(
                    f'<text class="count" x="{x + wide / 2:.1f}" y="{y + high / 2 + 4:.1f}" text-anchor="middle">{number}</text>'
                )
    return _framed("Confusion", "".join(parts))


def _roc(data: Mapping[str, Any]) -> str:
    curves = [
        (str(each["label"]), [(_unit(x), _unit(y)) for x, y in each["points"]][:_MOST])
        for each in data.get("roc") or ()
    ][:5]
    if not curves:
        return ""
    parts = [*_grid((0.0, 0.5, 1.0), (0.0, 0.5, 1.0), 1.0, 1.0, 0.0, 0.0)]
    parts.append(f'<line class="axis" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>')
    for number, (label, points) in enumerate(curves):
        way = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
        parts.append(f'<polyline class="series s{number}" points="{way}"><title>{escape(label)}</title></polyline>')
    names = ", ".join(label for label, _ in curves)
    return _framed(f"ROC: true over false positive rate, {names}", "".join(parts))


def _scatter(data: Mapping[str, Any]) -> str:
    pairs = [(_finite(true), _finite(said)) for true, said in data.get("predicted_true") or ()][:_MOST]
    if not pairs:
        return ""
    low, high = min(min(pair) for pair in pairs), max(max(pair) for pair in pairs)
    span = (high - low) or 1.0
    middle = (low + high) / 2
    parts = [*_grid((low, middle, high), (low, middle, high), span, span, low, low)]
    parts.append(f'<line class="axis" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>')
    parts += [
        f'<circle class="point" cx="{_x((true - low) / span):.1f}" cy="{_y((said - low) / span):.1f}" r="2.2"/>'
        for true, said in pairs
    ]
    return _framed("Predicted over true", "".join(parts))


def _residuals(data: Mapping[str, Any]) -> str:
    found = data.get("residuals")
    if not found:
        return ""
    edges, counts = [_finite(each) for each in found["edges"]], [int(each) for each in found["counts"]][:_MOST]
    if len(edges) != len(counts) + 1 or not max(counts, default=0):
        return ""
    wide, most = 1 / len(counts), max(counts)
    parts = [
        *_grid((edges[0], (edges[0] + edges[-1]) / 2, edges[-1]), (0.0, most), edges[-1] - edges[0], most, edges[0], 0)
    ]
    for place, count in enumerate(counts):
        x, y = _x(place * wide), _y(count / most)
        title = f"<title>{edges[place]:.4g} … {edges[place + 1]:.4g}: {count}</title>"
        width = (_WIDTH - _LEFT - _RIGHT) * wide - 1
        parts.append(
            f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{_y(0) - y:.1f}">{title}</rect>'
        )
    return _framed("Residuals, predicted less true", "".join(parts))


def _importance(data: Mapping[str, Any]) -> str:
    rows = [(str(each["feature"]), _finite(each["importance"])) for each in data.get("importance") or ()][:_BARS]
    most = max((value for _, value in rows), default=0.0)
    if most <= 0:
        return ""
    parts = []
    for place, (name, value) in enumerate(rows):
        y, width = 32 + place * 20, max(0.0, value) / most * (_WIDTH - 200)
        text = escape(name if len(name) <= 18 else f"{name[:17]}…")
        parts.append(
            f'<text x="126" y="{y + 12}" text-anchor="end">{text}</text>'
            f'<rect class="bar" x="132" y="{y + 2}" width="{width:.1f}" height="13"><title>{escape(name)}: {value:.4g}</title></rect>'
            f'<text x="{138 + width:.1f}" y="{y + 12}">{value:.3g}</text>'
        )
    return _framed("Importance of features, by permutation", "".join(parts), 40 + 20 * len(rows))


def _grid(
    across: Sequence[float], up: Sequence[float], wide: float, high: float, first: float, low: float
) -> list[str]:
    wide, high = wide or 1.0, high or 1.0
    parts = []
    for tick in up:
        y = _y((tick - low) / high)
        parts.append(f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:.3g}</text>')
    for place, tick in enumerate(across):
        anchor = ("start", "middle", "end")[min(2, place * 2 // max(1, len(across) - 1))]
        parts.append(
            f'<text x="{_x((tick - first) / wide):.1f}" y="{_HEIGHT - 12}" text-anchor="{anchor}">{tick:.3g}</text>'
        )
    return parts


def _x(share: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * share


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share


def _unit(value: Any) -> float:
    return max(0.0, min(1.0, _finite(value)))


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a number")
    return number
