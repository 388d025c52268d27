"""Names of Azure: subscription, resource group, workspace; ids made of them, and the short references of CLI v2 bodies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

PROVIDER: Final = "Microsoft.MachineLearningServices"
REFERENCE: Final = "azureml:"

_ID = re.compile(
    r"(?:azureml:/*)?/?subscriptions/[^/]+/resourcegroups/[^/]+/(?:providers/Microsoft\.MachineLearningServices/)?"
    r"workspaces/[^/]+/(?P<rest>.+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """A workspace by the names that the caller uses. Whatever names they are, there is one workspace behind them."""

    subscription: str
    group: str
    workspace: str

    @property
    def id(self) -> str:
        """The workspace's id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.group}/providers/{PROVIDER}"
            f"/workspaces/{self.workspace}"
        )

    def resource(self, *parts: str) -> str:
        """The id of something inside the workspace."""
        return "/".join((self.id, *parts))

    def expand(self, reference: str, collection: str) -> str:
        """The id of what a short reference names: ``azureml:NAME:VERSION`` or a bare name.

        What is neither, such as a URL, an ``azureml://`` path or an id, stays as it is.
        """
        if "://" in reference or reference.startswith("/") or not reference:
            return reference
        name, _, version = reference.removeprefix(REFERENCE).partition(":")
        if version:
            return self.resource(collection, name, "versions", version)
        name, _, label = name.partition("@")
        return self.resource(collection, name, "labels", label) if label else self.resource(collection, name)


def shorten(text: str) -> str:
    """The short form of an id or long path: what CLI v2 bodies of the embedded workspace contain.

    ``/subscriptions/…/environments/NAME/versions/VERSION`` becomes ``azureml:NAME:VERSION``, a compute's id
    ``azureml:NAME``, ``azureml://subscriptions/…/datastores/NAME/paths/PATH`` becomes
    ``azureml://datastores/NAME/paths/PATH``. Everything else stays as it is.
    """
    match = _ID.fullmatch(text)
    if match is None:
        return text
    rest = match["rest"]
    if text.lower().startswith("azureml://") or (rest.lower().startswith("datastores/") and "/paths/" in rest):
        return f"azureml://{rest}"
    parts = rest.split("/")
    # azure-ai-ml leaves the prefix in the ids that it makes of azureml:NAME@LABEL.
    parts[1:2] = [name.removeprefix(REFERENCE) for name in parts[1:2]]
    match [part.lower() for part in parts]:
        case [_, _, "versions", _]:
            return f"{REFERENCE}{parts[1]}:{parts[3]}"
        case [_, _, "labels", _]:
            return f"{REFERENCE}{parts[1]}@{parts[3]}"
        case [_, _]:
            return f"{REFERENCE}{parts[1]}"
    return text


def lengthen(text: str, scope: Scope) -> str:
    """The long form of a path in a datastore, in which clients get it. Source: recordings of azure-ai-ml, models."""
    place = f"subscriptions/{scope.subscription}/resourceGroups/{scope.group}/workspaces/{scope.workspace}"
    return f"azureml://{place}/{text.removeprefix('azureml://')}"


def name_of(text: str) -> str:
    """The bare name in an id or reference: ``cpu`` of ``azureml:cpu`` and of a compute's id."""
    return shorten(text).removeprefix(REFERENCE).partition(":")[0]
