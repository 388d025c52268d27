"""A column that AutoML shall use is looked for in the local table; where that cannot be read, nothing is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.diagnostic import Diagnostic, SpecError
from orchestrator.core.project import LoadOptions
from orchestrator.engine.project import load_project

CSV = "when,shop,size,price\n2024-01-01,a,1,2.5\n2024-01-02,b,2,3.5\n"
MLTABLE = "paths: [{file: ./t.csv}]\ntransformations: [{read_delimited: {delimiter: ','}}]\n"


def told(folder: Path, job: str, more: str = "") -> list[Diagnostic]:
    (folder / "spec.yaml").write_text(f"project: demo\n{more}jobs:\n  learn:\n    type: automl\n{job}")
    try:
        load_project([folder / "spec.yaml"], LoadOptions())
    except SpecError as failure:
        return list(failure.diagnostics)
    return []


def table(folder: Path, mltable: str = MLTABLE, text: str = CSV) -> None:
    (folder / "table").mkdir(exist_ok=True)
    (folder / "table" / "MLTable").write_text(mltable)
    (folder / "table" / "t.csv").write_text(text)


FORECAST = """    task: forecasting
    training_data: {type: mltable, path: table}
    target_column_name: prize
    weight_column_name: wait
    cv_split_column_names: [shop, fold]
    featurization:
      mode: custom
      column_name_and_types: {sise: Numeric, size: Numeric}
      transformer_params: {imputer: [{fields: [price, prise], parameters: {strategy: median}}]}
    forecasting:
      time_column_name: wen
      forecast_horizon: 3
      time_series_id_column_names: [shop, shoop]
      features_unknown_at_forecast_time: sizee
"""


def test_every_field_that_names_columns_is_checked_at_once(tmp_path: Path) -> None:
    table(tmp_path)
    found = told(tmp_path, FORECAST)
    assert {diagnostic.code for diagnostic in found} == {"unknown-column"}
    lines = (tmp_path / "spec.yaml").read_text().splitlines()
    places = []
    for diagnostic in found:
        assert diagnostic.subject is not None
        places.append(
            lines[diagnostic.subject.line - 1][diagnostic.subject.column - 1 : diagnostic.subject.end_column - 1]
        )
        assert f"the column '{places[-1]}'" in diagnostic.detail
        assert "The columns are: when, shop, size, price." in diagnostic.fix
    assert places == ["prize", "wait", "fold", "sise", "prise", "wen", "shoop", "sizee"]
    assert "Did you mean 'price'?" in found[0].fix


def test_right_names_are_right(tmp_path: Path) -> None:
    table(tmp_path)
    right = FORECAST
    for wrong, name in (("prize", "price"), ("wait", "size"), (", fold", ""), ("sise: Numeric, ", ""), (", prise", ""),
                        ("wen", "when"), (", shoop", ""), ("sizee", "size")):  # fmt: skip
        right = right.replace(wrong, name)
    assert told(tmp_path, right) == []


CLASSIFY = "    task: TASK\n    training_data: {type: TYPE, path: PATH}\n    target_column_name: prise\n"
ASSET = "data: {rows: {type: mltable, path: table}, file: {type: uri_file, path: table/t.csv}, far: {type: mltable, path: 'https://example.org/t'}}\n"


@pytest.mark.parametrize(
    ("task", "kind", "path", "codes"),
    [
        ("classification", "mltable", "table", ["unknown-column"]),
        ("regression", "mltable", "azureml:rows@latest", ["unknown-column"]),
        ("image_classification", "mltable", "azureml:rows@latest", ["unknown-column"]),
        ("text_ner", "mltable", "${data.rows}", ["unknown-column"]),
        ("regression", "uri_file", "azureml:file@latest", ["invalid-value", "unknown-column"]),
        ("regression", "uri_folder", "table", ["invalid-value", "unknown-column"]),
        ("regression", "mltable", "azureml:far@latest", []),
        ("regression", "mltable", "azureml:registered:3", []),
        ("regression", "mltable", "azureml://datastores/d/paths/t", []),
    ],
)
def test_tables_that_can_be_read(tmp_path: Path, task: str, kind: str, path: str, codes: list[str]) -> None:
    table(tmp_path)
    job = CLASSIFY.replace("TASK", task).replace("TYPE", kind).replace("PATH", f"'{path}'")
    assert sorted(diagnostic.code for diagnostic in told(tmp_path, job, ASSET)) == codes


def test_the_validation_data_need_the_target_too(tmp_path: Path) -> None:
    table(tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "MLTable").write_text(MLTABLE)
    (tmp_path / "other" / "t.csv").write_text("when,shop\n1,2\n")
    job = (
        CLASSIFY.replace("TASK", "regression")
        .replace("TYPE", "mltable")
        .replace("PATH", "table")
        .replace("prise", "price")
    )
    [found] = told(tmp_path, job + "    validation_data: {type: mltable, path: other}\n")
    assert "validation_data does not have" in found.detail


def test_other_mistakes_hide_no_column(tmp_path: Path) -> None:
    table(tmp_path)
    job = FORECAST.replace("      time_column_name: wen\n", "").replace("forecast_horizon: 3", "forecast_horizon: soon")
    found = told(tmp_path, job.replace("training_data: {type: mltable", "training_data: {type: uri_file"))
    assert sorted({diagnostic.code for diagnostic in found}) == ["invalid-value", "missing-field", "unknown-column"]
    assert [diagnostic.code for diagnostic in found].count("unknown-column") == 7


@pytest.mark.parametrize(
    ("field", "right", "wrong"),
    [
        ("forecast_horizon", ["1", "auto", "12"], ["0", "-3", "soon", "[1]"]),
        (
            "frequency",
            ["D", "H", "h", "15min", "W-MON", "MS", "1D12h", "QS-JAN", "2M", "WOM-1MON"],
            ["daily", "Q7", "5", "''"],
        ),
        ("cv_step_size", ["1"], ["0", "auto"]),
        ("seasonality", ["7", "auto"], ["-1", "weekly"]),
        ("target_lags", ["1", "auto", "[1, 2]"], ["-1", "[1, 0]"]),
        ("target_rolling_window_size", ["3"], ["0"]),
    ],
)
def test_settings_of_forecasts_are_told_beside_what_is_missing(
    tmp_path: Path, field: str, right: list[str], wrong: list[str]
) -> None:
    job = "    task: forecasting\n    training_data: {type: mltable, path: 'https://example.org/t'}\n    target_column_name: y\n"
    for values, codes in ((right, ["missing-field"]), (wrong, ["missing-field", "told"])):
        for value in values:
            found = told(tmp_path, f"{job}    forecasting: {{{field}: {value}}}\n")
            assert [
                each.code.replace("invalid-value", "told").replace("wrong-type", "told") for each in found
            ] == codes, value
            assert all(each.subject is not None and each.subject.line == 8 for each in found)


UNREADABLE: list[tuple[str, dict[str, Any]]] = [
    ("what only Microsoft's engine does", {"mltable": MLTABLE + "  - new_step: {a: 1}\n"}),
    ("a URL", {"mltable": MLTABLE.replace("./t.csv", "https://example.org/t.csv")}),
    ("another encoding", {"text": "\xe9\n1\n"}),
    ("nothing in it", {"text": "\n"}),
]


@pytest.mark.parametrize(("why", "made"), UNREADABLE, ids=[why for why, _ in UNREADABLE])
def test_what_cannot_be_read_is_passed_over(tmp_path: Path, why: str, made: dict[str, Any]) -> None:
    table(tmp_path, **{**made, "text": CSV})
    if "text" in made:
        (tmp_path / "table" / "t.csv").write_bytes(made["text"].encode("latin-1"))
    job = CLASSIFY.replace("TASK", "regression").replace("TYPE", "mltable").replace("PATH", "table")
    assert [found.code for found in told(tmp_path, job) if found.code == "unknown-column"] == [], why


def test_validation_loads_no_pandas(tmp_path: Path) -> None:
    import subprocess
    import sys

    table(tmp_path)
    (tmp_path / "spec.yaml").write_text(f"project: demo\njobs:\n  learn:\n    type: automl\n{FORECAST}")
    program = (
        "import sys, json, pathlib\n"
        "from orchestrator.core.diagnostic import SpecError\n"
        "from orchestrator.core.project import LoadOptions\n"
        "from orchestrator.engine.project import load_project\n"
        "try: load_project([pathlib.Path('spec.yaml')], LoadOptions())\n"
        "except SpecError as e: print(json.dumps([len(e.diagnostics), 'pandas' in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [8, False]
