"""How a live resource is."""

from __future__ import annotations

from enum import StrEnum


class Health(StrEnum):
    """From best to worst. Source of names and order: gitops-engine's health package."""

    HEALTHY = "healthy"
    SUSPENDED = "suspended"
    PROGRESSING = "progressing"
    MISSING = "missing"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"


class Sync(StrEnum):
    """How a live resource stands to the spec."""

    SYNCED = "synced"
    OUT_OF_SYNC = "out-of-sync"
    ORPHANED = "orphaned"
    UNKNOWN = "unknown"
