"""How an environment is had on this machine: which Python, which packages, and what is not as asked. Plans and runs ask alike."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from orchestrator.core.errors import Invalid
from orchestrator.workspace.environments.conda import CondaFile, read_conda
from orchestrator.workspace.environments.differences import differences, shown
from orchestrator.workspace.environments.interpreters import OWN, Interpreter, Interpreters, exactly
from orchestrator.workspace.environments.uv import Uv
from orchestrator.workspace.references.curated import Curated, curated, hosted, python_of

_CONDA_NAMES: Final = ("conda.yaml", "conda.yml", "environment.yaml", "environment.yml")
_REQUIREMENTS: Final = "requirements.txt"
_INSTALL: Final = "Install that version, for instance with pyenv or `uv python install`, or change the line."
_ALLOW: Final = f"{_INSTALL} Or let it be fetched: workspace.local.python_downloads: true."


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an environment is had.

    Attributes:
        python: the interpreter below it.
        packages: what is installed; None means that it has what `python` has.
        remarks: what is not as asked for, each a sentence for the plan and the log.
        fetch: the version to install first; empty if `python` is there.
    """

    python: Path
    packages: CondaFile | None = None
    remarks: tuple[str, ...] = ()
    fetch: str = ""


@dataclass(frozen=True, slots=True)
class Recipes:
    """Finds recipes.

    Args:
        uv: for looking for Pythons.
        downloads: whether Pythons may be fetched.
    """

    uv: Uv
    downloads: bool = False
    interpreters: Interpreters = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "interpreters", Interpreters(self.uv))

    def conda(self, conda: CondaFile) -> Recipe:
        """The recipe of a conda file.

        Raises:
            Invalid: its Python cannot be had here.
        """
        found = self.interpreters.find(conda.python) if conda.python else OWN
        if found is not None:
            return Recipe(found.path, conda, _nearest(conda, found))
        return self._fetched(conda)

    def _fetched(self, conda: CondaFile) -> Recipe:
        asks = f"{conda.python_place} asks for Python {shown(conda.python)}"
        here = ", ".join(one.version for one in self.interpreters.installed())
        missing = f"{asks}; this machine has {here} and no other that fits"
        if not self.downloads:
            raise Invalid(f"{missing}.", code="python-version", fix=_ALLOW)
        version, trouble = self.interpreters.available(conda.python)
        if not version:
            raise Invalid(f"{missing}, and none can be fetched.", code="python-version", fix="Change the line.")
        if trouble:
            raise Invalid(
                f"{missing}. Python {version} cannot be fetched: {trouble}.", code="python-version", fix=_INSTALL
            )
        return Recipe(OWN.path, conda, (f"{asks}: Python {version} is fetched.",), fetch=version)

    def image(self, image: str) -> Recipe:
        """The recipe of an image without a conda file. One that is a curated environment's is that environment."""
        name = hosted(image)
        if name is not None:
            return self.hosted(image, name)
        python = python_of(image)
        return _standing_in(
            f"image {image}" if image else "an environment without an image", python and f"=={python}.*", ()
        )

    def hosted(self, text: str, name: str) -> Recipe:
        """The recipe of a curated environment, or one of a registry.

        Args:
            text: how it is called in messages.
            name: as `curated.hosted` gives it.
        """
        known = curated(name)
        if known is None:
            return _standing_in(text, "", (), unknown=True)
        python = f"=={known.python}.*" if known.python else ""
        if not differences(python, known.packages):
            return Recipe(OWN.path)
        found = self.interpreters.find(python) if python else OWN
        if found is None:
            return _standing_in(text, python, known.packages)
        return Recipe(found.path, _as_conda(text, known))

    def stand_in(self, text: str, path: Path) -> Recipe:
        """The recipe of what settings put in an environment's place.

        Args:
            text: the reference.
            path: a conda file, a ``requirements.txt``, a folder with one, a virtual environment or an interpreter.

        Raises:
            Invalid: it is none of them, or cannot be had here.
        """
        for python in (path / "bin" / "python", path / "python"):
            if python.is_file():
                return Recipe(python)
        if path.is_dir():
            path = next((path / name for name in (*_CONDA_NAMES, _REQUIREMENTS) if (path / name).is_file()), path)
        if path.suffix in (".yaml", ".yml") and path.is_file():
            return self.conda(read_conda(_text(path), str(path)))
        if path.suffix == ".txt" and path.is_file():
            return self.conda(read_requirements(_text(path), str(path)))
        if path.is_file() and path.name.startswith("python"):
            return Recipe(path)
        raise Invalid(
            f"'{text}' is taken from {path}, which is neither a conda file, a requirements.txt nor a Python.",
            code="environment",
            fix="Name a conda file, a requirements.txt or a virtual environment under workspace.local.stand_ins.",
        )


def read_requirements(text: str, label: str, python: str = "") -> CondaFile:
    """A ``requirements.txt`` as a list of packages. Comments are left out.

    Raises:
        Invalid: a line points to a file.
    """
    lines = (line.split(" #")[0].strip() for line in text.splitlines())
    requirements = [line for line in lines if line and not line.startswith("#")]
    return read_conda(_conda_text(requirements, python), label, lines=False)


def _conda_text(requirements: Iterable[str], python: str) -> str:

    first: list[object] = [f"python{python}"] if python else []
    return json.dumps({"dependencies": [*first, {"pip": list(requirements)}]})


def _as_conda(text: str, known: Curated) -> CondaFile:
    """Its images hold pip and setuptools, which old packages import (``pkg_resources``) without a word about it."""
    python = f"=={known.python}.*" if known.python else ""
    return CondaFile(text, tuple(sorted(known.packages)), python, text, seed=True)


def _nearest(conda: CondaFile, found: Interpreter) -> tuple[str, ...]:
    if exactly(found, conda.python):
        return ()
    return (
        f"{conda.python_place} asks for Python {shown(conda.python)}: {found.version}, the nearest here, is taken.",
    )


def _standing_in(what: str, python: str, packages: Iterable[str], *, unknown: bool = False) -> Recipe:
    different = differences(python, packages)
    note = f" Different: {', '.join(different)}." if different else ""
    why = " What it holds is not known here." if unknown else ""
    return Recipe(OWN.path, None, (f"{what}: this machine's Python {OWN.version} is used.{note}{why}",))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise Invalid(f"{path} cannot be read: {error}.") from None
