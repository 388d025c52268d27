"""What the command line offers, as text. Imports nothing, so that help and version cost no more than Python itself."""

from __future__ import annotations

import sys

from orchestrator import __version__

COMMANDS = {
    "init": "Create a project, or import one from CLI v2 YAML files.",
    "validate": "Check a spec without a workspace; report all problems.",
    "plan": "Show the changes that apply would make, and why.",
    "apply": "Create or update the resources in the spec.",
    "reconcile": "Continuously reconcile workspaces with their specs.",
    "destroy": "Delete everything that the project owns.",
    "status": "Show the health and sync state of all resources.",
    "explain": "Explain why a resource will or will not change.",
    "fields": "Describe the fields of a kind, such as jobs.sweep.limits.",
    "graph": "Print the dependency graph.",
    "ui": "Show the project in a browser: resources, plan, runs, endpoints.",
    "runs": "List runs, and show why one ran and what it logged.",
    "logs": "Print the log of a job or deployment.",
    "invoke": "Send a request to an online endpoint, or data to a batch endpoint.",
    "trigger": "Fire a schedule once, now.",
    "workspace": "Operate the embedded workspace: up, down, status, reset.",
    "azure": "Record how Azure answers, to compare it with the served workspace.",
    "state": "Rebuild a lost state from the ownership tags of live resources.",
    "schema": "Print a JSON Schema for editors.",
    "completion": "Print a shell completion script.",
    "version": "Print the version.",
}
"""Name and help of every command, in the order in which people meet them."""

_HEAD = """Usage: amlctl COMMAND [SPEC] [OPTIONS]

  Declarative orchestrator for Azure Machine Learning.
  One spec, a readable plan, a repeatable apply.

Commands:"""

_TAIL = """
SPEC is a file or folder (default: spec.yaml in the current folder).
Exit codes: 0 success, 1 error, 2 changes (plan --detailed-exitcode),
3 partly applied, 130 interrupted.

  amlctl COMMAND --help     show the options of a command
  amlctl init               create a small project that trains and serves a model"""


def overview() -> str:
    """The text of ``amlctl --help``."""
    width = max(map(len, COMMANDS))
    return "\n".join([_HEAD, *(f"  {name:<{width}}  {help_}" for name, help_ in COMMANDS.items()), _TAIL])


def version_line() -> str:
    """Version of the tool and of the Python that runs it."""
    return f"amlctl {__version__} (Python {'.'.join(map(str, sys.version_info[:3]))})"
