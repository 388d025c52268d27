"""References lead to local paths, or to a clear word why not."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from orchestrator.core.errors import BackendError, Invalid, NotFound, Transient
from orchestrator.core.value import LocalFiles
from orchestrator.workspace.files.content import ContentStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import STAND_INS, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references.assets import remote, resolve
from orchestrator.workspace.references.stand_ins import stand_in_for


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    return WorkspacePaths(tmp_path / ".amlctl")


@pytest.fixture
def store(paths: WorkspacePaths, tmp_path: Path) -> Iterator[RecordStore]:
    store = RecordStore(paths)
    source = tmp_path / "heart.csv"
    source.write_text("a\n1\n")
    files = LocalFiles(source, "d" * 64, "heart.csv", {source.name: hashlib.sha256(source.read_bytes()).hexdigest()})
    digest = ContentStore(paths).put(files)
    output = tmp_path / "out"
    (output / "deep").mkdir(parents=True)
    (output / "deep" / "m.pkl").write_text("m")
    (paths.job("train-1") / "user_logs").mkdir(parents=True)
    records = [
        Record("data", "data.heart", "1", body={"path": f"content://{digest}"}),
        Record("data", "data.heart", "2", body={"path": "azureml:heart:1"}),
        Record("data", "data.loop", "1", body={"path": "azureml:loop:1"}),
        Record("data", "data.far", "1", body={"path": "wasbs://c@a.blob.core.windows.net/x"}),
        Record("data", "data.going", "1", body={"path": f"content://{digest}"}, deleting=True),
        Record("models", "models.heart-model", "1", body={"path": "azureml://jobs/train-1/outputs/best_model"}),
        Record("models", "models.bare", "1", body={}),
        Record("jobs", "jobs.train", "train-1", attributes={"outputs": {"best_model": str(output)}}),
        Record("datastores", "datastores.raw"),
    ]
    for record in records:
        store.insert(record)
    yield store
    store.close()


def find(store: RecordStore, paths: WorkspacePaths, text: str, **stand_ins: str) -> Path:
    return resolve(store, paths, stand_ins, text)


@pytest.mark.parametrize(
    ("text", "end", "why"),
    [
        ("azureml:heart:1", "heart.csv", "an asset made from a local file"),
        ("azureml:heart:2", "heart.csv", "an asset made from another asset"),
        ("azureml:heart@latest", "heart.csv", "a label"),
        ("azureml:heart", "heart.csv", "no version is the latest"),
        ("azureml:heart-model:1", "out", "a model made from a run's output"),
        ("azureml://jobs/train-1/outputs/best_model", "out", "an output"),
        ("azureml://jobs/train-1/outputs/best_model/deep/m.pkl", "out/deep/m.pkl", "a file in it"),
        ("azureml://jobs/train-1/outputs/best_model/paths/deep/", "out/deep", "the service's long form"),
        ("azureml://jobs/train-1/outputs/artifacts/paths/user_logs", "train-1/user_logs", "the run's own folder"),
    ],
)
def test_what_a_reference_leads_to(store: RecordStore, paths: WorkspacePaths, text: str, end: str, why: str) -> None:
    assert find(store, paths, text).as_posix().endswith(f"/{end}"), why


@pytest.mark.parametrize(
    ("text", "error", "says", "why"),
    [
        ("azureml:haert:1", NotFound, "Nearest: heart", "a slip of the pen"),
        ("azureml:heart:3", NotFound, "not in the workspace", "no such version"),
        ("azureml:heart@prod", NotFound, "the label 'latest' only", "labels of one's own"),
        ("azureml:going:1", NotFound, "not in the workspace", "on its way out"),
        ("azureml:loop:1", Invalid, "too many nested references", "leads to itself"),
        ("azureml:bare:1", Invalid, "no path", "a body without a path"),
        ("azureml:far:1", Invalid, "cannot be read on this machine", "remote storage behind an asset"),
        ("azureml://jobs/train-2/outputs/x", NotFound, "no run 'train-2'", "no such run"),
        ("azureml://jobs/train-1/outputs/bestmodel", NotFound, "It has: best_model", "no such output"),
        ("azureml://jobs/train-1/outputs/best_model/no", NotFound, "does not exist", "no such file in it"),
        ("azureml://jobs/train-1/outputs/best_model/../../x", Invalid, "leaves its folder", "up and away"),
        ("azureml://datastores/rwa/paths/x", NotFound, "Nearest: raw", "no such datastore"),
        ("azureml://datastores/raw/paths/x", NotFound, "does not exist", "nothing there yet"),
        ("azureml://datastores/raw/paths/../../workspace.db", Invalid, "leaves its folder", "up and away"),
        ("azureml://datastores/raw/paths/%2e%2e/x", Invalid, "leaves its folder", "up and away, in disguise"),
        ("azureml://registries/r/models/m/versions/1", Invalid, "stand_ins", "a registry"),
        ("wasbs://c@a.blob.core.windows.net/x?sig=hush", Invalid, "stand_ins", "remote storage"),
        ("relative/path", Invalid, "cannot be read", "paths are absolute by now"),
        ("/no/such/file", NotFound, "does not exist", "no such file"),
        ("content://" + "a" * 64, NotFound, "not in the workspace", "no such content"),
        ("content://../x", Invalid, "not a digest", "no digest"),
    ],
)
def test_what_leads_nowhere_says_why(
    store: RecordStore, paths: WorkspacePaths, text: str, error: type[BackendError], says: str, why: str
) -> None:
    with pytest.raises(error) as caught:
        find(store, paths, text)
    assert says in f"{caught.value.detail} {caught.value.fix}", why
    assert "hush" not in caught.value.detail


@pytest.mark.parametrize("name", ["raw", "workspaceblobstore"])
def test_datastores_are_folders_of_the_workspace(store: RecordStore, paths: WorkspacePaths, name: str) -> None:
    place = paths.datastore(name) / "a b"
    place.mkdir(parents=True)
    assert find(store, paths, f"azureml://datastores/{name}/paths/a%20b") == place


def test_a_link_out_of_a_datastore_is_refused(store: RecordStore, paths: WorkspacePaths, tmp_path: Path) -> None:
    paths.datastore("raw").mkdir(parents=True)
    (paths.datastore("raw") / "out").symlink_to(tmp_path)
    with pytest.raises(Invalid, match="leaves its folder"):
        find(store, paths, "azureml://datastores/raw/paths/out/heart.csv")


def test_local_paths_are_themselves(store: RecordStore, paths: WorkspacePaths, tmp_path: Path) -> None:
    file = tmp_path / "with space.txt"
    file.write_text("x")
    assert find(store, paths, str(file)) == file
    assert find(store, paths, file.as_uri()) == file


def test_stand_ins_win(store: RecordStore, paths: WorkspacePaths, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "f").write_text("x")
    stand_ins = {"azureml:heart:1": str(tmp_path / "here"), "wasbs://c@a/": str(tmp_path / "here")}
    assert resolve(store, paths, stand_ins, "azureml:heart:1") == tmp_path / "here"
    assert resolve(store, paths, stand_ins, "wasbs://c@a/f") == tmp_path / "here" / "f"
    with pytest.raises(NotFound, match="stand-in"):
        resolve(store, paths, stand_ins, "wasbs://c@a/g")
    with pytest.raises(Invalid, match="leaves its folder"):
        resolve(store, paths, stand_ins, "wasbs://c@a/../heart.csv")


def test_an_asset_brings_the_stand_ins_it_was_written_with(
    store: RecordStore, paths: WorkspacePaths, tmp_path: Path
) -> None:
    store.insert(
        Record(
            "data",
            "data.mapped",
            "1",
            body={"path": "abfss://x/y"},
            attributes={STAND_INS: {"abfss://x": str(tmp_path)}},
        )
    )
    (tmp_path / "y").write_text("x")
    assert find(store, paths, "azureml:mapped:1") == tmp_path / "y"


def test_the_longest_stand_in_counts() -> None:
    stand_ins = {"s3://b": "/one", "s3://b/deep": "/two"}
    assert stand_in_for(stand_ins, "s3://b/deep/f") == ("s3://b/deep", Path("/two/f"))
    assert stand_in_for(stand_ins, "s3://b/f") == ("s3://b", Path("/one/f"))
    assert stand_in_for(stand_ins, "s3://bb/f") is None


@pytest.mark.parametrize(
    ("text", "is_remote"),
    [
        ("wasbs://x", True),
        ("S3://x", True),
        ("https://x", False),
        ("azureml://datastores/a/paths/b", False),
        ("a:b", False),
    ],
)
def test_remote_storage_is_told_by_its_scheme(text: str, is_remote: bool) -> None:
    assert remote(text) is is_remote


class _Web(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        statuses = {"/gone.csv": 404, "/busy.csv": 503, "/closed.csv": 403}
        status = statuses.get(self.path.split("?", maxsplit=1)[0], 200)
        short = self.path.startswith("/short")
        self.send_response(status)
        self.send_header("Content-Length", "40" if short else "4")
        self.end_headers()
        self.wfile.write(b"data")

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[str]:
    _Web.asked = []
    server = HTTPServer(("127.0.0.1", 0), _Web)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_url_is_fetched_once(store: RecordStore, paths: WorkspacePaths, web: str) -> None:
    first = find(store, paths, f"{web}/d/heart.csv?sig=1")
    assert first == find(store, paths, f"{web}/d/heart.csv?sig=1")
    assert first.name == "heart.csv"
    assert first.read_bytes() == b"data"
    assert _Web.asked == ["/d/heart.csv?sig=1"]
    assert find(store, paths, f"{web}/d/heart.csv?sig=2") != first


@pytest.mark.parametrize(
    ("path", "error"),
    [("/gone.csv", NotFound), ("/busy.csv", Transient), ("/closed.csv", Invalid), ("/short.csv", Transient)],
)
def test_a_url_that_fails_says_how_and_leaves_nothing(
    store: RecordStore, paths: WorkspacePaths, web: str, path: str, error: type[BackendError]
) -> None:
    with pytest.raises(error) as caught:
        find(store, paths, f"{web}{path}?sig=hush")
    assert "hush" not in caught.value.detail
    assert [p for p in paths.downloads.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("place", ["jobs/train-9/outputs/model", "datastores/workspaceblobstore/out"])
def test_what_a_run_wrote_is_found_after_the_workspace_was_moved(
    tmp_path: Path, paths: WorkspacePaths, store: RecordStore, place: str
) -> None:
    before = tmp_path / "jobs" / "elsewhere" / ".amlctl" / place
    store.insert(Record("jobs", "jobs.train", "train-9", attributes={"outputs": {"model": str(before)}}))
    (paths.root / place).mkdir(parents=True)
    assert resolve(store, paths, {}, "azureml://jobs/train-9/outputs/model") == paths.root / place
