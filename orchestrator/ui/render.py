"""Templates to answers. Everything is escaped unless it was made by code that escapes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from orchestrator.ui.addresses import at
from orchestrator.ui.pages.values import short

HERE: Final = Path(__file__).parent


@cache
def templates() -> Environment:
    """The templates, read once."""
    made = Environment(
        loader=PackageLoader("orchestrator.ui"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = asset
    made.globals["at"] = at
    made.filters["clock"] = clock
    made.filters["number"] = number
    made.filters["seconds"] = seconds
    made.filters["short"] = short
    made.filters["size"] = size
    return made


@cache
def asset(name: str) -> str:
    """The address of a static file; another one as soon as its content is another."""
    digest = hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


def html(
    template: str, facts: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page."""
    return HTMLResponse(templates().get_template(template).render(facts), status, dict(headers or {}))


def clock(seconds_since: float) -> str:
    """A time of day."""
    return f"{datetime.fromtimestamp(seconds_since, UTC):%H:%M:%S} UTC" if seconds_since else ""


def number(value: float | None) -> str:
    """A figure, short."""
    return "" if value is None else f"{value:.4g}"


def seconds(value: float | None) -> str:
    """How long something took."""
    if value is None:
        return ""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def size(value: int) -> str:
    """Bytes, short."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value >= factor:
            return f"{value / factor:.1f} {unit}"
    return f"{value} B"
