"""AutoML jobs as the job runner starts them: a folder in, a model that answers out."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.scoring_servers import ours

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "heart_failure_clinical_records.csv"
SYNTHETIC = ROOT / "specs" / "heart-failure" / "data"
PATIENT = ROOT / "specs" / "heart-failure" / "requests" / "patient.json"
COMMAND = [sys.executable, "-m", "orchestrator.workspace.automl"]
LESSON: dict[str, Any] = {
    "type": "automl",
    "task": "classification",
    "target_column_name": "DEATH_EVENT",
    "primary_metric": "AUC_weighted",
    "featurization": {"mode": "auto"},
    "limits": {"timeout_minutes": 20, "max_concurrent_trials": 3, "enable_early_termination": True},
}
# Loads the model with nothing of ours, nor MLflow or FLAML, within reach.
ASK = """
import importlib.util, json, sys
for name in ("orchestrator", "mlflow", "flaml"):
    sys.modules[name] = None
spec = importlib.util.spec_from_file_location("scoring", sys.argv[1] + "/scoring_file_v_1_0_0.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.init()
print(json.dumps(module.run(sys.stdin.read())))
"""


@dataclass(frozen=True)
class Job:
    folder: Path

    @property
    def model(self) -> Path:
        return self.folder / "outputs" / "best_model"

    def start(self) -> subprocess.Popen[str]:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        return subprocess.Popen(
            [*COMMAND, str(self.folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environ,
            cwd=self.folder,
        )

    def run(self) -> tuple[int, list[str]]:
        with self.start() as process:
            out, _ = process.communicate(timeout=300)
            return process.returncode, out.splitlines()

    def read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def ask(self, request: str) -> Any:
        made = subprocess.run(
            [sys.executable, "-c", ASK, str(self.model)], input=request, capture_output=True, text=True, check=True
        )
        return json.loads(made.stdout)


def job(folder: Path, data: Path, **body: Any) -> Job:
    made = Job(folder)
    folder.mkdir(parents=True)
    text = {
        "run": folder.name,
        "type": "automl",
        "body": {**LESSON, **body},
        "inputs": {"training_data": str(data)},
        "outputs": {"best_model": str(made.model)},
    }
    (folder / "run.json").write_text(json.dumps(text), encoding="utf-8")
    return made


@pytest.fixture(params=["synthetic", "real"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with an MLTable file and one table."""
    if request.param == "synthetic":
        return SYNTHETIC
    if not REAL.is_file():
        pytest.skip("the real records are not on this machine")
    folder = tmp_path / "records"
    folder.mkdir()
    shutil.copyfile(REAL, folder / REAL.name)
    text = (SYNTHETIC / "MLTable").read_text(encoding="utf-8")
    (folder / "MLTable").write_text(text.replace("heart_failure_synthetic.csv", REAL.name), encoding="utf-8")
    return folder


def test_the_lessons_patient_lives(tmp_path: Path, records: Path) -> None:
    made = job(tmp_path / "train", records)
    code, log = made.run()
    assert code == 0, log
    request = PATIENT.read_text(encoding="utf-8")
    assert made.ask(request) == {"result": [False]}
    [[lives, dies]] = made.ask(json.dumps({**json.loads(request), "method": "predict_proba"}))["result"]
    assert lives > dies
    figures = made.read("metrics.json")
    assert figures["primary_metric"] == "AUC_weighted"
    assert figures["best_score"] > 0.88
    board = made.read("outputs/leaderboard.json")["trials"]
    assert len(board) == figures["trials"] >= 20
    scores = [each["scores"]["AUC_weighted"] for each in board if not each["failure"]]
    assert scores == sorted(scores, reverse=True)
    assert any(line.startswith("trial 7 ") and "AUC_weighted" in line and "best" in line for line in log)


def test_the_same_content_gives_the_same_model(tmp_path: Path) -> None:
    limits = {"max_trials": 24, "max_concurrent_trials": 3}
    boards = []
    for name in ("one", "two"):
        made = job(tmp_path / name, SYNTHETIC, limits=limits)
        assert made.run()[0] == 0
        boards.append([{**each, "seconds": 0} for each in made.read("outputs/leaderboard.json")["trials"]])
    assert boards[0] == boards[1]


def test_the_model_folder_is_an_mlflow_model(tmp_path: Path) -> None:
    made = job(
        tmp_path / "train", SYNTHETIC, limits={"max_trials": 2}, training={"allowed_training_algorithms": ["light_gbm"]}
    )
    assert made.run()[0] == 0
    names = {path.name for path in made.model.iterdir()}
    assert names >= {
        "MLmodel",
        "model.pkl",
        "conda.yaml",
        "requirements.txt",
        "scoring_file_v_1_0_0.py",
        "conda_env_v_1_0_0.yml",
    }
    assert "lightgbm==" in (made.model / "requirements.txt").read_text(encoding="utf-8")
    script = (
        "import sys, mlflow, pandas\n"
        "model = mlflow.pyfunc.load_model(sys.argv[1])\n"
        "row = pandas.DataFrame([{'age': 60, 'anaemia': False, 'creatinine_phosphokinase': 500, 'diabetes': False,"
        " 'ejection_fraction': 38, 'high_blood_pressure': False, 'platelets': 260000, 'serum_creatinine': 1.4,"
        " 'serum_sodium': 137, 'sex': False, 'smoking': False, 'time': 130}])\n"
        "print(model.predict(row).tolist())\n"
    )
    told = subprocess.run([sys.executable, "-c", script, str(made.model)], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[False]"
    patient = json.loads(PATIENT.read_text(encoding="utf-8"))["data"][0]
    whole = {**dict.fromkeys(patient, 0), "age": 60, "ejection_fraction": 38, "serum_sodium": 137, "time": 130}
    table = {"columns": list(whole), "index": [0], "data": [list(whole.values())]}
    asked = [
        ({"data": [patient]}, 200, b'{"result": [false]}'),
        ({"data": [{"age": "old"}]}, 400, b"age"),
        *(({"input_data": form}, 200, b"[false]") for form in (table, [whole], {n: [v] for n, v in whole.items()})),
        ({"dataframe_split": table}, 200, b'{"predictions": [false]}'),
    ]
    with ours(Path(sys.executable), tmp_path / "serve", None, made.model) as server:
        for body, status, part in asked:
            found = server.ask(json.dumps(body).encode(), headers={"Content-Type": "application/json"})
            assert (found.status, part in found.body) == (status, True), (body, found)


def table(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_regression_with_categories_and_gaps(tmp_path: Path) -> None:
    rows = [
        f"{place},{'xyz'[place % 3]},{'' if place % 7 == 0 else place % 5},{place * 2 + place % 3}"
        for place in range(120)
    ]
    data = table(tmp_path / "t.csv", ["a,c,gap,y", *rows])
    made = job(
        tmp_path / "train",
        data,
        task="regression",
        target_column_name="y",
        primary_metric="r2_score",
        limits={"max_trials": 12},
    )
    code, log = made.run()
    assert code == 0, log
    assert made.read("metrics.json")["best_score"] > 0.95
    answer = made.ask('{"data": [{"a": "50", "c": "x"}, {"a": 90, "c": "never seen", "gap": null}]}')["result"]
    assert answer == pytest.approx([100, 180], abs=25)


def test_forecasting_follows_the_season(tmp_path: Path) -> None:
    week = [10, 12, 14, 13, 15, 30, 28]
    moments = [f"{day}" for day in _days(140)]
    rows = [f"{moment},{week[place % 7] + place * 0.01:.2f}" for place, moment in enumerate(moments)]
    made = job(
        tmp_path / "train",
        table(tmp_path / "t.csv", ["day,sales", *rows]),
        task="forecasting",
        target_column_name="sales",
        primary_metric="normalized_root_mean_squared_error",
        forecasting={"time_column_name": "day", "forecast_horizon": 7},
        limits={"max_trials": 8},
    )
    code, log = made.run()
    assert code == 0, log
    ahead = [{"day": day} for day in _days(147)[140:]]
    assert made.ask(json.dumps({"data": ahead}))["result"] == pytest.approx([each + 1.4 for each in week], abs=2.0)


def _days(count: int) -> list[str]:
    from datetime import date, timedelta

    return [str(date(2024, 1, 1) + timedelta(days=place)) for place in range(count)]


@pytest.mark.parametrize(
    ("rows", "body", "said", "why"),
    [
        (["a,y", *["1,1"] * 20], {"target_column_name": "y"}, "one class only", "one class"),
        (
            ["a,y", *[f",{place % 2}" for place in range(20)]],
            {"target_column_name": "y"},
            "all values are missing",
            "empty column",
        ),
        (["a,y"], {"target_column_name": "y"}, "is empty", "no rows"),
        (["a,y", "1,2"], {}, "Column 'DEATH_EVENT' is not in training_data. Columns: a, y.", "no label"),
        (["a,y", "1,2"], {"primary_metric": "auc"}, "is not known", "no such metric"),
    ],
)
def test_a_refused_job_ends_with_its_reason(
    tmp_path: Path, rows: list[str], body: dict[str, Any], said: str, why: str
) -> None:
    code, log = job(tmp_path / "train", table(tmp_path / "t.csv", rows), **body).run()
    assert code == 1, why
    assert log[-1].startswith("error: "), why
    assert said in log[-1], why
    assert not any("Traceback" in line for line in log), why


def test_the_time_limit_ends_the_search_with_a_model(tmp_path: Path) -> None:
    made = job(tmp_path / "train", SYNTHETIC, limits={"timeout_minutes": 0.15, "enable_early_termination": False})
    code, log = made.run()
    assert code == 0, log
    assert "The search ends: the time limit is reached." in log
    assert made.ask(PATIENT.read_text(encoding="utf-8")) == {"result": [False]}


def test_a_killed_job_leaves_no_process(tmp_path: Path) -> None:
    made = job(tmp_path / "train", SYNTHETIC, limits={"max_concurrent_trials": 2, "enable_early_termination": False})
    with made.start() as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("trial 3 "):
            assert process.poll() is None
        children = psutil.Process(process.pid).children(recursive=True)
        assert children
        process.kill()
        process.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
