"""The graph of a project as SVG for a page: boxes that can be opened, coloured by health and by what the plan does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from orchestrator.core.address import Address
from orchestrator.ui.layout import HEIGHT, WIDTH, Layout, Line, lay_out

_NAME: Final = 25
"""Characters that fit into a box."""

_SUB: Final = 31

_TIP: Final = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="tip" d="M0,0 L8,4 L0,8 z"/></marker></defs>'
)


@dataclass(frozen=True, slots=True)
class Node:
    """What a box says.

    Attributes:
        href: what opens it.
        sub: the second line.
        health, action: words for the style sheet.
    """

    href: str
    sub: str
    health: str
    action: str


def graph_svg(
    needs: Mapping[Address, Iterable[Address]], nodes: Mapping[Address, Node], label: str = "Dependency graph"
) -> str:
    """The picture. Colours are the style sheet's.

    Args:
        label: what it is a picture of.
    """
    layout = lay_out(needs)
    size = (
        f'viewBox="0 0 {layout.width:.0f} {layout.height:.0f}" width="{layout.width:.0f}" height="{layout.height:.0f}"'
    )
    parts = [
        f'<svg class="graph" xmlns="http://www.w3.org/2000/svg" role="group" aria-label="{escape(label)}" {size}>',
        _TIP,
    ]
    parts += [f'<path class="edge" d="{way(layout, line)}" marker-end="url(#tip)"/>' for line in layout.lines]
    parts += [_box(address, nodes[address], layout.boxes[address]) for address in sorted(layout.boxes)]
    return "\n".join([*parts, "</svg>"])


def way(layout: Layout, line: Line) -> str:
    """How a line runs, as data of a path."""
    x, y = layout.boxes[line.start]
    x, y = x + WIDTH, y + HEIGHT / 2
    path = f"M{x:.0f},{y:.1f}"
    end_x, end_y = layout.boxes[line.end]
    for to_x, to_y in (*line.passes, (end_x, end_y + HEIGHT / 2)):
        middle = (x + to_x) / 2
        path += f" C{middle:.0f},{y:.1f} {middle:.0f},{to_y:.1f} {to_x:.0f},{to_y:.1f}"
        x, y = to_x + WIDTH, to_y
        if (to_x, to_y) in line.passes:
            path += f" L{x:.0f},{y:.1f}"
    return path


def _box(address: Address, node: Node, place: tuple[float, float]) -> str:
    x, y = place
    title = escape(f"{address}: {node.sub}")
    return (
        f'<a href="{escape(node.href)}" aria-label="{title}"><g class="box health-{escape(node.health)} action-{escape(node.action)}">'
        f"<title>{title}</title>"
        f'<rect class="card" x="{x:.0f}" y="{y:.1f}" width="{WIDTH}" height="{HEIGHT}" rx="8"/>'
        f'<rect class="mark" x="{x + 6:.0f}" y="{y + 8:.1f}" width="4" height="{HEIGHT - 16}" rx="2"/>'
        f'<text class="name" x="{x + 18:.0f}" y="{y + 20:.1f}">{escape(cut(address.leaf, _NAME))}</text>'
        f'<text class="sub" x="{x + 18:.0f}" y="{y + 36:.1f}">{escape(cut(node.sub, _SUB))}</text></g></a>'
    )


def cut(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"
