"""Fill in what only the apply can know. Looks values up, decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.errors import Invalid
from orchestrator.core.kind import Identity, Kinds
from orchestrator.core.resource import Observed
from orchestrator.core.value import Reference, Secret, Template, Unknown

Live = Callable[[Address], Observed | None]
"""Tells the live object of an address: of this run if it came to be in it, otherwise the one the plan saw."""


def bind(properties: Mapping[str, Any], live: Live, kinds: Kinds) -> dict[str, Any]:
    """Replace every reference and unknown by its text; files and secrets stay what they are.

    Raises:
        Invalid: a reference's target is not there, or does not have the value.
    """
    return {key: _bind(value, live, kinds) for key, value in properties.items()}


def _bind(value: Any, live: Live, kinds: Kinds) -> Any:
    kind = type(value)
    if kind is str or kind is int or kind is bool or kind is float or value is None:
        return value
    if isinstance(value, Unknown):
        return value_of(value.reference, live, kinds)
    if isinstance(value, Reference):
        return value_of(value, live, kinds)
    if isinstance(value, Template):
        return _fill(value, live, kinds)
    if isinstance(value, Mapping):
        return {key: _bind(item, live, kinds) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_bind(item, live, kinds) for item in value]
    return value


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
            f"{reference} mentions {target}, which is not in the workspace.",
            fix=f"Apply {target} first, or take the mention out.",
        )
    found = _attribute(observed, attribute)
    if found is None:
        found = _written(observed, attribute, kinds)
    if found is None:
        raise Invalid(
            f"{target} has no value '{attribute}' now that it is there, so {reference} cannot be filled in.",
            fix="Mention a value that the resource has.",
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


def _written(observed: Observed, attribute: str, kinds: Kinds) -> str | None:
    """A value that follows from the object's name and revision.

    Source: forms of references in Azure ML YAML, learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax.
    """
    revision = observed.revision
    name = revision if _is(observed, Identity.RUN, kinds) else observed.address.leaf
    if attribute == "id":
        return f"azureml:{name}:{revision}" if _is(observed, Identity.VERSIONED, kinds) else f"azureml:{name}"
    if attribute == "name":
        return name
    if attribute == "version":
        return revision or None
    if attribute.startswith("outputs.") and _is(observed, Identity.RUN, kinds):
        return f"azureml://jobs/{revision}/outputs/{attribute.removeprefix('outputs.')}"
    return None


def _is(observed: Observed, identity: Identity, kinds: Kinds) -> bool:
    kind = kinds.get(observed.address.kind)
    return kind is not None and kind.identity is identity
