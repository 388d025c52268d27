"""Azure's packages are imported by one thread at a time."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("azure.storage.blob")

PROGRAM = """
import sys
from orchestrator.backends.azure.blobs import BlobObjects

class Making(Exception):
    pass

class Client:
    class connection:
        container_url = "https://a.blob.core.windows.net/c"
        retries = 0

    def __getattr__(self, name):
        print([name for name in sys.modules if name.startswith("azure.")])
        raise Making

try:
    BlobObjects(Client(), Exception, tuple).read("state.json")
except Making:
    print("waits for the client")
"""


def test_the_state_imports_nothing_of_azure_before_the_client_is_made_under_its_lock() -> None:
    """Listings begin on other threads at the same time; azure-core imported from two ends at once is half imported."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["[]", "waits for the client"]
