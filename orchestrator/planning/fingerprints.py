"""Fingerprints complete with what lies upstream, so that a cascade is known before anything is done."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.resource import Desired, Observed
from orchestrator.core.value import Reference
from orchestrator.planning.pin import PlannedResource


def fingerprint_of(
    desired: Desired, planned: Mapping[Address, PlannedResource], externals: Mapping[str, Observed | None]
) -> tuple[Fingerprint, dict[str, str]]:
    """Join a resource's own digests with the identities of everything it is made from.

    Args:
        desired: the resource; everything it refers to inside the spec must be in `planned` already.
        planned: what each resource so far will be.
        externals: external text to the object it stands for.

    Returns:
        The fingerprint, and the identity of each ingredient by address or external text.
    """
    upstream: dict[str, str] = {}
    uses: list[tuple[str, str]] = []
    for reference in desired.references:
        if reference.cascades:
            name, identity = _ingredient(reference, planned, externals)
            upstream[name] = identity
            uses.append((f"{name}.{reference.attribute}", identity))
    return Fingerprint.combine(desired.content, uses, desired.metadata), upstream


def _ingredient(
    reference: Reference, planned: Mapping[Address, PlannedResource], externals: Mapping[str, Observed | None]
) -> tuple[str, str]:
    if reference.external:
        text = str(reference)
        return text, _external_identity(text, externals.get(text))
    return str(reference.target), planned[reference.target].identity


def _external_identity(text: str, found: Observed | None) -> str:
    """Content if its owner says what it is, else the revision, else the mention itself."""
    if found is None:
        return text
    if found.fingerprint:
        return found.fingerprint.rsplit(":", 1)[0]  # without the labels, which never rerun work
    return found.revision or text
