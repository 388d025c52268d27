"""Whatever several mistakes are put into a sound body of any kind, each is told as it is told alone."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.kinds import discover
from tests.unit.kinds.cases import Case, all_cases
from tests.unit.spec.building import project

CASES = list(all_cases())
ROUNDS = 10
Place = tuple[str, ...]


ACROSS = "what is copied makes it"
"""Of a check that compares fields, which is made once each of them is right."""


def told(case: Case, body: Mapping[str, Any], folder: Path) -> set[tuple[str, str]]:
    try:
        project(case.text(body), folder)
    except SpecError as failure:
        assert all(found.subject is not None for found in failure.diagnostics)
        return {(found.code, found.detail) for found in failure.diagnostics}
    return set()


def places(body: Mapping[str, Any], path: Place = ()) -> Iterator[tuple[Place, Any]]:
    for name, value in body.items():
        yield (*path, name), value
        if isinstance(value, dict) and len(path) < 2:
            yield from places(value, (*path, name))


def mistakes(body: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    """Places with what is put there."""
    for path, value in places(body):
        if isinstance(value, dict):
            yield (*path, "no_such_field"), 1
        yield path, "strange text" if isinstance(value, dict | list) else {"strange": {"deep": 1}}
        if isinstance(value, bool | int | float):
            yield path, -3.5
        elif isinstance(value, str) and value.startswith("azureml:"):
            yield path, "azureml:a@b@c"
            yield path, "azureml:/"
        elif isinstance(value, str):
            yield path, "no/such/file"
    yield ("no_such_field",), 1


def patched(body: Mapping[str, Any], changes: Mapping[Place, Any]) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(body))
    for path, value in changes.items():
        holder = made
        for part in path[:-1]:
            holder = holder[part]
        holder[path[-1]] = value
    return made


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_is_told(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    assert told(case, case.full, tmp_path) == set()
    deciding = {"type", "task", "model_provider", "kind", discover()[case.kind].checks_field}
    alone: dict[str, list[tuple[Place, Any, set[tuple[str, str]]]]] = {}
    for path, value in mistakes(case.full):
        if path[0] in deciding:
            continue
        found = told(case, patched(case.full, {path: value}), tmp_path)
        if found:
            alone.setdefault(path[0], []).append((path, value, found))
    chance = random.Random(str(case))
    for _ in range(ROUNDS if len(alone) > 1 else 0):
        fields = chance.sample(sorted(alone), min(len(alone), chance.randint(2, 5)))
        chosen = [chance.choice(alone[field]) for field in fields]
        together = told(case, patched(case.full, {path: value for path, value, _ in chosen}), tmp_path)
        lost = [(path, detail) for path, _, found in chosen for detail in found - together]
        missing = [(path, detail) for path, detail in lost if ACROSS not in str(detail)]
        assert missing == [], [path for path, _, _ in chosen]
