"""Adds where the model errs: a tree of conditions, and a heat map of one or two features.

Source: Azure ML documentation, "Assess errors in machine learning models": error tree, heat map, error rate and error coverage.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.responsible_ai.arguments import Arguments
from orchestrator.workspace.responsible_ai.frames import Numbers, need_columns
from orchestrator.workspace.responsible_ai.insights import CLASSIFICATION, Insights, write_insight
from orchestrator.workspace.responsible_ai.measures import as_labels

_BINS: Final = 8
_MOST_FEATURES: Final = 2


def run(arguments: Arguments) -> None:
    """Write the error analysis.

    Raises:
        JobRefused: there is no dashboard, or a feature is none.
    """
    import numpy

    insights = Insights(arguments.path("rai_insights_dashboard"))
    facts = insights.facts
    errors = _errors(insights)
    numbers = Numbers.of(insights.train, facts.features, facts.categorical)
    rows = numbers.table(insights.test)
    tree = _fitted(rows, errors, arguments)
    nodes = _Nodes(numbers, errors).of(tree, rows)
    chosen = _filters(arguments, insights) or _telling(facts.features, rows, errors)
    rate = "error rate" if facts.task == CLASSIFICATION else "mean squared error"
    content = {
        "measure": rate,
        "rows": len(rows),
        "errors": float(errors.sum()),
        "total": float(numpy.mean(errors)),
        "features": list(facts.features),
        "importance": dict(zip(facts.features, map(float, tree.feature_importances_), strict=True)),
        "tree": nodes,
        "matrix": _matrix(insights, chosen, errors),
    }
    write_insight(arguments.path("output"), "error_analysis", facts, content)
    worst = max(nodes, key=lambda node: node["rate"])
    print(f"{rate} {content['total']:.4g}; worst where {worst['path'] or 'everywhere'}: {worst['rate']:.4g}")


def _errors(insights: Insights) -> Any:
    """For each test row 1 or 0, or the squared error."""
    predicted, _ = insights.predicted("test")
    truth = insights.test[insights.facts.target].to_numpy()
    if insights.facts.task == CLASSIFICATION:
        return (as_labels(truth) != as_labels(predicted)).astype(float)
    return (truth.astype(float) - predicted.astype(float)) ** 2


def _fitted(rows: Any, errors: Any, arguments: Arguments) -> Any:
    from sklearn.tree import DecisionTreeRegressor

    # A tree for numbers splits shares of 0 and 1 by the same measure as Gini's.
    tree = DecisionTreeRegressor(
        max_depth=max(1, arguments.whole("max_depth", 3)),
        max_leaf_nodes=max(2, arguments.whole("num_leaves", 31)),
        min_samples_leaf=max(1, arguments.whole("min_child_samples", 20)),
        random_state=0,
    )
    return tree.fit(rows, errors)


def _filters(arguments: Arguments, insights: Insights) -> tuple[str, ...]:
    names = arguments.names("filter_features")
    if len(names) > _MOST_FEATURES:
        raise JobRefused(f"'filter_features' has {len(names)} features; a heat map takes one or two.")
    need_columns(insights.test[list(insights.facts.features)], names, "The dashboard")
    return names


def _telling(features: Sequence[str], rows: Any, errors: Any) -> tuple[str, ...]:
    """The two features that tell most of the errors, for those who name none."""
    from sklearn.tree import DecisionTreeRegressor

    tree = DecisionTreeRegressor(max_depth=4, min_samples_leaf=max(1, len(rows) // 50), random_state=0).fit(
        rows, errors
    )
    order = sorted(range(len(features)), key=lambda place: -tree.feature_importances_[place])
    return tuple(features[place] for place in order[:_MOST_FEATURES])


class _Nodes:
    """A fitted tree as a list of nodes, parents before children.

    Args:
        numbers: how features became numbers.
        errors: of each row.
    """

    def __init__(self, numbers: Numbers, errors: Any) -> None:
        self._numbers = numbers
        self._errors = errors

    def of(self, tree: Any, rows: Any) -> list[dict[str, Any]]:
        """The nodes, each with the rows and errors that are in it."""
        inside = tree.decision_path(rows).tocsc()
        inner, found = tree.tree_, []
        waiting: list[tuple[int, int | None, str, str]] = [(0, None, "", "")]
        while waiting:
            number, parent, condition, path = waiting.pop(0)
            found.append(self._node(number, parent, condition, path, inside[:, number].nonzero()[0]))
            left, right = int(inner.children_left[number]), int(inner.children_right[number])
            if left < 0:
                continue
            for child, said in zip((left, right), self._conditions(inner, number), strict=True):
                waiting.append((child, number, said, f"{path} and {said}" if path else said))
        return found

    def _node(self, number: int, parent: int | None, condition: str, path: str, members: Any) -> dict[str, Any]:
        errors, total = float(self._errors[members].sum()), float(self._errors.sum())
        return {
            "id": number,
            "parent": parent,
            "condition": condition,
            "path": path,
            "size": len(members),
            "errors": errors,
            "rate": errors / len(members) if len(members) else 0.0,
            "coverage": errors / total if total else 0.0,
        }

    def _conditions(self, inner: Any, number: int) -> tuple[str, str]:
        name, limit = self._numbers.features[int(inner.feature[number])], float(inner.threshold[number])
        values = self._numbers.values.get(name)
        if values is None:
            return f"{name} ≤ {limit:.4g}", f"{name} > {limit:.4g}"
        lower = ", ".join(value for place, value in enumerate(values) if place <= limit)
        upper = ", ".join(value for place, value in enumerate(values) if place > limit)
        return f"{name} in ({lower})", f"{name} in ({upper})"


def _matrix(insights: Insights, chosen: Sequence[str], errors: Any) -> dict[str, Any]:
    """Counts and errors for each combination of the values of one or two features."""
    bins = [_binned(insights, name) for name in chosen]
    empty = {"labels": [""], "of": [0] * len(errors)}
    across, down = (*bins, empty)[:2]
    cells: list[list[dict[str, float]]] = [
        [{"size": 0, "errors": 0.0} for _ in down["labels"]] for _ in across["labels"]
    ]
    for row, column, error in zip(across["of"], down["of"], errors, strict=True):
        cells[row][column]["size"] += 1
        cells[row][column]["errors"] += float(error)
    for line in cells:
        for cell in line:
            cell["rate"] = cell["errors"] / cell["size"] if cell["size"] else 0.0
    return {"features": list(chosen), "labels": [across["labels"], down["labels"]], "cells": cells}


def _binned(insights: Insights, name: str) -> dict[str, Any]:
    import pandas

    column = insights.test[name]
    if name in insights.facts.categorical or column.nunique() <= _BINS:
        texts = column.map(str)
        numeric = name not in insights.facts.categorical
        labels = [str(v) for v in sorted(column.dropna().unique())] if numeric else sorted(texts.unique())
        places = {value: number for number, value in enumerate(labels)}
        return {"labels": labels, "of": [places.get(text, 0) for text in texts]}
    cut = pandas.qcut(column, _BINS, duplicates="drop")
    labels = [f"{interval.left:.4g} to {interval.right:.4g}" for interval in cut.cat.categories]
    return {"labels": labels, "of": [max(0, int(code)) for code in cut.cat.codes]}
