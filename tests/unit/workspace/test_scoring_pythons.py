"""What runs inside a deployment's interpreter needs nothing newer than the oldest Python that a deployment may have."""

from __future__ import annotations

import ast
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import orchestrator
from orchestrator.workspace.serving import worker

OLDEST = (3, 8)
NEWER_METHODS = frozenset(
    {"removeprefix", "removesuffix", "bit_count", "is_relative_to", "with_stem", "readlink", "hardlink_to", "total"}
)
"""Of objects whose type vermin cannot tell."""

FOLDER = Path(worker.__file__).parent
FILES = [
    FOLDER / "worker.py",
    *sorted((FOLDER / "scoring").glob("*.py")),
    Path(orchestrator.__file__).parent / "workspace" / "automl" / "scoring_script.py",
]


@pytest.mark.parametrize("path", FILES, ids=[path.name for path in FILES])
def test_syntax_and_methods(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=OLDEST)
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not used & NEWER_METHODS


def test_the_standard_library() -> None:
    oldest = ".".join(map(str, OLDEST))
    vermin = Path(sysconfig.get_path("scripts")) / "vermin"
    command = [str(vermin), "--no-tips", "--violations", f"--target={oldest}-"]
    found = subprocess.run([*command, *map(str, FILES)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_the_server_imports_the_standard_library_and_itself_only() -> None:
    """What else it uses is imported where the environment has it."""
    for path in FILES[:-1]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names, path.name
