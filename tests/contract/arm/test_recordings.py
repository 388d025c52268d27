"""The recorder against our own wire, and our own wire against recordings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("azure.ai.ml", reason="needs the azure extra")

from orchestrator.backends.azure.recording.compare import differences
from orchestrator.backends.azure.recording.files import Folder, Recording, recording_folders, recordings
from orchestrator.backends.azure.recording.perform import Manner, Report, Round
from orchestrator.backends.azure.recording.scrub import Scrubber
from orchestrator.backends.azure.recording.step import Place, RecordingStep, Reply
from orchestrator.backends.azure.recording.steps import ROUND, made
from orchestrator.core.errors import Transient
from tests.contract.arm.recorded import ADDRESS, KEPT, Here

Make = Callable[..., Here]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Make]:
    """Makes workspaces that are closed when the test ends."""
    known: list[Here] = []

    def make(**options: Any) -> Here:
        known.append(Here(tmp_path / f"ws{len(known)}", **options))
        return known[-1]

    yield make
    for each in known:
        each.close()


def begun(there: Here, folder: Path, minutes: float = 45.0, told: list[str] | None = None) -> Round:
    place = there.place()
    tell = (lambda line: None) if told is None else told.append
    manner = Manner(send=there.send, clock=lambda: there.now, sleep=there.sleep, tell=tell, budget_s=60 * minutes)
    return Round(place, Folder(folder), Scrubber(place, ADDRESS), manner)


def record(there: Here, folder: Path, steps: Any = ROUND, **options: Any) -> Report:
    return begun(there, folder, **options).run(steps)


def remaining(there: Here) -> list[str]:
    """Whatever a round can make and is still there."""
    collections = {path.split("/")[0] for path in made(ROUND)}
    return [
        name for each in sorted(collections) for name in there.names(each) if name.startswith(("amlrec-", "amlrec_"))
    ]


def test_a_round_is_answered_as_expected_recorded_and_leaves_nothing(here: Make, tmp_path: Path) -> None:
    there, folder = here(), tmp_path / "out"
    report = record(there, folder)
    assert report.stopped == "" and report.left == {} and report.skipped == {}
    assert report.unexpected == [], "the strict wire answers each step as the round expects of the service"
    assert [each.step for each in recordings(folder)] == [step.name for step in ROUND]
    assert remaining(there) == [] and not (folder / "left.json").exists()


def test_files_say_nothing_private_and_nothing_of_this_machine(here: Make, tmp_path: Path) -> None:
    there, folder = here(), tmp_path / "out"
    record(there, folder)
    text = "".join(file.read_text() for file in folder.iterdir())
    assert not re.search(r"127\.0\.0\.1|8443|Bearer|7f3a1", text) and str(tmp_path) not in text
    keys = json.loads(next(folder.glob("*-endpoint-keys.json")).read_text())["answer"]["body"]
    assert keys == {"primaryKey": "REDACTED", "secondaryKey": "REDACTED"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Transient("The connection was lost.")])
@pytest.mark.parametrize("step", ["environment", "endpoint", "compute", "job"])
def test_everything_is_deleted_whenever_it_ends(here: Make, tmp_path: Path, step: str, error: BaseException) -> None:
    there, folder = here(), tmp_path / "out"
    path = there.place().filled(next(each.path for each in ROUND if each.name == step))
    there.fail["PUT", path] = error
    round_ = begun(there, folder)
    if isinstance(error, KeyboardInterrupt):
        with pytest.raises(KeyboardInterrupt):
            round_.run(ROUND)
    else:
        assert round_.run(ROUND).stopped == "The connection was lost."
    assert remaining(there) == [] and round_.report.left == {} and not (folder / "left.json").exists()


def test_what_cannot_be_deleted_is_told_and_deleted_by_a_later_call(here: Make, tmp_path: Path) -> None:
    there, folder = here(), tmp_path / "out"
    there.fail["DELETE", "computes/amlrec-7f3a1-cpu"] = Transient("The connection was lost.")
    there.fail["DELETE", "data/amlrec-7f3a1-data"] = KeyboardInterrupt()  # a second Ctrl-C
    round_ = begun(there, folder)
    with pytest.raises(KeyboardInterrupt):
        round_.run(ROUND)
    left = Folder(folder).still_there()
    assert {"computes/amlrec-7f3a1-cpu", "data/amlrec-7f3a1-data"} <= set(left)
    assert remaining(there)
    assert begun(there, folder).clean(left).left == {}
    assert remaining(there) == [] and not Folder(folder).still_there()


def test_a_round_is_bounded_although_nothing_ever_ends(here: Make, tmp_path: Path) -> None:
    there, folder = here(idle=True), tmp_path / "out"
    report = record(there, folder, minutes=45)
    assert "45 minutes" in report.stopped or "job" in report.sent
    assert there.now < 60 * (45 + 20 + 15 * len(made(ROUND)))
    assert record(here(idle=True), tmp_path / "short", minutes=1).stopped


def test_nothing_is_sent_after_the_step_that_it_depends_on_failed(here: Make, tmp_path: Path) -> None:
    there = here()
    steps = [replace(step, body={}) if step.name == "environment" else step for step in ROUND]
    report = record(there, tmp_path / "out", steps)
    assert "environment" in report.unexpected
    assert (
        report.skipped["environment-again"] == report.skipped["job-unknown-compute"] == "'environment' did not succeed"
    )


def test_only_one_small_node_and_nothing_of_others(here: Make, tmp_path: Path) -> None:
    """Whatever is written has the round's own name, each costly thing has a price, and everything made is deleted."""
    for step in ROUND:
        names = ("{p}", "{u}")
        assert step.method == "GET" or any(name in step.path for name in names), step.name
        if step.method in ("PUT", "PATCH"):
            tree = json.dumps(step.body)
            assert "GPU" not in tree.upper() and "_NC" not in tree.upper() and "instanceCount" not in tree
            assert any(step.path.startswith(path) for path in made(ROUND)), f"{step.name} is deleted at the end"
    assert made(ROUND)["jobs/{p}-job"].cost and made(ROUND)["computes/{p}-cpu"].cost
    assert [step.name for step in ROUND if "deployments" in step.path] == []


def replayed(there: Here, folder: Path) -> dict[str, list[str]]:
    """Steps whose answer here differs from the recorded one."""
    place = there.place()
    found = {each.step: differences(each, place, there.send) for each in recordings(folder)}
    return {step: differing for step, differing in found.items() if differing}


def test_a_recording_of_ours_agrees_with_ours(here: Make, tmp_path: Path) -> None:
    record(here(), tmp_path / "out")
    assert replayed(here(), tmp_path / "out") == {}


@pytest.mark.parametrize("folder", [path for path, about in recording_folders(KEPT) if about.service == "azure"])
def test_recordings_of_the_service_agree_with_ours(here: Make, folder: Path) -> None:
    """What differs is either mended, or listed with a reason in the round's own ``differences.json``."""
    known = folder / "differences.json"
    assert replayed(here(), folder) == (json.loads(known.read_text()) if known.exists() else {})


def said(status: int, body: Any = None, **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    ("theirs", "ours", "difference"),
    [
        (said(200, {"a": 1}), said(201, {"a": 1}), "answer: status 201 instead of 200"),
        (said(200, {"a": 1}), said(200, {}), "answer.a: missing"),
        (said(200, {}), said(200, {"a": 1}), "answer.a: not the service's"),
        (said(200, {"a": "1"}), said(200, {"a": 1}), "answer.a: number instead of string"),
        (said(200, {"a": True}), said(200, {"a": 1}), "answer.a: number instead of boolean"),
        (said(200, {"a": "Dedicated"}), said(200, {"a": "dedicated"}), "answer.a: 'dedicated' is not the service's spelling 'Dedicated'"),
        (said(200, {"a": [{"b": 1}]}), said(200, {"a": [{}]}), "answer.a[].b: missing"),
        (said(400, {"error": {"code": "A"}}), said(400, {"error": {"code": "B"}}), "answer: code B instead of A"),
        (said(202, None, azure_asyncoperation="x"), said(202), "answer: header azure-asyncoperation is missing"),
    ],
)  # fmt: skip
def test_differences_of_shape_are_found(theirs: Reply, ours: Reply, difference: str) -> None:
    place = Place("/w", "v", "p")
    recording = Recording(step="s", shows="", method="GET", path="", query={}, body=None, answer=theirs)
    assert differences(recording, place, lambda *asked: ours) == [difference]
    assert differences(replace(recording, answer=ours), place, lambda *asked: ours) == []


PLACE = Place(
    "/subscriptions/9b1d0a52-1111-4222-8333-444455556666/resourceGroups/people/providers/M/workspaces/heart",
    "v",
    "amlrec-1",
)
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
SECRET = "bm90LWEtcmVhbC1rZXktYnV0LWxvbmctZW5vdWdoLWZvci1vbmU0Nzc3Nzc3Nzc3Nzc3Nw=="


@pytest.mark.parametrize(
    ("private", "body"),
    [
        ("9b1d0a52", {"id": f"{PLACE.workspace}/computes/x", "owner": "/SUBSCRIPTIONS/9B1D0A52-1111-4222-8333-444455556666"}),
        ("people", {"text": "resourceGroups/people/providers"}),
        ("heart", {"text": "The workspace 'heart' was not found."}),
        ("d0d0d0d0", {"tenantId": "d0d0d0d0-1111-4222-8333-444455556666"}),
        ("secretkey", {"primaryKey": "secretkey", "text": "x"}),
        ("hunter22", {"properties": {"credentials": {"keys": {"word": "hunter22"}}}}),
        ("hunter22", {"properties": {"connectionString": "AccountKey=hunter22"}}),
        (JWT, {"text": f"Bearer {JWT}"}),
        (SECRET, {"text": f"It was {SECRET}."}),
        ("c2ln", {"url": "https://logs.blob.core.windows.net/x?sv=1&sig=c2lnbmF0dXJl"}),
        ("logs.blob", {"url": "https://logs.blob.core.windows.net/x"}),
        ("someone", {"text": "someone@contoso.example"}),
        ("Ada", {"systemData": {"createdBy": "Ada"}}),
        ("10.20.30.40", {"address": "10.20.30.40"}),
        ("theirs", {"value": [{"id": "/x/theirs", "name": "theirs", "tags": {}}]}),
        ("about us", {"id": "/x", "name": "heart", "tags": {"about us": "x"}, "description": "about us"}),
    ],
)  # fmt: skip
def test_what_is_private_is_not_written(private: str, body: Any) -> None:
    scrubber = Scrubber(PLACE, "https://management.azure.com")
    told = json.dumps(
        scrubber.reply(Reply(200, {"location": json.dumps(body), "authorization": "x", "set-cookie": "y"}, body)).body
    )
    assert private.lower() not in told.lower()


def test_what_shows_how_the_service_answers_is_kept() -> None:
    scrubber = Scrubber(PLACE, "https://management.azure.com")
    body = {
        "id": f"{PLACE.workspace}/computes/amlrec-1-cpu",
        "name": "amlrec-1-cpu",
        "tags": {"stage": "recorded"},
        "properties": {"provisioningState": "Succeeded", "vmSize": "STANDARD_DS1_V2", "keyType": "Primary", "count": 3, "none": None},
    }  # fmt: skip
    kept = scrubber.reply(
        Reply(201, {"azure-asyncoperation": f"https://management.azure.com{PLACE.workspace}/op?api-version=v"}, body)
    )
    assert kept.body["properties"] == body["properties"] and kept.body["tags"] == body["tags"]
    assert kept.body["name"] == "amlrec-cpu" and kept.status == 201
    assert kept.headers["azure-asyncoperation"].startswith("https://management.azure.com/subscriptions/00000000-")


def test_an_answer_that_repeats_a_secret_elsewhere_is_not_written(here: Make, tmp_path: Path) -> None:
    there = here()
    step = RecordingStep(name="leak", shows="", method="GET")

    def send(*asked: Any) -> Reply:
        return Reply(200, {}, {"primaryKey": "correct horse", "text": "Your key is correct horse."})

    manner = Manner(send=send, clock=lambda: 0.0, sleep=there.sleep, tell=lambda line: None, budget_s=1.0)
    report = Round(there.place(), Folder(tmp_path / "out"), Scrubber(there.place(), ADDRESS), manner).run([step])
    assert "private" in report.skipped["leak"] and not list(tmp_path.glob("out/*"))
