"""Who answers how much, in a few words for people who look at a status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orchestrator.core.resource import Observed


def with_shares(observed: Observed) -> Observed:
    """A healthy traffic object with its shares as message; any other as it is."""
    return observed if observed.message else replace(observed, message=shares(observed.properties))


def shares(properties: Mapping[str, Any]) -> str:
    """``blue 90 %, green 10 %; copies to red 20 %``, the largest share first."""
    answering = _parts(properties.get("traffic"))
    copies = _parts(properties.get("mirror_traffic"))
    return "; ".join(part for part in (answering or "no traffic", copies and f"mirrors to {copies}") if part)


def _parts(table: object) -> str:
    given = [(name, share) for name, share in table.items() if share] if isinstance(table, Mapping) else []
    return ", ".join(f"{name} {share} %" for name, share in sorted(given, key=lambda part: (-part[1], part[0])))
