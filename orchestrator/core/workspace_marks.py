"""What comes back of a workspace or feature store and says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def without_service_values(body: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing: empty texts, a network that lets everybody in, the tag that the client sets when it creates.

    Source: measured with azure-ai-ml 1.35.
    """
    (body.get("tags") or {}).pop("createdByToolkit", None)
    acls = body.get("network_acls")
    if isinstance(acls, Mapping) and not acls.get("ip_rules"):
        body.pop("network_acls")
    return {name: value for name, value in body.items() if value != ""}
