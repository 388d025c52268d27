"""Deployments of templates: the way in which clients make a workspace that they did not find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.workspace.arm.expressions import Expressions
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope

RESOURCES: Final = "Microsoft.Resources"
_WORKSPACE: Final = f"{PROVIDER}/workspaces".lower()

Make = Callable[[Scope, Mapping[str, Any]], None]


class Templates:
    """Answers for ``Microsoft.Resources/deployments``.

    A template that makes the workspace that is served labels it; others are kept beside it. Storage, vault and insights are what
    the workspace has anyway. Templates of anything else are refused.

    Source: Azure REST API, Resource Manager, deployments; the template of azure-ai-ml, ``workspace_base.json``.

    Args:
        make: makes a workspace of a resource's body.
    """

    def __init__(self, make: Make) -> None:
        self._make = make
        self._made: dict[str, Mapping[str, Any]] = {}

    def register(self, group: Routes) -> None:
        """Answer for them, below a resource group."""
        for place in (f"providers/{RESOURCES}/deployments", "deployments"):  # clients ask for operations below both
            group.add("GET", f"{place}/{{deployment}}/operations", self._operations)
        group.add("PUT", f"providers/{RESOURCES}/deployments/{{deployment}}", self._deploy)
        group.add("GET", f"providers/{RESOURCES}/deployments/{{deployment}}", self._get)

    def _get(self, call: Call) -> Answer:
        return Answer.of(self._found(call))

    def _operations(self, call: Call) -> Answer:
        """Those of a deployment: it was done at once."""
        self._found(call)
        return Answer.of({"value": []})

    def _found(self, call: Call) -> Mapping[str, Any]:
        name = call.names["deployment"]
        made = self._made.get(_key(call.scope.subscription, call.scope.group, name))
        if made is None:
            raise NotFound(f"Deployment '{name}' could not be found.")
        return made

    def _deploy(self, call: Call) -> Answer:
        """Make what a template says.

        Raises:
            Invalid: it makes something else than the workspace.
        """
        request, subscription, group = call.request, call.scope.subscription, call.scope.group
        sent = request.json().get("properties") or {}
        template = sent.get("template") or {}
        values = {name: each.get("defaultValue") for name, each in (template.get("parameters") or {}).items()}
        values |= {name: each["value"] for name, each in (sent.get("parameters") or {}).items() if "value" in each}
        where = f"/subscriptions/{subscription}/resourceGroups/{group}"
        expressions = Expressions(values, template.get("variables") or {}, where)
        found = [_filled(each, expressions) for each in _resources(template) if _type(each) == _WORKSPACE]
        if not found:
            raise Invalid(
                "The embedded workspace supports only templates that create a workspace.",
                fix="Make the resource through its own API.",
            )
        for each in found:
            self._make(Scope(subscription, group, str(each.get("name"))), each)
        made: dict[str, Any] = {
            "id": request.path,
            "name": call.names["deployment"],
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


def _filled(tree: Any, expressions: Expressions) -> Any:
    """A body with the values of its expressions. Those that are not supported stay as they are."""
    if isinstance(tree, Mapping):
        return {name: _filled(value, expressions) for name, value in tree.items()}
    return expressions.value(tree) if isinstance(tree, str) else tree
