"""A deployment that gets requests is not deleted: its traffic has to go to others first."""

from __future__ import annotations

from typing import Any

from orchestrator.core.errors import Invalid
from orchestrator.workspace.records.record import RecordKey
from orchestrator.workspace.records.store import RecordStore


def refuse_while_answering(store: RecordStore, key: RecordKey) -> None:
    """Look whether a deployment may be deleted. Anything else may.

    Source: Azure ML documentation, safe rollout of online endpoints: a deployment is deleted once it gets no traffic.

    Raises:
        Invalid: it answers requests of its endpoint, or gets copies of them.
    """
    endpoint, found, name = key.address.partition(".deployments.")
    if not found or not key.kind.endswith(".deployments"):
        return
    section = key.kind.partition(".")[0]
    whole = store.get(section, endpoint)
    traffic = store.get(f"{section}.traffic", f"{endpoint}.traffic")
    if traffic is None or traffic.deleting or whole is None or whole.deleting:
        return
    for field, what in (("traffic", "requests"), ("mirror_traffic", "copies of requests")):
        shares: dict[str, Any] = traffic.body.get(field) or {}
        if int(shares.get(name) or 0):
            raise Invalid(
                f"The deployment '{name}' gets {shares[name]} percent of the {what} of its endpoint.",
                fix=f"Set its share to 0 first ({field} of the endpoint), then delete it.",
            )
