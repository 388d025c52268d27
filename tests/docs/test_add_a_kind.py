"""The page "Add a kind" is right: its file is a kind, its cases fit, and both workspaces keep such a resource."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from orchestrator.backends.local.backend import LocalBackend
from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request, SystemClock
from orchestrator.core.project import LoadOptions, Project, WorkspaceChoice
from orchestrator.kinds import discover
from orchestrator.spec.language import sections_of
from orchestrator.spec.load import load
from orchestrator.spec.schema import spec_schema
from orchestrator.workspace.arm.account import GROUP, SUBSCRIPTION, WORKSPACE
from orchestrator.workspace.arm.app import Facade
from orchestrator.workspace.arm.messages import WireRequest as Sent
from orchestrator.workspace.arm.tokens import Tokens
from orchestrator.workspace.arm.wire_store import WireStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from tests.docs.pages import ROOT, blocks
from tests.unit.kinds.cases import merged

AUDIENCE = "https://management.azure.com"
PAGE = ROOT / "docs" / "how-to" / "add-a-kind.md"
[CODE] = [block.body for block in blocks(PAGE) if block.language == "python"]
[CASES] = [yaml.safe_load(block.body)["cases"] for block in blocks(PAGE) if block.language == "text"]


@pytest.fixture(scope="module")
def kind() -> Iterator[Kind]:
    """The kind of the page, as a module of its own."""
    module = ModuleType("orchestrator.kinds.registry_of_the_page")
    sys.modules[module.__name__] = module
    exec(compile(CODE, str(PAGE), "exec"), module.__dict__)
    yield module.__dict__["KIND"]
    del sys.modules[module.__name__]


def read(kind: Kind, folder: Path, body: object) -> Project:
    spec = folder / "spec.yaml"
    spec.write_text(json.dumps({"project": "docs", kind.key: {"shared": body}}))
    return load([spec], LoadOptions(), {**discover(), kind.key: kind})


def test_its_cases_fit_its_model(kind: Kind, tmp_path: Path) -> None:
    for case in CASES:
        for patch in ({}, case["label"], case["content"], case["immutable"]):
            assert read(kind, tmp_path, merged(case["full"], patch)).resources
        assert read(kind, tmp_path, case["minimal"]).resources


def test_sections_schemas_and_reference_follow_from_it(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {**discover(), kind.key: kind}
    assert (
        sections_of(kinds).index("connections") < sections_of(kinds).index(kind.key) < sections_of(kinds).index("roles")
    )
    assert sections_of(kinds).count(kind.key) == 1
    schema = spec_schema(kinds)
    assert kind.key in schema["properties"]
    assert schema["$defs"]["Registry"]["required"] == ["location"]
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    page = importlib.import_module("fields_page").page(kind)
    assert "| `location` | string | **required** | Azure region. Immutable: a registry cannot be moved. |" in page


def test_its_binding_is_what_azure_ai_ml_has(kind: Kind) -> None:
    ml = pytest.importorskip("azure.ai.ml", reason="needs the azure extra")
    assert callable(getattr(ml, kind.azure.loader))
    assert isinstance(getattr(ml.MLClient, kind.azure.collection), property)
    assert importlib.import_module(f"orchestrator.backends.azure.drivers.{kind.azure.driver}").driver


def test_the_embedded_workspace_keeps_it_and_shows_it_on_the_wire(kind: Kind, tmp_path: Path) -> None:
    root = tmp_path / ".amlctl"
    desired = read(kind, tmp_path, CASES[0]["full"]).resources[Address(kind.key, "shared")]
    choice = WorkspaceChoice("local", {"path": str(root)})
    with closing(LocalBackend(choice, "docs", {kind.key: kind}, SystemClock())) as backend:
        request = Request(
            desired.address,
            revision="",
            properties=desired.properties,
            fingerprint=Fingerprint("a"),
            owner="docs",
            key="key",
            variant="",
            timeout_s=None,
        )
        backend.create(request)
        [found] = backend.list(kind.key)
        assert found.properties["location"] == "westeurope"
    tokens = Tokens.fresh()
    with closing(WireStore(WorkspacePaths(root))) as shelf:
        facade = Facade(shelf, tokens, {kind.key: kind})
        place = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}"
        asked = Sent(
            "GET", f"{place}/{kind.key}/shared", headers={"authorization": f"Bearer {tokens.issue(AUDIENCE)[0]}"}
        )
        shown = json.loads(facade.respond(asked).body)["properties"]
        assert (shown["location"], shown["tags"]["team"]) == ("westeurope", "a")
        put = replace(
            asked, method="PUT", path=f"{place}/{kind.key}/other", body=json.dumps({"properties": shown}).encode()
        )
        assert facade.respond(put).status == 200
        listed = json.loads(facade.respond(replace(asked, path=f"{place}/{kind.key}")).body)["value"]
        assert [one["name"] for one in listed] == ["shared", "other"]
