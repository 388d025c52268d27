"""Adds what would have to be otherwise for another prediction.

Source: Azure ML documentation, "Counterfactuals analysis and what-if"; parameters of DiCE.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.responsible_ai.arguments import Arguments
from orchestrator.workspace.responsible_ai.frames import label, need_columns, plain
from orchestrator.workspace.responsible_ai.insights import CLASSIFICATION, Insights, write_insight
from orchestrator.workspace.responsible_ai.measures import as_labels
from orchestrator.workspace.responsible_ai.what_if import DesiredOutcome, Space, search

if TYPE_CHECKING:
    import pandas

_MOST_ROWS: Final = 50
"""Test rows that are looked at: the search asks the model with hundreds of candidates for each."""

_METHODS: Final = ("random", "genetic", "kdtree")
_ALL: Final = "all"
_OPPOSITE: Final = "opposite"


def run(arguments: Arguments) -> None:
    """Write the counterfactuals.

    Raises:
        JobRefused: nobody says what is wanted, or the features are none.
    """
    insights = Insights(arguments.path("rai_insights_dashboard"))
    facts = insights.facts
    method = arguments.choice("method", _METHODS, "random")
    space = _space(arguments, insights)
    desired_for, description = _desired_outcome(arguments, insights)
    most = max(1, arguments.whole("total_CFs", 10))
    rows, changed, found = [], dict.fromkeys(space.features, 0), 0
    columns = list(facts.columns)
    predicted, _ = insights.predicted("test")
    for place in range(min(len(insights.test), _MOST_ROWS)):
        row = insights.test[columns].iloc[[place]].reset_index(drop=True)
        others = search(method, row, space, desired_for(label(predicted[place])), most, place)
        if len(others):
            found += 1
            for name in space.features:
                changed[name] += int((others[name].map(str) != str(row[name].iloc[0])).sum())
        rows.append(_row(place, row, others, predicted[place], insights))
    total = sum(len(row["counterfactuals"]) for row in rows) or 1
    importance = {name: count / total for name, count in changed.items()}
    content = {
        "method": method,
        "wanted": description,
        "features": list(facts.features),
        "varied": list(space.features),
        "asked": len(rows),
        "found": found,
        "importance": importance if arguments.flag("feature_importance", default=True) else {},
        "rows": rows,
    }
    write_insight(arguments.path("output"), "counterfactual", facts, content)
    print(f"counterfactuals for {found} of {len(rows)} rows; wanted: {description}")


def _space(arguments: Arguments, insights: Insights) -> Space:
    facts = insights.facts
    names = facts.features
    if (arguments.optional("features_to_vary") or _ALL) != _ALL:
        names = arguments.names("features_to_vary")
        need_columns(insights.train[list(facts.features)], names, "The dashboard")
    permitted = arguments.json("permitted_range") or {}
    if not isinstance(permitted, dict) or not all(isinstance(value, list) and value for value in permitted.values()):
        raise JobRefused("'permitted_range' is a JSON object of lists: '{\"age\": [20, 40]}'.")
    need_columns(insights.train[list(facts.features)], list(permitted), "The dashboard")
    return Space(insights.train[list(facts.columns)], names, frozenset(facts.categorical), permitted)


def _desired_outcome(arguments: Arguments, insights: Insights) -> tuple[Callable[[str], DesiredOutcome], str]:
    """What is wanted of a row with a prediction, and the same in words."""
    model = insights.model
    if insights.facts.task != CLASSIFICATION:
        bounds = arguments.json("desired_range")
        if not isinstance(bounds, list) or len(bounds) != 2:
            raise JobRefused("'desired_range' is needed for a regression model: two numbers, as '[5, 10]'.")
        low, high = sorted(float(bound) for bound in bounds)

        def within(rows: pandas.DataFrame) -> Any:
            values = model.labels(rows).astype(float)
            return (values >= low) & (values <= high)

        return (lambda now: within), f"{low:g} to {high:g}"
    desired = _class(arguments, insights)

    def other(now: str) -> DesiredOutcome:
        if desired is None:
            return lambda rows: as_labels(model.labels(rows)) != now
        return lambda rows: as_labels(model.labels(rows)) == desired

    return other, "the opposite class" if desired is None else f"class {desired}"


def _class(arguments: Arguments, insights: Insights) -> str | None:
    """The label that is wanted; None for the opposite one of two."""
    classes = insights.facts.classes
    said = arguments.optional("desired_class") or (_OPPOSITE if len(classes) == 2 else "0")
    if said == _OPPOSITE:
        if len(classes) != 2:
            raise JobRefused(
                f"'desired_class' opposite needs two classes; there are {len(classes)}: {', '.join(classes)}."
            )
        return None
    if said in classes:
        return said
    if said.isdigit() and int(said) < len(classes):
        return classes[int(said)]
    hint = did_you_mean(said, classes, f"The classes are: {', '.join(classes)}.")
    raise JobRefused(f"'desired_class' is neither a class nor its number: '{said}'. {hint}")


def _row(
    place: int, row: pandas.DataFrame, others: pandas.DataFrame, predicted: Any, insights: Insights
) -> dict[str, Any]:
    names = list(insights.facts.features)
    said = insights.model.labels(others) if len(others) else []
    return {
        "row": place,
        "predicted": plain(predicted),
        "values": [plain(value) for value in row[names].iloc[0]],
        "counterfactuals": [
            {"values": [plain(value) for value in others[names].iloc[number]], "predicted": plain(said[number])}
            for number in range(len(others))
        ],
    }
