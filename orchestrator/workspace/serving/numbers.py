"""What the router has counted, for those who ask from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.serving.files import RouterFiles
from orchestrator.workspace.serving.probing import ask_router


def endpoint_counters(paths: WorkspacePaths, timeout_s: float = 2.0) -> Mapping[str, Any]:
    """Endpoint to deployment to numbers since the router started: see `counters.Counters`, and ``waiting`` and ``down`` now.

    Blocks; call it where no event loop runs. Empty if no router answers in time.
    """
    if not paths.endpoints.is_dir():
        return {}
    return asyncio.run(ask_router(RouterFiles(paths).socket, "counters", timeout_s)) or {}
