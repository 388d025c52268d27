"""Runs the tool that the command line names."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
import warnings
from collections.abc import Sequence

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.responsible_ai import tools
from orchestrator.workspace.responsible_ai.arguments import Arguments


def main(words: Sequence[str]) -> int:
    """Run a tool.

    Args:
        words: its name, then ``--NAME VALUE`` for each argument.

    Returns:
        0 when it is done, 1 when it refuses what it is asked, 2 if the command line is not valid.
    """
    known = sorted(module.name for module in pkgutil.iter_modules(tools.__path__))
    if not words or words[0] not in known:
        hint = did_you_mean(words[0], known, "") if words else ""
        print(f"usage: TOOL --NAME VALUE …; tools: {', '.join(known)}. {hint}".rstrip(), file=sys.stderr)
        return 2
    warnings.filterwarnings("ignore", category=FutureWarning)  # of libraries about each other
    started = time.monotonic()
    try:
        importlib.import_module(f"{tools.__name__}.{words[0]}").run(Arguments.read(words[1:]))
    except JobRefused as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 1
    print(f"{words[0]} done after {time.monotonic() - started:.1f} s", flush=True)
    return 0
