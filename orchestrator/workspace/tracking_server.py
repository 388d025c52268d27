"""Serves MLflow's tracking API for one workspace. Run as ``python -m orchestrator.workspace.tracking_server ROOT``.

Only MLflow's REST application is served, not the newer application around it, which adds an assistant that can run
programs and a search for containers to clean up. The port is bound before MLflow is loaded, so that whoever asks early
waits instead of failing.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

from orchestrator.workspace.control import FileLock, write_private
from orchestrator.workspace.paths import WorkspacePaths
from orchestrator.workspace.process import own_identity
from orchestrator.workspace.tracking import address_file

BACKLOG = 256


def main(root: Path) -> None:
    """Serve until told to stop. Returns at once if another server of this workspace lives."""
    paths = WorkspacePaths(root)
    lock = FileLock(paths.tracking / "lock")
    if not lock.acquire_soon():
        return
    listener = _listen(paths)
    address = {"process": str(own_identity()), "port": listener.getsockname()[1]}
    write_private(address_file(paths), json.dumps(address))
    _serve(paths, listener)
    lock.release()


def _listen(paths: WorkspacePaths) -> socket.socket:
    """Listen where the last server did, for scripts and people remember the address; elsewhere if that is taken."""
    for port in (_last_port(paths), 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            listener.close()
            continue
        listener.listen(BACKLOG)
        return listener
    raise OSError("no loopback port is free")


def _last_port(paths: WorkspacePaths) -> int:
    try:
        return int(json.loads(address_file(paths).read_text(encoding="utf-8"))["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _serve(paths: WorkspacePaths, listener: socket.socket) -> None:
    # MLflow reads where its store is from these variables when it is imported.
    # Source: mlflow/server/constants.py of 3.17, to which pyproject.toml pins it.
    os.environ["_MLFLOW_SERVER_FILE_STORE"] = f"sqlite:///{paths.tracking / 'mlflow.db'}"
    os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = (paths.tracking / "artifacts").as_uri()
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"
    import uvicorn
    from mlflow.server import app

    config = uvicorn.Config(app, interface="wsgi", lifespan="off", log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
