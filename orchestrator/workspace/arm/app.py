"""The facade as a whole: which part answers which request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Protocol

from orchestrator.core.inborn import DEFAULT_DATASTORES
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.wire import AssetWire, GroupWire, RecordWire
from orchestrator.workspace.arm import account, computes, datastores, endpoints, registries, roles, schedules
from orchestrator.workspace.arm import codes as code_versions
from orchestrator.workspace.arm import jobs as runs
from orchestrator.workspace.arm.asset_bodies import ASSETS, versions_of
from orchestrator.workspace.arm.assets import Assets
from orchestrator.workspace.arm.batches import MFE, Batches
from orchestrator.workspace.arm.blob_files import BlobFiles
from orchestrator.workspace.arm.blobs import BlobService
from orchestrator.workspace.arm.catalogue import Catalogue
from orchestrator.workspace.arm.codes import Codes
from orchestrator.workspace.arm.computes import Computes
from orchestrator.workspace.arm.data_plane import DataPlane
from orchestrator.workspace.arm.datastores import Datastores
from orchestrator.workspace.arm.deployments import Deployments
from orchestrator.workspace.arm.endpoints import Endpoints
from orchestrator.workspace.arm.history import History, discovery
from orchestrator.workspace.arm.jobs import KIND as JOBS
from orchestrator.workspace.arm.jobs import Jobs
from orchestrator.workspace.arm.logged_runs import LoggedRuns
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest
from orchestrator.workspace.arm.openapi import document
from orchestrator.workspace.arm.operations import Operations
from orchestrator.workspace.arm.records import Records
from orchestrator.workspace.arm.roles import Roles
from orchestrator.workspace.arm.routes import Answering, Call, Found, Routes
from orchestrator.workspace.arm.schedules import Schedules
from orchestrator.workspace.arm.scope import PROVIDER, REFERENCE, Scope
from orchestrator.workspace.arm.siblings import Siblings
from orchestrator.workspace.arm.storage import ROOT, Storage
from orchestrator.workspace.arm.templates import Templates
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.folder.paths import safe_name

SECTIONS: Final = {
    "computes": computes.KIND,
    "onlineendpoints": endpoints.KIND,
    datastores.KIND: datastores.KIND,
    **{kind.section: kind.section for kind in ASSETS},
}
"""Collections of the wire whose names are compared without case, each with its section."""


class Part(Protocol):
    """Answers for one subject, below the workspace."""

    def register(self, routes: Routes) -> None:
        """Answer for it."""


_SUBSCRIPTION: Final = "subscriptions/{subscription}"
_UNUSED: Final = ("api", "provider", "location", "tenant", "place")
"""Parts of paths whatever stands there."""

_GROUP: Final = f"{_SUBSCRIPTION}/resourceGroups/{{group}}"


def _shown(kinds: Kinds, wire_store: WireStore) -> Iterator[tuple[str, Part]]:
    """The parts for kinds that say themselves how they look on the wire."""
    for kind in kinds.values():
        if isinstance(kind.wire, AssetWire):
            yield kind.key, Assets(versions_of(kind, kind.wire), wire_store)
        elif isinstance(kind.wire, RecordWire):
            yield kind.key, Records(kind, kind.wire, wire_store, kinds)
            if kind.batches:
                yield kind.key, Batches(kind, kind.wire, wire_store)


def _beside(kinds: Kinds) -> Mapping[str, list[tuple[Kind, GroupWire]]]:
    """The kinds of the resource group, by collection; those that have all the others first."""
    found: dict[str, list[tuple[Kind, GroupWire]]] = {}
    for kind in kinds.values():
        if isinstance(kind.wire, GroupWire):
            found.setdefault(kind.wire.collection, []).append((kind, kind.wire))
    return {name: sorted(those, key=lambda each: each[1].only) for name, those in found.items()}


class Facade:
    """Answers the requests of one workspace.

    Args:
        wire_store: its records.
        tokens: who may ask.
        kinds: those that say how they look on the wire are answered for.
        any_workspace: names of any subscription, group and workspace are taken for those that there are.
    """

    def __init__(self, wire_store: WireStore, tokens: Tokens, kinds: Kinds, *, any_workspace: bool = True) -> None:
        self._any_workspace = any_workspace
        self._tokens = tokens
        self._wire_store = wire_store
        own = {
            kind.wire.collection.lower(): kind.section
            for kind in kinds.values()
            if isinstance(kind.wire, RecordWire | AssetWire)
        }
        self._sections = {**SECTIONS, **own}
        storage = Storage(wire_store.paths, wire_store.workspace)
        self._blobs = BlobService(BlobFiles(wire_store.paths, storage), tokens)
        self._beside = {name: Siblings(those, wire_store) for name, those in _beside(kinds).items()}
        self._open = self._without_token()
        self._private = self._with_token(storage, kinds)

    def routes(self) -> tuple[Sequence[Answering], Sequence[Answering]]:
        """All routes: those that need no token, or take another proof, and the others."""
        return tuple(self._open.listed()), tuple(self._private.listed())

    @cached_property
    def _document(self) -> dict[str, Any]:
        return document(*self.routes())

    def _without_token(self) -> Routes:
        """What may be asked without a token of Azure, or by other proof."""
        routes = Routes()
        account.register(routes, self._tokens)
        registries.discover_registries(routes)
        routes.add("GET", "openapi.json", lambda call: Answer.of(self._document), "This document.")
        routes.add("GET", "discovery", lambda call: discovery(call.request), "Where the data planes are.")
        routes.add("*", f"{ROOT}/{{place:path}}", lambda call: self._blobs.respond(call.request), "The blob service.")
        return routes

    def _with_token(self, storage: Storage, kinds: Kinds) -> Routes:
        routes, subscription, group, workspace, history, data, frontend = (Routes() for _ in range(7))
        wire_store, operations = self._wire_store, Operations(self._wire_store)
        others = self._beside.get(account.COLLECTION)
        workspaces = account.Workspaces(wire_store, others)
        workspaces.register(workspace, group, subscription)
        Templates(workspaces.made).register(group)
        operations.register(subscription)
        for siblings in self._beside.values():
            if siblings is not others:
                siblings.register(group, subscription)
        Catalogue().register(workspace, group, subscription)
        hosted = Routes()
        registries.register(hosted)
        group.include(hosted)
        codes = Codes(wire_store, storage, self._tokens)
        logged = LoggedRuns(wire_store, JOBS)
        jobs = Jobs(wire_store, logged, operations, codes)
        parts: tuple[tuple[str, Part], ...] = (
            (computes.KIND, Computes(wire_store, operations)),
            (datastores.KIND, Datastores(wire_store, self._tokens)),
            (roles.KIND, Roles(wire_store)),
            (code_versions.KIND, codes),
            (runs.KIND, jobs),
            (schedules.KIND, Schedules(wire_store, codes)),
            (endpoints.KIND, Endpoints(wire_store, operations)),
            (endpoints.DEPLOYMENTS, Deployments(wire_store, operations, codes)),
            *((kind.section, Assets(kind, wire_store)) for kind in ASSETS),
            *_shown(kinds, wire_store),
        )
        for kind, part in parts:
            table = Routes("" if isinstance(part, Batches) else kind)
            part.register(table)
            (frontend if isinstance(part, Batches) else workspace).include(table)
        History(wire_store, jobs, logged, self._tokens).register(history, data)
        DataPlane(wire_store).register(data)
        routes.mount(f"{_GROUP}/providers/{PROVIDER}/workspaces/{{workspace}}", workspace)
        routes.mount(f"history/{{api}}/{_GROUP}/providers/{{provider}}/workspaces/{{workspace}}", history)
        routes.mount(f"data/{{api}}/{_GROUP}/providers/{{provider}}/workspaces/{{workspace}}", data)
        routes.mount(f"{MFE}/{_GROUP}/providers/{{provider}}/workspaces/{{workspace}}", frontend)
        routes.mount(_GROUP, group)
        routes.mount(f"{registries.DATA_PLANE}/{_GROUP}", hosted)
        routes.mount(_SUBSCRIPTION, subscription)
        return routes

    def knows(self, request: WireRequest) -> bool:
        """Whether the head of a request proves who sends it. Others may not send more than a request for a token needs."""
        first = request.path.strip("/").split("/", 1)[0].lower()
        if first == ROOT:
            return self._blobs.knows(request)
        return self._tokens.accepts(request.headers.get("authorization", ""))

    def respond(self, request: WireRequest) -> Answer:
        """Answer a request.

        Raises:
            WireError, BackendError: it cannot be answered as it wishes.
        """
        path = "/" + "/".join(part for part in request.path.split("/") if part)
        found = self._open.find(request.method, path)
        if found is None:
            if not self._tokens.accepts(request.headers.get("authorization", "")):
                raise WireError(401, "AuthenticationFailed", "The token is invalid for this server.")
            found = self._private.find(request.method, path)
        if found is None:
            text = f"'{path}' is not supported by the embedded workspace; see the parity table."
            raise WireError(404, "NotSupportedLocally", text)
        return found.route.handler(self._call(request, found))

    def _kept(self, request: WireRequest, found: Found, workspace: str) -> bool:
        """Whether a workspace is kept beside the served one, or is being made."""
        others = self._beside.get(account.COLLECTION)
        made = request.method != "GET" and found.route.path.endswith("/{workspace}")
        return made or (others is not None and others.find(workspace) is not None)

    def _call(self, request: WireRequest, found: Found) -> Call:
        names = {part: name for part, name in found.names.items() if part not in _UNUSED}
        scope = Scope(*(names.pop(name, "") for name in Scope.__slots__))
        if not self._any_workspace:
            account.require_served(scope, kept=self._kept(request, found, scope.workspace))
        if not scope.workspace:
            return Call(request, scope, names)
        if account.COLLECTION in self._beside and not found.route.path.endswith("{workspace}"):
            self._beside[account.COLLECTION].refuse_contents(scope.workspace)
        if request.method in ("GET", "HEAD"):
            # azure-ai-ml asks for the versions of azureml:NAME when it resolves azureml:NAME@LABEL
            names = {part: name.removeprefix(REFERENCE) for part, name in names.items()}
        for name in names.values():
            safe_name(name)
        return Call(request, scope, self._spelt(found.route.path.split("/")[1], names))

    def _spelt(self, collection: str, names: Mapping[str, str]) -> Mapping[str, str]:
        """Names as the records have them. Source: Azure Resource Manager, names of resources are compared without case."""
        section = self._sections.get(collection.lower(), "")
        if not section or "name" not in names:
            return names
        name, store = names["name"], self._wire_store.workspace
        inborn = section == datastores.KIND and name.lower() in DEFAULT_DATASTORES
        spelt = name.lower() if inborn else store.spelt(section, f"{section}.{name}").removeprefix(f"{section}.")
        found = {**names, "name": spelt}
        if "deployment" in names:
            inside = f"{section}.{spelt}.deployments."
            live = store.spelt(f"{section}.deployments", f"{inside}{names['deployment']}")
            found["deployment"] = live.removeprefix(inside)
        return found
