"""The folder of one run, and the two files in it by which supervisor and runner speak to each other."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from orchestrator.workspace.processes.process import ProcessIdentity
from orchestrator.workspace.supervision.control import write_private


@dataclass(frozen=True, slots=True)
class JobFolder:
    """Where things are inside a run's folder.

    Attributes:
        path: absolute.
    """

    path: Path

    @property
    def order(self) -> Path:
        """What is to be run; see `RunOrder`."""
        return self.path / "run.json"

    @property
    def exit(self) -> Path:
        """How it ended; see `RunExit`. There from the moment nothing of the run is alive any more."""
        return self.path / "exit.json"

    @property
    def process(self) -> Path:
        """The runner's identity, written by the runner itself."""
        return self.path / "process"

    @property
    def lock(self) -> Path:
        """Held by the living runner, so that a run never runs twice at a time."""
        return self.path / "lock"

    @property
    def code(self) -> Path:
        """The working folder: a writable copy of the job's code."""
        return self.path / "code"

    @property
    def environment(self) -> Path:
        """The run's own layer of its environment; gone when the run has ended."""
        return self.path / "environment"

    @property
    def inputs(self) -> Path:
        return self.path / "inputs"

    @property
    def outputs(self) -> Path:
        """Named outputs, and what the job puts into ``./outputs``."""
        return self.path / "outputs"

    @property
    def logs(self) -> Path:
        return self.path / "user_logs"

    @property
    def log(self) -> Path:
        """Standard output and error."""
        return self.logs / "std_log.txt"

    @property
    def system_log(self) -> Path:
        """What we ourselves have to say of the run."""
        return self.path / "system_logs" / "runner.log"

    @property
    def metrics(self) -> Path:
        """Metrics that the job itself reports, as JSON; AutoML writes it."""
        return self.path / "metrics.json"

    @property
    def progress(self) -> Path:
        """What of it has been done, a line of JSON for each part, for jobs of many parts: begun again after a kill, it does the rest."""
        return self.path / "progress.jsonl"

    @property
    def reason(self) -> Path:
        """Why it failed, in the words of a program of ours, which come before the code that it ends with."""
        return self.path / "reason.txt"

    def runner(self) -> ProcessIdentity | None:
        """The identity that the runner left; None if none ever started."""
        try:
            return ProcessIdentity.parse(self.process.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None


class Ending(StrEnum):
    """In which way a run ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RunOrder:
    """What a runner is to do.

    Attributes:
        run: the run's name.
        type: the variant of the jobs kind, which says how it runs; see `job_types.execution_of`.
        body: the CLI v2 body.
        inputs: name to absolute path or to the text of a literal.
        literals: names of those inputs that are no paths.
        outputs: name to absolute path.
        python: the interpreter that comes first on the PATH.
        environ: further variables. May hold secrets: the file is for its owner only.
        timeout_s: bound on the command, seconds; None means none.
        command: the command with its placeholders; empty if the job is none.
        processes: how many copies run side by side (``distribution``).
        secrets: value to name of what the job must not print.
    """

    run: str
    type: str
    body: Mapping[str, Any]
    python: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    literals: tuple[str, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float | None = None
    command: str = ""
    processes: int = 1
    secrets: Mapping[str, str] = field(default_factory=dict)

    def write(self, folder: JobFolder) -> None:
        write_private(folder.order, json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: JobFolder) -> RunOrder:
        """Read it back.

        Raises:
            OSError: it is not there.
            ValueError, TypeError: it is damaged.
        """
        fields = json.loads(folder.order.read_text(encoding="utf-8"))
        return cls(**{**fields, "literals": tuple(fields["literals"])})


@dataclass(frozen=True, slots=True)
class RunExit:
    """How a run ended.

    Attributes:
        code: the exit code, negative for a signal, None if it never ran.
        ending: see `Ending`.
        reason: in words; empty if it completed.
        started, ended: seconds since the epoch.
    """

    code: int | None
    ending: Ending
    reason: str
    started: float
    ended: float

    def write(self, folder: JobFolder) -> None:
        write_private(folder.exit, json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: JobFolder) -> RunExit | None:
        """What was written; None if the run has not ended, or its runner was killed."""
        try:
            fields = json.loads(folder.exit.read_text(encoding="utf-8"))
            return cls(**{**fields, "ending": Ending(fields["ending"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None
