"""What every workspace has from birth, whoever made it."""

from __future__ import annotations

from typing import Final

DEFAULT_DATASTORES: Final = (
    "workspaceblobstore",
    "workspacefilestore",
    "workspaceworkingdirectory",
    "workspaceartifactstore",
)
"""Datastores that the service makes with a workspace. Source: Azure ML documentation, datastores."""
