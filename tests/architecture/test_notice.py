"""NOTICE names the licence of every package that is asked for, and nothing proprietary is installed by default."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
NAMED = dict(re.findall(r"^  (\S+): (.+)$", (ROOT / "NOTICE").read_text(), re.MULTILINE))
FREE = ("mit", "bsd", "apache", "mpl", "psf", "isc", "python", "zlib")


def names(requirements: Iterable[str]) -> set[str]:
    return {found[0] for each in requirements if (found := re.match(r"[A-Za-z0-9._-]+", each))}


ASKED = names(PROJECT["dependencies"]).union(*(names(extra) for extra in EXTRAS.values()))


def licence(name: str) -> str:
    told = metadata(name)
    classifiers = [text for text in told.get_all("Classifier") or [] if text.startswith("License")]
    return " ".join([told.get("License-Expression") or "", (told.get("License") or "")[:80], *classifiers]).lower()


def test_every_package_is_named_and_no_other() -> None:
    assert set(NAMED) == ASKED


@pytest.mark.parametrize("name", sorted(ASKED))
def test_the_licence_is_what_the_package_says(name: str) -> None:
    try:
        told = licence(name)
    except PackageNotFoundError:
        pytest.skip("not installed")
    if not told.strip():
        pytest.skip("the package does not say")
    assert ("proprietary" in told) == NAMED[name].startswith("proprietary")
    assert any(word in NAMED[name].lower() for word in FREE) or "proprietary" in told


def test_nothing_proprietary_is_installed_by_default() -> None:
    closed = {name for name, told in NAMED.items() if told.startswith("proprietary")}
    assert closed == {"mltable"}
    kept = names(PROJECT["dependencies"]).union(
        *(names(EXTRAS[extra]) for extra in EXTRAS if extra not in ("mltable", "dev"))
    )
    assert not closed & kept
