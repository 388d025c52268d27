"""Draws where the code is: lines of each folder, and inside the embedded workspace.

Made by ``docs/generate.py``; drawn again only when a share has moved by more than `TOLERANCE`, so that not each change redraws it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

TOLERANCE = 2.0
"""Percent of all lines."""

_INSIDE = "workspace"
_FONT = 'font-family="system-ui,sans-serif" font-size="13"'
_ROW, _LEFT, _WIDTH, _TOP = 22, 170, 620, 50
_COLOURS = {"": "#4078c0", _INSIDE: "#c77d2b"}


def counted(package: Path) -> dict[str, int]:
    """Folder, or file beside the folders, to its lines: ``core``, ``workspace/serving``. Folders in ``workspace`` count by themselves."""
    lines: dict[str, int] = {}
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).parts
        depth = 2 if parts[0] == _INSIDE and len(parts) > 2 else 1
        name = "/".join(parts[:depth]) if len(parts) > 1 else "api and others"
        lines[name] = lines.get(name, 0) + path.read_text(encoding="utf-8").count("\n")
    return lines


def shares(lines: Mapping[str, int]) -> dict[str, float]:
    """Each folder's percent of all lines; what has less than one percent is nothing by itself."""
    total = sum(lines.values())
    found = {name: 100 * count / total for name, count in lines.items()}
    inside = sum(share for name, share in found.items() if name.split("/")[0] == _INSIDE)
    return {**{name: share for name, share in found.items() if share >= 1}, f"all of {_INSIDE}": inside}


def fits(svg: str, lines: Mapping[str, int]) -> bool:
    """Whether a picture still tells the truth, within `TOLERANCE`."""
    drawn = {name: float(share) for name, share in re.findall(r'data-name="([^"]+)" data-share="([^"]+)"', svg)}
    now = shares(lines)
    moved = [name for name in drawn.keys() | now.keys() if abs(drawn.get(name, 0) - now.get(name, 0)) > TOLERANCE]
    return bool(drawn) and not moved


def draw(lines: Mapping[str, int]) -> str:
    """The picture, as SVG."""
    percent = shares(lines)
    whole = percent.pop(f"all of {_INSIDE}")
    outside = sorted((name for name in percent if name.split("/")[0] != _INSIDE), key=lambda name: -percent[name])
    inside = sorted((name for name in percent if name.split("/")[0] == _INSIDE), key=lambda name: -percent[name])
    rows = [*((name, percent[name], "") for name in outside), (f"all of {_INSIDE}", whole, _INSIDE)]
    rows += [(name, percent[name], _INSIDE) for name in inside]
    scale = (_WIDTH - _LEFT - 70) / max(share for _, share, _ in rows)
    height = _TOP + _ROW * len(rows) + 14
    title = f"{round(sum(lines.values()), -3):,} lines of Python; the embedded workspace has {whole:.0f} % of them"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" {_FONT}>',
        f"<title>{title}</title>",
        f'<rect width="{_WIDTH}" height="{height}" rx="6" fill="#ffffff"/>',
        f'<text x="16" y="28" font-weight="600" fill="#24292f">{title}</text>',
    ]
    for number, (name, share, group) in enumerate(rows):
        y = _TOP + number * _ROW
        bold = ' font-weight="600"' if name.startswith("all of ") else ""
        parts += [
            f'<text x="{_LEFT - 10}" y="{y + 14}" text-anchor="end" fill="#24292f"{bold}>{name}</text>',
            f'<rect x="{_LEFT}" y="{y + 2}" width="{max(share * scale, 1):.0f}" height="{_ROW - 7}" rx="2" fill="{_COLOURS[group]}"',
            f' data-name="{name}" data-share="{share:.1f}"/>',
            f'<text x="{_LEFT + share * scale + 8:.0f}" y="{y + 14}" fill="#57606a">{share:.0f} %</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"
