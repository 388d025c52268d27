"""What stands in, on one machine, for things that the spec mentions and the workspace does not have."""

from __future__ import annotations

from collections.abc import Mapping

from orchestrator.core.address import Address
from orchestrator.core.resource import Observed
from orchestrator.workspace.assets import DEFAULT_DATASTORES

THIS_MACHINE = "this machine"
THIS_INTERPRETER = "this Python interpreter"

_ASSETS = frozenset({"data", "models", "environments", "components"})


def stand_in(address: Address, revision: str | None, stand_ins: Mapping[str, str]) -> Observed | None:
    """What takes the place of a missing resource; None if nothing does.

    An undeclared compute is this machine, a curated or registry environment is the Python interpreter that runs the
    workspace, the datastores that every workspace is born with are folders of it, and the settings may name a local path
    for anything else.

    Returns:
        An object that nobody owns, with the attribute ``stand_in``. Its message is a warning for people, if one is due.
    """
    name = address.name
    for text in _texts(address, revision):
        if text in stand_ins:
            return _object(address, revision, stand_ins[text], f"{text} is taken from {stand_ins[text]}.")
    if address.section == "compute":
        return _object(
            address, revision, THIS_MACHINE, f"The compute '{name}' is not in the spec: {THIS_MACHINE} is used."
        )
    if address.section == "environments" and is_hosted_environment(name):
        return _object(address, revision, THIS_INTERPRETER, f"{name} is not built here: {THIS_INTERPRETER} is used.")
    if address.section == "datastores" and name in DEFAULT_DATASTORES:
        return _object(address, revision, "a folder of the workspace", "")
    return None


def is_hosted_environment(name: str) -> bool:
    """Whether an environment is one that Azure provides: curated, or from a registry."""
    return name.startswith(("AzureML-", "azureml://registries/", "//registries/", "registries/"))


def _texts(address: Address, revision: str | None) -> tuple[str, ...]:
    name = address.name
    if name.startswith("azureml://") or address.section not in _ASSETS:
        return (name, f"azureml:{name}")
    latest = (f"azureml:{name}@latest", f"azureml:{name}", name)
    return (f"azureml:{name}:{revision}", *latest[1:]) if revision else latest


def _object(address: Address, revision: str | None, what: str, warning: str) -> Observed:
    return Observed(address, revision or "", {"name": address.name}, message=warning, attributes={"stand_in": what})
