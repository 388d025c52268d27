"""The routing table: what the router knows. Never changed, only replaced as a whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

DEFAULT_TIMEOUT_S = 5.0
"""Source: Azure ML CLI v2 YAML reference, request_settings.request_timeout_ms is 5,000 unless said."""

DEFAULT_CONCURRENCY = 8
"""Requests that one scoring server holds at once where the deployment says nothing. Ours: its model thread never waits for the next one."""

DEFAULT_QUEUE = 256
"""Requests that wait for one scoring server where the deployment says nothing. Ours."""

MAX_BODY = 10 * 1024 * 1024
"""Largest request body, bytes. Ours."""


@dataclass(frozen=True, slots=True)
class DeploymentRoute:
    """A deployment as the router sees it.

    Attributes:
        sockets: unix socket of each of its scoring servers.
        timeout_s: bound on one answer, seconds.
        concurrency: requests that one server holds at once.
        queue: requests that may wait, for each server.
    """

    name: str
    sockets: tuple[str, ...]
    timeout_s: float = DEFAULT_TIMEOUT_S
    concurrency: int = DEFAULT_CONCURRENCY
    queue: int = DEFAULT_QUEUE


@dataclass(frozen=True, slots=True)
class EndpointRoute:
    """An endpoint as the router sees it.

    Attributes:
        port: loopback port.
        keys: SHA-256 of each key that opens it, hexadecimal.
        traffic: deployment and weight; weights need not add up to 100.
        mirror: deployment and percent of the requests copied to it.
    """

    name: str
    port: int
    keys: tuple[str, ...]
    deployments: tuple[DeploymentRoute, ...] = ()
    traffic: tuple[tuple[str, int], ...] = ()
    mirror: tuple[tuple[str, int], ...] = ()
    max_body: int = MAX_BODY


@dataclass(frozen=True, slots=True)
class RoutingTable:
    """All endpoints.

    Attributes:
        serial: which table this is; the router repeats it, so that its writer knows what is in force.
    """

    serial: str = ""
    endpoints: tuple[EndpointRoute, ...] = ()

    def to_json(self) -> str:
        """The text that `from_json` reads."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> RoutingTable:
        """Read a table back.

        Raises:
            ValueError: the text is none.
        """
        try:
            content = json.loads(text)
            return cls(content["serial"], tuple(_endpoint(item) for item in content["endpoints"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a routing table: {error!r}") from error


def _endpoint(content: dict[str, Any]) -> EndpointRoute:
    fields = dict(content)
    fields["keys"] = tuple(fields["keys"])
    fields["deployments"] = tuple(
        DeploymentRoute(**{**item, "sockets": tuple(item["sockets"])}) for item in fields["deployments"]
    )
    fields["traffic"] = tuple((name, weight) for name, weight in fields["traffic"])
    fields["mirror"] = tuple((name, percent) for name, percent in fields["mirror"])
    return EndpointRoute(**fields)
