"""References become the exact revision that this plan leads to, never "the newest"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.kind import Identity
from orchestrator.core.mention import value_from_name
from orchestrator.core.resource import Desired, Observed
from orchestrator.core.tree import value_at
from orchestrator.core.value import Reference, Secret, Template, Unknown, mapped


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedResource:
    """What a resource will be once the plan is carried out, as far as that matters to whatever depends on it.

    Attributes:
        kind: how its identity is told.
        revision: the version or run that will be in force; empty for named resources.
        identity: digest of its content and everything upstream.
        attributes: values known before the apply: those of a live object that stays.
        renewed: it is made anew, so that nothing inside it is left.
    """

    address: Address
    kind: Identity
    revision: str
    identity: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    renewed: bool = False


PlannedResources = Mapping[Address, PlannedResource]
Externals = Mapping[str, Observed | None]


def pin(desired: Desired, planned: PlannedResources, externals: Externals) -> Mapping[str, Any]:
    """A resource's properties with every reference replaced by what it stands for.

    A value that only the apply can know becomes `Unknown`; inside a longer text the reference stays where it is.
    Properties without references are returned as they are.
    """
    if not desired.references:
        return desired.properties

    def stood_for(value: Any) -> Any:
        if isinstance(value, Reference):
            return pinned(value, planned, externals)
        return _pin_template(value, planned, externals) if isinstance(value, Template) else value

    return {name: mapped(value, stood_for) for name, value in desired.properties.items()}


def _pin_template(template: Template, planned: PlannedResources, externals: Externals) -> str | Template:
    parts = tuple(_pin_part(part, planned, externals) for part in template.parts)
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else Template(parts)


def _pin_part(
    part: str | Reference | Secret, planned: PlannedResources, externals: Externals
) -> str | Reference | Secret:
    if not isinstance(part, Reference):
        return part
    known = pinned(part, planned, externals)
    return part if isinstance(known, Unknown) else str(known)


def pinned(reference: Reference, planned: PlannedResources, externals: Externals) -> Any:
    """The value of one reference; `Unknown` if only the apply can know it."""
    if reference.external:
        return _external(reference, externals.get(str(reference)))
    return _value(reference, planned[reference.target])


def _value(reference: Reference, target: PlannedResource) -> Any:
    known = value_from_name(reference.attribute, target.kind, target.address.leaf, target.revision)
    return _attribute(reference, target.attributes) if known is None else known


def _external(reference: Reference, found: Observed | None) -> Any:
    """What is not ours keeps the text as written, except that an asset's version is pinned."""
    if found is None:
        return str(reference)
    if reference.attribute == "version":
        return found.revision
    if reference.attribute == "name":
        return found.address.leaf
    text = str(reference)
    if reference.attribute != "id" and text.startswith("${"):
        return _attribute(reference, found.attributes)
    if text.startswith("azureml:") and not text.startswith("azureml://") and found.revision:
        return f"azureml:{found.address.leaf}:{found.revision}"
    return text


def _attribute(reference: Reference, attributes: Mapping[str, Any]) -> Any:
    """``a.b`` is looked up as one name first, then step by step."""
    whole = attributes.get(reference.attribute)
    value = whole if whole is not None else value_at(attributes, reference.attribute.split("."))
    return Unknown(reference) if value is None else value
