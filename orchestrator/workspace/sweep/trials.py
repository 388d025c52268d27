"""Trials as runs: a record of a command job for each, made from the sweep's body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.job_types.command import EXECUTION as COMMAND
from orchestrator.workspace.records.record import (
    CANCEL_REQUESTED,
    MLFLOW_RUN,
    PARAMETERS,
    PARENT,
    SETTINGS,
    Record,
)
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.sweep.sampling import FinishedTrial, Suggestion
from orchestrator.workspace.sweep.settings import SweepSettings
from orchestrator.workspace.sweep.table import Row

POINT: Final = "sweep_point"
"""Attribute of a trial's record: see `FinishedTrial.point`."""

_PLACEHOLDER: Final = re.compile(r"\$\{\{\s*search_space\.(\w+)\s*\}\}")
_ALIAS: Final = "search_space_{}"
_PROGRAM: Final = "trial"


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as its record has it."""

    number: int
    record: Record

    @property
    def ended(self) -> bool:
        return self.record.health is not Health.PROGRESSING

    @property
    def completed(self) -> bool:
        return self.record.health is Health.HEALTHY

    @property
    def tracked(self) -> str:
        """Its run in MLflow; empty before it has one."""
        return str(self.record.attributes.get(MLFLOW_RUN) or "")

    def as_finished(self, value: float | None) -> FinishedTrial:
        """What a sampler is told of it."""
        return FinishedTrial(self.number, self.record.attributes.get(POINT) or {}, value)

    def row(self, value: float | None, *, best: bool) -> Row:
        """Its row in the table."""
        seconds = self.record.attributes.get("duration_s")
        return Row(
            number=self.number,
            run=self.record.revision,
            status=self.record.phase or "queued",
            value=value,
            seconds=seconds if isinstance(seconds, int | float) else None,
            parameters=self.record.attributes.get(PARAMETERS) or {},
            best=best,
        )


def trial_body(body: Mapping[str, Any], values: Mapping[str, str], timeout_s: float | None) -> dict[str, Any]:
    """The body of a command job for one trial.

    Parameters become inputs, so that they reach the command as safely as those do. What a trial leaves stays in its own folder: the
    sweep takes the best one's over, and registers it.
    """
    program = {name: value for name, value in body[_PROGRAM].items() if value is not None}
    given = dict(body.get("inputs") or {})
    names = {name: name if name not in given else _ALIAS.format(name) for name in values}
    outputs = {name: {"type": (spec or {}).get("type")} for name, spec in (body.get("outputs") or {}).items()}
    made = {
        **program,
        "type": COMMAND.key,
        "command": _PLACEHOLDER.sub(
            lambda match: f"${{{{inputs.{names.get(match[1], match[1])}}}}}", program["command"]
        ),
        "inputs": {**given, **{names[name]: value for name, value in values.items()}},
        "outputs": outputs,
        "compute": body.get("compute"),
        "experiment_name": body.get("experiment_name"),
        "resources": program.get("resources") or body.get("resources"),
        "limits": {"timeout": timeout_s} if timeout_s else None,
    }
    return {name: value for name, value in made.items() if value not in (None, {})}


class Trials:
    """The trials of one sweep.

    Args:
        paths, store: the workspace.
        sweep: the record of the sweep.
        settings: of the sweep.
    """

    def __init__(self, paths: WorkspacePaths, store: RecordStore, sweep: Record, settings: SweepSettings) -> None:
        self._store = store
        self._secrets = SecretFiles(paths)
        self._sweep = sweep
        self._settings = settings

    def all(self) -> dict[int, Trial]:
        """All trials that there are, by number."""
        prefix = f"{self._sweep.revision}_"
        found = {}
        for record in self._store.list(self._sweep.kind):
            if record.attributes.get(PARENT) == self._sweep.revision and not record.deleting:
                number = int(record.revision.removeprefix(prefix))
                found[number] = Trial(number, record)
        return dict(sorted(found.items()))

    def read(self, trial: Trial) -> Trial:
        """A trial as it is now. One whose record somebody has deleted counts as ended badly."""
        record = self._store.get(*trial.record.key)
        if record is None or record.deleting:
            return Trial(trial.number, _gone(trial.record))
        return Trial(trial.number, record)

    def start(self, number: int, suggestion: Suggestion, values: Mapping[str, str]) -> Trial:
        """Make a trial. The supervisor runs it as any job.

        Args:
            number: from 0.
            suggestion: what the sampler said.
            values: parameter to text.
        """
        sweep = self._sweep
        name = f"{sweep.revision}_{number}"
        kept = {key: sweep.attributes[key] for key in SETTINGS if key in sweep.attributes}
        record = Record(
            sweep.kind,
            f"{sweep.kind}.{name}",
            name,
            body=trial_body(sweep.body, values, self._settings.trial_timeout_s),
            attributes={**kept, PARENT: sweep.revision, PARAMETERS: dict(values), POINT: dict(suggestion.point)},
            health=Health.PROGRESSING,
            phase="queued",
            variant=COMMAND.key,
        )
        self._secrets.hand_on(sweep.key, record.key, _within_trial)
        return Trial(number, self._store.insert(record))

    def cancel(self, trial: Trial, why: str) -> None:
        """Ask a trial to end."""
        self._store.update_status(trial.record.key, message=why, attributes={CANCEL_REQUESTED: True})


def _within_trial(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where a value of the sweep's body stands in a trial's body."""
    return path[1:] if path[:1] == (_PROGRAM,) else path


def _gone(record: Record) -> Record:
    return Record(
        record.kind, record.address, record.revision, attributes=record.attributes,
        health=Health.DEGRADED, phase="cancelled", message="deleted",
    )  # fmt: skip
