"""What a mention of a resource stands for, as far as the resource's name and revision tell."""

from __future__ import annotations

from orchestrator.core.kind import Identity


def value_from_name(attribute: str, identity: Identity, name: str, revision: str) -> str | None:
    """The value of an attribute that needs no look at the live object.

    Args:
        attribute: as in `Reference.attribute`; ``azureml:NAME:VERSION`` is an asset that the target registers, by its own name.
        identity: of the target's kind.
        name: the target's name inside its section.
        revision: its version or run; empty for named resources.

    Returns:
        The text as Azure ML writes it; None for what only the live object can tell. The version of what has none is empty.

    Source: forms of references in Azure ML YAML, learn.microsoft.com/azure/machine-learning/reference-yaml-core-syntax.
    """
    if identity is Identity.RUN:
        name = revision
    if attribute.startswith("azureml:"):
        return attribute
    if attribute == "id":
        return f"azureml:{name}:{revision}" if identity is Identity.VERSIONED else f"azureml:{name}"
    if attribute == "name":
        return name
    if attribute == "version":
        return revision
    if attribute.startswith("outputs.") and identity is Identity.RUN:
        return f"azureml://jobs/{name}/outputs/{attribute.removeprefix('outputs.')}"
    if attribute.startswith("paths/"):
        return f"azureml://datastores/{name}/{attribute}"
    return None
