"""Changes the code in one place at a time and looks whether the fast unit tests notice.

    python -m benchmarks.mutants --sample 40 --seed 1 planning execution

A mutant that no test notices ("survived") is a decision that nothing covers, or one that makes no difference; the line tells
which. The code is changed in a copy. One process, at low priority.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("core", "planning", "execution", "state")
NICE = 15
LONGEST_S = 300
"""A mutant whose tests take longer loops for ever: noticed."""

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes:
        file: the changed file, below the root.
        place: of the changed node among those of the file.
        line: of it.
        what: the change in words.
    """

    file: Path
    place: int
    line: int
    what: str

    def text(self, before: str) -> str:
        """The whole file with the change."""
        tree = ast.parse(before)
        old = list(ast.walk(tree))[self.place]
        new = ast.copy_location(dict(changed(old))[self.what], old)
        return ast.unparse(ast.fix_missing_locations(_Put(old, new).visit(tree)))


def changed(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Each change of one node: in words, and the node that stands in its place."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        yield (
            "comparison turned",
            ast.Compare(node.left, [COMPARED[type(node.ops[0])](), *node.ops[1:]], node.comparators),
        )
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "and/or swapped", ast.BoolOp(other, node.values)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not taken away", node.operand
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} made {not node.value}", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield f"{node.value} made {node.value + 1}", ast.Constant(node.value + 1)
    elif isinstance(node, ast.If | ast.IfExp):
        for value in (True, False):
            other_if = copy.copy(node)
            other_if.test = ast.Constant(value)
            yield f"condition made {value}", other_if
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        yield "call taken away", ast.Pass()


class _Put(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        return self.new if node is self.old else self.generic_visit(node)


def mutants_of(root: Path, file: Path) -> Iterator[Mutant]:
    """All changes of a file below a root."""
    for place, node in enumerate(ast.walk(ast.parse((root / file).read_text(encoding="utf-8")))):
        for what, _ in changed(node):
            yield Mutant(file, place, getattr(node, "lineno", 0), what)


def noticed(mutant: Mutant, copied: Path, package: str) -> bool:
    """Whether a test fails: those of the package first, then those of the others."""
    place = copied / mutant.file
    before = place.read_text(encoding="utf-8")
    place.write_text(mutant.text(before), encoding="utf-8")
    try:
        return fails(copied, tests_of(package)) or fails(copied, *map(tests_of, PACKAGES))
    finally:
        place.write_text(before, encoding="utf-8")


def tests_of(package: str) -> str:
    """Where the tests of a package are."""
    return f"tests/unit/{package}"


def fails(copied: Path, *tests: str) -> bool:
    """Whether the tests fail, or do not end."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not slow", *tests]
    try:
        done = subprocess.run(command, cwd=copied, capture_output=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> int:
    """Print each survivor, and a count. 1 if there are any, 2 if the tests fail by themselves."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", default=PACKAGES, help=f"of {', '.join(PACKAGES)}; all if none is named")
    parser.add_argument("--sample", type=int, default=20, help="so many mutants of each package; 0 means all")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.nice(NICE)
    survived = 0
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder)
        for name in ("orchestrator", "tests", "pyproject.toml", "schemas"):
            (shutil.copy if (ROOT / name).is_file() else shutil.copytree)(ROOT / name, copied / name)
        if fails(copied, *map(tests_of, PACKAGES)):
            print("The tests fail without any change.")
            return 2
        for package in options.packages:
            files = sorted((copied / "orchestrator" / package).rglob("*.py"))
            every = [mutant for file in files for mutant in mutants_of(copied, file.relative_to(copied))]
            sample = options.sample or len(every)
            chosen = random.Random(options.seed).sample(every, min(sample, len(every)))
            left = 0
            for mutant in chosen:
                if not noticed(mutant, copied, package):
                    left += 1
                    print(f"survived: {mutant.file}:{mutant.line}: {mutant.what}", flush=True)
            print(f"{package}: {len(chosen) - left} of {len(chosen)} noticed ({len(every)} possible)", flush=True)
            survived += left
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main())
