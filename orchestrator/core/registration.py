"""What a job's body asks to be registered as an asset once a run of it has completed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

DEFAULT_TYPE: Final = "uri_folder"
"""What a named output without a type is."""


class Registration(NamedTuple):
    """A named output.

    Attributes:
        output: its name among the job's outputs.
        type: of the asset, which tells its kind (`core.kind.asset_kinds`).
        name: of the asset.
        version: of the asset; None for the next whole number.
    """

    output: str
    type: str
    name: str
    version: str | None


def registrations(body: Mapping[str, Any]) -> Iterator[Registration]:
    """The named outputs of a job's CLI v2 body, in its order.

    Source: Azure ML CLI v2 YAML reference, command job, ``outputs.<name>.name`` and ``.version``.
    """
    outputs = body.get("outputs")
    for output, spec in outputs.items() if isinstance(outputs, Mapping) else ():
        name = spec.get("name") if isinstance(spec, Mapping) else None
        if not isinstance(name, str) or not name:
            continue
        kind = str(spec.get("type") or DEFAULT_TYPE)
        version = spec.get("version")
        yield Registration(str(output), kind, name, None if version in (None, "") else str(version))
