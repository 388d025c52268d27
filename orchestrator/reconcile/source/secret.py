"""Secrets of the configuration: named there, kept elsewhere, read at the moment of use."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.value import Secret


class SecretMissing(Exception):
    """A secret has no value, or its file is open to others.

    Attributes:
        fix: what to do.
    """

    def __init__(self, detail: str, *, fix: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret is kept. Holds no secret itself, so it may be printed.

    Attributes:
        kind: an environment variable or a file.
        where: the variable's name, or the file's absolute path.
    """

    kind: Literal["env", "file"]
    where: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.where}"

    def read(self, environ: Mapping[str, str] = os.environ) -> Secret:
        """Fetch the value as it is now, so that a rotated secret needs no restart.

        Raises:
            SecretMissing: there is no value, it is empty, or the file may be read by everybody.
        """
        value = environ.get(self.where, "") if self.kind == "env" else _from_file(Path(self.where))
        if not value:
            raise SecretMissing(f"The secret {self} is not set or empty.", fix=f"Set {self.where}.")
        return Secret(str(self), value)


def _from_file(path: Path) -> str:
    try:
        if path.stat().st_mode & stat.S_IROTH:
            raise SecretMissing(f"The secret file {path} is world-readable.", fix=f"Run `chmod 600 {path}`.")
        return read_plain_text(path).rstrip("\r\n")
    except OSError as error:
        raise SecretMissing(
            f"The secret file {path} cannot be read ({error.strerror}).", fix="Name a readable file."
        ) from None
    except UnicodeDecodeError:
        raise SecretMissing(f"The secret file {path} is not UTF-8 text.", fix="Save it as UTF-8 text.") from None
