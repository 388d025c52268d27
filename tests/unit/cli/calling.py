"""The command line, called in process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.main import run
from tests.fuzzing import SMALL

SPEC = SMALL
SCHEMAS = Path(__file__).parents[3] / "schemas"


@dataclass(frozen=True)
class Answer:
    """What a call gave.

    Attributes:
        code: the process's exit code.
    """

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """A person in a folder."""

    folder: Path
    captured: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str, code: int | None = 0) -> Answer:
        """Call amlctl; None as code takes any. No call prints a traceback that nobody asked for."""
        answer = self.raw(*arguments, code=code)
        assert "Traceback" not in answer.err
        return answer

    def raw(self, *arguments: str, code: int | None = 0) -> Answer:
        """The same without that promise."""
        self.captured.readouterr()
        with pytest.raises(SystemExit) as stop:
            run(list(arguments))
        out, err = self.captured.readouterr()
        answer = Answer(int(stop.value.code or 0), out, err)
        assert code in (None, answer.code), f"amlctl {' '.join(arguments)} → {answer.code}\n{out}\n{err}"
        return answer

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path
