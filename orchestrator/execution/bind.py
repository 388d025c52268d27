"""Fill in what only the apply can know. Looks values up, decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid
from orchestrator.core.kind import Identity, Kinds
from orchestrator.core.mention import value_from_name
from orchestrator.core.resource import Observed
from orchestrator.core.value import Reference, Secret, Template, Unknown, mapped

Live = Callable[[Address], Observed | None]
"""Tells the live object of an address: of this run if it came to be in it, otherwise the one the plan saw."""


def bind(properties: Mapping[str, Any], live: Live, kinds: Kinds) -> dict[str, Any]:
    """Replace every reference and unknown by its text; files and secrets stay what they are.

    Raises:
        Invalid: a reference's target is not there, or does not have the value.
    """

    def filled(value: Any) -> Any:
        if isinstance(value, Unknown):
            return value_of(value.reference, live, kinds)
        if isinstance(value, Reference):
            return value_of(value, live, kinds)
        return _fill(value, live, kinds) if isinstance(value, Template) else value

    return {name: mapped(value, filled) for name, value in properties.items()}


def _fill(template: Template, live: Live, kinds: Kinds) -> str | Template:
    parts: list[str | Secret] = [
        str(value_of(part, live, kinds)) if isinstance(part, Reference) else part for part in template.parts
    ]
    if any(isinstance(part, Secret) for part in parts):
        return Template(tuple(parts))
    return "".join(map(str, parts))


def value_of(reference: Reference, live: Live, kinds: Kinds) -> Any:
    """The value that a reference stands for.

    Raises:
        Invalid: the target is not there, or does not have the value.
    """
    target, attribute = reference.target, reference.attribute
    observed = live(target)
    if observed is None:
        raise Invalid(
            f"{reference} refers to {target}, which is not in the workspace.",
            fix=f"Apply {target} first, or remove the reference.",
        )
    found = _attribute(observed, attribute)
    if found is None:
        found = _from_name(observed, attribute, kinds)
    if found is None:
        raise Invalid(
            f"{target} was created but has no attribute '{attribute}', so {reference} cannot be resolved.",
            fix="Use an attribute that the resource has.",
        )
    return found


def _attribute(observed: Observed, attribute: str) -> Any:
    """A value that only the service knows; ``outputs.model`` may be one name or two levels."""
    if attribute in observed.attributes:
        return observed.attributes[attribute]
    tree: Any = observed.attributes
    for part in attribute.split("."):
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree


def _from_name(observed: Observed, attribute: str, kinds: Kinds) -> str | None:
    kind = kinds.get(observed.address.kind)
    identity = kind.identity if kind is not None else Identity.NAMED
    return value_from_name(attribute, identity, observed.address.leaf, observed.revision) or None
