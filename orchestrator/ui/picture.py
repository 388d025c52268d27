"""The dependency graph as a picture that needs no style sheet: the boxes and lines of the pages, in the colours of a plan."""

from __future__ import annotations

from html import escape
from typing import Final

from orchestrator.core.address import Address
from orchestrator.report.graph import Drawing
from orchestrator.report.plan import SYMBOLS
from orchestrator.report.style import one_line
from orchestrator.ui.graph import cut, way
from orchestrator.ui.layout import HEIGHT, WIDTH, lay_out

_FONT: Final = 'font-family="system-ui,-apple-system,Segoe UI,Roboto,Helvetica,sans-serif"'
_TIP: Final = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0,0 L8,4 L0,8 z" fill="#7a8694"/></marker></defs>'
)


def picture(drawing: Drawing) -> str:
    """The picture: no box lies on another, and no line runs through one.

    Raises:
        ModuleNotFoundError: what lays it out is not installed.
    """
    layout = lay_out(drawing.needs)
    width, height = f"{layout.width:.0f}", f"{layout.height:.0f}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" {_FONT}>',
        _TIP,
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    parts += [
        f'<path d="{way(layout, line)}" fill="none" stroke="#7a8694" stroke-width="1.2" marker-end="url(#tip)"/>'
        for line in layout.lines
    ]
    parts += [_box(drawing, address, layout.boxes[address]) for address in sorted(layout.boxes)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _box(drawing: Drawing, address: Address, place: tuple[float, float]) -> str:
    x, y = place
    action = drawing.actions.get(address)
    sub = address.kind if action is None else f"{SYMBOLS[action]} {action.value} · {address.kind}"
    return (
        f"<g><title>{escape(one_line(address))}</title>"
        f'<rect x="{x:.0f}" y="{y:.1f}" width="{WIDTH}" height="{HEIGHT}" rx="8" fill="{drawing.fill(address)}" stroke="#55606d"/>'
        f'<text x="{x + 12:.0f}" y="{y + 20:.1f}" font-size="13.5" font-weight="600" fill="#1b2733">{_text(address.leaf, 25)}</text>'
        f'<text x="{x + 12:.0f}" y="{y + 36:.1f}" font-size="11.5" fill="#4b5866">{_text(sub, 31)}</text></g>'
    )


def _text(text: str, most: int) -> str:
    return escape(cut(one_line(text), most))
