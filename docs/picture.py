"""Draws a terminal's text as SVG, for the README.

amlctl plan SPEC | python docs/picture.py 'amlctl plan' > docs/images/plan.svg
"""

from __future__ import annotations

import re
import sys
from html import escape

_FONT = 'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="13"'
_LINE, _CHARACTER, _MARGIN, _TOP = 20, 7.85, 18, 52
_COLOURS = {
    "~": "#e5c07b",
    ">": "#61afef",
    "±": "#c678dd",
    "+": "#98c379",
    "-": "#e06c75",
    "?": "#c678dd",
    "!": "#e5c07b",
    "=": "#7f848e",
}


def terminal(title: str, lines: list[str]) -> str:
    """The picture of a terminal that shows these lines."""
    width = max(len(line) for line in [*lines, title]) * _CHARACTER + 2 * _MARGIN
    height = _TOP + len(lines) * _LINE + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" {_FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width:.0f}" height="{height}" rx="8" fill="#21252b"/>',
        *(
            f'<circle cx="{20 + 18 * n}" cy="18" r="5.5" fill="{c}"/>'
            for n, c in enumerate(("#ff5f56", "#ffbd2e", "#27c93f"))
        ),
        f'<text x="{width / 2:.0f}" y="22" fill="#9da5b4" text-anchor="middle">{escape(title)}</text>',
    ]
    parts += [
        f'<text x="{_MARGIN}" y="{_TOP + n * _LINE}" xml:space="preserve" fill="{_colour(line)}">{_spans(line)}</text>'
        for n, line in enumerate(lines)
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _colour(line: str) -> str:
    match = re.match(r"  (\S) ", line)
    return _COLOURS.get(match[1], "#abb2bf") if match else "#dcdfe4"


def _spans(line: str) -> str:
    """The reason, which is the last column, stands back a little."""
    head, gap, reason = line.rpartition("   ")
    if not head.strip():
        return escape(line)
    return f'{escape(head + gap)}<tspan fill="#8b93a1">{escape(reason)}</tspan>'


if __name__ == "__main__":
    sys.stdout.write(terminal(sys.argv[1], [line.rstrip("\n") for line in sys.stdin]))
