"""``plan --format json`` tells apart what others changed (drift) from what the spec asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from tests.unit.cli.calling import SPEC, Shell

CPU = "compute.cpu"


def outside(shell: Shell, **fields: Any) -> None:
    """Somebody else changes the compute, or deletes it where nothing is said."""
    store = RecordStore(WorkspacePaths(shell.folder / ".amlctl"))
    record = store.latest("compute", CPU)
    assert record is not None
    if fields:
        store.update_body(replace(record, body={**record.body, **fields}), same_work=True)
    else:
        store.delete(record.key)
    store.close()


def edit(shell: Shell, old: str, new: str) -> None:
    shell.write("spec.yaml", SPEC.replace(old, new))


CASES: list[tuple[str, Callable[[Shell], None], dict[str, bool]]] = [
    ("nothing", lambda shell: None, {}),
    ("the spec changed", lambda shell: edit(shell, "max_instances: 2", "max_instances: 3"), {CPU: False}),
    ("a label in the spec", lambda shell: edit(shell, "team: a", "team: b"), {
        CPU: False, "data.rows": False, "environments.py": False,
    }),
    ("something new in the spec", lambda shell: edit(shell, "compute:\n", "compute:\n  big: {type: amlcompute, size: Standard_DS3_v2}\n"), {
        "compute.big": False,
    }),
    ("somebody else changed it", lambda shell: outside(shell, max_instances=5), {CPU: True}),
    ("somebody else deleted it", outside, {CPU: True}),
]  # fmt: skip


@pytest.mark.parametrize(("why", "act", "expected"), CASES, ids=[case[0] for case in CASES])
def test_the_flag_says_who_changed_it(
    demo: Shell, why: str, act: Callable[[Shell], None], expected: dict[str, bool]
) -> None:
    demo("apply", "-y")
    act(demo)
    changes = demo("plan", "--format", "json", code=None).data["changes"]
    told = {change["address"]: change["drift"] for change in changes if change["action"] != "noop"}
    assert told == expected, why
    assert all(change["drift"] is False for change in changes if change["action"] == "noop")


def test_a_field_says_it_too(demo: Shell) -> None:
    demo("apply", "-y")
    outside(demo, max_instances=5)
    edit(demo, "Standard_DS3_v2, max_instances: 2", "Standard_DS3_v2, max_instances: 2, min_instances: 1")
    (change,) = [one for one in demo("plan", "--format", "json", code=None).data["changes"] if one["address"] == CPU]
    told = {field["path"]: field["drift"] for field in change["fields"] if field["action"] != "noop"}
    assert told == {"max_instances": True, "min_instances": False}
