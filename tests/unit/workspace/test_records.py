"""Records: what is written is read back, by every thread and store, and nothing is made by looking."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.core.errors import Conflict, Invalid, NotFound
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record, RecordKey
from orchestrator.workspace.records.store import RecordStore


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    return WorkspacePaths(tmp_path / ".amlctl")


@pytest.fixture
def store(paths: WorkspacePaths) -> Iterator[RecordStore]:
    store = RecordStore(paths)
    yield store
    store.close()


def model(version: str = "1", **changes: object) -> Record:
    return replace(Record("models", "models.iris.v2", version, body={"path": "x", "ä": ["ö", None, 1.5]}), **changes)  # type: ignore[arg-type]


def test_looking_makes_nothing(store: RecordStore, paths: WorkspacePaths) -> None:
    assert store.get("models", "models.a", "1") is None
    assert store.latest("models", "models.a") is None
    assert store.find("models", "1") is None
    assert list(store.list()) == []
    assert store.data_version() == -1
    assert not paths.root.exists()


def test_a_database_that_holds_only_a_state_has_no_records(store: RecordStore, paths: WorkspacePaths) -> None:
    paths.create()
    state = sqlite3.connect(paths.db)
    state.execute("CREATE TABLE state_format (format INTEGER)")
    state.close()
    assert list(store.list("models")) == []
    assert store.insert(model()).order == 1


def test_what_is_inserted_is_read_back_whole(store: RecordStore) -> None:
    record = model(
        owner="heart", fingerprint="1:a:b:c", attributes={"size": 3, "gone": None}, health=Health.PROGRESSING,
        message="waits", archived=True, phase="queued", variant="custom_model", deleting=True,
    )  # fmt: skip
    inserted = store.insert(record)
    assert inserted == replace(record, order=inserted.order, attributes={"size": 3})
    assert store.get(*record.key) == inserted
    assert inserted.name == "iris.v2"


@pytest.mark.parametrize(
    ("record", "name", "why"),
    [
        (Record("models", "models.a.b"), "a.b", "asset names may hold dots"),
        (Record("online_endpoints", "online_endpoints.hf"), "hf", "an endpoint"),
        (Record("online_endpoints.deployments", "online_endpoints.hf.deployments.blue"), "blue", "a part"),
        (Record("online_endpoints.traffic", "online_endpoints.hf.traffic"), "traffic", "a part without a name"),
    ],
)
def test_the_name_is_the_addresss_last_part(record: Record, name: str, why: str) -> None:
    assert record.name == name, why


def test_the_folder_is_for_its_owner_and_ignored_by_git(store: RecordStore, paths: WorkspacePaths) -> None:
    store.insert(model())
    assert stat.S_IMODE(paths.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(paths.db.stat().st_mode) == 0o600
    assert (paths.root / ".gitignore").read_text() == "*\n"


def test_the_same_key_twice_is_a_conflict(store: RecordStore) -> None:
    store.insert(model())
    with pytest.raises(Conflict, match=r"models\.iris\.v2 1"):
        store.insert(model(owner="other"))
    assert len(store.list()) == 1


def test_latest_is_the_newest_that_counts(store: RecordStore) -> None:
    for version in ("1", "10", "2", "3"):
        store.insert(model(version))
    assert [r.revision for r in store.list("models")] == ["1", "10", "2", "3"]
    store.archive(model("3").key)
    assert _latest(store) == "2"
    store.mark_deleting(model("2").key)
    assert _latest(store) == "10"


def _latest(store: RecordStore) -> str:
    found = store.latest("models", "models.iris.v2")
    assert found is not None
    return found.revision


def test_a_run_is_found_by_its_name_alone(store: RecordStore) -> None:
    store.insert(Record("jobs", "jobs.train", "train-1"))
    found = store.find("jobs", "train-1")
    assert found is not None
    assert found.address == "jobs.train"


def test_a_status_changes_what_it_names_and_leaves_the_rest(store: RecordStore) -> None:
    before = store.insert(model(attributes={"a": 1, "b": 2}, phase="queued", message="waits"))
    assert store.update_status(before.key, health=Health.DEGRADED, attributes={"b": None, "c": 3})
    assert store.get(*before.key) == replace(before, health=Health.DEGRADED, attributes={"a": 1, "c": 3})
    assert store.update_status(before.key, message="")
    after = store.get(*before.key)
    assert after is not None
    assert (after.message, after.phase) == ("", "queued")


def test_a_status_of_an_older_body_is_not_written(store: RecordStore) -> None:
    old = store.insert(model(health=Health.PROGRESSING))
    new = store.update_body(replace(old, body={"path": "y"}))
    assert new.generation == old.generation + 1
    assert not store.update_status(old.key, health=Health.HEALTHY, generation=old.generation)
    assert store.update_status(old.key, health=Health.HEALTHY, generation=new.generation)


def test_new_labels_are_the_same_work(store: RecordStore) -> None:
    old = store.insert(model(attributes={"size": 3}))
    new = store.update_body(replace(old, body={"tags": {"a": "b"}}, attributes={}), same_work=True)
    assert new == replace(old, body={"tags": {"a": "b"}})


def test_what_is_gone_is_told(store: RecordStore) -> None:
    key = RecordKey("models", "models.a", "1")
    assert not store.update_status(key, phase="x")
    assert not store.mark_deleting(key)
    assert not store.archive(key)
    assert not store.delete(key)
    with pytest.raises(NotFound):
        store.update_body(Record(*key))


def test_numbers_are_never_given_twice(store: RecordStore) -> None:
    first = store.insert(model())
    store.delete(first.key)
    assert store.insert(model()).order > first.order


def test_another_stores_writes_move_the_data_version(store: RecordStore, paths: WorkspacePaths) -> None:
    store.insert(model("1"))
    before = store.data_version()
    assert store.data_version() == before
    other = RecordStore(paths)
    other.insert(model("2"))
    other.close()
    assert store.data_version() != before
    assert store.get(*model("2").key) is not None


def test_many_threads_and_stores_lose_nothing(paths: WorkspacePaths) -> None:
    shared = RecordStore(paths)
    shared.insert(Record("compute", "compute.shared"))
    failures: list[BaseException] = []

    def work(number: int) -> None:
        own = shared if number % 2 else RecordStore(paths)
        try:
            for index in range(25):
                own.insert(model(f"{number}-{index}"))
                own.update_status(RecordKey("compute", "compute.shared"), attributes={f"{number}-{index}": True})
        except BaseException as failure:
            failures.append(failure)
        finally:
            if own is not shared:
                own.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    merged = shared.get("compute", "compute.shared")
    assert failures == []
    assert len(shared.list("models")) == 150
    assert merged is not None
    assert len(merged.attributes) == 150
    shared.close()


def test_a_failed_write_leaves_nothing_half_done(store: RecordStore) -> None:
    store.insert(model("1"))
    with pytest.raises(TypeError):
        store.insert(model("2", body={"path": object()}))
    with pytest.raises(TypeError):
        store.update_status(model("1").key, attributes={"x": object()})
    assert store.insert(model("3")).order == 2


def test_a_damaged_database_is_said_to_be_damaged(paths: WorkspacePaths) -> None:
    paths.create()
    paths.db.write_bytes(b"this is no database" * 100)
    store = RecordStore(paths)
    with pytest.raises(Invalid, match="damaged") as caught:
        store.list()
    assert "reset" in caught.value.fix
    store.close()


def test_a_closed_store_opens_again(store: RecordStore) -> None:
    store.insert(model())
    store.close()
    store.close()
    assert len(store.list()) == 1
    store.delete(model().key)
    assert len(store.list()) == 0
