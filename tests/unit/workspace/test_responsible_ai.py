"""The tools of the Responsible AI dashboard compute: planted facts come out, and what does not fit is refused in words."""

from __future__ import annotations

import html
import html.parser
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.responsible_ai import measures
from orchestrator.workspace.responsible_ai.arguments import Arguments
from orchestrator.workspace.responsible_ai.cohorts import members
from orchestrator.workspace.responsible_ai.insights import Facts, Insights, write_insights
from orchestrator.workspace.responsible_ai.models import Model
from orchestrator.workspace.responsible_ai.running import main
from orchestrator.workspace.responsible_ai.tools import (
    causal,
    constructor,
    counterfactual,
    error_analysis,
    explanation,
    gather,
    score_card,
)

NASTY = '<script>alert("1")</script>'
"""A name of a column, and a value."""


def rows(count: int) -> pandas.DataFrame:
    """``sick`` follows ``age``; in the clinic with the nasty name it is the other way round in the test rows alone."""
    random = numpy.random.default_rng(3)
    table = pandas.DataFrame(
        {
            "age": random.integers(20, 80, count),
            "weight": random.normal(70, 9, count).round(1),
            NASTY: random.choice(["north", "south", NASTY], count),
        }
    )
    table["sick"] = (table["age"] > 50).astype(int)
    return table


class Loaded(Model):
    """A model that is not read from a folder."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A constructor's folder."""
    folder = tmp_path_factory.mktemp("rai")
    train, test = rows(160), rows(120)
    turned = test[NASTY] == NASTY
    test.loc[turned, "sick"] = 1 - test.loc[turned, "sick"]
    return written(folder, "classification", train, test, DecisionTreeClassifier(max_depth=2), ("0", "1"))


def written(
    folder: Path, task: str, train: pandas.DataFrame, test: pandas.DataFrame, estimator: Any, classes: tuple[str, ...]
) -> Path:
    columns = ("age", "weight")
    estimator.fit(train[list(columns)], train["sick"])
    facts = Facts("run", f"About {NASTY}", task, "sick", (*columns, NASTY), (*columns, NASTY), (NASTY,), classes, "m:1")
    (folder / "mlflow").mkdir()
    write_insights(folder / "c", facts, {"train": train, "test": test}, folder / "mlflow", Model(estimator, columns))
    return folder


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The tools get the model without MLflow: loading it is tested where pipelines run."""
    train = rows(160)
    columns = ("age", "weight")

    def load(folder: Path, features: tuple[str, ...]) -> Model:
        kind = LinearRegression() if "numbers" in str(folder) else DecisionTreeClassifier(max_depth=2)
        return Model(kind.fit(train[list(columns)], train["sick"]), columns)

    monkeypatch.setattr("orchestrator.workspace.responsible_ai.insights.load", load)
    monkeypatch.setattr(counterfactual, "_MOST_ROWS", 4)


def ran(tool: Any, folder: Path, **values: Any) -> dict[str, Any]:
    texts = {name: str(value) for name, value in values.items()}
    tool.run(Arguments({"rai_insights_dashboard": str(folder / "c"), "output": str(folder / tool.__name__), **texts}))
    said: dict[str, Any] = json.loads((folder / tool.__name__ / "insight.json").read_text())
    return said


def test_the_explanation_finds_what_the_model_looks_at(made: Path) -> None:
    said = ran(explanation, made, comment="why")
    assert next(iter(said["global"])) == "age"
    assert said["global"]["age"] > 5 * said["global"]["weight"]
    assert said["fidelity"] > 0.9
    local = numpy.array(said["local"])
    assert local.shape == (120, 1, 3)
    assert ((local[:, 0, 0] > 0) == (Insights(made / "c").test["age"] > 50)).mean() > 0.95


def test_the_error_tree_and_the_heat_map_find_where_the_model_errs(made: Path) -> None:
    said = ran(error_analysis, made, min_child_samples=5)
    root, *others = said["tree"]
    assert (root["size"], root["parent"], root["coverage"]) == (120, None, 1.0)
    worst = max(others, key=lambda node: node["rate"])
    assert NASTY in worst["path"] and worst["rate"] > 0.9
    leaves = [node for node in others if node["id"] not in {one["parent"] for one in others}]
    assert sum(node["size"] for node in leaves) == 120
    assert NASTY in said["matrix"]["features"]
    assert sum(cell["size"] for line in said["matrix"]["cells"] for cell in line) == 120
    chosen = ran(error_analysis, made, filter_features=json.dumps([NASTY]), max_depth=1)
    assert max(line[0]["rate"] for line in chosen["matrix"]["cells"]) > 0.9
    assert len(chosen["tree"]) <= 3


@pytest.mark.parametrize("method", ["random", "kdtree", "genetic"])
def test_counterfactuals_change_the_prediction_and_little_else(made: Path, method: str) -> None:
    said = ran(
        counterfactual, made, method=method, total_CFs=2, permitted_range='{"age": [20, 60]}', desired_class="opposite"
    )
    assert said["found"] == said["asked"] == 4
    for row in said["rows"]:
        assert 1 <= len(row["counterfactuals"]) <= 2
        for one in row["counterfactuals"]:
            assert one["predicted"] == 1 - row["predicted"]
            assert one["values"][1:] == row["values"][1:], "only the age matters to the model"
            assert 20 <= one["values"][0] <= 60
    assert said["importance"] == {"age": 1.0, "weight": 0.0, NASTY: 0.0}


def test_nothing_is_found_where_nothing_that_matters_may_change(made: Path) -> None:
    said = ran(counterfactual, made, features_to_vary='["weight"]', desired_class="1")
    alike = [row for row in said["rows"] if row["counterfactuals"]]
    assert all(row["predicted"] == 1 for row in alike)


def test_the_whole_dashboard_is_a_page_that_stands_alone_and_does_what_no_name_says(made: Path) -> None:
    for tool in (explanation, error_analysis, counterfactual):
        ran(tool, made)
    ports = {f"insight_{n}": str(made / tool.__name__) for n, tool in enumerate((explanation, counterfactual), 1)}
    ports["insight_4"] = str(made / error_analysis.__name__)
    gather.run(
        Arguments({"constructor": str(made / "c"), "output": str(made / "d"), "ux_json": str(made / "u"), **ports})
    )
    tree = json.loads((made / "u" / "dashboard.json").read_text())
    assert [one["kind"] for one in tree["insights"]] == ["explanation", "counterfactual", "error_analysis"]
    config = {
        "Model": {"ModelName": NASTY, "ModelType": "Classification"},
        "Metrics": {"Accuracy_score": {"threshold": ">=0.99"}, "error_rate": {"threshold": "<= 1"}},
        "DataExplorer": {"features": ["age", NASTY]},
        "Fairness": {"metric": "accuracy_score", "sensitive_features": [NASTY, "age"], "threshold": "<=0.1"},
        "Cohorts": ["Old"],
    }
    cohorts = [{"name": "Old", "cohort_filter_list": [{"method": "greater", "arg": [50], "column": "age"}]}]
    (made / "card.json").write_text(json.dumps(config))
    (made / "cohorts.json").write_text(json.dumps(cohorts))
    words = {
        "dashboard": "d",
        "pdf_generation_config": "card.json",
        "predefined_cohorts_json": "cohorts.json",
        "output": "s",
    }
    score_card.run(Arguments({name: str(made / value) for name, value in words.items()}))
    card = json.loads((made / "s" / "scorecard.json").read_text())
    assert [one["met"] for one in card["metrics"]] == [False, True]
    apart = next(one for one in card["fairness"] if one["feature"] == NASTY)
    assert apart["met"] is False and apart["value"] > 0.9, "the model is wrong about one clinic"
    assert card["cohorts"][0]["rows"] == int((Insights(made / "c").test["age"] > 50).sum())
    for page in (made / "d" / "dashboard.html", made / "s" / "scorecard.html"):
        text = page.read_text()
        assert "default-src 'none'; style-src 'sha256-" in html.unescape(text)
        assert "http://" not in text and "https://" not in text
        assert tags(text) <= ALLOWED
        assert "alert" in text, "names are shown"


ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "nav", "a", "div", "b", "table", "tr", "th", "td",
    "section", "svg", "text", "rect", "line", "g", "details", "summary", "br", "span", "circle", "ul", "li",
}  # fmt: skip


def tags(text: str) -> set[str]:
    found: set[str] = set()

    class Reader(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.add(tag)
            assert not [name for name, _ in attrs if name.startswith("on") or name in ("style", "src")]
            assert all((value or "").startswith("#") for name, value in attrs if name == "href")

    Reader().feed(text)
    return found


@pytest.mark.slow
def test_the_causal_analysis_finds_the_planted_effect(tmp_path: Path) -> None:
    pytest.importorskip("econml")
    random = numpy.random.default_rng(0)
    table = rows(240)
    table["sick"] = 2.0 * table["weight"] + 0.5 * table["age"] + random.normal(0, 1, len(table))
    written(tmp_path, "regression", table, table[:60], LinearRegression(), ())
    said = ran(causal, tmp_path, treatment_features=json.dumps(["weight", NASTY]))
    weight, *clinics = said["effects"]
    assert weight["feature"] == "weight" and weight["change"] == "+1"
    assert weight["point"] == pytest.approx(2.0, abs=0.1) and weight["ci_lower"] < 2.0 < weight["ci_upper"] + 0.1
    assert all(" instead of " in one["change"] and abs(one["point"]) < 1.5 for one in clinics)
    assert {policy["feature"] for policy in said["policies"]} == {"weight", NASTY}


def test_numbers_are_explained_and_changed_too(tmp_path: Path) -> None:
    folder = tmp_path / "numbers"
    folder.mkdir()
    table = rows(120)
    written(folder, "regression", table, table[:40], LinearRegression(), ())
    assert next(iter(ran(explanation, folder)["global"])) == "age"
    assert ran(error_analysis, folder, min_child_samples=2)["measure"] == "mean squared error"
    said = ran(counterfactual, folder, desired_range="[0.6, 2]", total_CFs=1)
    assert all(0.6 <= one["predicted"] <= 2 for row in said["rows"] for one in row["counterfactuals"])
    assert said["found"] > 0


def refused(tool: Any, made: Path, **values: Any) -> str:
    with pytest.raises(JobRefused) as caught:
        ran(tool, made, **values)
    return str(caught.value)


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (error_analysis, {"filter_features": '["agee"]'}, "Did you mean 'age'?"),
    (error_analysis, {"filter_features": '["a", "b", "c"]'}, "takes one or two"),
    (error_analysis, {"filter_features": "[age"}, "is not JSON"),
    (error_analysis, {"max_depth": "deep"}, "'max_depth' is a whole number"),
    (counterfactual, {"method": "guess"}, "one of random, genetic, kdtree"),
    (counterfactual, {"desired_class": "2"}, "The classes are: 0, 1"),
    (counterfactual, {"permitted_range": "[1]"}, "JSON object of lists"),
    (counterfactual, {"features_to_vary": '["wait"]'}, "no column 'wait'"),
    (causal, {"treatment_features": "[]"}, "name at least one feature"),
    (causal, {"treatment_features": '["waight"]'}, "Did you mean 'weight'?"),
    (explanation, {"rai_insights_dashboard": "nowhere"}, "not the output 'rai_insights_dashboard'"),
]


def test_what_does_not_fit_is_refused_in_words(made: Path) -> None:
    for tool, values, told in REFUSED:
        assert told in refused(tool, made, **values), values


def test_the_gather_step_takes_insights_of_its_own_dashboard_only(made: Path, tmp_path: Path) -> None:
    base = {"constructor": str(made / "c"), "output": str(tmp_path / "d"), "ux_json": str(tmp_path / "u")}
    with pytest.raises(JobRefused, match="at least one insight"):
        gather.run(Arguments(base))
    (tmp_path / "other").mkdir()
    with pytest.raises(JobRefused, match="not the output of a Responsible AI tool"):
        gather.run(Arguments({**base, "insight_2": str(tmp_path / "other")}))
    (tmp_path / "other" / "insight.json").write_text('{"kind": "causal", "dashboard": "another"}')
    with pytest.raises(JobRefused, match="belongs to another dashboard"):
        gather.run(Arguments({**base, "insight_2": str(tmp_path / "other")}))


CONSTRUCTED: list[tuple[dict[str, str], str]] = [
    ({"task_type": "forecasting"}, "not supported by the embedded workspace"),
    ({"task_type": "clustering"}, "is one of classification, regression"),
    ({"target_column_name": "sik"}, "Did you mean 'sick'?"),
    ({"maximum_rows_for_test_dataset": "10"}, "has 40 rows and 'maximum_rows_for_test_dataset' is 10"),
    ({"categorical_column_names": '["agee"]'}, "Did you mean 'age'?"),
    ({"categorical_column_names": "[]"}, "hold texts"),
    ({"model_input": ""}, "needs a model"),
    ({"train_dataset": "nowhere.csv"}, "is not there"),
]


@pytest.fixture
def constructing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Facts]:
    rows(80).to_csv(tmp_path / "train.csv", index=False)
    (tmp_path / "parts").mkdir()
    for number in range(2):
        rows(20).to_parquet(tmp_path / "parts" / f"{number}.parquet")
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow" / "MLmodel").touch()
    fitted = DecisionTreeClassifier().fit(rows(80)[["age", "weight"]], rows(80)["sick"])
    monkeypatch.setattr(constructor, "load", lambda folder, columns: Model(fitted, ("age", "weight")))
    said = {
        "title": "t", "task_type": "classification", "target_column_name": "sick", "model_input": str(tmp_path / "mlflow"),
        "train_dataset": str(tmp_path / "train.csv"), "test_dataset": str(tmp_path / "parts"),
        "categorical_column_names": json.dumps([NASTY]), "output": str(tmp_path / "c"),
    }  # fmt: skip

    def construct(**values: str) -> Facts:
        constructor.run(Arguments({**said, **values}))
        return Insights(tmp_path / "c").facts

    return construct


def test_the_constructor_reads_files_and_folders_of_parts(constructing: Callable[..., Facts]) -> None:
    facts = constructing(feature_metadata='{"dropped_features": ["weight"], "identity_feature_name": null}')
    assert facts.features == ("age", NASTY) and facts.columns == ("age", "weight", NASTY)
    assert facts.classes == ("0", "1")


def test_the_constructor_refuses_what_does_not_fit(constructing: Callable[..., Facts]) -> None:
    for values, told in CONSTRUCTED:
        with pytest.raises(JobRefused) as caught:
            constructing(**values)
        assert told in str(caught.value), values


def test_labels_that_a_table_takes_for_words_are_the_models(constructing: Callable[..., Facts], tmp_path: Path) -> None:
    table = rows(80)
    table.assign(sick=table["sick"].astype(bool)).to_csv(tmp_path / "train.csv", index=False)
    facts = constructing(test_dataset=str(tmp_path / "train.csv"))
    insights = Insights(tmp_path / "c")
    predicted, _ = insights.predicted("test")
    assert facts.classes == ("0", "1")
    assert (
        measures.measured(facts.task, insights.test["sick"].to_numpy(), predicted, facts.classes)["accuracy_score"]
        == 1.0
    )
    table.assign(sick=table["sick"].map({0: "no", 1: "yes"})).to_csv(tmp_path / "train.csv", index=False)
    with pytest.raises(JobRefused, match="labels do not fit together: 'sick' has no, yes and the model predicts 0, 1"):
        constructing()


COHORTS: list[tuple[str, Any, int]] = [
    ("greater", [5], 2), ("greater and equal", [5], 3), ("less", [5], 2), ("less and equal", 5, 3), ("equal", [5], 1),
    ("in the range of", [4, 6], 3), ("includes", [3, 7], 2), ("excludes", [3, 7], 3),
]  # fmt: skip


def test_every_condition_of_a_cohort() -> None:
    table = pandas.DataFrame({"x": [3, 4, 5, 6, 7]})
    for method, argument, count in COHORTS:
        said = {"name": "n", "cohort_filter_list": [{"method": method, "arg": argument, "column": "x"}]}
        assert int(members(said, table)[1].sum()) == count, method
    for said, told in (
        ({"cohort_filter_list": []}, "has a 'name'"),
        ({"name": "n", "cohort_filter_list": [{"method": "greter", "arg": [1], "column": "x"}]}, "mean 'greater'"),
        ({"name": "n", "cohort_filter_list": [{"method": "less", "arg": [1], "column": "y"}]}, "no column 'y'"),
        ({"name": "n", "cohort_filter_list": [{"method": "less", "arg": ["a"], "column": "x"}]}, "cannot be compared"),
    ):
        with pytest.raises(JobRefused, match=told):
            members(said, table)


def test_measures_are_those_of_scikit_learn() -> None:
    from sklearn import metrics

    truth, said = numpy.array([0, 1, 1, 0, 1]), numpy.array([0, 1, 0, 1, 1])
    found = measures.measured("classification", truth, said, ("0", "1"))
    for name in ("accuracy_score", "precision_score", "recall_score", "f1_score"):
        assert found[name] == pytest.approx(getattr(metrics, name)(truth, said)), name
    assert (found["error_rate"], found["selection_rate"]) == (pytest.approx(0.4), pytest.approx(0.6))
    numbers = measures.measured("regression", truth, said / 2, ())
    for name in measures.OF_NUMBERS:
        assert numbers[name] == pytest.approx(getattr(metrics, name)(truth, said / 2)), name


def test_the_command_line_names_its_tools(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explanaton"]) == 2
    assert "Did you mean 'explanation'?" in capsys.readouterr().err
    assert main(["explanation", "--rai_insights_dashboard", "nowhere"]) == 1
    assert "error: nowhere is not the output" in capsys.readouterr().err
    assert main(["explanation", "word"]) == 1
