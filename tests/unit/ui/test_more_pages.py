"""Pages of endpoints, tables and the loop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from orchestrator.core.address import Address
from orchestrator.core.errors import Transient
from orchestrator.core.ports import ScoringAnswer, ScoringRequest, SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.core.resource import Observed
from orchestrator.engine import load_project, open_workspace
from orchestrator.kinds import discover
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.table import profile, table_part
from orchestrator.ui.source import look
from tests.unit.ui.conftest import EVIL, HOST, Played, browser_of, with_objects

ENDPOINT = """project: served
online_endpoints:
  hfe:
    auth_mode: key
    deployments:
      blue: {model: {type: mlflow_model, path: model}, instance_type: Standard_DS3_v2, instance_count: 1}
      green: {model: {type: mlflow_model, path: model}, instance_type: Standard_DS3_v2, instance_count: 1}
    traffic: {blue: 90, green: 10}
    tests: [{name: one, request: {json: {rows: [1]}}}]
"""
HF = Address("online_endpoints", "hfe")
FROM_HERE = {"origin": HOST}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("served")
    (folder / "model").mkdir()
    (folder / "model" / "MLmodel").write_text("flavors: {python_function: {loader_module: x}}\n")
    (folder / "spec.yaml").write_text(ENDPOINT)
    project = load_project([folder / "spec.yaml"], LoadOptions())
    with open_workspace(project, discover(), SystemClock()) as workspace:
        seen = look(project, workspace)
    endpoint = Observed(
        HF, "", {"auth_mode": "key"}, owner="served", attributes={"scoring_uri": "http://127.0.0.1:9/a'b"}
    )
    traffic = Address("online_endpoints", "hfe", "traffic")
    shares = Observed(
        traffic, "", {"traffic": {"blue": 90, "green": 10}, "mirror_traffic": {"green": 5}}, owner="served"
    )
    return with_objects(seen, {HF: (endpoint,), traffic: (shares,)})


def test_an_endpoint_says_who_gets_the_requests_and_how_to_send_one(served: Snapshot) -> None:
    text = browser_of(Played(served, served.project.root)).get("/resource/online_endpoints.hfe").text
    for part in (
        "blue 90 %, green 10 %",
        "mirror 5 %",
        "curl -X POST",
        "urllib.request",
        "&#34;rows&#34;",
        "--allow-apply",
    ):
        assert part in text
    assert text.count("Request of the test") == 1  # both deployments have it
    assert "<textarea" not in text  # read-only


def test_a_request_is_sent_and_its_answer_is_text(served: Snapshot) -> None:
    source = Played(served, served.project.root)
    browser = browser_of(source, allow_apply=True)
    assert "<textarea" in browser.get("/resource/online_endpoints.hfe").text
    answer = browser.post(
        "/test/online_endpoints.hfe", data={"body": '{"x": "ä&="}', "deployment": "blue"}, headers=FROM_HERE
    )
    assert answer.status_code == 200
    assert EVIL not in answer.text
    assert source.asked == [ScoringRequest('{"x": "ä&="}', "blue")]
    for other in ("online_endpoints.none", "online_endpoints.hfe.traffic", "data.rows"):
        assert browser.post(f"/test/{other}", data={"body": "{}"}, headers=FROM_HERE).status_code == 404
    assert browser.post("/test/online_endpoints.hfe", content=b"x" * 2_000_000, headers=FROM_HERE).status_code == 413
    assert browser_of(source).post("/test/online_endpoints.hfe", headers=FROM_HERE).status_code == 403


def test_an_endpoint_that_does_not_answer_is_told(served: Snapshot) -> None:
    class Away(Played):
        def score(self, endpoint: Address, request: ScoringRequest) -> ScoringAnswer:
            raise Transient("Nobody answers.")

    browser = browser_of(Away(served, served.project.root), allow_apply=True)
    assert "Nobody answers." in browser.post("/test/online_endpoints.hfe", data={"body": "{}"}, headers=FROM_HERE).text


def test_first_rows_and_columns_of_a_table(browser: TestClient) -> None:
    text = browser.get("/resource/data.rows").text
    assert "&lt;i&gt;2&lt;/i&gt;" in text
    assert "1 … 3, mean 2" in text


@pytest.mark.parametrize(
    ("name", "content", "header", "count"),
    [
        ("a.csv", b"x,y\n1,2\n", ["x", "y"], 1),
        ("a.tsv", b"x\ty\n1\t2\n3\n", ["x", "y"], 2),
        ("a.jsonl", b'{"x": 1}\n{"y": [2]}\n', ["x", "y"], 2),
        ("a.csv", b"\xef\xbb\xbfx\n\xff\n", ["x"], 1),
        ("a.csv", b"", None, 0),
        ("a.jsonl", b"{", None, 0),
        ("a.bin", b"x,y\n", None, 0),
        ("a.csv", b"x\n" + b"1\n" * 700_000, ["x"], 524_287),
    ],
)
def test_tables_of_any_form(
    looked: Snapshot, tmp_path: Path, name: str, content: bytes, header: list[str] | None, count: int
) -> None:
    (tmp_path / name).write_bytes(content)
    rows = looked.project.resources[Address("data", "rows")]
    found = table_part(replace(rows, properties={"path": replace(rows.properties["path"], path=tmp_path)}))
    assert (found["header"] if found else None) == header
    assert (found["count"] if found else 0) == count


def test_profiles() -> None:
    assert profile("a", ["1", "", "3"]) == {
        "name": "a", "missing": 1, "distinct": 2, "type": "integer", "told": "1 … 3, mean 2",
    }  # fmt: skip
    assert profile("a", ["x", "x", "nan"])["told"] == "mostly x"
    assert profile("a", [])["type"] == "empty"


def test_what_a_loop_says(ran: Snapshot) -> None:
    source = Played(ran, ran.project.root)
    browser = browser_of(source)
    assert "No loop keeps this project" in browser.get("/loop").text
    tried = {"id": "abcdef0123456789", "at": "2026-01-01T00:00:00+00:00", "message": EVIL}
    source.now = replace(ran, note={
        "suspended": True,
        "conditions": [{"type": "Ready", "status": False, "reason": "ApplyFailed", "message": EVIL}],
        "applied": tried, "attempted": tried, "retry_at": "2026-01-01T00:00:00+00:00", "failures": 2,
        "pending": [{"action": "create", "address": "compute.cpu", "reason": "new"}],
        "drift": {"data.rows": "2026-01-01T00:00:00+00:00"}, "orphaned": ["jobs.old"],
        "history": [{"until": "2026-01-01T00:00:00+00:00", "outcome": "failed", "changed": 1, "healed": [], "times": 3, "message": EVIL}],
    })  # fmt: skip
    text = browser.get("/loop").text
    assert EVIL not in text
    for part in (
        "suspended",
        "ApplyFailed",
        "abcdef012345",
        "2026-01-01 00:00:00 UTC",
        "after 2 failures",
        "compute.cpu",
        "× 3",
    ):
        assert part in text
    source.now = replace(ran, note={})
    assert "NeverPlanned" in browser.get("/loop").text
