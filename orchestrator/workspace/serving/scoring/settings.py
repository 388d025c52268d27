"""What a scoring server is told when it starts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Settings:
    """The content of a server's configuration file.

    Attributes:
        socket: the unix socket to listen on.
        deployment: name of the deployment, for the log.
        script: the entry script with ``init()`` and ``run()``; None for an MLflow model without code.
        model: the MLflow model's folder, if there is no script.
        collector: what is collected and where, see `collecting.Collector`; None for nothing.
    """

    socket: str
    deployment: str
    script: str | None
    model: str | None
    collector: dict[str, Any] | None = None

    @property
    def folder(self) -> Path:
        """Where the user's code is."""
        return Path(self.script).parent if self.script else Path(self.model or ".")

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Read a configuration file."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))
