"""Mutated texts of a sound spec: loading ends in a project or in diagnostics with places, never in a traceback or a Python name."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions
from orchestrator.kinds import discover
from orchestrator.spec.load import load
from tests.fuzzing import PYTHON, tokens_mutated
from tests.unit.spec.test_all_at_once import SOUND

BASE: Final = "\n".join(SOUND.values()) + "\n"
ROUNDS: Final = 40


@pytest.mark.parametrize("seed", range(10))
def test_a_mutated_text_ends_in_a_project_or_in_diagnostics(seed: int, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("pass\n")
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n")
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        text = tokens_mutated(chance, BASE)
        (tmp_path / "spec.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            load([tmp_path / "spec.yaml"], LoadOptions(), discover())
        except SpecError as failure:
            for found in failure.diagnostics:
                assert found.subject is not None, text
                assert not PYTHON.search(found.detail + found.fix), text
