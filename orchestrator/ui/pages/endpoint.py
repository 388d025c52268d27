"""What the page of an endpoint shows besides: its deployments, who gets the requests, and how to send one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.ui.charts import share_bars
from orchestrator.ui.drawn import drawn
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.project import Row, row_of

_URI: Final = "scoring_uri"
_SHARES: Final = "traffic"
_COPIES: Final = "mirror_traffic"

_PYTHON: Final = """\
import json, os, urllib.request

request = urllib.request.Request(
    {url!r},
    data=open("request.json", "rb").read(),
    headers={{"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["ENDPOINT_KEY"]}},
)
print(json.load(urllib.request.urlopen(request, timeout=30)))
"""


def endpoint_part(snapshot: Snapshot, address: Address) -> dict[str, Any] | None:
    """What there is to say about an endpoint; None if this is none."""
    kind = snapshot.kinds.get(address.kind)
    if kind is None or not kind.answers or address.part:
        return None
    live = snapshot.live(address)
    url = str(live.attributes.get(_URI) or "") if live is not None else ""
    parts = [each for each in snapshot.status_of if each.parent == address]
    shares, copies = shares_of(snapshot, parts, _SHARES), shares_of(snapshot, parts, _COPIES)
    inner = [each for each in parts if snapshot.kinds[each.kind].behaviour.tested_alone]
    # Tests of an endpoint are sent once its traffic is as it shall be, so they are kept with that.
    wanted = [found for each in (address, *parts) if (found := snapshot.project.resources.get(each)) is not None]
    return {
        "url": url,
        "deployments": [_deployment(snapshot, each, shares, copies) for each in inner],
        "bars": drawn(share_bars(shares)) if shares else None,
        "shares": [(name, share, place % 5) for place, (name, share) in enumerate(shares)],
        "copies": copies,
        "requests": list(dict.fromkeys((check.name, check.body) for each in wanted for check in each.checks)),
        "curl": curl(url) if url else "",
        "python": _PYTHON.format(url=url) if url else "",
    }


def shares_of(snapshot: Snapshot, parts: list[Address], field: str) -> list[tuple[str, float]]:
    """Name and per cent of each deployment that gets any, as the workspace has it now."""
    for each in parts:
        live = snapshot.live(each)
        found = live.properties.get(field) if live is not None else None
        if isinstance(found, Mapping):
            return [
                (str(name), float(share)) for name, share in found.items() if isinstance(share, int | float) and share
            ]
    return []


def _deployment(
    snapshot: Snapshot, address: Address, shares: list[tuple[str, float]], copies: list[tuple[str, float]]
) -> tuple[Row, str, float, float]:
    row = row_of(snapshot, snapshot.status_of[address])
    return row, address.leaf, dict(shares).get(address.leaf, 0.0), dict(copies).get(address.leaf, 0.0)


def curl(url: str) -> str:
    """A command that sends a request."""
    return (
        f"curl -X POST {shlex.quote(url)} \\\n  -H 'Content-Type: application/json' \\\n"
        '  -H "Authorization: Bearer $ENDPOINT_KEY" \\\n  -d @request.json'
    )
