"""Unix sockets inside a workspace, also where its path is too long for one."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from orchestrator.core.errors import Denied
from orchestrator.workspace.folder.paths import PRIVATE_FOLDER

MAX_SOCKET_PATH = 100
"""Bytes. Source: unix(7), sun_path holds 108 on Linux and 104 on the BSDs."""


def socket_path(folder: Path, name: str) -> Path:
    """Where a socket of this name is: in the folder if the path is short enough, else in a folder of the user's own for temporary files.

    Args:
        folder: absolute; must exist and belong to its owner only.

    Raises:
        Denied: somebody else owns the temporary folder.
    """
    path = folder / name
    if len(os.fsencode(path)) <= MAX_SOCKET_PATH:
        return path
    short = _short(folder) / name
    make_socket_folder(short)
    return short


def make_socket_folder(socket: Path) -> None:
    """Make the folder of a socket, which may have been forgotten since its path was given out.

    Raises:
        Denied: somebody else owns it.
    """
    folder = socket.parent
    folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Denied(f"{folder} is not ours alone, so no socket is put there.", fix="Remove that folder.")


def forget_sockets(folder: Path) -> None:
    """Remove the temporary folder that stood in for this one, if there is one. Only for folders whose processes have ended."""
    shutil.rmtree(_short(folder), ignore_errors=True)


def _short(folder: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"amlctl-{os.getuid()}-{digest}"
