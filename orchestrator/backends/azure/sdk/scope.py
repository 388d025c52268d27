"""What every call to a workspace says of it."""

from __future__ import annotations

from typing import Any


def scope_of(client: Any) -> dict[str, str]:
    """Where the workspace is, as arguments of a private operation."""
    return {"resource_group_name": client.resource_group_name, "workspace_name": client.workspace_name}
