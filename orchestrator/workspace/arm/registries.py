"""Registries on the wire: what the local catalogue has of them, to be read as workspace assets are.

Source: azure-ai-ml 1.35, ``_utils/_registry_utils.py``: discovery, then containers and versions below the registry's own address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.workspace.arm.account import GROUP, LOCATION, SUBSCRIPTION
from orchestrator.workspace.arm.messages import Answer, WireError
from orchestrator.workspace.arm.paging import page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER
from orchestrator.workspace.arm.tokens import TENANT
from orchestrator.workspace.records.record_kinds import COMPONENTS, ENVIRONMENTS
from orchestrator.workspace.references import curated, hosted

DATA_PLANE: Final = "mferp/managementfrontend"
"""What stands before the paths of a registry's assets at its own address."""

_REGISTRY: Final = f"providers/{PROVIDER}/registries/{{registry}}"


@dataclass(frozen=True, slots=True)
class _Hosted:
    """An asset of a registry: its newest version, and what stands in ``properties`` of each."""

    version: str
    properties: Mapping[str, Any]


_Look = Callable[[str, str], _Hosted | None]
_Names = Callable[[str], tuple[str, ...]]


def _component(registry: str, name: str) -> _Hosted | None:
    found = hosted.component_named(registry, name)
    if found is None:
        return None
    spec = {"name": name, "version": found.version, "is_deterministic": True, **found.body}
    return _Hosted(found.version, {"componentSpec": spec, "description": found.body.get("description")})


def _environment(registry: str, name: str) -> _Hosted | None:
    if registry != curated.OWN_REGISTRY:
        return None
    entry = curated.curated(name)
    if entry is None:
        return None
    description = f"Python {entry.python} with {', '.join(entry.packages)}"
    fields = {"image": entry.image, "description": description, "environmentType": "Curated", "osType": "Linux"}
    return _Hosted(curated.VERSION, fields)


def _environment_names(registry: str) -> tuple[str, ...]:
    own = registry == curated.OWN_REGISTRY
    return tuple(entry.name for entry in curated.catalogue()) if own else ()


_SECTIONS: Final[Mapping[str, tuple[_Look, _Names]]] = {
    COMPONENTS: (_component, hosted.component_names),
    ENVIRONMENTS: (_environment, _environment_names),
}
"""What the catalogue has of each section; of others it has nothing."""


def discover_registries(root: Routes) -> None:
    """Answer clients that look for a registry: it is here, or they are told and do not wait for a host that there is not."""
    path = "registrymanagement/v1.0/registries/{registry}/discovery"
    root.add("GET", path, _discovery, "Where a registry is.")


def register(group: Routes) -> None:
    """Answer for the assets of registries, below the resource group."""
    for section in _SECTIONS:
        place = f"{_REGISTRY}/{section}"
        group.add("GET", place, _of(section, _containers), f"List the {section} of a registry.")
        group.add("GET", f"{place}/{{name}}", _of(section, _container), f"Read one of the {section} of a registry.")
        versions = f"{place}/{{name}}/versions"
        group.add("GET", versions, _of(section, _versions), f"List the versions of one of the {section} of a registry.")
        version = f"{versions}/{{version}}"
        group.add("GET", version, _of(section, _version), f"Read a version of one of the {section} of a registry.")
    group.add("*", f"{_REGISTRY}/{{rest:path}}", _else, "Everything else: lists are empty, changes are refused.")


def _discovery(call: Call) -> Answer:
    registry = _known(call)
    regions: dict[str, Any] = {LOCATION: {}}
    return Answer.of(
        {
            "registryName": registry,
            "tenantId": TENANT,
            "primaryRegion": LOCATION,
            "regions": [LOCATION],
            "registryFqdns": regions,
            "subscriptionId": SUBSCRIPTION,
            "resourceGroup": GROUP,
            "workspaceName": "",
            "primaryRegionResourceProviderUri": f"{call.request.base}/",
        }
    )


def _of(section: str, answer: Callable[[Call, str], Answer]) -> Callable[[Call], Answer]:
    return lambda call: answer(call, section)


def _containers(call: Call, section: str) -> Answer:
    registry = _known(call)
    return page(call.request, _SECTIONS[section][1](registry), lambda name: _container_view(call, section, name))


def _container(call: Call, section: str) -> Answer:
    return Answer.of(_container_view(call, section, call.names["name"]))


def _versions(call: Call, section: str) -> Answer:
    found = _asset(call, section, call.names["name"])
    return Answer.of({"value": [_version_view(call, section, found, found.version)]})


def _version(call: Call, section: str) -> Answer:
    found = _asset(call, section, call.names["name"])
    return Answer.of(_version_view(call, section, found, call.names["version"]))


def _container_view(call: Call, section: str, name: str) -> dict[str, Any]:
    found = _asset(call, section, name)
    properties: dict[str, Any] = {"description": found.properties.get("description"), "tags": {}, "isArchived": False}
    return {
        "id": f"azureml://registries/{_known(call)}/{section}/{name}",
        "name": name,
        "type": f"{PROVIDER}/registries/{section}",
        "properties": {**properties, "latestVersion": found.version, "nextVersion": found.version},
    }


def _version_view(call: Call, section: str, found: _Hosted, version: str) -> dict[str, Any]:
    """Any version of an asset can be had; what another one than the newest holds is not known."""
    properties = dict(found.properties)
    if "componentSpec" in properties:
        properties["componentSpec"] = {**properties["componentSpec"], "version": version}
    return {
        "id": f"azureml://registries/{_known(call)}/{section}/{call.names['name']}/versions/{version}",
        "name": version,
        "type": f"{PROVIDER}/registries/{section}/versions",
        "properties": {"tags": {}, "properties": {}, "isArchived": False, "isAnonymous": False, **properties},
    }


def _asset(call: Call, section: str, name: str) -> _Hosted:
    registry = _known(call)
    found = _SECTIONS[section][0](registry, name)
    if found is not None:
        return found
    if section == COMPONENTS:
        raise hosted.unknown_component(f"azureml://registries/{registry}/{section}/{name}")
    raise WireError(404, "NotFound", f"The local catalogue of the registry '{registry}' has no {section} '{name}'.")


def _known(call: Call) -> str:
    """The registry of a path, as the catalogue spells it.

    Raises:
        WireError: the catalogue has nothing of it.
    """
    asked = call.names["registry"]
    known = {name.lower(): name for name in hosted.registries()}
    if asked.lower() not in known:
        raise WireError(
            404,
            "RegistryNotFound",
            f"The embedded workspace serves no assets of the registry '{asked}', only those of {', '.join(known.values())}. Create "
            "the asset in the workspace, or run against Azure.",
        )
    return known[asked.lower()]


def _else(call: Call) -> Answer:
    """What the catalogue has nothing of, and what would change it."""
    registry = _known(call)
    if call.request.method == "GET" and "/" not in call.names["rest"]:
        return Answer.of({"value": []})
    raise WireError(
        404 if call.request.method == "GET" else 403,
        "NotSupportedLocally",
        f"The registry '{registry}' is a catalogue of components and environments here, to be read only. Create the asset in the "
        "workspace, or run against Azure.",
    )
