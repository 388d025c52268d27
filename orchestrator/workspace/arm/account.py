"""What a client asks before it asks for resources: clouds, tokens, the workspace itself."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

from orchestrator.core.errors import Conflict
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, Scope
from orchestrator.workspace.arm.tokens import LIFETIME_S, TENANT, Tokens
from orchestrator.workspace.arm.wire_store import Entry, WireStore
from orchestrator.workspace.records.record import Record, RecordKey

CLOUD: Final = "AmlctlLoopback"
LOCATION: Final = "local"
SUBSCRIPTION: Final = "00000000-0000-0000-0000-000000000000"
GROUP: Final = "local"
WORKSPACE: Final = "local"
"""Names for those who have none of their own. Who works under any others works in the same workspace; none other is made."""

_SELF: Final = RecordKey("served_workspace", "served_workspace.labels")
"""The record of the workspace's own labels. Not a kind of specs."""

_LABELS: Final = ("friendlyName", "description")

_PLACEHOLDER: Final = re.compile("<[^<>]*>")

CLIENT: Final = "amlctl"
"""The application that a client secret belongs to."""


def register(root: Routes, tokens: Tokens) -> None:
    """Answer what is asked before there is a token."""
    root.add("GET", "metadata/endpoints", lambda call: cloud(call.request), "The cloud and where to sign in to it.")
    root.add(
        "GET", "msi/token", lambda call: managed_identity(call.request, tokens), "A token, for a managed identity."
    )
    for version in ("oauth2/v2.0", "oauth2"):
        root.add(
            "POST", f"{{tenant}}/{version}/token", lambda call: client_credentials(call.request, tokens),
            "A token, for an application with a secret.",
        )  # fmt: skip
    root.add(
        "GET",
        "{tenant}/v2.0/.well-known/openid-configuration",
        lambda call: openid(call.request),
        "Where tokens are to be had.",
    )


def cloud(request: WireRequest) -> Answer:
    """The one cloud there is, in the form of ``/metadata/endpoints``.

    Source: Azure Resource Manager, metadata endpoints, version 2019-05-01. ``portal`` and ``suffixes`` name no hosts
    that are ever called.
    """
    base = request.base
    one = {
        "name": CLOUD,
        "portal": "https://portal.amlctl.localhost/",
        "resourceManager": base,
        "authentication": {"loginEndpoint": base, "audiences": [base], "tenant": TENANT},
        "suffixes": {"storage": "core.localhost"},
    }
    return Answer.of([one])


def managed_identity(request: WireRequest, tokens: Tokens) -> Answer:
    """The token of a managed identity, for those who know the secret.

    Source: Azure App Service documentation, managed identity, REST protocol 2019-08-01.

    Raises:
        WireError: the secret is another.
    """
    if not hmac.compare_digest(request.headers.get("x-identity-header", "").encode(), tokens.secret.encode()):
        raise WireError(401, "InvalidIdentityHeader", "The identity header does not match this server.")
    audience = request.query.get("resource", "")
    token, ends = tokens.issue(audience)
    fields = {"access_token": token, "expires_on": str(ends), "resource": audience, "token_type": "Bearer"}
    return Answer.of({**fields, "client_id": CLIENT})


def client_credentials(request: WireRequest, tokens: Tokens) -> Answer:
    """The token of an application with a secret. Source: OAuth 2.0 client credentials flow, Microsoft identity platform."""
    form = dict(parse_qsl(request.content().decode()))
    given = form.get("client_secret", "")
    if not hmac.compare_digest(given.encode(), tokens.secret.encode()):
        return Answer.of({"error": "invalid_client", "error_description": "The client secret is wrong."}, 401)
    token, _ = tokens.issue(form.get("scope", "").removesuffix("/.default"))
    return Answer.of({"access_token": token, "expires_in": LIFETIME_S, "token_type": "Bearer"})


def openid(request: WireRequest) -> Answer:
    """Where tokens are to be had."""
    tenant = f"{request.base}/{request.path.strip('/').split('/')[0]}"
    return Answer.of(
        {
            "token_endpoint": f"{tenant}/oauth2/v2.0/token",
            "authorization_endpoint": f"{tenant}/oauth2/v2.0/authorize",
            "issuer": f"{tenant}/v2.0",
        }
    )


COLLECTION: Final = "workspaces"


class Others(Protocol):
    """Workspaces beside the one that is served, see `arm.siblings`."""

    def find(self, name: str) -> Record | None: ...

    def view(self, scope: Scope, record: Record) -> dict[str, Any]: ...

    def views(self, scope: Scope) -> list[dict[str, Any]]: ...

    def put(self, name: str, tree: Mapping[str, Any]) -> Record: ...

    def patch(self, record: Record, tree: Mapping[str, Any]) -> Record: ...

    def remove(self, record: Record) -> None: ...


class Workspaces:
    """The workspace as a resource."""

    def __init__(self, wire_store: WireStore, siblings: Others | None = None) -> None:
        self._wire_store = wire_store
        self._siblings = siblings

    def _sibling(self, scope: Scope) -> Record | None:
        return self._siblings.find(scope.workspace) if self._siblings is not None else None

    def register(self, routes: Routes, group: Routes, subscription: Routes) -> None:
        """Answer for it, in its own table and in those of its group and subscription."""
        kind = COLLECTION if self._siblings is not None else ""
        own = Routes(kind)
        own.add("GET", "", self._get)
        own.add("PATCH", "", self._patch)
        own.add("PUT", "", self._put)
        own.add("DELETE", "", self._delete)
        routes.include(own)
        group.add("GET", "", self._group)
        for table in (group, subscription):
            listed = Routes(kind)
            listed.add("GET", "providers/{provider}/workspaces", self._list)
            table.include(listed)

    def _get(self, call: Call) -> Answer:
        sibling = self._sibling(call.scope)
        if sibling is not None and self._siblings is not None:
            return Answer.of(self._siblings.view(call.scope, sibling))
        return Answer.of(self._view(call.request, call.scope))

    def _patch(self, call: Call) -> Answer:
        """Change labels. Everything else of a workspace is the folder's affair."""
        sibling = self._sibling(call.scope)
        if self._siblings is None or is_served(call.scope):
            self.label(call.request.json())
        elif sibling is not None:
            self._siblings.patch(sibling, call.request.json())
        else:
            # A client that is told of this workspace by the name of a new one changes it in the place of making it.
            self._siblings.put(call.scope.workspace, call.request.json())
        return self._get(call)

    def _put(self, call: Call) -> Answer:
        """The workspace with these labels and no others: what is created is there already. Another one is kept beside it."""
        tree = call.request.json()
        if self._siblings is not None and not is_served(call.scope):
            self._siblings.put(call.scope.workspace, tree)
            return self._get(call)
        sent = tree.get("properties") or {}
        self.label({"tags": tree.get("tags") or {}, "properties": {**dict.fromkeys(_LABELS), **sent}})
        return self._get(call)

    def _delete(self, call: Call) -> Answer:
        sibling = self._sibling(call.scope)
        if sibling is not None and self._siblings is not None:
            self._siblings.remove(sibling)
            return Answer(204)
        if not is_served(call.scope):
            return Answer(204)
        raise Conflict(
            "The workspace cannot be deleted while the ARM server is running.",
            fix="Stop it, then: amlctl workspace reset",
        )

    def label(self, body: Mapping[str, Any]) -> None:
        """Change the labels of the workspace that is served to those that a body has.

        Args:
            body: of the service's form: ``tags``, and ``properties`` with ``friendlyName`` and ``description``.
        """
        properties = body.get("properties") or {}
        sent = {name: properties[name] for name in _LABELS if name in properties}
        labels = {**self._labels(), **sent} | ({"tags": body["tags"]} if body.get("tags") is not None else {})
        self._wire_store.write(Entry(_SELF, labels, {}))

    def _labels(self) -> Mapping[str, Any]:
        record = self._wire_store.find(_SELF)
        return {} if record is None else record.body

    def _group(self, call: Call) -> Answer:
        """The resource group, whose region new workspaces get."""
        subscription, group = call.scope.subscription, call.scope.group
        fields = {"name": group, "type": "Microsoft.Resources/resourceGroups", "location": LOCATION}
        identifier = f"/subscriptions/{subscription}/resourceGroups/{group}"
        return Answer.of({"id": identifier, **fields, "properties": {"provisioningState": "Succeeded"}})

    def _list(self, call: Call) -> Answer:
        """All of a subscription or resource group: the one, and those that are kept beside it; of the kinds that are asked for."""
        scope = replace(call.scope, group=call.scope.group or GROUP)
        others = self._siblings.views(scope) if self._siblings is not None else []
        kinds = {kind.strip().lower() for kind in call.request.query.get("kind", "").split(",")} - {""}
        found = [self._view(call.request, scope), *others]
        return Answer.of({"value": [each for each in found if not kinds or str(each["kind"]).lower() in kinds]})

    def made(self, scope: Scope, tree: Mapping[str, Any]) -> None:
        """What a template makes: the workspace that is served gets labels, others are kept beside it."""
        if self._siblings is None or is_served(scope):
            self.label(tree)
        else:
            self._siblings.put(scope.workspace, tree)

    def _view(self, request: WireRequest, scope: Scope) -> Mapping[str, Any]:
        """It, as the service shows a workspace: under its own name, whatever the caller calls it."""
        scope = replace(scope, workspace=WORKSPACE)
        labels = self._labels()
        group = f"/subscriptions/{scope.subscription}/resourceGroups/{scope.group}/providers"
        return {
            "id": scope.id,
            "name": scope.workspace,
            "type": f"{PROVIDER}/workspaces",
            "location": LOCATION,
            "kind": "Default",
            "tags": labels.get("tags") or {},
            "sku": {"name": "Basic", "tier": "Basic"},
            "identity": {"type": "SystemAssigned", "principalId": TENANT, "tenantId": TENANT},
            "systemData": {"createdBy": "amlctl", "createdByType": "User"},
            "properties": {
                "friendlyName": labels.get("friendlyName") or scope.workspace,
                "description": labels.get("description") or "embedded workspace",
                "workspaceId": self._wire_store.identity,
                "provisioningState": "Succeeded",
                "storageAccount": f"{group}/Microsoft.Storage/storageAccounts/local",
                "keyVault": f"{group}/Microsoft.Keyvault/vaults/local",
                "applicationInsights": f"{group}/Microsoft.insights/components/local",
                "discoveryUrl": f"{request.base}/discovery",
                "mlFlowTrackingUri": self._wire_store.tracking(),
                "publicNetworkAccess": "Enabled",
                "hbiWorkspace": False,
                "v1LegacyMode": False,
                "enableDataIsolation": False,
            },
        }


def is_served(scope: Scope) -> bool:
    """Whether the caller means the workspace that is served by its own name."""
    return _is(scope.workspace, WORKSPACE)


def require_served(scope: Scope, *, kept: bool) -> None:
    """Refuse names of what there is not, with the codes and texts of Azure Resource Manager.

    The placeholders of samples, such as ``<SUBSCRIPTION_ID>``, stand for what there is: ours.

    Args:
        kept: the workspace is kept beside the served one, or is being made.

    Raises:
        WireError: 404.
    """
    wrong = "SubscriptionNotFound", f"The subscription '{scope.subscription}' could not be found."
    if _is(scope.subscription, SUBSCRIPTION):
        wrong = "ResourceGroupNotFound", f"Resource group '{scope.group}' could not be found."
        if _is(scope.group, GROUP):
            resource = f"The Resource '{PROVIDER}/workspaces/{scope.workspace}' under resource group '{scope.group}'"
            wrong = "ResourceNotFound", f"{resource} was not found."
            if kept or is_served(scope):
                return
    there = f"This server has the subscription '{SUBSCRIPTION}', the resource group '{GROUP}' and the workspace '{WORKSPACE}'"
    raise WireError(404, wrong[0], f"{wrong[1]} {there}; with --any-workspace it accepts any names.")


def _is(name: str, served: str) -> bool:
    """Whether a name stands for what is served. A path may end before it."""
    return not name or name.lower() == served.lower() or bool(_PLACEHOLDER.fullmatch(name))
