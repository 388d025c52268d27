"""Kinds of resources, one module (or package) each. Adding a file here adds a kind; no list is kept."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from orchestrator.core.kind import Kind, Kinds


@cache
def discover() -> Kinds:
    """Find all kinds, by key, sorted.

    Models of bodies are declared but not built: pydantic builds each one when it first validates.
    """
    found: dict[str, Kind] = {}
    for module in pkgutil.iter_modules(__path__):
        kind: Kind = importlib.import_module(f"{__name__}.{module.name}").KIND
        found[kind.key] = kind
    return dict(sorted(found.items()))
