"""What a workload says of itself is kept and shown without the secrets that it was given."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore

CANARY = "canary-4711"
KINDS = {
    "jobs": Record("jobs", "jobs.train", "train-1"),
    "deployments": Record("online_endpoints.deployments", "online_endpoints.e.deployments.blue", ""),
}


@pytest.mark.parametrize("record", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize(
    "said",
    ["{}", "ValueError: {}", "first\nlast {} line\n", "a{}{}b", "https://x:{}@h", "?sig={}&x=1", "'{}'"],
)
def test_a_records_message_never_holds_a_secret(tmp_path: Path, record: Record, said: str) -> None:
    paths = WorkspacePaths(tmp_path / "w")
    store = RecordStore(paths)
    store.insert(record)
    SecretFiles(paths).put(record.key, [(("environment_variables", "T"), CANARY)], {"token": CANARY})
    store.update_status(record.key, health=Health.DEGRADED, message=said.replace("{}", CANARY))
    found = store.get(*record.key)
    assert found is not None
    assert CANARY not in found.message
    assert "(secret" in found.message
    store.close()
    files = [
        path.parent.name for path in paths.root.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert files == ["secrets"]


def test_a_password_in_an_address_is_hidden_though_nobody_declared_it(tmp_path: Path) -> None:
    store = RecordStore(WorkspacePaths(tmp_path / "w"))
    record = KINDS["jobs"]
    store.insert(record)
    store.update_status(record.key, message=f"cannot clone https://bot:{CANARY}@git.example.org/r")
    found = store.get(*record.key)
    store.close()
    assert found is not None
    assert found.message == "cannot clone https://bot:(secret)@git.example.org/r"


def test_text_that_is_no_text_is_masked_too(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path / "w")
    paths.create()
    SecretFiles(paths).put(KINDS["jobs"].key, [(("a",), CANARY)], {"t": CANARY})
    mask = SecretFiles(paths).mask(KINDS["jobs"].key)
    assert mask(f"\udcff{CANARY}\udcfe") == "\udcff(secret t)\udcfe"
