"""Names and shapes of the classes that everything is said in."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "orchestrator"
STAGES = ("core", "planning", "execution", "spec", "state", "report", "reconcile")
WIDE = 5
"""A dataclass of more fields is made by their names: nobody can read what the sixth position is."""

BY_POSITION = {
    "Diagnostic",
    "Files",
    "AzureBinding",
    "Request",
    "Check",
    "Applied",
    "Observed",
    "StepResult",
    "Reference",
}
"""Wide ones that are still made by position. The list only gets shorter."""

TWO_MEANINGS = {
    "Files", "Ref", "Policy", "Request", "Target", "Outcome", "Route", "Source", "Keys", "Answer",
}  # fmt: skip
"""Class names that still mean two things in these folders. The list only gets shorter."""


def classes(stages: tuple[str, ...]) -> Iterator[tuple[Path, ast.ClassDef]]:
    for stage in stages:
        for path in sorted((ROOT / stage).rglob("*.py")):
            yield from (
                (path, node) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)
            )


def test_wide_dataclasses_are_made_by_name() -> None:
    found = set()
    for _, node in classes(("core", "planning", "execution", "state")):
        made = [ast.unparse(each) for each in node.decorator_list]
        fields = [
            each for each in node.body if isinstance(each, ast.AnnAssign) and "init=False" not in ast.unparse(each)
        ]
        if any(each.startswith("dataclass") and "kw_only=True" not in each for each in made) and len(fields) > WIDE:
            found.add(node.name)
    assert found == BY_POSITION


def test_a_class_name_has_one_meaning() -> None:
    places = defaultdict(set)
    for path, node in classes(STAGES):
        if not node.name.startswith("_"):
            places[node.name].add(path)
    assert {name for name, paths in places.items() if len(paths) > 1} <= TWO_MEANINGS
