"""The wire's OpenAPI document: valid, complete, and about the kinds that it serves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from orchestrator.core.wire import GroupWire
from orchestrator.kinds import discover
from orchestrator.workspace.arm.app import Facade
from orchestrator.workspace.arm.messages import WireRequest
from orchestrator.workspace.arm.openapi import methods
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.folder.paths import WorkspacePaths


@pytest.fixture(scope="module")
def facade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facade]:
    shelf = WireStore(WorkspacePaths(Path(tmp_path_factory.mktemp("openapi")) / "ws"))
    yield Facade(shelf, Tokens.fresh(), discover())
    shelf.close()


@pytest.fixture(scope="module")
def told(facade: Facade) -> Any:
    return json.loads(facade.respond(WireRequest("GET", "/openapi.json")).body)


def test_it_is_valid(told: Any) -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(told).iter_errors()] == []


def test_it_lists_every_route_once(facade: Facade, told: Any) -> None:
    public, private = facade.routes()
    wanted = {(method, re.sub(r":\w+}", "}", each.path)) for each in (*public, *private) for method in methods(each)}
    assert {(method.upper(), path) for path, item in told["paths"].items() for method in item} == wanted
    names = [operation["operationId"] for item in told["paths"].values() for operation in item.values()]
    assert sorted(names) == sorted(set(names))
    assert all(re.fullmatch(r"[A-Za-z0-9]+_[A-Za-z0-9]+", name) for name in names)


def test_operations_name_their_kinds(told: Any) -> None:
    named = {operation.get("x-amlctl-kind") for item in told["paths"].values() for operation in item.values()}
    shown = [kind for kind in discover().values() if kind.wire is not None]
    assert {kind.section for kind in shown if not getattr(kind.wire, "only", "")} <= named
    assert {"compute", "datastores", "jobs", "online_endpoints", "online_endpoints.deployments", "models"} <= named
    beside = {kind.key for kind in discover().values() if isinstance(kind.wire, GroupWire)}
    for path, item in told["paths"].items():
        for operation in item.values():
            if operation.get("x-amlctl-kind") in beside:
                assert "/workspaces/{workspace}/" not in path
                continue
            below = path.startswith(("/subscriptions", "/mferp")) and "/workspaces/{workspace}/" in path
            assert below or "x-amlctl-kind" not in operation, path
            assert not below or "x-amlctl-kind" in operation or "{" not in path.rpartition("/")[2], path


def test_it_says_who_needs_a_token(facade: Facade, told: Any) -> None:
    for path, item in told["paths"].items():
        for method, operation in item.items():
            if operation["security"]:
                with pytest.raises(Exception, match="token"):
                    facade.respond(WireRequest(method.upper(), path))
