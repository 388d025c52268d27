"""The address of an endpoint."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from orchestrator.workspace.records.record import Record

HOST = "127.0.0.1"


def scoring_uri(port: int) -> str:
    """Where an endpoint takes requests."""
    return f"http://{HOST}:{port}/score"


def port_of(record: Record) -> int | None:
    """The port that an endpoint was given; None if none yet."""
    uri = record.attributes.get("scoring_uri")
    return urlsplit(uri).port if isinstance(uri, str) else None


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
