"""A few rounds of each kind of damage, through planning and applying. ``python -m benchmarks.fuzz`` does thousands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzzing import Fuzzer

ROUNDS = {"spec": 12, "example": 4, "arguments": 12, "saved plan": 4, "state": 4}


@pytest.mark.parametrize("kind", ROUNDS)
def test_no_damage_ends_in_a_traceback(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fuzzer = Fuzzer(tmp_path, seed=1)
    assert set(ROUNDS) == set(fuzzer.kinds)
    for _ in range(ROUNDS[kind]):
        fuzzer.round(kind)


def test_a_record_under_the_address_of_another_kind_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found by seed 279."""
    monkeypatch.chdir(tmp_path)
    for table, column, value in (
        ("records", "address", "1e+308"), ("records", "address", "data.rows"), ("records", "kind", "nothing"), ("records", "body", None),
    ):  # fmt: skip
        Fuzzer(tmp_path, 0).damaged_cell(table, column, value)
