"""Valid documents of all kinds with one mistake each: what azure-ai-ml refuses is refused here at its line, and what it takes is taken.

A small sample; ``python -m benchmarks.document_mutants`` judges thousands.
"""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest

from tests.mutant_reasons import reason_for_refusing, reason_for_taking
from tests.mutants import Judge, documents, mutants

pytest.importorskip("azure.ai.ml")


def test_a_sample_of_mutants_is_judged_alike(tmp_path: Path) -> None:
    (tmp_path / "valid").mkdir()
    (tmp_path / "broken").mkdir()
    found = documents(tmp_path / "valid", few=24)
    assert len(found) > 15
    judge = Judge(tmp_path / "broken")
    verdicts = [judge.judge(mutant) for mutant in islice(mutants(random.Random(7), found), 40)]
    refused = [verdict for verdict in verdicts if verdict.theirs]
    assert len(refused) > 15
    missed = [verdict for verdict in refused if not verdict.here and not reason_for_taking(verdict)]
    wrongly = [v for v in verdicts if not v.theirs and v.ours and not reason_for_refusing(v)]
    assert [str(verdict.mutant) for verdict in missed] == []
    assert [(str(verdict.mutant), verdict.ours) for verdict in wrongly] == []
