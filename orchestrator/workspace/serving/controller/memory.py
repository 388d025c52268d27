"""What a deployment's manager must know of its servers after its own death."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.workspace.serving.controller.servers import CONFIG_SUFFIX, Server
from orchestrator.workspace.serving.files import DeploymentFiles
from orchestrator.workspace.supervision.control import write_private


@dataclass(frozen=True, slots=True)
class Remembered:
    """The servers of a deployment, as they were written down last.

    Attributes:
        release: digest of the release in force; empty if there is none.
        servers: of that release.
        strays: all others: of a release on its way in or out.
    """

    release: str
    servers: Sequence[Server]
    strays: Sequence[Server]


class ServerMemory:
    """Reads and writes the file with a deployment's servers.

    Args:
        files: of the deployment.
    """

    def __init__(self, files: DeploymentFiles) -> None:
        self._files = files
        self._saved = ""

    def load(self) -> Remembered | None:
        """What was written last; None if nothing was. Ends servers that were started and never written down.

        Raises:
            ValueError, KeyError, TypeError: it is damaged.
        """
        try:
            content = json.loads(self._files.state.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        found = Remembered(content["release"], self._here(content["servers"]), self._here(content["strays"]))
        # A server started just before its supervisor died is in no list: without its file it ends by itself.
        known = {server.config for server in (*found.servers, *found.strays)}
        for config in self._files.folder.glob(f"*{CONFIG_SUFFIX}"):
            if config not in known:
                config.unlink(missing_ok=True)
        return found

    def save(self, now: Remembered) -> None:
        """Write it down if it has changed. Nothing is written once the deployment's folder is gone."""
        content = {
            "release": now.release,
            "servers": [server.to_dict() for server in now.servers],
            "strays": [server.to_dict() for server in now.strays],
        }
        text = json.dumps(content)
        if text != self._saved and self._files.folder.is_dir():
            write_private(self._files.state, text)
            self._saved = text

    def _here(self, listed: Sequence[Mapping[str, Any]]) -> list[Server]:
        """The servers of this folder. Those of the place from which it was moved or copied are not ours: their files are there."""
        found = [Server.from_dict(item) for item in listed]
        return [server for server in found if server.config.parent == self._files.folder]
