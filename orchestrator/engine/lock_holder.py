"""Who this process is, for those who find a lock taken."""

from __future__ import annotations

import getpass
import os
import socket
from datetime import UTC, datetime

from orchestrator.core.state import Holder


def holder(command: str) -> Holder:
    """Who we are, for those who find the lock taken."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = f"uid {os.getuid()}"
    return Holder(
        f"{user}@{socket.gethostname()}", command, os.getpid(), datetime.now(UTC).isoformat(timespec="seconds")
    )
