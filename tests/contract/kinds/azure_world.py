"""A workspace of Azure as a world for the contract of each kind: the real client, the wire, and the embedded workspace behind it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from orchestrator.core.ports import Request as Sent
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.value import Secret
from orchestrator.kinds import discover
from orchestrator.workspace.arm.account import CLIENT, GROUP, SUBSCRIPTION, WORKSPACE
from orchestrator.workspace.arm.messages import Answer, WireError, WireRequest
from orchestrator.workspace.arm.roles import KIND as ROLES
from orchestrator.workspace.arm.server import Respond
from orchestrator.workspace.arm.service import ArmService
from orchestrator.workspace.arm.tokens import TENANT
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore
from tests.contract.kinds.shouting import Shouting
from tests.contract.kinds.worlds import EmbeddedWorld
from tests.unit.kinds.cases import Case, merged
from tests.wire.faults import Faults


def settings(service: ArmService) -> dict[str, Any]:
    """Settings of a target that lead to a served workspace, without help of the environment."""
    principal = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret": Secret("SP", service.tokens.secret)}
    return {
        "subscription_id": SUBSCRIPTION,
        "resource_group": GROUP,
        "workspace_name": WORKSPACE,
        "credential": {"client_secret": principal},
        "connection": {
            "resource_manager": service.url,
            "storage_suffix": "core.localhost",
            "authority": service.url,
            "instance_discovery": False,
            "ca_file": service.client_environment()["REQUESTS_CA_BUNDLE"],
        },
        "polling_s": 1,
    }


ROUTE = {"port": 5001, "path": "/"}
UNSAYABLE: Mapping[str, Mapping[str, Any]] = {
    # The loader wants all three routes, or none.
    "environments-packages": {"inference_config": {"liveness_route": ROUTE, "readiness_route": ROUTE}},
    # The client names an application's endpoint itself.
    "compute-workstation": {
        "custom_applications": [
            {
                "name": "rstudio",
                "image": {"type": "docker", "reference": "example/rstudio"},
                "endpoints": [{"target": 8787, "published": 8787}],
            }
        ]
    },
    # Properties of a run never change.
    "jobs-script": {"properties": {"origin": "test"}},
    "jobs-tuned": {"properties": {"origin": "test"}},
}
"""What azure-ai-ml cannot send, and what stands in for it. Documented in docs/reference/azure.md."""


@dataclass
class Metered(Faults):
    """Faults that also count how many requests to the workspace are answered at once.

    Attributes:
        busiest: the most so far.
        shouting: whether names are told in capitals.
        each: so often each request is refused as throttled before it is answered.
        refused: how often that happened.
    """

    busiest: int = 0
    each: int = 0
    refused: int = 0
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)
    inside: int = 0
    using: threading.Lock = field(default_factory=threading.Lock)
    shouting: Shouting = field(default_factory=Shouting)

    def around(self, respond: Respond) -> Respond:
        faulty = super().around(respond)

        def answer(request: WireRequest) -> Answer:
            ours = request.path.startswith("/subscriptions")
            with self.using:
                self.inside += ours
                self.busiest = max(self.busiest, self.inside)
                line = (request.method, request.path)
                throttled = ours and self.seen[line] < self.each
                self.seen[line] += 1
                self.refused += throttled
            try:
                if throttled:
                    raise WireError(429, "TooManyRequests", "The request was throttled.", retry_after=1)
                return self.shouting.said(request, faulty(request))
            finally:
                with self.using:
                    self.inside -= ours

        return answer


PATHS = {
    "compute": "/computes/", "datastores": "/datastores/", "data": "/data/[^/]+/versions/", "jobs": "/jobs/",
    "environments": "/environments/[^/]+/versions/", "models": "/models/[^/]+/versions/",
    "online_endpoints": "/onlineEndpoints/[^/]+$", "online_endpoints.traffic": "/onlineEndpoints/[^/]+$",
    "online_endpoints.deployments": "/deployments/[^/]+$",
    "schedules": "/schedules/[^/]+$",
    **{
        key: f"/{kind.wire.collection}/" + (f"[^/]+/{kind.wire.part}/" if getattr(kind.wire, "part", "") else "")
        for key, kind in discover().items()
        if hasattr(kind.wire, "collection")
    },
}  # fmt: skip
PATHS["workspaces"] = PATHS["feature_stores"] = r"/Microsoft\.Resources/deployments/|/workspaces/(?!local$)[^/]+$"
"""Where writes of a kind go on the wire."""

ON_WIRE = frozenset({*PATHS, "roles"})
"""Kinds that the wire shows. Tests over the wire leave the others out by their name."""


@dataclass(frozen=True)
class AzureWorld(EmbeddedWorld):
    """The same records as in the embedded world; everything of ours sees them through the client of Azure only.

    Attributes:
        target: settings of the workspace.
        meter: between the wire and the records.
        sent: the last request of ours for each address.
        pauses: how long the client meant to wait each time, seconds.
    """

    target: dict[str, Any] = field(default_factory=dict)
    meter: Metered = field(default_factory=Metered)
    pauses: list[float] = field(default_factory=list)
    sent: dict[Address, Sent] = field(default_factory=dict)

    @property
    def choice(self) -> WorkspaceChoice:
        return WorkspaceChoice("azure", dict(self.target))

    def body(self, case: Case, body: Mapping[str, Any]) -> dict[str, Any]:
        patch = UNSAYABLE.get(str(case), {})
        return merged(body, {name: value for name, value in patch.items() if name in body})

    def refuses(self, case: Case) -> str:
        return ""

    def made(self, address: Address) -> int:
        with closing(RecordStore(WorkspacePaths(self.root))) as store:
            return max(record.order for record in _records(store, address))

    def vanish(self, address: Address) -> None:
        with closing(RecordStore(WorkspacePaths(self.root))) as store:
            for record in _records(store, address):
                store.delete(record.key)

    def meddle(self, address: Address, patch: Mapping[str, Any]) -> None:
        """Send the last body again with an edit, as a second client would."""
        backend = AzureBackend(self.choice, discover(), SystemClock())
        try:
            sent = self.sent[address]
            before = backend.read(address, sent.revision or None)
            assert before is not None
            backend.update(replace(sent, properties=_edited(sent.properties, patch)), before)
        finally:
            backend.close()

    def facts(self) -> Any:
        records = super().facts()
        states = [(file, file.read_bytes()) for file in sorted(self.root.rglob("state.json"))]
        return (records, states) if records is not None or states else None


def _edited(body: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A body with an edit; secrets in it are not copied."""
    found = dict(body)
    for name, value in patch.items():
        before = found.get(name)
        found[name] = _edited(before, value) if isinstance(before, Mapping) and isinstance(value, Mapping) else value
    return found


def _records(store: RecordStore, address: Address) -> list[Record]:
    """Role assignments stand under names of their own on the wire; a test has one."""
    if address.kind == "roles":
        return list(store.list(ROLES))
    return [record for record in store.list(address.kind) if record.address == str(address)]
