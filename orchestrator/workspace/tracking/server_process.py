"""Serves MLflow for one workspace. Run as ``python -m orchestrator.workspace.tracking.server_process ROOT``.

The port is bound at once; MLflow, which takes seconds and much memory, is loaded when somebody first asks. Whoever asks
early waits instead of failing, and a workspace in which nobody tracks anything pays for a small process only.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Final

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.process import own_identity
from orchestrator.workspace.supervision.control import FileLock, home_of, write_private
from orchestrator.workspace.tracking.server import address_file, read_token, token_file

BACKLOG: Final = 256
LOOK_S: Final = 1.0
"""How often the server looks whether its workspace is still there, seconds."""

_PRIVATE_UMASK: Final = 0o077


def main(root: Path) -> None:
    """Serve until told to stop. Returns at once if another server of this workspace lives."""
    os.umask(_PRIVATE_UMASK)
    paths = WorkspacePaths(root)
    lock = FileLock(paths.tracking / "lock")
    if not lock.acquire_soon():
        return
    if not read_token(paths):
        write_private(token_file(paths), secrets.token_urlsafe(32))
    listener = _listen(paths)
    address = {"process": str(own_identity()), "port": listener.getsockname()[1], "home": home_of(paths)}
    write_private(address_file(paths), json.dumps(address))
    if _asked(listener, lock):
        threading.Thread(target=_leave_with_the_folder, args=(lock,), daemon=True).start()
        _serve(paths, listener)
    lock.release()


def _listen(paths: WorkspacePaths) -> socket.socket:
    """Listen where the last server did, for scripts and people remember the address; elsewhere if that is taken."""
    for port in (_last_port(paths), 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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


def _asked(listener: socket.socket, lock: FileLock) -> bool:
    """Wait for the first connection. False if the workspace's folder went first."""
    while lock.stands:
        if select.select([listener], [], [], LOOK_S)[0]:
            return True
    return False


def _leave_with_the_folder(lock: FileLock) -> None:
    while lock.stands:
        time.sleep(LOOK_S)
    os._exit(0)


def _serve(paths: WorkspacePaths, listener: socket.socket) -> None:
    import uvicorn

    from orchestrator.workspace.tracking.tracker.application import Application

    application = Application(paths, read_token(paths))
    config = uvicorn.Config(application, interface="wsgi", lifespan="off", log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
