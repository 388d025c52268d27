"""Spark jobs: kept, not run."""

from __future__ import annotations

from typing import Final

from orchestrator.workspace.jobs.unrun import unrun

EXECUTION: Final = unrun("spark", "Spark", "entry", "py_files", "jars", "files", "archives", "conf", "args")
