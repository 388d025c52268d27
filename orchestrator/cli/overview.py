"""What the command line offers, as text. Imports nothing, so that help and version cost no more than Python itself."""

from __future__ import annotations

import sys

from orchestrator import __version__

COMMANDS = {
    "init": "Start a project, or make one from CLI v2 YAML files.",
    "validate": "Check a spec without any workspace; all problems at once.",
    "plan": "Show what apply would do, and why.",
    "apply": "Make the workspace what the spec says.",
    "reconcile": "Keep workspaces equal to their specs, again and again.",
    "destroy": "Remove everything that the project owns.",
    "status": "Show how everything is, live.",
    "explain": "Say why a resource will change, or why not.",
    "graph": "Draw the dependency graph.",
    "logs": "Print the log of a job or deployment.",
    "invoke": "Send a request to an online endpoint.",
    "workspace": "Operate the embedded workspace: up, down, status, reset.",
    "state": "Write a lost state again, from the marks on live objects.",
    "schema": "Print a JSON Schema, for editors.",
    "completion": "Print a shell completion script.",
    "version": "Print the version.",
}
"""Name and help of every command, in the order in which people meet them."""

_HEAD = """Usage: amlctl COMMAND [SPEC] [OPTIONS]

  Declarative orchestrator for Azure Machine Learning.
  One spec, a plan you can read, an apply you can repeat.

Commands:"""

_TAIL = """
SPEC is a file or folder; without it, spec.yaml in this folder.
Exit codes: 0 done or nothing to do, 1 error, 2 changes (plan --detailed-exitcode),
3 partly applied, 130 interrupted.

  amlctl COMMAND --help     what a command takes
  amlctl init               a small project that trains and serves a model"""


def overview() -> str:
    """The text of ``amlctl --help``."""
    width = max(map(len, COMMANDS))
    return "\n".join([_HEAD, *(f"  {name:<{width}}  {help_}" for name, help_ in COMMANDS.items()), _TAIL])


def version_line() -> str:
    """Version of the tool and of the Python that runs it."""
    return f"amlctl {__version__} (Python {'.'.join(map(str, sys.version_info[:3]))})"
