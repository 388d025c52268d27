"""Deployments of templates: the way in which clients make a workspace that they did not find."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.workspace.arm.messages import Answer, Request
from orchestrator.workspace.arm.scope import PROVIDER, Scope

RESOURCES: Final = "Microsoft.Resources"
_WORKSPACE: Final = f"{PROVIDER}/workspaces".lower()
_PARAMETER = re.compile(r"\[\s*parameters\(\s*'([^']+)'\s*\)\s*\]")

Label = Callable[[Scope, Mapping[str, Any]], None]


class Templates:
    """Answers for ``Microsoft.Resources/deployments``.

    A template that makes the workspace that is served labels it. Storage, vault and insights beside it are what the
    workspace has anyway. Templates of anything else are refused.

    Source: Azure REST API, Resource Manager, deployments; the template of azure-ai-ml, ``workspace_base.json``.

    Args:
        label: changes the labels of a workspace to those of a resource's body; refuses one that is not served.
    """

    def __init__(self, label: Label) -> None:
        self._label = label
        self._made: dict[str, Mapping[str, Any]] = {}

    def respond(self, request: Request, subscription: str, group: str, rest: Sequence[str]) -> Answer:
        """Answer a request.

        Args:
            rest: what follows ``deployments/`` in the path.

        Raises:
            Invalid: the template makes something else than the workspace.
            NotFound: there is no such deployment.
            Conflict: it makes a workspace that is not served.
        """
        if request.method == "PUT" and len(rest) == 1:
            return self._deploy(request, subscription, group)
        made = self._made.get(_key(subscription, group, rest[0]))
        if made is None or request.method not in ("GET", "HEAD") or len(rest) > 2:
            raise NotFound(f"Deployment '{rest[0]}' could not be found.")
        return Answer.of(made if len(rest) == 1 else {"value": []})

    def _deploy(self, request: Request, subscription: str, group: str) -> Answer:
        sent = request.json().get("properties") or {}
        template = sent.get("template") or {}
        values = {name: each.get("defaultValue") for name, each in (template.get("parameters") or {}).items()}
        values |= {name: each["value"] for name, each in (sent.get("parameters") or {}).items() if "value" in each}
        found = [_filled(each, values) for each in _resources(template) if _type(each) == _WORKSPACE]
        if not found:
            raise Invalid(
                "This template makes no workspace, and the embedded workspace deploys no other templates.",
                fix="Make the resource through its own API.",
            )
        for each in found:
            kind = str(each.get("kind") or "default")
            if kind.lower() != "default":
                raise Invalid(f"The embedded workspace is no '{kind}'.", fix="Leave 'kind' out.")
            self._label(Scope(subscription, group, str(each.get("name"))), each)
        made: dict[str, Any] = {
            "id": request.path,
            "name": request.path.rsplit("/", 1)[-1],
            "type": f"{RESOURCES}/deployments",
            "properties": {"provisioningState": "Succeeded", "mode": "Incremental", "duration": "PT1S"},
        }
        key = _key(subscription, group, made["name"])
        new = key not in self._made
        self._made[key] = made
        return Answer.of(made, 201 if new else 200)


def _key(*names: str) -> str:
    return "/".join(names).lower()


def _resources(template: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A template's resources: a list, or by symbolic name. Source: Azure Resource Manager, template language version 2.0."""
    found = template.get("resources") or []
    return list(found.values() if isinstance(found, Mapping) else found)


def _type(resource: Mapping[str, Any]) -> str:
    return str(resource.get("type", "")).lower()


def _filled(tree: Any, values: Mapping[str, Any]) -> Any:
    """A body with its parameters filled in. Other expressions stay as they are."""
    if isinstance(tree, Mapping):
        return {name: _filled(value, values) for name, value in tree.items()}
    match = _PARAMETER.fullmatch(tree) if isinstance(tree, str) else None
    return values.get(match[1]) if match else tree
