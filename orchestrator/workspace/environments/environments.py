"""The Python that a job or deployment runs with: this one, or a virtual environment made from a list of packages by uv."""

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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.errors import Failed, Invalid, NotFound
from orchestrator.workspace.environments.conda import CondaFile, read_conda
from orchestrator.workspace.environments.declared import declared
from orchestrator.workspace.environments.interpreters import OWN
from orchestrator.workspace.environments.layers import layer
from orchestrator.workspace.environments.recipes import Recipe, Recipes
from orchestrator.workspace.environments.uv import INSTALL_TIMEOUT_S, Uv
from orchestrator.workspace.files.content import SCHEME, ContentStore
from orchestrator.workspace.folder.paths import PRIVATE_FOLDER, WorkspacePaths
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import telling_of_loss
from orchestrator.workspace.references.curated import hosted
from orchestrator.workspace.references.stand_ins import stand_in_for
from orchestrator.workspace.supervision.control import FileLock

RECIPE: Final = 1
"""Number of the way environments are built. Part of their key: a new way builds anew."""

LOCK_TIMEOUT_S: Final = 2 * INSTALL_TIMEOUT_S

_NAMED = re.compile(r"azureml:(?!//)(?P<name>[^:@/]+)(?::(?P<version>[^@/]+)|@latest)?")

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What settings say of environments.

    Attributes:
        stand_ins: see `references.stand_ins`.
        downloads: whether a Python that is not here may be fetched.
    """

    stand_ins: Mapping[str, str] = field(default_factory=dict)
    downloads: bool = False

    @classmethod
    def of(cls, record: Record) -> Wish:
        """Those that a job's or deployment's record was written with."""
        return cls(record.stand_ins, record.python_downloads)


ANY: Final = Wish()
"""Nothing stands in, nothing is fetched."""


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

    def python_for(self, spec: str | Mapping[str, Any] | None, tell: Tell = _silent, wish: Wish = ANY) -> Path:
        """The interpreter for an environment, which is built if it does not exist yet. Blocks, possibly for minutes.

        It is shared by all that ask for the same: see `layer_for` for one that may be changed.

        Args:
            spec: a CLI v2 environment body, a reference (``azureml:NAME:VERSION``, ``azureml:NAME@latest``, a registry's), or None.
            tell: gets a line about what is being done, and what is not as asked.
            wish: what the spec's settings say.

        Returns:
            This interpreter where it stands in; otherwise that of a virtual environment.

        Raises:
            NotFound: the reference names nothing.
            Invalid: it cannot be built on this machine; names file and line of a conda package without a counterpart.
            Failed: a package could not be installed; with the installer's own words.
        """
        return self._made(self._recipe(spec, wish), tell)

    def python_of_model(self, folder: Path, tell: Tell = _silent, wish: Wish = ANY) -> Path:
        """The interpreter for an MLflow model that is served without an environment: the one that the model declares.

        Args:
            folder: the model's, with its file ``MLmodel``.

        Raises:
            Failed: a package could not be installed; with the installer's own words.
        """
        return self._made(declared(folder, Recipes(self._uv, wish.downloads)), tell)

    def layer_for(self, python: Path, home: Path) -> Path:
        """An interpreter on top of another one, for one job or deployment alone; see `environments.layers`.

        Raises:
            Failed: it cannot be made.
        """
        return layer(python, home, self._uv)

    def _recipe(self, spec: str | Mapping[str, Any] | None, wish: Wish) -> Recipe:
        recipes = Recipes(self._uv, wish.downloads)
        if isinstance(spec, str):
            return self._referenced(spec, wish, recipes)
        if spec is None:
            return Recipe(OWN.path)
        if spec.get("build"):
            raise Invalid(
                "The environment is built from a Dockerfile, which the embedded workspace does not support.",
                code="needs-docker",
                fix="Use an image with a conda_file, or run it in an Azure workspace.",
            )
        conda = spec.get("conda_file")
        return recipes.image(str(spec.get("image") or "")) if conda is None else recipes.conda(self._read(conda))

    def _referenced(self, text: str, wish: Wish, recipes: Recipes) -> Recipe:
        text = text if text.startswith("azureml:") else f"azureml:{text}"
        instead = stand_in_for(wish.stand_ins, text)
        if instead is not None:
            return recipes.stand_in(text, instead.path)
        match = _NAMED.fullmatch(text)
        store = RecordStore(self._paths)
        try:
            record = _look_up(store, match["name"], match["version"]) if match else None
            if record is not None and not record.deleting:
                with telling_of_loss(store, record):
                    return self._recipe(store.revealed(record), wish)
        finally:
            store.close()
        name = hosted(text)
        if name is None:
            raise NotFound(f"The environment '{text}' is not in the workspace.")
        return recipes.hosted(text, name)

    def _read(self, conda: object) -> CondaFile:
        if isinstance(conda, Mapping):
            return read_conda(json.dumps(conda), "conda_file", lines=False)
        text = str(conda)
        if not text.startswith(SCHEME):
            raise Invalid(f"The conda file '{text}' is not in the workspace's content.")
        path = ContentStore(self._paths).path_of(text.removeprefix(SCHEME))
        return read_conda(path.read_text(encoding="utf-8"), path.name)

    def _made(self, recipe: Recipe, tell: Tell) -> Path:
        for remark in recipe.remarks:
            tell(remark)
        base = recipe.python
        if recipe.fetch:
            fetched = Recipes(self._uv).interpreters.fetch(recipe.fetch)
            if fetched is None:
                raise Failed(f"Python {recipe.fetch} was fetched and is not to be found.", code="environment")
            base = fetched.path
        return base if recipe.packages is None else self._built(base, recipe.packages, tell)

    def _built(self, base: Path, conda: CondaFile, tell: Tell) -> Path:
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


def _look_up(store: RecordStore, name: str, version: str | None) -> Record | None:
    address = f"{record_kinds.ENVIRONMENTS}.{name}"
    return (
        store.get(record_kinds.ENVIRONMENTS, address, version)
        if version
        else store.latest(record_kinds.ENVIRONMENTS, address)
    )


def _version(python: Path) -> str:
    if python == Path(sys.executable):
        return platform.python_version()
    code = "import platform; print(platform.python_version())"
    return subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True).stdout.strip()
