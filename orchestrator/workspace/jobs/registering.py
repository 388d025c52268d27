"""Registers the named outputs of a completed run as data assets and models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from orchestrator.core.errors import BackendError, Conflict
from orchestrator.core.registration import Registration, registrations
from orchestrator.workspace.admission.writing import require_description
from orchestrator.workspace.files.keeping import keep
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import JOB_PROPERTY, KEPT, MLFLOW_RUN, OUTPUT_PROPERTY, REGISTERED, Record
from orchestrator.workspace.records.store import RecordStore

_TRIES: Final = 20
"""So often another number is tried where others register at the same moment."""


@dataclass(frozen=True, slots=True)
class Registering:
    """Registers. Doing it twice is the same as once: an asset says which output of which run it is."""

    paths: WorkspacePaths
    store: RecordStore

    def register(self, run: Record, outputs: Mapping[str, str]) -> str:
        """Register what a run's body asks for.

        Args:
            run: the record of a completed run.
            outputs: name to place of what it made.

        Returns:
            What could not be registered and why, a line for each; empty if all is there.
        """
        troubles = []
        for named_output in registrations(run.body):
            try:
                self._one(run, named_output, Path(outputs[named_output.output]))
            except (BackendError, KeyError, OSError) as error:
                asset = f"{named_output.name}:{named_output.version}" if named_output.version else named_output.name
                kind = record_kinds.of_asset(named_output.type)
                why = "the run did not create this output." if isinstance(error, KeyError) else str(error)
                troubles.append(f"Output '{named_output.output}' was not registered as {kind} {asset}: {why}")
        return "\n".join(troubles)

    def _one(self, run: Record, named_output: Registration, place: Path) -> None:
        kind = record_kinds.of_asset(named_output.type)
        address = f"{kind}.{named_output.name}"
        known = self.store.versions(kind, address)
        if any(_made_by(record, run, named_output.output) for record in known):
            return
        text = f"azureml://jobs/{run.revision}/outputs/{named_output.output}"
        if named_output.type == "mlflow_model":
            require_description(place, text)
        attributes: dict[str, Any] = {}
        if kind == record_kinds.MODELS or not _empty(place):
            attributes[KEPT] = keep(self.paths, place, text if kind == record_kinds.MODELS else "")
        if kind == record_kinds.MODELS:
            attributes[REGISTERED] = {"source": text, "run_id": str(run.attributes.get(MLFLOW_RUN) or run.revision)}
        body = {
            "type": named_output.type,
            "path": text,
            "properties": {JOB_PROPERTY: run.revision, OUTPUT_PROPERTY: named_output.output},
        }
        asset = Record(kind, address, body=body, attributes=attributes, variant=named_output.type)
        self._insert(asset, named_output.version)

    def _insert(self, asset: Record, version: str | None) -> None:
        for attempt in range(_TRIES):
            revision = version or self._next(asset)
            existing = self.store.get(asset.kind, asset.address, revision)
            if existing is not None and version and _same(existing, asset):
                return
            if existing is not None and version:
                raise Conflict(
                    f"{asset.address} {version} exists already with other content.",
                    fix="Change the version of the output, or remove it to use the next number.",
                )
            try:
                self.store.insert(replace(asset, revision=revision))
            except Conflict:
                if attempt == _TRIES - 1:
                    raise
            else:
                return

    def _next(self, asset: Record) -> str:
        """One more than the highest version that is a number, archived ones included."""
        numbers = [
            int(record.revision)
            for record in self.store.versions(asset.kind, asset.address)
            if record.revision.isdecimal()
        ]
        return str(max(numbers, default=0) + 1)


def _empty(place: Path) -> bool:
    """Whether a folder holds no file: a result like any other, with nothing to copy."""
    return place.is_dir() and not any(path.is_file() for path in place.rglob("*"))


def _made_by(record: Record, run: Record, output: str) -> bool:
    properties = record.body.get("properties") or {}
    return properties.get(JOB_PROPERTY) == run.revision and properties.get(OUTPUT_PROPERTY) == output


def _same(existing: Record, asset: Record) -> bool:
    content = existing.attributes.get(KEPT) or existing.body.get("path")
    return content == asset.attributes.get(KEPT) and existing.variant in ("", asset.variant) and not existing.deleting
