"""What a class's docstring says of its fields, and a function's of its arguments, is so: each name that it explains is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ENTRY: Final = re.compile(r"^([A-Za-z_*][\w*]*(?:, [A-Za-z_*][\w*]*)*):", re.MULTILINE)


def explained(docstring: str, heading: str) -> list[str]:
    """The names that a part of a docstring explains: ``name: text`` and ``one, two: text``, at the part's own indent."""
    found = re.search(rf"^{heading}:\n((?:[ ]+.*\n?|\n)+)", docstring + "\n", re.MULTILINE)
    if found is None:
        return []
    lines = found[1].splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    names = ENTRY.findall("\n".join(line[indent:] for line in lines))
    return [name.strip("*") for group in names for name in group.split(", ")]


def members(node: ast.ClassDef) -> set[str]:
    """Fields and properties that a class declares itself, and what its methods set."""
    found = set()
    for each in ast.walk(node):
        if isinstance(each, ast.AnnAssign | ast.Assign):
            for target in each.targets if isinstance(each, ast.Assign) else [each.target]:
                for name in ast.walk(target):
                    found |= {name.id} if isinstance(name, ast.Name) else set()
                    found |= {name.attr} if isinstance(name, ast.Attribute) else set()
        elif isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(each.name)
    return found


def arguments(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    given = node.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return {each.arg for each in every if each is not None}


def wrong(tree: ast.AST) -> Iterator[str]:
    classes = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for name in explained(ast.get_docstring(node) or "", "Args"):
                if name not in arguments(node):
                    yield f"{node.name}: no argument {name}"
        elif isinstance(node, ast.ClassDef):
            known = set(members(node))
            for base in node.bases:  # of the same module; what others declare they explain
                known |= members(classes[base.id]) if isinstance(base, ast.Name) and base.id in classes else set()
            for name in explained(ast.get_docstring(node) or "", "Attributes"):
                if name not in known:
                    yield f"{node.name}: no field {name}"
            made = next((each for each in node.body if getattr(each, "name", "") == "__init__"), None)
            takes = arguments(made) if isinstance(made, ast.FunctionDef) else known
            for name in explained(ast.get_docstring(node) or "", "Args"):
                if name not in takes:
                    yield f"{node.name}: no argument {name}"


def test_what_a_docstring_explains_is_there() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): problems
        for path in sorted((ROOT / "orchestrator").rglob("*.py"))
        if (problems := list(wrong(ast.parse(path.read_text()))))
    }
    assert found == {}


def test_a_name_that_went_is_told() -> None:
    text = '''
class Step:
    """One.

    Attributes:
        id, kind: both.
            told: no entry, since it goes on.
        gone: not there.
    """

    id: str
    kind: str

def walk(steps):
    """Go.

    Args:
        steps: all.
        pool: not there.
    """
'''
    assert list(wrong(ast.parse(text))) == ["Step: no field gone", "walk: no argument pool"]
