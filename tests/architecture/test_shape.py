"""The shape of the code: small files, no leftovers, nothing of one machine."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "orchestrator").rglob("*.py"))
LONGEST_FILE = 300
LONGEST_KIND = 450
"""A kind is one file, with everything about it."""
LONGEST_FUNCTION = 45


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.decode().split("\0") if name]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_module_says_what_it_is_for_and_stays_small(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    if tree.body:
        assert ast.get_docstring(tree), "no docstring"
    assert len(text.splitlines()) <= (LONGEST_KIND if "kinds" in path.parts else LONGEST_FILE)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


def test_nothing_unfinished_is_committed() -> None:
    pattern = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [f"{p.relative_to(ROOT)}: {m[0]}" for p in SOURCES if (m := pattern.search(p.read_text()))]
    assert found == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    # Assembled here, so that this file does not find itself.
    words = ("/wor" + "k/", "/far" + "m/", "files.pythonhosted" + ".org", "pypi" + ".org/simple")
    found = []
    for path in tracked():
        if path.is_file() and path.stat().st_size < 2_000_000:
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(ROOT)}: {word}" for word in words if word in text]
    assert found == []


def unions(tree: ast.AST) -> list[tuple[str, ...]]:
    """The members of each ``a | b | c``, and of each part of it from the left."""

    def members(node: ast.expr) -> tuple[str, ...]:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return (*members(node.left), *members(node.right))
        return (ast.unparse(node),)

    return [found for node in ast.walk(tree) if isinstance(node, ast.BinOp) and len(found := members(node)) > 1]


def test_the_members_of_a_union_always_have_one_order() -> None:
    """typing takes ``A | B`` for ``B | A`` and, if it still remembers one, gives it for the other: schemas would follow its memory."""
    orders: dict[frozenset[str], set[tuple[str, ...]]] = {}
    for path in [ROOT / "orchestrator/core/bodies.py", *sorted((ROOT / "orchestrator/kinds").rglob("*.py"))]:
        for union in unions(ast.parse(path.read_text())):
            orders.setdefault(frozenset(union), set()).add(union)
    assert orders
    assert [found for found in orders.values() if len(found) > 1] == []
