"""The address of an endpoint."""

from __future__ import annotations

from urllib.parse import urlsplit

from orchestrator.workspace.processes.ports import LOOPBACK
from orchestrator.workspace.records.record import Record


def scoring_uri(port: int) -> str:
    """Where an endpoint takes requests."""
    return f"http://{LOOPBACK}:{port}/score"


def port_of(record: Record) -> int | None:
    """The port that an endpoint was given; None if none yet."""
    uri = record.attributes.get("scoring_uri")
    return urlsplit(uri).port if isinstance(uri, str) else None
