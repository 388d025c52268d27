"""What the page of an endpoint shows besides: its deployments, who gets the requests, and how to send one."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from orchestrator.core.address import Address
from orchestrator.core.metering import Rate, Reading, rates
from orchestrator.ui.charts import COLOURS, share_bars, time_chart
from orchestrator.ui.drawn import drawn
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.gates import gates_part
from orchestrator.ui.pages.project import Row, row_of

Shares: TypeAlias = list[tuple[str, float]]
"""Name and per cent of each deployment that gets any."""

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
    declared = [found for each in (address, *parts) if (found := snapshot.project.resources.get(each)) is not None]
    traffic = _traffic(snapshot, parts, inner, shares, copies)
    becomes = ", ".join(f"{name} {share:g} %" for name, share in traffic["planned"])
    return {
        "url": url,
        **traffic,
        "gates": gates_part(snapshot, parts, inner, becomes),
        "requests": list(dict.fromkeys((check.name, check.body) for each in declared for check in each.checks)),
        "curl": curl(url) if url else "",
        "python": _PYTHON.format(url=url) if url else "",
    }


def _traffic(
    snapshot: Snapshot, parts: list[Address], inner: list[Address], shares: Shares, copies: Shares
) -> dict[str, Any]:
    """Who gets the requests now, and after the next apply where that differs."""
    names = [each.leaf for each in inner]
    planned = [_planned(snapshot, parts, field) for field in (_SHARES, _COPIES)]
    return {
        "deployments": [_deployment(snapshot, each, shares, copies) for each in inner],
        "bars": drawn(share_bars(shares, names)) if shares else None,
        "mirror_bars": drawn(share_bars(copies, names, "mirrored")) if copies else None,
        "planned_bars": drawn(share_bars(planned[0], names, "planned")) if planned[0] not in ([], shares) else None,
        "planned": planned[0] if planned[0] != shares else [],
        "shares": [(name, share, _place(names, name)) for name, share in shares],
        "copies": [(name, share, _place(names, name)) for name, share in copies],
        "places": {name: _place(names, name) for name in names},
    }


def endpoints_of(snapshot: Snapshot) -> list[Address]:
    """The endpoints of the project."""
    return [
        address
        for address in snapshot.status_of
        if not address.part and address.kind in snapshot.kinds and snapshot.kinds[address.kind].answers
    ]


def traffic_now(snapshot: Snapshot, address: Address) -> dict[str, Any]:
    """Who gets the requests of an endpoint now."""
    parts = [each for each in snapshot.status_of if each.parent == address]
    inner = [each for each in parts if snapshot.kinds[each.kind].behaviour.tested_alone]
    shares, copies = shares_of(snapshot, parts, _SHARES), shares_of(snapshot, parts, _COPIES)
    found = _traffic(snapshot, parts, inner, shares, copies)
    return {key: found[key] for key in ("bars", "shares", "copies", "planned")}


def _place(names: list[str], name: str) -> int:
    return (names.index(name) if name in names else len(names)) % COLOURS


def _planned(snapshot: Snapshot, parts: list[Address], field: str) -> Shares:
    for each in parts:
        desired = snapshot.project.resources.get(each)
        found = desired.properties.get(field) if desired is not None else None
        if isinstance(found, Mapping):
            return [
                (str(name), float(share)) for name, share in found.items() if isinstance(share, int | float) and share
            ]
    return []


def live_part(readings: Sequence[Reading], names: Sequence[str]) -> dict[str, Any]:
    """What an endpoint has answered in the last minutes.

    Args:
        readings: of its counters, oldest first.
        names: of its deployments, in the order of their colours.
    """
    found = rates(readings)
    order = {name: found.get(name, []) for name in (*names, *(each for each in found if each not in names))}

    def series(value: Callable[[Rate], float | None]) -> dict[str, list[tuple[float, float]]]:
        return {
            name: [(rate.at, measured) for rate in rows if (measured := value(rate)) is not None]
            for name, rows in order.items()
        }

    last = readings[-1].counts if readings else {}
    return {
        "counted": bool(readings),
        "charts": [
            drawn(time_chart("Requests", series(lambda rate: rate.per_s), "per second")),
            drawn(time_chart("Errors", series(lambda rate: rate.errors_per_s), "per second")),
            drawn(time_chart("Latency, 95th percentile", series(lambda rate: rate.p95_ms), "ms")),
        ],
        "totals": [
            (name, _place(list(names), name), count, count.quantile_ms(0.5), count.quantile_ms(0.95))
            for name, count in sorted(last.items())
        ],
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


def share_of(snapshot: Snapshot, deployment: Address) -> float:
    """Per cent of the requests of its endpoint that a deployment gets now."""
    parts = [each for each in snapshot.status_of if each.parent == deployment.parent]
    return dict(shares_of(snapshot, parts, _SHARES)).get(deployment.leaf, 0.0)


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
