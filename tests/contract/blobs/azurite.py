"""Azurite, the public emulator of Azure storage, as a process of a test. From npm; used where it is installed."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.contract.azure.certificate import write_certificate
from tests.waiting import wait_for

ACCOUNT = "amlctltests"
CONTAINER = "state"


def executable() -> str:
    """Where it is installed; empty if it is not."""
    return shutil.which("azurite-blob") or ""


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, Path]]:
    """Start it on loopback with an empty container; stop it when the block ends.

    Returns:
        The container's address with a signature, and the certificate to trust.
    """
    certificate = write_certificate(folder)
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    port = _free_port()
    command = [executable(), "--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence", "--silent"]
    command += ["--skipApiVersionCheck", "--disableTelemetry", "--cert", str(certificate), "--key", str(certificate)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{key}"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: _answers(port), "azurite to listen")
        yield _signed(f"https://127.0.0.1:{port}/{ACCOUNT}", key, certificate), certificate
    finally:
        process.terminate()
        process.wait(30)


def _signed(account: str, key: str, certificate: Path) -> str:
    """Make the container and sign its address."""
    from azure.storage.blob import ContainerClient, ContainerSasPermissions, generate_container_sas

    credential = {"account_name": ACCOUNT, "account_key": key}
    with ContainerClient(account, CONTAINER, credential, connection_verify=str(certificate)) as container:
        container.create_container()
    permission = ContainerSasPermissions(read=True, write=True, delete=True, list=True, create=True, add=True)
    expiry = datetime.now(UTC) + timedelta(hours=1)
    signature = generate_container_sas(ACCOUNT, CONTAINER, account_key=key, permission=permission, expiry=expiry)
    return f"{account}/{CONTAINER}?{signature}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
