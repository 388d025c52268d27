"""Documents as people write them load here as they load in azure-ai-ml, and it makes the same of our body as of the document alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.backends.azure.loader_body import for_loader
from orchestrator.core.kind import Identity
from orchestrator.core.project import LoadOptions
from orchestrator.core.value import mapped
from orchestrator.engine import load_project
from orchestrator.kinds import discover
from tests.contract.azure.test_pipeline_documents import form, plain
from tests.contract.azure.user_documents import DOCUMENTS, FILES

ml = pytest.importorskip("azure.ai.ml")
KINDS = discover()
TOLD_OTHERWISE = frozenset({"name", "version", "$schema", "tags"})
"""What a run and a version get from us."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("documents")
    for name, text in {**FILES, **DOCUMENTS}.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(text.encode())
    return place


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_client_makes_the_same_of_our_body(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestrator.backends.azure import sdk
    from orchestrator.backends.azure.sdk.repairs import mend

    mend()
    monkeypatch.chdir(folder)  # the client takes some paths as relative to there
    [desired] = load_project([folder / name], LoadOptions()).resources.values()
    kind = KINDS[desired.address.kind]
    head = {"name": "thing"} if kind.identity is Identity.VERSIONED else {}
    body = {**head, **for_loader(kind, mapped(desired.properties, plain))}
    ours = sdk.load_entity(kind.azure.loader, body, typed=kind.azure.typed)
    alone = getattr(ml, kind.azure.loader)(folder / name)
    assert _said(ours, folder) == _said(alone, folder)


def _said(entity: Any, folder: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = form(entity._to_dict(), folder)
    except AttributeError:  # it cannot write down the early termination of searches over texts
        found = form(entity._to_rest_object().properties.as_dict(), folder)
    return {name: value for name, value in found.items() if name not in TOLD_OTHERWISE}
