"""The facade as a whole: which part answers which request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from orchestrator.core.inborn import DEFAULT_DATASTORES
from orchestrator.core.kind import Kinds
from orchestrator.workspace.arm import account, computes, datastores, endpoints
from orchestrator.workspace.arm.asset_bodies import ASSETS
from orchestrator.workspace.arm.assets import Assets
from orchestrator.workspace.arm.blob_files import BlobFiles
from orchestrator.workspace.arm.blobs import BlobService
from orchestrator.workspace.arm.codes import Codes
from orchestrator.workspace.arm.computes import Computes
from orchestrator.workspace.arm.datastores import Datastores
from orchestrator.workspace.arm.deployments import Deployments
from orchestrator.workspace.arm.endpoints import Endpoints
from orchestrator.workspace.arm.history import History, discovery
from orchestrator.workspace.arm.jobs import Jobs
from orchestrator.workspace.arm.messages import Answer, Request, WireError
from orchestrator.workspace.arm.operations import Operations
from orchestrator.workspace.arm.records import Records
from orchestrator.workspace.arm.roles import Roles
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER, REFERENCE, Scope
from orchestrator.workspace.arm.shelf import Shelf
from orchestrator.workspace.arm.storage import ROOT, Storage
from orchestrator.workspace.arm.templates import RESOURCES, Templates
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.folder.paths import safe_name

SECTIONS: Final = {
    "computes": computes.KIND,
    "onlineendpoints": endpoints.KIND,
    datastores.KIND: datastores.KIND,
    **{kind.section: kind.section for kind in ASSETS},
}
"""Collections of the wire whose names are compared without case, each with its section."""


Spelling = Callable[[str, Mapping[str, str]], Mapping[str, str]]
"""Collection and names of a request to the names as the records have them."""


def _as_is(collection: str, names: Mapping[str, str]) -> Mapping[str, str]:
    return names


class Facade:
    """Answers the requests of one workspace.

    Args:
        shelf: its records.
        tokens: who may ask.
        kinds: those that say how they look on the wire are answered for.
    """

    def __init__(self, shelf: Shelf, tokens: Tokens, kinds: Kinds) -> None:
        self._tokens = tokens
        self._shelf = shelf
        own = {kind.wire.collection.lower(): kind.section for kind in kinds.values() if kind.wire is not None}
        self._sections = {**SECTIONS, **own}
        self._routes = Routes()
        storage = Storage(shelf.paths, shelf.store)
        self._blobs = BlobService(BlobFiles(shelf.paths, storage), tokens)
        self._operations = Operations(shelf)
        self._workspaces = account.Workspaces(shelf)
        self._workspaces.register(self._routes)
        self._templates = Templates(self._workspaces.label)
        Computes(shelf, self._operations).register(self._routes)
        Datastores(shelf, tokens).register(self._routes)
        Roles(shelf).register(self._routes)
        codes = Codes(shelf, storage, tokens)
        jobs = Jobs(shelf, self._operations, codes)
        codes.register(self._routes)
        jobs.register(self._routes)
        Endpoints(shelf, self._operations).register(self._routes)
        Deployments(shelf, self._operations, codes).register(self._routes)
        self._history, self._data = Routes(), Routes()
        History(shelf, jobs, tokens).register(self._history, self._data)
        for kind in ASSETS:
            Assets(kind, shelf).register(self._routes)
        for known in kinds.values():
            if known.wire is not None:
                Records(known, known.wire, shelf).register(self._routes)

    def knows(self, request: Request) -> bool:
        """Whether the head of a request proves who sends it. Others may not send more than a request for a token needs."""
        first = request.path.strip("/").split("/", 1)[0].lower()
        if first == ROOT:
            return self._blobs.knows(request)
        return self._tokens.accepts(request.headers.get("authorization", ""))

    def respond(self, request: Request) -> Answer:
        """Answer a request.

        Raises:
            WireError, BackendError: it cannot be answered as it wishes.
        """
        parts = [part for part in request.path.split("/") if part]
        lowered = [part.lower() for part in parts]
        answer = self._public(request, lowered)
        if answer is not None:
            return answer
        if not self._tokens.accepts(request.headers.get("authorization", "")):
            raise WireError(401, "AuthenticationFailed", "The token is not one of this server.")
        return self._private(request, parts, lowered)

    def _spelt(self, collection: str, names: Mapping[str, str]) -> Mapping[str, str]:
        """Names as the records have them. Source: Azure Resource Manager, names of resources are compared without case."""
        section = self._sections.get(collection.lower(), "")
        if not section or "name" not in names:
            return names
        name, store = names["name"], self._shelf.store
        inborn = section == datastores.KIND and name.lower() in DEFAULT_DATASTORES
        spelt = name.lower() if inborn else store.spelt(section, f"{section}.{name}").removeprefix(f"{section}.")
        found = {**names, "name": spelt}
        if "deployment" in names:
            inside = f"{section}.{spelt}.deployments."
            live = store.spelt(f"{section}.deployments", f"{inside}{names['deployment']}")
            found["deployment"] = live.removeprefix(inside)
        return found

    def _public(self, request: Request, lowered: Sequence[str]) -> Answer | None:
        """The answer to what may be asked without a token of Azure, or by other proof; None for everything else."""
        match lowered:
            case ["metadata", "endpoints"]:
                return account.cloud(request)
            case ["msi", "token"]:
                return account.managed_identity(request, self._tokens)
            case [_, "oauth2", "v2.0", "token"] | [_, "oauth2", "token"]:
                return account.client_credentials(request, self._tokens)
            case [_, "v2.0", ".well-known", "openid-configuration"]:
                return account.openid(request)
            case ["discovery"]:
                return discovery(request)
            case [first, *_] if first == ROOT:
                return self._blobs.respond(request)
        return None

    def _private(self, request: Request, parts: Sequence[str], lowered: Sequence[str]) -> Answer:
        match lowered:
            case ["subscriptions", _, "resourcegroups", _, "providers", provider, "workspaces", _, *_]:
                if provider == PROVIDER.lower():
                    return _found(self._routes, request, parts, self._spelt)
            case ["subscriptions", _, "resourcegroups", _, *rest]:
                return self._of_group(request, parts, rest)
            case ["subscriptions", _, "providers", _, "workspaces"]:
                return self._workspaces.list(request, parts[1], account.GROUP)
            case ["history", _, "subscriptions", _, "resourcegroups", _, "providers", _, "workspaces", _, *_]:
                return _found(self._history, request, parts[2:])
            case ["data", _, "subscriptions", _, "resourcegroups", _, "providers", _, "workspaces", _, *_]:
                return _found(self._data, request, parts[2:])
            case ["subscriptions", _, "providers", _, "locations", _, "mfeoperationsstatus", _]:
                return self._operations.status(parts[-1])
            case ["subscriptions", _, "providers", _, "locations", _, "mfeoperationresults", _]:
                return self._operations.result(parts[-1])
        raise _unanswered(request)

    def _of_group(self, request: Request, parts: Sequence[str], lowered: Sequence[str]) -> Answer:
        """The answer about a resource group, and what is in it beside the workspace's own resources."""
        subscription, group = parts[1], parts[3]
        match lowered:
            case [] if request.method in ("GET", "HEAD"):
                return self._workspaces.group(subscription, group)
            case ["providers", _, "workspaces"]:
                return self._workspaces.list(request, subscription, group)
            case ["providers", provider, "deployments", _, *_] if provider == RESOURCES.lower():
                return self._templates.respond(request, subscription, group, parts[7:])
            case ["deployments", _, "operations"]:
                return self._templates.respond(request, subscription, group, parts[5:])
        raise _unanswered(request)


def _unanswered(request: Request) -> WireError:
    return WireError(404, "NotSupportedLocally", f"The embedded workspace does not answer '{request.path}'.")


def _found(routes: Routes, request: Request, parts: Sequence[str], spelt: Spelling = _as_is) -> Answer:
    handler, names = routes.find(request.method, parts[8:])
    if request.method == "GET":  # azure-ai-ml asks for the versions of azureml:NAME when it resolves azureml:NAME@LABEL
        names = {part: name.removeprefix(REFERENCE) for part, name in names.items()}
    for name in names.values():
        safe_name(name)
    names = spelt(parts[8] if parts[8:] else "", names)
    return handler(Call(request, Scope(parts[1], parts[3], parts[7]), names))
