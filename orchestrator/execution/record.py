"""What the state keeps of a step. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.core.change import Change
from orchestrator.core.plan import Target
from orchestrator.core.resource import Applied, Desired, Observed
from orchestrator.core.value import plain


def record_of(
    change: Change, target: Target, desired: Desired, observed: Observed | None, properties: Mapping[str, Any], key: str
) -> Applied:
    """The record of a resource that was made, reused or changed.

    Args:
        properties: as they were sent, everything bound.
        key: for the digests of secrets: the state's lineage.
    """
    return Applied(
        change.address,
        properties=plain(properties, key),
        fingerprint=target.fingerprint,
        revision=(observed.revision if observed else "") or change.after or "",
        depends_on=desired.depends_on,
        files=desired.files,
        upstream=target.upstream,
        on_removal=desired.lifecycle.on_removal,
        protect=desired.lifecycle.protect,
        adopted=target.adopted,
        key=desired.key,
        target=desired.target,
    )
