"""Makes the score card: a page for people who decide, with targets, cohorts and fairness.

Source: Azure ML documentation, "Use Responsible AI scorecard": the configuration's members, metrics and thresholds.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.responsible_ai import measures
from orchestrator.workspace.responsible_ai.arguments import Arguments
from orchestrator.workspace.responsible_ai.cohorts import members
from orchestrator.workspace.responsible_ai.frames import need_columns
from orchestrator.workspace.responsible_ai.insights import Insights, write_json
from orchestrator.workspace.responsible_ai.page import render
from orchestrator.workspace.responsible_ai.shown import bars
from orchestrator.workspace.responsible_ai.tools.gather import DATA, PARTS

_PAGE: Final = "scorecard.html"
_MOST_FEATURES: Final = 10
_TARGET: Final = re.compile(r"\s*(>=|<=|>|<)\s*([-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)\s*", re.IGNORECASE)
_SIGNS: Final = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


def run(arguments: Arguments) -> None:
    """Write the score card.

    Raises:
        JobRefused: the configuration cannot be read, or names what is not there.
    """
    dashboard = arguments.path("dashboard")
    insights = Insights(dashboard / PARTS)
    tree = json.loads((dashboard / DATA).read_text(encoding="utf-8"))
    config = _configuration(arguments.path("pdf_generation_config"))
    said = _json(Path(place)) if (place := arguments.optional("predefined_cohorts_json")) else []
    card = _Card(insights, tree, config, said if isinstance(said, list) else [said]).content()
    output = arguments.path("output")
    output.mkdir(parents=True, exist_ok=True)
    write_json(output / "scorecard.json", card)
    private_files.replace(output / _PAGE, render("scorecard", card))
    missed = [one["name"] for one in card["metrics"] if one["met"] is False]
    print(f"{output.name}/{_PAGE}" + (f"; targets missed: {', '.join(missed)}" if missed else ""))


def _configuration(file: Path) -> Mapping[str, Any]:
    config = _json(file)
    if not isinstance(config, Mapping):
        raise JobRefused(f"{file.name} is not a JSON object with 'Model', 'Metrics', ….")
    return config


def _json(place: Path) -> Any:
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    try:
        return json.loads(files[0].read_text(encoding="utf-8"))
    except (OSError, IndexError):
        raise JobRefused(f"{place.name} is not a JSON file.") from None
    except ValueError as error:
        raise JobRefused(f"{files[0].name} is not JSON: {error}.") from None


class _Card:
    """Works the card out.

    Args:
        insights, tree: the dashboard.
        config: what people want on it.
        cohorts: those that are defined.
    """

    def __init__(
        self, insights: Insights, tree: Mapping[str, Any], config: Mapping[str, Any], cohorts: list[Any]
    ) -> None:
        self._insights, self._tree, self._config = insights, tree, config
        self._facts = insights.facts
        self._truth = insights.test[self._facts.target].to_numpy()
        self._predicted, _ = insights.predicted("test")
        self._cohorts = dict(members(one, insights.test) for one in cohorts)

    def content(self) -> dict[str, Any]:
        """All that the page shows."""
        model = self._part("Model")
        return {
            "title": str(model.get("ModelName") or self._facts.title),
            "summary": str(model.get("ModelSummary") or ""),
            "task": self._facts.task,
            "target": self._facts.target,
            "rows": len(self._truth),
            "metrics": self._metrics(),
            "features": self._importance(),
            "columns": self._columns(),
            "cohorts": self._by_cohort(),
            "fairness": self._fairness(),
        }

    def _part(self, name: str) -> Mapping[str, Any]:
        found = self._config.get(name) or {}
        if not isinstance(found, Mapping):
            raise JobRefused(f"'{name}' of the configuration is not a JSON object.")
        return found

    def _metrics(self) -> list[dict[str, Any]]:
        listed = self._part("Metrics") or dict.fromkeys(self._tree["metrics"])
        found = []
        for name, said in listed.items():
            value = self._tree["metrics"][self._measure(name)]
            target = str((said or {}).get("threshold") or "")
            found.append({"name": name, "value": value, "target": target, "met": _met(value, target)})
        return found

    def _measure(self, name: Any) -> str:
        """A measure by its name; capital letters do not matter: the documentation has both."""
        known = measures.known(self._facts.task)
        text = str(name).lower()
        if text not in known:
            hint = did_you_mean(text, known, f"Use one of {', '.join(known)}.")
            raise JobRefused(f"'{name}' is not a metric of {self._facts.task}. {hint}")
        return text

    def _importance(self) -> list[dict[str, Any]]:
        most = self._part("FeatureImportance").get("top_n", _MOST_FEATURES)
        if not isinstance(most, int) or not 1 <= most <= _MOST_FEATURES:
            raise JobRefused(f"'top_n' of FeatureImportance is a number from 1 to {_MOST_FEATURES}, not {most}.")
        found = [one for one in self._tree["insights"] if one["kind"] == "explanation"]
        return bars(found[0]["global"], most) if found else []

    def _columns(self) -> list[dict[str, Any]]:
        names = [str(name) for name in self._part("DataExplorer").get("features") or []]
        need_columns(self._insights.test, names, "The test data")
        return [self._column(name) for name in names]

    def _column(self, name: str) -> dict[str, Any]:
        import pandas

        column = self._insights.test[name]
        if name in self._facts.categorical or column.nunique() <= _MOST_FEATURES:
            counts = column.map(str).value_counts().head(_MOST_FEATURES)
            return {"name": name, "bars": bars({str(key): int(count) for key, count in counts.items()})}
        counts = pandas.cut(column, 8).value_counts().sort_index()
        values = {f"{span.left:.4g} to {span.right:.4g}": int(count) for span, count in counts.items()}
        return {"name": name, "bars": bars(values, ranked=False)}

    def _by_cohort(self) -> list[dict[str, Any]]:
        names = [str(name) for name in self._config.get("Cohorts") or self._cohorts]
        for name in names:
            if name not in self._cohorts:
                hint = did_you_mean(name, self._cohorts, "Define it in predefined_cohorts_json.")
                raise JobRefused(f"There is no cohort '{name}'. {hint}")
        shown = [one["name"] for one in self._metrics()]
        found = []
        for name in names:
            inside = self._cohorts[name]
            values = self._measured(inside)
            numbers = [values[self._measure(one)] if values else None for one in shown]
            found.append({"name": name, "rows": int(inside.sum()), "values": numbers})
        return found

    def _measured(self, inside: Any) -> dict[str, float]:
        if not inside.any():
            return {}
        truth, predicted = self._truth[inside], self._predicted[inside]
        return measures.measured(self._facts.task, truth, predicted, self._facts.classes)

    def _fairness(self) -> list[dict[str, Any]]:
        """For each sensitive feature and metric the groups, and how far they are apart."""
        said = self._part("Fairness")
        names = [str(name) for name in said.get("sensitive_features") or []]
        need_columns(self._insights.test, names, "The test data")
        kind = str(said.get("fairness_evaluation_kind") or "difference").lower()
        if kind not in ("difference", "ratio"):
            raise JobRefused(f"'fairness_evaluation_kind' is difference or ratio, not '{kind}'.")
        listed = said.get("metric") or []
        metrics = [self._measure(one) for one in (listed if isinstance(listed, list) else [listed])]
        target = str(said.get("threshold") or "")
        return [self._groups(name, metric, kind, target) for name in names for metric in metrics]

    def _groups(self, name: str, metric: str, kind: str, target: str) -> dict[str, Any]:
        column = self._insights.test[name]
        texts = column.map(str) if name in self._facts.categorical or column.nunique() <= _MOST_FEATURES else None
        if texts is None:
            import pandas

            cut = pandas.qcut(column, 4, duplicates="drop")
            texts = cut.map(lambda span: f"{span.left:.4g} to {span.right:.4g}").astype(str)
        values = {}
        for value in dict.fromkeys(texts.iloc[column.argsort()]):
            values[value] = self._measured((texts == value).to_numpy())[metric]
        low, high = min(values.values()), max(values.values())
        apart = high - low if kind == "difference" else (low / high if high else 1.0)
        drawn = bars(values, ranked=False)
        return {
            "feature": name, "metric": metric, "kind": kind, "value": apart,
            "target": target, "met": _met(apart, target), "bars": drawn,
        }  # fmt: skip


def _met(value: float, target: str) -> bool | None:
    """Whether a value meets its target; None if there is no target."""
    if not target:
        return None
    match = _TARGET.fullmatch(target)
    if match is None:
        raise JobRefused(f"The threshold '{target}' is not one of >, <, >=, <= and a number, such as '>=0.85'.")
    return bool(_SIGNS[match[1]](value, float(match[2])))
