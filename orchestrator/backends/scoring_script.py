"""Whether a scoring script can be one: Python with init() and run(). Only its text is looked at; nothing is run."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.core.plain_files import read_plain
from orchestrator.core.refusal import Refusal
from orchestrator.core.value import LocalFiles

FUNCTIONS: Final = ("init", "run")
"""Source: azureml-inference-server-http, which starts no script that lacks one."""

_FIX: Final = "A scoring script needs init(), called once, and run(data), called for each request."
_NEWER: Final = re.compile(
    r"""\b[ft]r?["']|\br[ft]["']|^\s*type\s+\w+|^\s*(async\s+)?(def|class)\s+\w+\s*\[|^\s*except\b""", re.I
)
"""Lines that a newer Python than this one may understand; the deployment's may be one. Source: PEP 695, 701, 750, 758."""


def unusable(body: Mapping[str, Any], environment: Any) -> Iterator[Refusal]:
    """Why the scoring script of a deployment cannot be served anywhere; nothing if it is not among the spec's files.

    Args:
        body: of the deployment.
        environment: the body of its environment, if it is known. A container with a server of its own takes any script.
    """
    script = script_of(body)
    if script is not None and not (
        isinstance(environment, Mapping) and environment.get("inference_config") is not None
    ):
        for reason, fix in _faults(script):
            path = ("code_configuration", "scoring_script")
            yield Refusal(f"its scoring script {script.name} {reason}", path, fix)


def script_of(body: Mapping[str, Any]) -> Path | None:
    """The scoring script of a deployment, if it is among the spec's files."""
    configuration = body.get("code_configuration")
    if not isinstance(configuration, Mapping):
        return None
    code, name = configuration.get("code"), configuration.get("scoring_script")
    if not isinstance(code, LocalFiles) or not isinstance(name, str) or not (code.path / name).is_file():
        return None
    return code.path / name


def _faults(script: Path) -> Iterator[tuple[str, str]]:
    """Reasons, as the ends of sentences that begin with the script's name, each with its fix."""
    if script.suffix != ".py":
        yield "is not a Python file: its name does not end in .py", _FIX
        return
    try:
        tree = ast.parse(read_plain(script), script.name)
    except OSError:
        return  # who copies it will tell
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        if isinstance(problem, SyntaxError) and _NEWER.search(problem.text or ""):
            return
        line = f", line {problem.lineno}" if isinstance(problem, SyntaxError) and problem.lineno else ""
        what = problem.msg if isinstance(problem, SyntaxError) else str(problem)
        version = ".".join(map(str, sys.version_info[:2]))
        yield f"is not Python {version}{line}: {what}", "Correct the script."
        return
    names = set(_bound(tree.body))
    if "*" in names:
        return  # what another module has is not known without running it
    for name in FUNCTIONS:
        if name not in names:
            yield f"has no function {name}()", _FIX


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    """Names that statements bind in the module; ``*`` where they bind unknown ones."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        for part in ast.walk(node) if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) else ():
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id
            elif isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in ("exec", "globals"):
                yield "*"
        for field in ("body", "orelse", "finalbody"):
            yield from _bound(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from _bound(handler.body)
