"""Each import contract says by its name what it forbids: the name follows from the modules, so that neither changes without the other."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
CONTRACTS: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), *words[-1:]])


def short(module: str) -> str:
    """A module of ours without the package: ``core.graph``; what is below it is meant too."""
    return module.removeprefix("orchestrator.").removesuffix(".**").removesuffix(".*")


def importers(contract: Mapping[str, Any]) -> list[str]:
    """Who may import what is forbidden to all others: the module; of several, the folders that they lie in."""
    found = list(dict.fromkeys(short(each.split(" -> ")[0]) for each in contract["ignore_imports"]))
    return found if len(found) == 1 else list(dict.fromkeys(name.split(".")[0] for name in found))


def says(contract: Mapping[str, Any]) -> str:
    """The name that a contract is to have."""
    if contract["type"] == "layers":
        layers = [listed(layer.split(" | ")) for layer in contract["layers"]]
        return f"Imports go down only, never sideways: {'; '.join(layers)}"
    if contract["type"] == "independence":
        return f"Modules of {listed([short(name) for name in contract['modules']])} do not import each other"
    if contract["type"] == "protected":
        doors = listed([short(each.split(" -> ")[1]) for each in contract["ignore_imports"]])
        return f"Only {doors} of {listed([short(name) for name in contract['protected_modules']])} is imported from outside"
    forbidden = listed([short(name) for name in contract["forbidden_modules"]])
    if contract.get("ignore_imports"):
        assert contract["source_modules"] == ["orchestrator"], "only some are held to it, so 'only' would be wrong"
        those = importers(contract)
        return f"Only {listed(those)} import{'s' if len(those) == 1 else ''} {forbidden}"
    return f"{listed([short(name) for name in contract['source_modules']])} do not import {forbidden}"


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract["name"][:40])
def test_a_contract_says_what_it_forbids(contract: Mapping[str, Any]) -> None:
    assert contract["name"] == says(contract)


def test_names_follow_from_modules() -> None:
    yaml = {"type": "forbidden", "source_modules": ["orchestrator"], "forbidden_modules": ["yaml"]}
    one = {**yaml, "ignore_imports": ["orchestrator.spec.read -> yaml"]}
    two = {**yaml, "ignore_imports": ["orchestrator.spec.read -> yaml", "orchestrator.cli.** -> yaml"]}
    assert (says(one), says(two)) == ("Only spec.read imports yaml", "Only spec and cli import yaml")
