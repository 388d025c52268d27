"""Which Python is taken for a version that somebody asks for, and where it is looked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from orchestrator.core.errors import Invalid
from orchestrator.workspace.environments import interpreters
from orchestrator.workspace.environments.conda import CondaFile, read_conda
from orchestrator.workspace.environments.interpreters import (
    OWN,
    Interpreter,
    Interpreters,
    choose,
    exactly,
    unreachable,
)
from orchestrator.workspace.environments.recipes import Recipes
from orchestrator.workspace.environments.uv import Uv

HERE = [
    Interpreter(version, Path(f"/pythons/{version}"))
    for version in ("2.7.18", "3.5.10", "3.7.16", "3.8.18", "3.9.2", "3.9.18", "3.10.13", "3.13.0")
]

CHOICES = [
    ("==3.8.*", "3.8.18", True, "a minor version"),
    ("==3.8", "3.8.18", True, "conda's way to say the same"),
    ("==3.9.*", "3.9.18", True, "the newest patch"),
    ("==3.9.2", "3.9.2", True, "the very patch"),
    ("==3.9.7", "3.9.2", False, "the nearest patch below"),
    ("==3.9.16", "3.9.18", False, "the nearest patch above"),
    ("==3.8.20", "3.8.18", False, "a patch that is not here"),
    (">=3.8,<3.10", "3.9.18", True, "a range"),
    ("~=3.10.20", "3.10.13", False, "a range of patches that are not here"),
    (">=3.13.1,<3.14", "3.13.0", False, "the same"),
    ("!=3.13.0,>=3.12", "3.13.0", False, "the only one is excluded, its neighbour would do"),
    ("==3.11.*", "", False, "a minor version that is not here"),
    ("==2.7.*", "", False, "older than what virtual environments can be made of"),
    ("==3.5.*", "", False, "the same"),
]


@pytest.mark.parametrize(("specifier", "version", "exact", "why"), CHOICES, ids=[f"{c[0]}: {c[3]}" for c in CHOICES])
def test_the_best_fitting_is_chosen(specifier: str, version: str, exact: bool, why: str) -> None:
    found = choose(specifier, HERE)
    assert (found.version if found is not None else "") == version, why
    assert (found is not None and exactly(found, specifier)) is exact


@pytest.mark.parametrize("minor", range(6, 16))
@pytest.mark.parametrize("asked", [0, 5, 11, 40])
def test_every_patch_of_a_minor_version_that_is_here_is_had(minor: int, asked: int) -> None:
    here = [Interpreter(f"3.{minor}.{patch}", Path(f"/p/{patch}")) for patch in (2, 9)]
    found = choose(f"==3.{minor}.{asked}", here)
    assert found is not None
    assert all(abs(found.parts[2] - asked) <= abs(other.parts[2] - asked) for other in here)


def test_our_own_is_taken_where_it_fits_without_looking_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Uv, "run", lambda *args, **options: pytest.fail("nobody needs to be asked"))
    assert Interpreters(Uv()).find(f"=={OWN.parts[0]}.{OWN.parts[1]}.*") == OWN


def test_pyenvs_versions_are_looked_at_and_its_shims_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "versions" / "3.x" / "bin"
    programs.mkdir(parents=True)
    (programs / "python3").symlink_to(os.path.realpath(sys.executable))
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "python3").write_text("#!/bin/sh\nexit 127\n")
    (shims / "python3").chmod(0o700)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", str(shims))
    monkeypatch.setattr(interpreters, "OWN", Interpreter("0.0.0", Path("/nowhere")))
    first, second = Interpreters(Uv()).installed()
    assert first.version == "0.0.0"
    assert second.version == OWN.version
    assert second.path.parent == programs


def conda(python: str) -> CondaFile:
    return read_conda(f"dependencies:\n  - python{python}\n", "env.yml")


@pytest.fixture
def some_are_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Interpreters, "installed", lambda self: (OWN, *HERE))


@pytest.mark.usefixtures("some_are_here")
def test_a_conda_file_says_what_is_not_as_asked() -> None:
    assert Recipes(Uv()).conda(conda("=3.8")).remarks == ()
    recipe = Recipes(Uv()).conda(conda("=3.8.1"))
    assert recipe.python == Path("/pythons/3.8.18")
    assert recipe.remarks == ("env.yml:2 asks for Python 3.8.1: 3.8.18, the nearest here, is taken.",)


@pytest.mark.usefixtures("some_are_here")
def test_what_cannot_be_had_is_refused_with_what_is_here() -> None:
    with pytest.raises(Invalid, match=r"env\.yml:2 asks for Python 3\.99; this machine has .*3\.8\.18.*") as problem:
        Recipes(Uv()).conda(conda("=3.99"))
    assert "python_downloads" in problem.value.fix


FETCHED = [
    (("3.99.1", ""), None, "its source answers"),
    (("3.99.1", "its source answers HTTP 404"), r"3\.99\.1 cannot be fetched: its source answers HTTP 404", "it does not"),
    (("", ""), "none can be fetched", "nobody has it"),
]  # fmt: skip


@pytest.mark.usefixtures("some_are_here")
@pytest.mark.parametrize(("answer", "refused", "why"), FETCHED, ids=[f[2] for f in FETCHED])
def test_a_python_is_fetched_only_where_settings_allow_it_and_its_source_has_it(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[str, str], refused: str | None, why: str
) -> None:
    monkeypatch.setattr(Interpreters, "available", lambda self, specifier: answer)
    recipes = Recipes(Uv(), downloads=True)
    if refused is not None:
        with pytest.raises(Invalid, match=refused):
            recipes.conda(conda("=3.99"))
        return
    recipe = recipes.conda(conda("=3.99"))
    assert recipe.fetch == "3.99.1", why
    assert recipe.remarks == ("env.yml:2 asks for Python 3.99: Python 3.99.1 is fetched.",)


def test_what_could_be_fetched_is_read_from_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(interpreters, "unreachable", lambda url: asked.append(url) or "")
    version, trouble = Interpreters(Uv()).available("==3.12.*")
    assert version.startswith("3.12.")
    assert trouble == ""
    assert version in asked[0]


@pytest.mark.parametrize("url", ["http://127.0.0.1/python.tar.gz", "file:///etc/passwd", "https://127.0.0.1:1/p"])
def test_a_source_that_does_not_answer_is_unreachable(url: str) -> None:
    assert unreachable(url)
