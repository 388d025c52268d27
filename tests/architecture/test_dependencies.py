"""Every library that is imported is declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
DISTRIBUTION = {
    "azure": "azure-ai-ml",
    "sklearn": "scikit-learn",
    "xgboost": "xgboost-cpu",
    "yaml": "pyyaml",
}
"""Import names that differ from what is installed."""

OPTIONAL = {"inference_schema", "opentelemetry", "statsforecast", "marshmallow", "msrest"}
"""Used where somebody else brought them, behind a check; the last two are azure-ai-ml's own."""


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [requirement for extra in project["optional-dependencies"].values() for requirement in extra]
    return {re.split(r"[<>=~!;\[ ]", requirement)[0].lower() for requirement in [*project["dependencies"], *extras]}


def imported() -> set[str]:
    names: set[str] = set()
    for path in (ROOT / "orchestrator").rglob("*.py"):
        if "starter" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"orchestrator", "_typeshed"}


def test_what_is_imported_is_declared() -> None:
    wanted = {DISTRIBUTION.get(name, name).lower().replace("_", "-") for name in imported() - OPTIONAL}
    assert wanted - declared() == set()
