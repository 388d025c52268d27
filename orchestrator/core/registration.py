"""What a job's body asks to be registered as an asset once a run of it has completed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

MODEL_TYPES: Final = ("custom_model", "mlflow_model", "triton_model")
"""Types of what is registered as a model; everything else is data."""


class Registration(NamedTuple):
    """A named output.

    Attributes:
        output: its name among the job's outputs.
        section: ``data`` or ``models``: where the asset stands in a spec.
        type: of the asset.
        name: of the asset.
        version: of the asset; None for the next whole number.
    """

    output: str
    section: str
    type: str
    name: str
    version: str | None


def section_of(kind: Any) -> str:
    """Where an asset of a type stands in a spec: among the models, or among the data."""
    return "models" if kind in MODEL_TYPES else "data"


def registrations(body: Mapping[str, Any]) -> Iterator[Registration]:
    """The named outputs of a job's CLI v2 body, in its order.

    Source: Azure ML CLI v2 YAML reference, command job, ``outputs.<name>.name`` and ``.version``.
    """
    outputs = body.get("outputs")
    for output, spec in outputs.items() if isinstance(outputs, Mapping) else ():
        name = spec.get("name") if isinstance(spec, Mapping) else None
        if not isinstance(name, str) or not name:
            continue
        kind = str(spec.get("type") or "uri_folder")
        version = spec.get("version")
        section = section_of(kind)
        yield Registration(str(output), section, kind, name, None if version in (None, "") else str(version))
