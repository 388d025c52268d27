"""The Python that a job or deployment runs with: this one, or a virtual environment made from a conda file by uv."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.errors import Failed, Invalid, NotFound
from orchestrator.workspace.assets import telling_of_loss
from orchestrator.workspace.conda import CondaFile, read_conda
from orchestrator.workspace.content import SCHEME, ContentStore
from orchestrator.workspace.control import FileLock
from orchestrator.workspace.paths import PRIVATE_FOLDER, WorkspacePaths
from orchestrator.workspace.store import RecordStore
from orchestrator.workspace.uv import INSTALL_TIMEOUT_S, Uv

RECIPE: Final = 1
"""Number of the way environments are built. Part of their key: a new way builds anew."""

LOCK_TIMEOUT_S: Final = 2 * INSTALL_TIMEOUT_S

_NAMED = re.compile(r"azureml:(?!//)(?P<name>[^:@/]+)(?::(?P<version>[^@/]+)|@latest)?")
_CURATED = "AzureML-"
_REGISTRY = "azureml://registries/"

Tell = Callable[[str], None]


def _silent(line: str) -> None:
    """Nobody wants to know."""


class Environments:
    """Virtual environments by the digest of what they were made from. Safe to use from several threads and processes.

    An environment is resolved once: packages without a pinned version stay at what was the newest on that day.

    Args:
        paths: the workspace.
    """

    def __init__(self, paths: WorkspacePaths) -> None:
        self._paths = paths
        self._uv = Uv()

    def stop(self) -> None:
        """End what is being built; those who wait for it get `Failed`. Nothing can be built afterwards."""
        self._uv.stop()

    def python_for(self, spec: str | Mapping[str, Any] | None, tell: Tell = _silent) -> Path:
        """The interpreter for an environment, which is built if it is not there yet. Blocks, possibly for minutes.

        Args:
            spec: a CLI v2 environment body, a reference (``azureml:NAME:VERSION``, ``azureml:NAME@latest``), or None.
            tell: gets a line about what is being done.

        Returns:
            This interpreter for None, a bare image and a curated environment; otherwise that of a virtual environment.

        Raises:
            NotFound: the reference names nothing.
            Invalid: it cannot be built on this machine; names file and line of a conda package without a counterpart.
            Failed: a package could not be installed; with the installer's own words.
        """
        if isinstance(spec, str):
            return self._referenced(spec, tell)
        if spec is None:
            return Path(sys.executable)
        if spec.get("build"):
            raise Invalid(
                "The environment is built from a Dockerfile, which the embedded workspace records but does not run.",
                code="needs-docker",
                fix="Use an image with a conda_file, or run it in an Azure workspace.",
            )
        conda = spec.get("conda_file")
        if conda is None:
            tell(f"image {spec.get('image', '')}: this machine's Python {platform.python_version()} stands in")
            return Path(sys.executable)
        return self._built(self._read(conda), tell)

    def _referenced(self, text: str, tell: Tell) -> Path:
        match = _NAMED.fullmatch(text if text.startswith("azureml:") else f"azureml:{text}")
        store = RecordStore(self._paths)
        try:
            record = None
            if match:
                address = f"environments.{match['name']}"
                version = match["version"]
                record = (
                    store.get("environments", address, version) if version else store.latest("environments", address)
                )
            if record is not None and not record.deleting:
                with telling_of_loss(store, record):
                    return self.python_for(record.body, tell)
        finally:
            store.close()
        if text.startswith(_REGISTRY) or (match and match["name"].startswith(_CURATED)):
            tell(f"{text}: this machine's Python {platform.python_version()} stands in")
            return Path(sys.executable)
        raise NotFound(f"The environment '{text}' is not in the workspace.")

    def _read(self, conda: object) -> CondaFile:
        if isinstance(conda, Mapping):
            return read_conda(json.dumps(conda), "conda_file", lines=False)
        text = str(conda)
        if not text.startswith(SCHEME):
            raise Invalid(f"The conda file '{text}' is not in the workspace's content.")
        path = ContentStore(self._paths).path_of(text.removeprefix(SCHEME))
        return read_conda(path.read_text(encoding="utf-8"), path.name)

    def _built(self, conda: CondaFile, tell: Tell) -> Path:
        base = self._interpreter(conda)
        key = [RECIPE, _version(base), platform.system(), platform.machine(), conda.seed, *conda.requirements]
        digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()[:32]
        home = self._paths.environments / digest
        python = home / "bin" / "python"
        if python.exists():
            return python
        self._paths.environments.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        lock = FileLock(home.with_suffix(".lock"))
        if not lock.acquire_soon(LOCK_TIMEOUT_S):
            raise Failed("Another process has been building the same environment for too long.")
        try:
            if not python.exists():
                self._build(base, conda, home, tell)
        finally:
            lock.release()
        return python

    def _build(self, base: Path, conda: CondaFile, home: Path, tell: Tell) -> None:
        count = len(conda.requirements)
        tell(f"building the environment: {count} package{'s' if count != 1 else ''} from {conda.label}")
        started = time.monotonic()
        for abandoned in home.parent.glob(f".{home.name}.*"):  # by a supervisor that was killed; we hold the lock
            shutil.rmtree(abandoned, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(dir=home.parent, prefix=f".{home.name}."))
        try:
            seed = ["--seed"] if conda.seed else []
            # Relocatable: scripts of packages must still work after the folder got its final name.
            self._uv.run(
                "venv", "--quiet", "--relocatable", "--allow-existing", "--python", str(base), *seed, str(draft)
            )
            python = str(draft / "bin" / "python")
            requirements = draft / "requirements.txt"
            private_files.replace(requirements, "\n".join(conda.requirements) + "\n")
            if conda.requirements:
                self._uv.run("pip", "install", "--quiet", "--python", python, "--requirement", str(requirements))
            private_files.replace(draft / "packages.txt", self._uv.run("pip", "freeze", "--python", python))
            draft.rename(home)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        tell(f"environment ready after {time.monotonic() - started:.1f} s")

    def _interpreter(self, conda: CondaFile) -> Path:
        """This machine's interpreter that the conda file asks for, our own where it fits."""
        own = Path(sys.executable)
        if not conda.python or _fits(platform.python_version(), conda.python):
            return own
        try:
            found = self._uv.run("python", "find", "--no-project", "--no-python-downloads", "--system", conda.python)
        except Failed:
            raise Invalid(
                f"{conda.python_place} asks for Python {conda.python}; this machine has {platform.python_version()} and no other "
                "that fits.",
                code="python-version",
                fix="Install that version, or change the line.",
            ) from None
        return Path(found.strip())


def _fits(version: str, specifier: str) -> bool:
    from packaging.specifiers import SpecifierSet  # lazily: only conda files that name a Python need it

    return version in SpecifierSet(specifier)


def _version(python: Path) -> str:
    if python == Path(sys.executable):
        return platform.python_version()
    code = "import platform; print(platform.python_version())"
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()
