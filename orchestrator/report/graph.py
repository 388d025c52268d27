"""The dependency graph as mermaid, dot, SVG and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.report.plan import SYMBOLS
from orchestrator.report.style import one_line

FILLS = {
    Action.NOOP: "#eef1f4",
    Action.FORGET: "#e8def8",
    Action.UPDATE: "#fff0c2",
    Action.REVISE: "#fff0c2",
    Action.RUN: "#cfe8ff",
    Action.CREATE: "#d5f2d9",
    Action.REPLACE: "#f3d6ee",
    Action.DELETE: "#f8d3d0",
}
"""Colour of a box by what will happen to it."""

_ROW, _COLUMN_GAP, _HEIGHT, _CHARACTER, _MARGIN = 44, 56, 28, 7.3, 16
_FONT = 'font-family="ui-monospace,Menlo,Consolas,monospace" font-size="12"'
_TIP = (
    '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0,0 L8,4 L0,8 z" fill="#7a8694"/></marker>'
)


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw.

    Attributes:
        needs: each resource to what it depends on; dependencies outside the mapping are left out.
        actions: what will happen to each; empty draws all alike.
    """

    needs: Mapping[Address, Iterable[Address]]
    actions: Mapping[Address, Action] = field(default_factory=dict)

    def edges(self) -> list[tuple[Address, Address]]:
        """Pairs (what is needed, what needs it), sorted."""
        return sorted((need, address) for address, needs in self.needs.items() for need in needs if need in self.needs)

    def label(self, address: Address) -> str:
        """The text of a box."""
        action = self.actions.get(address)
        return one_line(f"{SYMBOLS[action]} {address}" if action is not None else address)

    def fill(self, address: Address) -> str:
        """The colour of a box."""
        return FILLS[self.actions.get(address, Action.NOOP)]


def mermaid(drawing: Drawing) -> str:
    """A mermaid flowchart, as GitHub and Azure DevOps render it in Markdown."""
    ids = {address: f"n{number}" for number, address in enumerate(sorted(drawing.needs))}
    lines = ["flowchart LR"]
    lines += [f'  {ids[address]}["{_mermaid_text(drawing.label(address))}"]' for address in ids]
    lines += [f"  {ids[need]} --> {ids[address]}" for need, address in drawing.edges()]
    lines += [f"  style {ids[address]} fill:{drawing.fill(address)}" for address in ids if drawing.actions]
    return "\n".join(lines) + "\n"


def _mermaid_text(text: str) -> str:
    return re.sub(r"[\"#;<>&`\[\]{}()|\\]", lambda found: f"#{ord(found[0])};", text)


def dot(drawing: Drawing) -> str:
    """A Graphviz digraph."""
    lines = ["digraph project {", "  rankdir=LR;", '  node [shape=box, style="rounded,filled", fontname="monospace"];']
    lines += [
        f'  "{_dot_text(one_line(address))}" [label="{_dot_text(drawing.label(address))}", fillcolor="{drawing.fill(address)}"];'
        for address in sorted(drawing.needs)
    ]
    lines += [
        f'  "{_dot_text(one_line(need))}" -> "{_dot_text(one_line(address))}";' for need, address in drawing.edges()
    ]
    return "\n".join([*lines, "}"]) + "\n"


def _dot_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def drawing_json(drawing: Drawing) -> dict[str, Any]:
    """Nodes and edges as data."""
    return {
        "nodes": [
            {"address": str(address), "action": drawing.actions[address].value if address in drawing.actions else None}
            for address in sorted(drawing.needs)
        ],
        "edges": [{"from": str(need), "to": str(address)} for need, address in drawing.edges()],
    }


def svg(drawing: Drawing) -> str:
    """A picture that needs no other tool: columns by depth, what is needed on the left."""
    columns = _columns(drawing)
    widths = [max(len(drawing.label(address)) for address in column) * _CHARACTER + 20 for column in columns]
    places: dict[Address, tuple[float, float, float]] = {}
    x = float(_MARGIN)
    for column, width in zip(columns, widths, strict=True):
        for row, address in enumerate(column):
            places[address] = (x, _MARGIN + row * _ROW, width)
        x += width + _COLUMN_GAP
    total_width = max(x - _COLUMN_GAP + _MARGIN, 2 * _MARGIN)
    total_height = 2 * _MARGIN + max((len(column) for column in columns), default=0) * _ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{total_width:.0f}" height="{total_height:.0f}" {_FONT}>',
        f"<defs>{_TIP}</defs>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    parts += [_edge(places[need], places[address]) for need, address in drawing.edges()]
    parts += [_box(drawing, address, place) for address, place in places.items()]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _columns(drawing: Drawing) -> list[list[Address]]:
    """Addresses by depth. Within a column they follow the average row of what they need, which keeps lines short."""
    depth: dict[Address, int] = {}
    pending = dict(drawing.needs)
    while pending:
        ready = [a for a, needs in pending.items() if all(n in depth for n in needs if n in drawing.needs)]
        if not ready:
            raise ValueError("the graph has a cycle")
        for address in ready:
            inner = [depth[need] for need in pending.pop(address) if need in drawing.needs]
            depth[address] = max(inner, default=-1) + 1
    columns: list[list[Address]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for address in sorted(depth):
        columns[depth[address]].append(address)
    rows = {address: float(row) for row, address in enumerate(columns[0])} if columns else {}
    for column in columns[1:]:
        column.sort(key=lambda address: (_average(rows, drawing.needs[address]), address))
        rows |= {address: float(row) for row, address in enumerate(column)}
    return columns


def _average(rows: Mapping[Address, float], needs: Iterable[Address]) -> float:
    known = [rows[need] for need in needs if need in rows]
    return sum(known) / len(known) if known else 0.0


def _edge(start: tuple[float, float, float], end: tuple[float, float, float]) -> str:
    x1, y1 = start[0] + start[2], start[1] + _HEIGHT / 2
    x2, y2 = end[0], end[1] + _HEIGHT / 2
    bend = (x2 - x1) / 2
    path = f"M{x1:.0f},{y1:.0f} C{x1 + bend:.0f},{y1:.0f} {x2 - bend:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"
    return f'<path d="{path}" fill="none" stroke="#7a8694" marker-end="url(#tip)"/>'


def _box(drawing: Drawing, address: Address, place: tuple[float, float, float]) -> str:
    x, y, width = place
    text = escape(drawing.label(address))
    return (
        f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{_HEIGHT}" rx="6" fill="{drawing.fill(address)}" '
        f'stroke="#55606d"/><text x="{x + 10:.0f}" y="{y + 18:.0f}" fill="#1b2733">{text}</text>'
    )
