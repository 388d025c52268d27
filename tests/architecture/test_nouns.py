"""Names and shapes of the classes that everything is said in."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "orchestrator"
STAGES = ("core", "planning", "execution", "spec", "state", "report", "reconcile")
WIDE = 5
"""A dataclass of more fields is made by their names: nobody can read what the sixth position is."""


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
        written = [ast.unparse(each) for each in node.body if isinstance(each, ast.AnnAssign)]
        by_position = written[: written.index("_: KW_ONLY")] if "_: KW_ONLY" in written else written
        fields = [each for each in by_position if "init=False" not in each]
        if any(each.startswith("dataclass") and "kw_only=True" not in each for each in made) and len(fields) > WIDE:
            found.add(node.name)
    assert found == set()


def test_a_class_name_has_one_meaning() -> None:
    places = defaultdict(set)
    for path, node in classes(STAGES):
        if not node.name.startswith("_"):
            places[node.name].add(path)
    assert {name for name, paths in places.items() if len(paths) > 1} == set()


def test_a_class_of_core_has_its_name_alone() -> None:
    """They are the glossary's words: no other package has another meaning for them."""
    core = {node.name for _, node in classes(("core",)) if not node.name.startswith("_")}
    rest = sorted({path.relative_to(ROOT).parts[0] for path in ROOT.rglob("*.py")} - {"core"})
    found = {node.name: path.relative_to(ROOT).as_posix() for path, node in classes(tuple(rest)) if node.name in core}
    assert found == {}


PRIVATE = re.compile(
    r"(?<![a-z])(foundation|passive|shelf|pretence|hurry|departures?|surroundings|board|desk"
    r"|dialect|leaving|rounds|verdicts?|wanted|told)(?![a-z])"
)
"""Words that earlier names used for things which have a standard term."""

STANDARD = {"DIALECT": "a word of JSON Schema", "_refuse_leaving_links": "a link that leaves a folder"}


def words(name: str) -> str:
    """`ScoringDesk` and `_scoring_desk` as ``scoring desk``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name).lower()


def names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name):
                yield name


def test_names_use_the_terms_of_the_field() -> None:
    assert PRIVATE.search(words("ScoringDesk")) and PRIVATE.search(words("_is_wanted"))
    assert not PRIVATE.search(words("leaderboard"))
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if PRIVATE.search(text.lower().replace("_", " ")):  # to parse every module takes seconds
            bad = {name for name in names(ast.parse(text)) if PRIVATE.search(words(name))} - STANDARD.keys()
            if bad or PRIVATE.search(words(path.stem)):
                found[path.relative_to(ROOT).as_posix()] = sorted(bad)
    assert found == {}
