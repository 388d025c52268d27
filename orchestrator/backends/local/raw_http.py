"""Scoring scripts that take the raw HTTP request need Microsoft's package in the environment that serves them."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from orchestrator.backends.local.conda_text import conda_text, is_conda_file
from orchestrator.backends.scoring_script import script_of
from orchestrator.core.plain_files import read_plain
from orchestrator.core.refusal import Refusal
from orchestrator.core.value import plain

PACKAGE: Final = "azureml-inference-server-http"
_MODULES: Final = ("azureml_inference_server_http", "azureml.contrib.services")
_BRINGING: Final = (PACKAGE, "azureml_inference_server_http", "azureml-contrib-services", "azureml-defaults")
"""Packages that bring it; a conda file that reads requirements from elsewhere may bring anything."""


def lacking(body: Mapping[str, Any], environment: Any, kept: Callable[[str], Path]) -> Iterator[Refusal]:
    """Why a deployment's script cannot be imported: it asks for ``@rawhttp``, and the environment has no such package.

    Args:
        body: of the deployment.
        environment: the body of its environment, if it is known.
        kept: where a kept file lies, by its digest; for environments that are not in the spec.
    """
    script = script_of(body)
    if script is None or not _asks(script):
        return
    if not _brings(environment, kept):
        yield Refusal(
            f"its scoring script {script.name} uses @rawhttp, but its environment does not include the package {PACKAGE}",
            ("environment",),
            f"Add {PACKAGE} to the pip section of the environment's conda file.",
        )


def _asks(script: Path) -> bool:
    try:
        tree = ast.parse(read_plain(script))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # told elsewhere
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module or "")
    return any(f"{name}.".startswith(f"{module}.") for name in names for module in _MODULES)


def _brings(environment: Any, kept: Callable[[str], Path]) -> bool:
    conda = environment.get("conda_file") if isinstance(environment, Mapping) else None
    if conda is None:
        # An image, a curated environment or none: this Python stands in.
        return find_spec("azureml_inference_server_http") is not None
    text = conda_text(conda, kept) if is_conda_file(conda) else json.dumps(plain(conda))
    return text is None or "-r " in text or any(name in text for name in _BRINGING)
