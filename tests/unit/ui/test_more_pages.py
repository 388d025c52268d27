"""Pages of endpoints, tables and the loop."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from orchestrator.core.address import Address
from orchestrator.core.errors import Transient
from orchestrator.core.metering import Count, Reading
from orchestrator.core.ports import ScoringAnswer, ScoringRequest
from orchestrator.ui.facts import Snapshot
from orchestrator.ui.pages.table import profile, table_part
from tests.unit.ui.conftest import EVIL, HOST, Played, browser_of, with_objects

FROM_HERE = {"origin": HOST}


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


def test_an_endpoint_says_what_it_answers_now(served: Snapshot) -> None:
    source = Played(served, served.project.root)
    browser = browser_of(source)
    assert 'data-poll="/live/online_endpoints.hfe"' in browser.get("/resource/online_endpoints.hfe").text
    assert "Nobody counts requests" in browser.get("/live/online_endpoints.hfe").text
    told = {"requests": 10, "errors": 1, "mirrored": 2, "waiting": 3, "latency_ms": {"5": 9, "50": 0, "more": 1}}
    more = {**told, "requests": 30, "latency_ms": {"5": 9, "50": 20, "more": 1}}
    most = {**more, "requests": 40, "latency_ms": {"5": 9, "50": 30, "more": 1}}
    source.counted = [
        Reading(at, {"blue": Count.of(blue), EVIL: Count.of(told)})
        for at, blue in ((100.0, told), (110.0, more), (120.0, most))
    ]
    text = browser.get("/live/online_endpoints.hfe").text
    for part in (
        "Requests, per second",
        "Errors, per second",
        "Latency, 95th percentile, ms",
        "≤ 50 ms",
        "mirrored, green 5 %",
    ):
        assert part in text
    assert EVIL not in text
    assert text.count('class="series s0"') == 3  # blue has the first colour in each chart, as in the traffic
    assert browser.get("/live/data.rows").status_code == browser.get("/live/online_endpoints.none").status_code == 404


def test_what_the_traffic_waits_for_is_told(served: Snapshot) -> None:
    browser = browser_of(Played(served, served.project.root))
    text = browser.get("/live/online_endpoints.hfe").text
    for part in ("Rollout", "deployment green is healthy", "waits for apply", "test “one” passes"):
        assert part in text
    objects = dict(served.observation.objects)
    traffic = Address("online_endpoints", "hfe", "traffic")
    objects[traffic] = (replace(objects[traffic][0], properties={"traffic": {"blue": 100}}),)
    text = browser_of(Played(with_objects(served, objects), served.project.root)).get("/live/online_endpoints.hfe").text
    assert "planned, blue 90 %, green 10 %" in text and "after apply" in text


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


def test_files_of_columns_and_declared_tables(looked: Snapshot, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    rows = looked.project.resources[Address("data", "rows")]

    def shown(folder: Path) -> dict[str, Any] | None:
        return table_part(replace(rows, properties={"path": replace(rows.properties["path"], path=folder)}))

    values = {"x": [1, None, 3], "<b>": ["a", "b", "b"], "when": [date(2026, 1, 2)] * 3}
    parquet.write_table(pyarrow.table(values), tmp_path / "a.parquet")
    found = shown(tmp_path / "a.parquet")
    assert found is not None
    assert (found["header"], found["count"], found["whole"]) == (["x", "<b>", "when"], 3, True)
    assert found["rows"][1] == ["", "b", '"2026-01-02"']
    assert found["profile"][0] | {"told": ""} == {
        "name": "x",
        "type": "integer",
        "missing": 1,
        "distinct": 2,
        "told": "",
    }
    folder = tmp_path / "declared"
    folder.mkdir()
    (folder / "one.txt").write_text("1;2\n3;4\n")
    (folder / "two.txt").write_text("5;6\n")
    reader = "{delimiter: ';', header: no_header}"
    (folder / "MLTable").write_text(f"paths: [{{pattern: ./*.txt}}]\ntransformations: [{{read_delimited: {reader}}}]\n")
    found = shown(folder)
    assert found is not None
    assert (found["header"], found["count"], found["files"]) == (["Column1", "Column2"], 2, 2)
    (folder / "MLTable").write_text("paths: {")
    assert shown(folder) is None
    (tmp_path / "a.parquet").write_bytes(b"nothing")
    assert shown(tmp_path / "a.parquet") is None


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
