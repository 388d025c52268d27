"""Declared dependencies are used, and used ones are declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

NOT_IMPORTED: Final = {
    "azureml-ai-monitoring": "scoring scripts collect data with it; it sends them to our scoring server",
    "matplotlib": "mlflow.autolog draws with it in jobs",
    "pyarrow": "pandas reads and writes Parquet with it",
    "skops": "MLflow's scikit-learn flavor saves models with it",
    "tzdata": "zoneinfo reads it where the system has no tables",
    "uv": "a program: makes the environments of jobs and deployments",
    "uvloop": "imported where the machine has it",
}
"""Distributions of the package's own extras that no module of ours imports, and what they are for."""

TRANSITIVE: Final = {
    "azure-core": "azure-identity",
    "azure-storage-blob": "azure-ai-ml",
    "azure-mgmt-core": "azure-ai-ml",
    "mlflow-skinny": "mlflow",
    "mlflow-tracing": "mlflow",
}
"""Distributions that we import and that come with the one named, which decides their version."""

OPTIONAL: Final = {"opentelemetry": "passes are traced where it is installed", "_typeshed": "only for the type checker"}
"""Modules that are imported where somebody installed them."""

FOREIGN: Final = (
    "orchestrator/cli/starter/",
    "orchestrator/workspace/programs/",
    "orchestrator/workspace/serving/scoring/",
)
"""What runs in the environments of users: it imports what is there."""


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(*extras: str) -> set[str]:
    lists = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in extras)]
    return {plain(re.match(r"[A-Za-z0-9._-]+", each)[0]) for each in chain.from_iterable(lists)}  # type: ignore[index]


def modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("import_module", "importlib.import_module"):
            yield from (each.value for each in node.args[:1] if isinstance(each, ast.Constant))


OWNERS: Final = {module: sorted(map(plain, names)) for module, names in packages_distributions().items()}
"""Top module to the distributions that have it."""


@cache
def imported() -> dict[str, set[str]]:
    """Distribution to files that import it."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "orchestrator").rglob("*.py")):
        where = path.relative_to(ROOT).as_posix()
        if where.startswith(FOREIGN):
            continue
        for module in modules(path):
            top = module.split(".")[0]
            if top == "orchestrator" or top in sys.stdlib_module_names or top in OPTIONAL:
                continue
            for owner in _owners(module):
                found.setdefault(owner, set()).add(where)
    return found


def _owners(module: str) -> list[str]:
    parts = module.split(".")
    if parts[0] == "azure":  # a namespace of many distributions
        named = {plain("-".join(parts[:count])) for count in (2, 3, 4)}
        return sorted(named & set(OWNERS.get("azure", ())))
    return OWNERS.get(parts[0], [parts[0]])


def test_each_import_is_declared() -> None:
    every = declared(*PROJECT["optional-dependencies"])
    undeclared = {name: sorted(files)[:3] for name, files in imported().items() if name not in every | {*TRANSITIVE}}
    assert undeclared == {}
    assert set(TRANSITIVE) <= set(imported())


def test_each_declared_package_is_used() -> None:
    extras = [extra for extra in PROJECT["optional-dependencies"] if extra != "dev"]
    assert declared(*extras) - set(imported()) == set(NOT_IMPORTED) - set(imported())
    assert set(NOT_IMPORTED) <= declared(*extras)
