"""What nobody needs goes; what a record or a running job uses never does."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.core.health import Health
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.files.content import SCHEME, ContentStore, views_of
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.garbage.sweep import sweep
from orchestrator.workspace.jobs.folder import JobFolder
from orchestrator.workspace.processes.process import own_identity
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.secrets import SecretFiles
from orchestrator.workspace.records.store import RecordStore

GRACE_S = 600.0
OLD_S = 10 * GRACE_S


class Workspace:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = WorkspacePaths(folder / ".amlctl")
        self.store = RecordStore(self.paths)
        self.content = ContentStore(self.paths)

    def put(self, text: str) -> str:
        file = self.folder / f"{hashlib.sha256(text.encode()).hexdigest()[:8]}.txt"
        file.write_text(text)
        return self.content.put(LocalFiles(file, "d" * 64, file.name, {file.name: ""}))

    def data(self, name: str, digest: str, **more: object) -> Record:
        body = {"path": SCHEME + digest}
        return self.store.insert(Record("data", f"data.{name}", "1", body=body, **more))  # type: ignore[arg-type]

    def age(self, top: Path | None = None) -> None:
        """As if nothing had been used for a long time."""
        then = time.time() - OLD_S
        for path in (top or self.paths.root).rglob("*"):
            os.utime(path, (then, then), follow_symlinks=False)
        if top is not None:
            os.utime(top, (then, then))

    def sweep(self, *, dry_run: bool = False) -> dict[str, int]:
        return {part: one.count for part, one in sweep(self.paths, self.store, GRACE_S, dry_run=dry_run).items()}

    def texts(self) -> set[str]:
        return {path.read_text() for path in self.paths.content.glob("??/*") if path.read_text()[:1] != "{"}

    def tree(self) -> set[Path]:
        return set(self.paths.root.rglob("*"))


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    made = Workspace(tmp_path)
    made.paths.create()
    yield made
    made.store.close()


@pytest.mark.parametrize("more", [{}, {"archived": True}, {"deleting": True}, {"health": Health.DEGRADED}])
def test_content_of_a_record_stays_and_other_content_goes(workspace: Workspace, more: dict[str, object]) -> None:
    kept, lost = workspace.put("kept"), workspace.put("lost")
    workspace.data("kept", kept, **more)
    for digest in (kept, lost):
        workspace.content.path_of(digest)
    workspace.age()
    assert workspace.sweep() == {"content": 3}  # bytes, manifest and the place that they were laid out in
    assert workspace.texts() == {"kept"}
    assert workspace.content.path_of(kept).read_text() == "kept"
    assert workspace.sweep() == {}


def test_a_dry_run_tells_the_same_and_removes_nothing(workspace: Workspace) -> None:
    workspace.content.path_of(workspace.put("x" * 5000))
    workspace.paths.job("gone").mkdir(parents=True)
    workspace.age()
    before = workspace.tree()
    told = sweep(workspace.paths, workspace.store, GRACE_S, dry_run=True)
    assert workspace.tree() == before
    assert told == sweep(workspace.paths, workspace.store, GRACE_S, dry_run=False)
    assert told["content"].bytes >= 8192
    assert set(told) == {"content", "runs"}


def test_what_was_just_used_stays(workspace: Workspace) -> None:
    first = workspace.put("one")
    workspace.put("two")
    workspace.age()
    workspace.put("two")  # whoever puts it again is about to write a record
    third = workspace.put("three")
    workspace.content.path_of(third)
    workspace.age(workspace.paths.content / third[:2])
    assert workspace.sweep() == {"content": 3}
    assert workspace.texts() == {"two", "three"}
    assert (views_of(workspace.paths) / third).is_dir()
    assert first not in {path.name for path in workspace.tree()}


def test_inputs_of_a_running_job_stay_without_their_record(workspace: Workspace) -> None:
    digest = workspace.put("rows")
    place = workspace.content.path_of(digest)
    run = workspace.store.insert(Record("jobs", "jobs.j", "j-1", health=Health.PROGRESSING, phase="running"))
    folder = JobFolder(workspace.paths.job("j-1"))
    folder.path.mkdir(parents=True)
    folder.order.write_text(json.dumps({"inputs": {"rows": str(place)}}))
    workspace.age()
    assert workspace.sweep() == {}
    workspace.store.update_status(run.key, health=Health.HEALTHY, phase="completed")
    assert workspace.sweep() == {"content": 3}
    assert folder.order.exists()


def test_files_shared_by_two_names_free_bytes_once(workspace: Workspace) -> None:
    one, two = workspace.folder / "a", workspace.folder / "b"
    for folder in (one, two):
        folder.mkdir()
        (folder / "same").write_bytes(b"x" * 40_960)
    digests = [workspace.content.put(LocalFiles(folder, "d" * 64, folder.name, {"same": ""})) for folder in (one, two)]
    workspace.data("a", digests[0])
    workspace.age()
    assert workspace.sweep() == {"content": 1}  # the other manifest; the bytes are still needed
    assert (workspace.content.path_of(digests[0]) / "same").stat().st_size == 40_960
    (workspace.paths.downloads / "old").mkdir(parents=True)
    object_ = next(p for p in workspace.paths.content.glob("??/*") if p.stat().st_size == 40_960)
    (workspace.paths.downloads / "old" / "link").hardlink_to(object_)
    workspace.age()
    freed = sweep(workspace.paths, workspace.store, GRACE_S, dry_run=False)["downloads"]
    assert freed.count == 1
    assert freed.bytes < 40_960, "the bytes still have a name in the content"


def test_drafts_and_broken_places_go(workspace: Workspace) -> None:
    digest = workspace.put("kept")
    workspace.data("kept", digest)
    workspace.content.path_of(digest)
    (workspace.paths.content / digest[:2] / f".{digest}.12ab").write_text("half")
    (views_of(workspace.paths) / f"broken-{digest}.12ab").mkdir()
    workspace.age()
    assert workspace.sweep() == {"content": 2}


def test_run_folders(workspace: Workspace) -> None:
    names = ("live", "archived", "mentioned", "running", "gone", "fresh")
    for name in names:
        code = workspace.paths.job(name) / "code"
        code.mkdir(parents=True)
        (code / "train.py").write_text("1")
        code.chmod(0o555)
    workspace.store.insert(Record("jobs", "jobs.j", "live"))
    workspace.store.insert(Record("jobs", "jobs.j", "archived", archived=True))
    workspace.store.insert(Record("models", "models.m", "1", body={"path": "azureml://jobs/mentioned/outputs/o/"}))
    JobFolder(workspace.paths.job("running")).process.write_text(str(own_identity()))
    for name in names[:-1]:
        workspace.age(workspace.paths.job(name))
    assert workspace.sweep() == {"runs": 1}
    assert {path.name for path in workspace.paths.jobs.iterdir()} == set(names) - {"gone"}


def test_endpoints_secrets_and_downloads(workspace: Workspace) -> None:
    url = "https://example.org/rows.csv"
    serving = {"servers": [{"process": str(own_identity())}], "strays": []}
    for place in ("hf/deployments/blue", "hf/deployments/green", "old/deployments/blue", "busy/deployments/blue"):
        (workspace.paths.endpoints / place).mkdir(parents=True)
        (workspace.paths.endpoints / place / "deployment.log").write_text("x")
    (workspace.paths.endpoints / "busy/deployments/blue/state.json").write_text(json.dumps(serving))
    (workspace.paths.endpoints / ".router").mkdir()
    for name in (hashlib.sha256(url.encode()).hexdigest(), "0" * 64):
        (workspace.paths.downloads / name).mkdir(parents=True)
    workspace.store.insert(Record("online_endpoints", "online_endpoints.hf"))
    blue = Record("online_endpoints.deployments", "online_endpoints.hf.deployments.blue")
    workspace.store.insert(blue)
    workspace.store.insert(Record("jobs", "jobs.j", "j", body={"inputs": {"rows": {"path": url}}}))
    secrets = SecretFiles(workspace.paths)
    for record in (blue, Record("jobs", "jobs.deleted", "d")):
        secrets.put(record.key, [(("environment_variables", "T"), "hush")])
    (workspace.paths.datastore("mine") / "rows").mkdir(parents=True)
    workspace.age()
    assert workspace.sweep() == {"downloads": 1, "endpoints": 2, "secrets": 1}
    left = {path.relative_to(workspace.paths.endpoints).as_posix() for path in workspace.paths.endpoints.glob("**/*/")}
    assert left == {
        *("hf", "hf/deployments", "hf/deployments/blue", "busy", "busy/deployments", "busy/deployments/blue"),
        ".router",
    }
    assert secrets.to_hide(blue) == {"hush": "T"}
    assert (workspace.paths.datastore("mine") / "rows").is_dir(), "what users put into datastores is theirs"


def test_damaged_manifests_do_not_stop_it(workspace: Workspace) -> None:
    digest = workspace.put("kept")
    workspace.data("kept", digest)
    stored = workspace.paths.content / digest[:2] / digest
    stored.chmod(0o644)
    stored.write_text("{")
    workspace.age()
    assert workspace.sweep(dry_run=True) == {"content": 1}
    assert stored.read_text() == "{"


def test_who_submits_meanwhile_loses_nothing(workspace: Workspace) -> None:
    """Old bytes are put again, recorded and used, while everything that nobody needs is removed all the time."""
    texts = [[f"text {number} {turn}" for turn in range(12)] for number in range(4)]
    for row in texts:
        for text in row:
            workspace.content.path_of(workspace.put(text))
    workspace.age()
    done = threading.Event()
    failures: list[BaseException] = []

    def submit(number: int) -> None:
        store = RecordStore(workspace.paths)
        try:
            for turn, text in enumerate(texts[number]):
                digest = workspace.put(text)
                record = Record("data", f"data.d{number}", str(turn), body={"path": SCHEME + digest})
                store.insert(record)
                assert workspace.content.path_of(digest).read_text() == text
                assert workspace.content.materialise(digest, workspace.folder / f"j{number}-{turn}", writable=True)
        except BaseException as failure:
            failures.append(failure)
        finally:
            store.close()

    def clear() -> None:
        while not done.is_set():
            workspace.sweep()

    clearer = threading.Thread(target=clear)
    clearer.start()
    threads = [threading.Thread(target=submit, args=(number,)) for number in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    clearer.join()
    assert failures == []
    workspace.age()
    assert workspace.sweep() == {}
    assert workspace.texts() == {text for row in texts for text in row}
