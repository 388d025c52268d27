"""Mutated texts of a sound spec: loading ends in a project or in diagnostics with places, never in a traceback or a Python name."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Final

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions
from orchestrator.kinds import discover
from orchestrator.spec.load import load
from tests.unit.spec.test_all_at_once import SOUND

BASE: Final = "\n".join(SOUND.values()) + "\n"
TOKENS: Final = (
    "${data.rows.id}", "${jobs.train.outputs.model}", "${secret.s}", "\\0", "\x00", "\ud800", "a" * 5000, "&a", "*a", "!!binary", "null",
    "[", "]", "{", "}", ":", "- ", "'", '"', "1e999", ".nan", "0x10", "~", "azureml:", "azureml://jobs/", "\u200b", "\t", "|", "<<:", "${",
    "$${", "${var.x}", "../../x", "file:", "2020-01-01",
)  # fmt: skip
PYTHON: Final = re.compile(r"\b(Reference|Unknown|Template|Secret|Span|LocatedDict|LocatedList|LocalFiles)\(")
ROUNDS: Final = 40


def mutated(chance: random.Random) -> str:
    """The sound text with one to four tokens replaced, swapped or put in anywhere."""
    text = BASE
    for _ in range(chance.randint(1, 4)):
        tokens = [found.span() for found in re.finditer(r"[^\s{}\[\],:]+", text)]
        start, end = chance.choice(tokens)
        kind = chance.random()
        if kind < 0.6:
            text = text[:start] + chance.choice(TOKENS) + text[end:]
        elif kind < 0.8:
            first, last = chance.choice(tokens)
            text = text[:start] + text[first:last] + text[end:]
        else:
            place = chance.randrange(len(text))
            text = text[:place] + chance.choice(TOKENS) + text[place + chance.randint(0, 3) :]
    return text


@pytest.mark.parametrize("seed", range(10))
def test_a_mutated_text_ends_in_a_project_or_in_diagnostics(seed: int, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("pass\n")
    (tmp_path / "rows.csv").write_text("x,y\n1,2\n")
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        text = mutated(chance)
        (tmp_path / "spec.yaml").write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            load([tmp_path / "spec.yaml"], LoadOptions(), discover())
        except SpecError as failure:
            for found in failure.diagnostics:
                assert found.subject is not None, text
                assert not PYTHON.search(found.detail + found.fix), text
