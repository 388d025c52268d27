"""Makes the pages: files that stand alone, run no script and ask nothing of anybody."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_TEMPLATES: Final = Path(__file__).with_name("templates")


def render(name: str, context: Mapping[str, Any]) -> str:
    """A page as HTML.

    Everything that comes from data is escaped; the page's policy allows its own style sheet and nothing else.

    Args:
        name: of the template.
        context: what it shows.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["number"] = number
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return templates.get_template(f"{name}.html").render(context, style=style, policy=policy)


def number(value: Any) -> str:
    """A number with four digits; everything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    return str(value) if isinstance(value, int) else f"{value:.4g}"
