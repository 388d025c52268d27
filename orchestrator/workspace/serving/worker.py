"""Starts a scoring server: ``python -m orchestrator.workspace.serving.worker CONFIG``, or this file itself as a script.

As a script it works in an environment without amlctl: it loads the server from the files beside it, under a name of its own, and
leaves ``sys.path`` as the environment has it.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

STANDALONE = "amlctl_scoring"


def main() -> int:
    """Run the server that the command line names. Returns its exit code."""
    folder = Path(__file__).parent / "scoring"
    if not __package__ and sys.path and Path(sys.path[0] or ".").resolve() == folder.parent.resolve():
        del sys.path[0]
    spec = importlib.util.spec_from_file_location(
        STANDALONE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"There is no scoring server in {folder}.")
    package = importlib.util.module_from_spec(spec)
    sys.modules[STANDALONE] = package
    spec.loader.exec_module(package)
    return int(importlib.import_module(f"{STANDALONE}.server").main(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
