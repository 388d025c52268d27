"""A workspace that ``amlctl workspace serve --arm`` serves in a process of its own, and the programs that use it.

The environment is the only thing of ours that they have.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.workspace.operations import administration as admin

PROGRAMS: Final = Path(__file__).parent / "programs"

AMLCTL: Final = (sys.executable, "-m", "orchestrator")

SLOWEST_S: Final = 300.0
"""Far more than any of it takes."""

CONNECT: Final = """
import os
from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential
ml_client = MLClient(
    DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], os.environ["AZURE_RESOURCE_GROUP"],
    os.environ["AZUREML_WORKSPACE_NAME"],
)
"""
"""How each program starts. Nothing in it knows that this is not Azure."""

AZURE_WORKSPACE: Final = """\
workspace:
  azure: {subscription_id: 00000000-0000-0000-0000-000000000000, resource_group: local, workspace_name: local}
"""
"""The part of a spec that names the served workspace."""


@dataclass(frozen=True)
class Served:
    """A workspace while it is served.

    Attributes:
        root: its folder.
        environ: what a shell has after ``eval "$(amlctl workspace env --arm)"``.
    """

    root: Path
    environ: dict[str, str]

    def start(self, *arguments: str, folder: Path) -> subprocess.Popen[str]:
        """Start amlctl in a folder, as a client of the workspace."""
        return subprocess.Popen(
            [*AMLCTL, *arguments], cwd=folder, env=self.environ, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def amlctl(self, *arguments: str, folder: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run amlctl in a folder until it ends, which has to be with this code."""
        with self.start(*arguments, folder=folder) as process:
            out, err = process.communicate(timeout=SLOWEST_S)
        assert process.returncode == code, f"amlctl {' '.join(arguments)} → {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def program(self, text: str, folder: Path) -> str:
        """Run a few lines that have ``ml_client`` in a folder.

        Returns:
            What they printed.
        """
        return self._python("-c", CONNECT + text, folder=folder)

    def said(self, program: str, folder: Path) -> dict[str, Any]:
        """Run a whole program of ``tests/e2e/programs`` in a folder.

        Returns:
            What it left there.
        """
        self._python(str(PROGRAMS / program), folder=folder)
        said: dict[str, Any] = json.loads((folder / "said.json").read_text())
        return said

    def _python(self, *arguments: str, folder: Path) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", *arguments],
            cwd=folder, env=self.environ, capture_output=True, text=True, check=False, timeout=SLOWEST_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout.strip()


@contextmanager
def serving(root: Path) -> Iterator[Served]:
    """Serve the workspace of a folder while the block runs; everything in it is stopped afterwards."""
    server = subprocess.Popen(
        [*AMLCTL, "workspace", "serve", "--arm", "--path", str(root)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        assert "https://127.0.0.1:" in server.stdout.readline()
        yield Served(root, _environment(server.stdout.readline()))
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=SLOWEST_S)
        admin.down(root)


def _environment(hint: str) -> dict[str, str]:
    """The environment of a shell in which somebody said what the server told them to say."""
    _, told, advice = hint.strip().partition(": ")
    assert told
    path = f'amlctl() {{ {" ".join(AMLCTL)} "$@"; }}'
    done = subprocess.run(
        ["sh", "-c", f"{path}; {advice} && env -0"], capture_output=True, text=True, check=True, timeout=60
    )
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if "=" in line)
