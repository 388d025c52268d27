"""A project of thirty resources of every identity, and what becomes of it in its second version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import digest_tree
from orchestrator.core.plan import Plan
from orchestrator.core.ports import Backend
from orchestrator.core.project import Project, WorkspaceChoice
from orchestrator.core.resource import Desired
from orchestrator.core.state import StateStore
from orchestrator.core.value import Reference, plain
from orchestrator.observe.observe import observe
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.planner import make_plan
from tests.unit.execution.simulated import KINDS

_WITHOUT_CONTENT = ("description",)


def _desired(address: str, *needs: str, **properties: Any) -> Desired:
    place = Address.parse(address)
    references = tuple(Reference(Address.parse(need), text=f"azureml:{need}") for need in needs)
    body = {**properties, "inputs": list(references)} if references else dict(properties)
    content = {name: value for name, value in plain(body).items() if name not in _WITHOUT_CONTENT}
    depends_on = {reference.target for reference in references} | ({place.parent} if place.parent else set())
    return Desired(
        address=place,
        properties=body,
        content=digest_tree(content),
        metadata=digest_tree(plain(body).get("description")),
        references=references,
        depends_on=frozenset(address for address in depends_on if address),
    )


def _shared() -> Iterator[Desired]:
    yield _desired("connections.hub", about="hub")
    for number in range(2):
        yield _desired(f"compute.c{number}", about="cluster")
    for number in range(5):
        yield _desired(f"data.d{number}", about=f"records {number}")


def _first() -> Iterator[Desired]:
    yield from _shared()
    yield _desired("compute.resized", size="small")
    yield _desired("data.changed", about="old")
    for number in range(5):
        yield _desired(f"jobs.j{number}", f"data.d{number}", f"compute.c{number % 2}", about="train")
    yield _desired("jobs.later", "data.changed", "compute.resized", about="train")
    for number in range(5):
        yield _desired(f"models.m{number}", f"jobs.j{number}")
    yield _desired("models.later", "jobs.later")
    for name in ("e", "f"):
        endpoint = f"online_endpoints.{name}"
        yield _desired(endpoint, about="endpoint")
        yield _desired(f"{endpoint}.deployments.blue", "models.later", about="blue")
        yield _desired(f"{endpoint}.traffic", f"{endpoint}.deployments.blue", about="all to blue")
    yield _desired("online_endpoints.e.deployments.green", "models.m1", about="green")
    yield _desired("compute.spare", about="unused")


def _second() -> Iterator[Desired]:
    """A replacement, new content that cascades, a removed job with its model, a switched and a removed deployment, a label."""
    yield from _shared()
    yield _desired("compute.resized", size="large")
    yield _desired("data.changed", about="new")
    for number in range(4):
        yield _desired(f"jobs.j{number}", f"data.d{number}", f"compute.c{number % 2}", about="train")
    yield _desired("jobs.later", "data.changed", "compute.resized", about="train")
    for number in range(4):
        yield _desired(f"models.m{number}", f"jobs.j{number}", description="labelled now")
    yield _desired("models.later", "jobs.later")
    endpoint = "online_endpoints.e"
    yield _desired(endpoint, about="endpoint")
    yield _desired(f"{endpoint}.deployments.green", "models.later", about="green")
    yield _desired(f"{endpoint}.traffic", f"{endpoint}.deployments.green", about="all to green")


def _project(resources: Iterator[Desired]) -> Project:
    by_address = {desired.address: desired for desired in resources}
    return Project(
        name="demo",
        target="dev",
        workspace=WorkspaceChoice("local"),
        resources=by_address,
        externals=(),
        spec_digest=digest_tree(len(by_address)),
        root=Path("/"),
    )


FIRST, SECOND = _project(_first()), _project(_second())


def plan(project: Project, backend: Backend, store: StateStore) -> Plan:
    """What an apply of this version would do now; what left the spec goes."""
    state = store.load()
    return make_plan(project, state, observe(project, state, backend, KINDS), KINDS, PlanOptions(prune=True))
