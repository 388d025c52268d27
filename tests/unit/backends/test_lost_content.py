"""A version whose files are damaged is noticed where they are used, and made again by the next apply."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestrator.backends.local.backend import LocalBackend
from orchestrator.core.address import Address
from orchestrator.core.errors import NotFound
from orchestrator.core.health import Health
from orchestrator.core.ports import Request
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.files.content import views_of
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.references.assets import resolve
from tests.unit.backends.played import Supervisor, request

HEART = Address("data", "heart")


def wanted(folder: Path) -> Request:
    table = folder / "heart.csv"
    table.write_text("a,b\n1,2\n")
    return request("data.heart", "1", body={"type": "uri_file", "path": LocalFiles(table, "d" * 64, "heart.csv")})


def damage(paths: WorkspacePaths) -> None:
    shutil.rmtree(views_of(paths), ignore_errors=True)
    for stored in paths.content.glob("??/*"):
        if stored.read_bytes() == b"a,b\n1,2\n":
            stored.chmod(0o644)
            stored.write_bytes(b"a,b")


def test_a_damaged_version_is_gone_until_it_is_made_again(
    backend: LocalBackend, paths: WorkspacePaths, supervisor: Supervisor, tmp_path: Path
) -> None:
    made = backend.create(wanted(tmp_path))
    assert list(backend.list("data")) == [made]
    damage(paths)
    with pytest.raises(NotFound, match=r"data\.heart 1: .* damaged"):
        resolve(supervisor.store, paths, {}, "azureml:heart:1")
    assert list(backend.list("data")) == []
    assert backend.read(HEART, "1") is None
    again = backend.create(wanted(tmp_path))
    assert (again.health, again.message, again.attributes) == (Health.HEALTHY, "", {})
    assert list(backend.list("data")) == [again]
    assert resolve(supervisor.store, paths, {}, "azureml:heart:1").read_text() == "a,b\n1,2\n"


def test_what_leads_to_a_damaged_version_is_not_damaged_itself(
    backend: LocalBackend, paths: WorkspacePaths, supervisor: Supervisor, tmp_path: Path
) -> None:
    backend.create(wanted(tmp_path))
    backend.create(request("models.m", "1", body={"type": "custom_model", "path": "azureml:heart:1"}))
    damage(paths)
    with pytest.raises(NotFound):
        resolve(supervisor.store, paths, {}, "azureml:m:1")
    assert [found.address.name for found in backend.list("models")] == ["m"]
    assert list(backend.list("data")) == []
