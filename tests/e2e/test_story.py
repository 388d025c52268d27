"""The story of the lesson: records → cluster → AutoML → model → endpoint → one patient, and everything that may follow."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from orchestrator.core.project import LoadOptions
from orchestrator.engine import load_project
from orchestrator.reconcile.server.listen import Listen
from orchestrator.ui.serve import serving
from orchestrator.ui.source import LiveSource
from tests.browser import CHROMIUM, accessible, launched
from tests.e2e.project import ROOT, Caller, Project, processes_of

ENDPOINT = "online_endpoints.automl-hf-sdk"
REAL_RECORDS = ROOT.parent / "shared" / "data" / "heart_failure_clinical_records.csv"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The reference project, applied once; the tests of this module follow each other."""
    project = Project.copy_of(ROOT / "specs" / "heart-failure", tmp_path_factory.mktemp("story") / "heart-failure")
    project.apply()
    yield project
    project.close()


def written(project: Project) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the workspace's database that an apply could write."""
    with sqlite3.connect(project.workspace / "workspace.db") as database:
        names = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        return {
            name: sorted(map(repr, database.execute(f'select * from "{name}"')))
            for name in names
            if not name.startswith("sqlite_")
        }


def test_the_lesson_s_patient_gets_the_lesson_s_answer(story: Project) -> None:
    url = story.status()[ENDPOINT]["urls"]["scoring"]
    assert url.startswith("http://127.0.0.1:")
    patient = (story.folder / "requests" / "patient.json").read_bytes()
    status, body = Caller(url, story.key("automl-hf-sdk"), patient).ask()
    assert (status, json.loads(body)) == (200, {"result": [False]})
    asked = story.run("invoke", story.spec, ENDPOINT, "--request-file", "requests/patient.json")
    assert json.loads(asked.stdout) == {"result": [False]}
    assert Caller(url, "wrong", patient).ask()[0] == 401


def test_a_second_plan_is_empty(story: Project) -> None:
    done = story.run("plan", story.spec, "--detailed-exitcode", code=0)
    assert "0 to create, 0 to update, 0 to run" in done.stdout


def test_a_second_apply_writes_nothing(story: Project) -> None:
    before, runs = written(story), sorted((story.workspace / "jobs").iterdir())
    assert story.apply() == {}
    assert written(story) == before
    assert sorted((story.workspace / "jobs").iterdir()) == runs


def test_what_is_no_content_changes_nothing(story: Project) -> None:
    table = story.folder / "data" / "heart_failure_synthetic.csv"
    table.touch()
    spec = story.folder / "spec.yaml"
    before = spec.read_text()
    spec.write_text(before.replace("min_instances: 0, max_instances: 3", "max_instances: 3, min_instances: 0"))
    assert story.plan() == {}
    spec.write_text("# a comment\n" + before.replace("\n", "\r\n"))
    assert story.plan() == {}
    spec.write_text(before)


def test_a_label_is_one_update_and_no_run(story: Project) -> None:
    story.edit(
        "spec.yaml",
        "    experiment_name: aml-experiment",
        "    experiment_name: aml-experiment\n    tags: {reviewed: yes}",
    )
    changes = story.plan()
    assert {address: change["action"] for address, change in changes.items()} == {"jobs.train": "update"}
    story.apply()
    assert story.plan() == {}


def test_one_byte_of_data_reruns_what_follows_and_going_back_reuses_it(story: Project) -> None:
    table = story.folder / "data" / "heart_failure_synthetic.csv"
    original = table.read_bytes()
    first = story.status()
    table.write_bytes(original.replace(b"75", b"76", 1))
    changes = story.plan()
    deployment = f"{ENDPOINT}.deployments.blue"
    assert {a: c["action"] for a, c in changes.items()} == {
        "data.heart-failure-records": "revise",
        "jobs.train": "run",
        "models.heart-failure": "revise",
        deployment: "update",
    }
    assert "heart_failure_synthetic.csv" in changes["data.heart-failure-records"]["reason"]
    assert changes["jobs.train"]["reason"] == "upstream: data.heart-failure-records"
    assert changes["models.heart-failure"]["reason"] == "upstream: jobs.train"
    assert changes[deployment]["reason"] == "upstream: models.heart-failure"
    assert "heart_failure_synthetic.csv" in story.run("explain", story.spec, "jobs.train").stdout

    patient = (story.folder / "requests" / "patient.json").read_bytes()
    url = first[ENDPOINT]["urls"]["scoring"]
    with Caller(url, story.key("automl-hf-sdk"), patient) as caller:
        outcomes = story.apply()
    assert outcomes["jobs.train"]["outcome"] == "ran"
    assert caller.answers
    assert caller.failures == []
    assert story.plan() == {}
    second = story.status()
    assert second["models.heart-failure"]["revision"] != first["models.heart-failure"]["revision"]

    table.write_bytes(original)
    runs = sorted((story.workspace / "jobs").iterdir())
    changes = story.plan()
    assert changes["jobs.train"]["action"] == "update"
    story.apply()
    assert sorted((story.workspace / "jobs").iterdir()) == runs
    back = story.status()
    for address in ("jobs.train", "models.heart-failure", "data.heart-failure-records"):
        assert back[address]["revision"] == first[address]["revision"]
    assert story.plan() == {}


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)")
def test_a_stranger_finds_what_they_look_for(story: Project) -> None:
    """Each answer is on the first page or one click from it, on a desktop and on a telephone, in light and in dark."""
    source = LiveSource(lambda: load_project([story.folder / "spec.yaml"], LoadOptions()))
    with serving(source, Listen(port=0)) as place, launched() as browser:
        for width, scheme in ((1280, "light"), (390, "dark")):
            context = browser.new_context(
                viewport={"width": width, "height": 800},
                color_scheme=scheme,  # type: ignore[arg-type]
                base_url=place.url,
            )
            page = context.new_page()
            asked: list[str] = []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.goto(place.entrance)
            first = page.locator(".glance")
            expect(first).to_contain_text("blue 100\N{NO-BREAK SPACE}%")  # the traffic split
            expect(first.locator("section", has_text="Last runs").locator("li").first).to_contain_text(
                "training_data.path"
            )  # why
            expect(first.locator("section", has_text="Last change")).to_contain_text("Apply #")
            first.get_by_role("link", name="train-").first.click()
            expect(page.get_by_text("Best trial:").first).to_be_visible()  # and its parameters
            expect(page.locator(".notice.good dt", has_text="algorithm").first).to_be_visible()
            expect(page.get_by_text("These differ from the run before")).to_be_visible()
            page.goto("")
            first.get_by_role("link", name="yesterday").click()
            expect(page.locator("nav.choices a[aria-current]")).to_have_text("Yesterday")
            for path in (
                "",
                "plan",
                "runs",
                "history",
                "schedules",
                "loop",
                *(f"resource/{each}" for each in story.status()),
            ):
                page.goto(path)
                if "online_endpoints" in path and path.count(".") == 1:
                    expect(page.get_by_text("passed").first).to_be_visible()
                accessible(page, f"reference-{path.replace('/', '-') or 'project'}-{width}", examined=False)
            assert all(each.startswith(place.url) for each in asked), "no request leaves the machine"
            context.close()


def test_it_all_goes_away_when_asked(story: Project) -> None:
    story.run("destroy", story.spec, "--yes")
    serving = {pid: command for pid, command in processes_of(story.workspace).items() if "serving.worker" in command}
    assert serving == {}
    with sqlite3.connect(story.workspace / "workspace.db") as database:
        owned = database.execute(
            "select kind, address from records where owner = 'heart-failure' and not archived"
        ).fetchall()
    assert owned == []
    story.run("destroy", story.spec, "--yes")
    story.run("workspace", "down", "--path", str(story.workspace))
    assert processes_of(story.workspace) == {}


@pytest.mark.skipif(not REAL_RECORDS.exists(), reason="the real records are not on this machine")
def test_the_real_records_give_the_same_answer_by_changing_only_the_path(tmp_path: Path) -> None:
    project = Project.copy_of(ROOT / "specs" / "heart-failure", tmp_path / "heart-failure")
    real = tmp_path / "real"
    real.mkdir()
    shutil.copy(REAL_RECORDS, real / "records.csv")
    table = (project.folder / "data" / "MLTable").read_text()
    (real / "MLTable").write_text(table.replace("heart_failure_synthetic.csv", "records.csv"))
    try:
        outcomes = project.apply("--var", f"data_path={real}")
        answers = outcomes[f"{ENDPOINT}.traffic"]["answers"]
        assert [json.loads(answer["body"]) for answer in answers] == [{"result": [False]}]
    finally:
        project.close()
