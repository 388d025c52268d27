"""Where the boxes of a graph stand and how its lines run: columns by depth, lines around boxes.

The order inside columns is fast-sugiyama's (the method of Sugiyama, Tagawa and Toda, 1981), which also says where a long line passes
between the boxes of a column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.graph import closure

WIDTH: Final = 208
HEIGHT: Final = 46
_GAP_X: Final = 64
_UNIT: Final = 6.4
"""Pixels of one unit of the layout; boxes are 10 units apart, so there are 18 pixels between two."""

_MARGIN: Final = 12
_APART: Final = 18
"""Between parts of the graph that nothing connects, pixels."""


@dataclass(frozen=True, slots=True)
class Line:
    """From what is needed to what needs it.

    Attributes:
        passes: left ends of the boxes' places that the line goes through, each with the height at which it does.
    """

    start: Address
    end: Address
    passes: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Left upper corners of boxes and ways of lines, pixels."""

    boxes: Mapping[Address, tuple[float, float]]
    lines: tuple[Line, ...]
    width: float
    height: float


def lay_out(needs: Mapping[Address, Iterable[Address]], columns: int = 5) -> Layout:
    """Place everything.

    Args:
        needs: each resource to what it depends on; what is no key is left out. Without circles.
        columns: how many resources that nothing connects stand side by side.
    """
    boxes: dict[Address, tuple[float, float]] = {}
    lines: list[Line] = []
    top = float(_MARGIN)
    for names in _connected(needs):
        placed, ways, height = _placed(_part(names, needs), names, top)
        boxes |= placed
        lines += ways
        top += height + _APART
    alone = [name for name in sorted(needs) if name not in boxes]
    for number, name in enumerate(alone):
        row, column = divmod(number, columns)
        boxes[name] = (_MARGIN + column * (WIDTH + _GAP_X), top + row * (HEIGHT + _APART))
    right = max((x for x, _ in boxes.values()), default=0.0) + WIDTH + _MARGIN
    through = (y - HEIGHT / 2 for line in lines for _, y in line.passes)  # a line may run below the lowest box
    bottom = max((*(y for _, y in boxes.values()), *through), default=0.0) + HEIGHT + _MARGIN
    return Layout(boxes, tuple(lines), right, bottom)


_Part = tuple[Sequence[tuple[int, tuple[float, float]]], Sequence[tuple[int, int]]]


def _connected(needs: Mapping[Address, Iterable[Address]]) -> list[list[Address]]:
    """The parts of the graph that nothing connects, each sorted; without those of one resource."""
    beside: dict[Address, set[Address]] = {}
    for at, needed in needs.items():
        for need in needed:
            if need in needs:
                beside.setdefault(at, set()).add(need)
                beside.setdefault(need, set()).add(at)
    found: list[list[Address]] = []
    seen: set[Address] = set()
    for address in sorted(beside):
        if address not in seen:
            part = closure([address], beside)
            seen |= part
            found.append(sorted(part))
    return found


def _part(names: list[Address], needs: Mapping[Address, Iterable[Address]]) -> _Part:
    """Places of numbers, and edges. Numbers beyond those of the names are points on long edges."""
    from fast_sugiyama import from_edges  # pictures only

    numbers = {address: number for number, address in enumerate(names)}
    edges = [(numbers[need], numbers[at]) for at in names for need in sorted(needs[at]) if need in numbers]
    # One part at a time: it numbers the points of each part by themselves.
    found: Any = from_edges(edges, vertex_spacing=10, dummy_vertices=True, transpose=True)
    places, _, _, ways = found[0]
    return places, ways or []


def _placed(
    part: _Part, names: list[Address], top: float
) -> tuple[dict[Address, tuple[float, float]], list[Line], float]:
    places, edges = part
    depths = sorted({y for _, (_, y) in places}, reverse=True)
    first = min(x for _, (x, _) in places)
    at = {
        number: (float(_MARGIN + depths.index(y) * (WIDTH + _GAP_X)), top + (x - first) * _UNIT)
        for number, (x, y) in places
    }
    boxes = {names[number]: place for number, place in at.items() if number < len(names)}
    follow = {start: end for start, end in edges if start >= len(names)}
    lines = []
    for start, end in edges:
        if start >= len(names):
            continue
        passes, to = [], end
        while to >= len(names):
            passes.append((at[to][0], at[to][1] + HEIGHT / 2))
            to = follow[to]
        lines.append(Line(names[start], names[to], tuple(passes)))
    return boxes, lines, max(y for _, y in at.values()) - top + HEIGHT
