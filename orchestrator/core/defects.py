"""Exceptions that nobody foresaw: one sentence for people, the traceback in a private file for whoever mends amlctl."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from types import TracebackType
from typing import Final

from orchestrator.core import private_files
from orchestrator.core.redact import mask_of
from orchestrator.core.url_secrets import without_passwords
from orchestrator.core.value import known_secrets

DEBUG: Final = "AMLCTL_DEBUG"
"""Environment variable that asks for tracebacks on stderr."""

_STAGES: Final = {
    "spec": "reading the spec",
    "kinds": "reading the spec",
    "observe": "looking at the workspace",
    "planning": "making the plan",
    "execution": "applying the plan",
    "state": "reading or writing the state",
    "backends": "talking to the workspace",
    "workspace": "working in the embedded workspace",
    "report": "printing the result",
    "reconcile": "running the loop",
}
_PACKAGE: Final = Path(__file__).parents[1]
_SECRET_NAME: Final = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|_KEY|_SAS|CREDENTIAL", re.IGNORECASE)
_SHORTEST_SECRET: Final = 3
"""Characters of the shortest secret that is masked: with every "a" masked a traceback tells nothing but that the secret is an "a"."""
_SHORTEST: Final = 6
"""Characters of the shortest value of a variable that is masked: nobody wants each "1" of a traceback hidden."""


@dataclass(frozen=True, slots=True)
class Defect:
    """What is known about an unexpected exception.

    Attributes:
        name: type of the exception. Its text may hold anything, so it is in the traceback only.
        place: where in amlctl it came from, as ``spec/load.py:12``; empty if from nowhere in it.
        stage: what amlctl was doing there; empty if nothing that a user knows.
        traceback: in full, without secrets.
        file: holds the traceback, for its owner's eyes only; None if it could not be written.
    """

    name: str
    place: str
    stage: str
    traceback: str
    file: Path | None

    def sentence(self, what: str) -> str:
        """What happened. `what` is the subject: a command, a request."""
        doing = f" while {self.stage}" if self.stage else ""
        place = f" in {self.place}" if self.place else ""
        return f"{what} failed{doing}: {self.name}{place}. This is a bug in amlctl, not in what you wrote."

    @property
    def fix(self) -> str:
        """What to do about it."""
        if self.file is None:
            return f"Set {DEBUG}=1, run the command again, and report the bug with the traceback that is printed then."
        return f"Report it with the traceback in {self.file} (secrets are masked); look through that file before you share it."


def recorded(error: BaseException) -> Defect:
    """Write an exception's traceback to a private file of the temporary folder, once for each place it comes from. Never fails."""
    place, stage = _origin(error.__traceback__)
    try:
        text = _masked("".join(traceback.format_exception(error)))
        file = _written(text)
    except (MemoryError, RecursionError):
        text, file = f"{type(error).__name__}: there is not enough memory for the traceback\n", None
    return Defect(type(error).__name__, place, stage, text, file)


def wants_traceback() -> bool:
    """Whether the environment asks for tracebacks on stderr."""
    return os.environ.get(DEBUG, "").strip().lower() not in ("", "0", "false", "no", "off")


def _origin(trace: TracebackType | None) -> tuple[str, str]:
    """The innermost line of ours, and the stage of the innermost line that belongs to one."""
    place = stage = ""
    for file, line in _lines(trace):
        place = f"{file}:{line}"
        stage = _STAGES.get(file.parts[0], stage)
    return place, stage


def _lines(trace: TracebackType | None) -> Iterator[tuple[PurePath, int]]:
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(_PACKAGE):
            yield file.relative_to(_PACKAGE), trace.tb_lineno
        trace = trace.tb_next


def _masked(text: str) -> str:
    values = {secret.reveal(): str(secret) for secret in known_secrets() if len(secret.reveal()) >= _SHORTEST_SECRET}
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _SHORTEST:
            values.setdefault(value, f"(secret ${name})")
    spelt = {
        form: name for value, name in values.items() for form in (value, repr(value)[1:-1])
    }  # as Python quotes it, too
    return without_passwords(mask_of(spelt)(text))


def _written(text: str) -> Path | None:
    """The file of a traceback. A loop that fails in each pass writes one."""
    return _file_of(hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest(), text)


@lru_cache(maxsize=256)
def _file_of(digest: str, text: str) -> Path | None:
    try:
        stream, file = private_files.draft_in(Path(tempfile.gettempdir()), f"amlctl-error-{digest[:8]}-")
        with stream:
            stream.write(text.encode(errors="backslashreplace"))
    except OSError:
        return None
    return file
