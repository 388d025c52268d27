"""Puts the dashboard together: a page, its data as JSON, and the constructor's folder for the score card."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.folder.trees import share_tree
from orchestrator.workspace.responsible_ai.arguments import Arguments
from orchestrator.workspace.responsible_ai.insights import CLASSIFICATION, Insights, read_insight, write_json
from orchestrator.workspace.responsible_ai.measures import confusion, measured
from orchestrator.workspace.responsible_ai.page import render
from orchestrator.workspace.responsible_ai.shown import shown

PORTS: Final = ("insight_1", "insight_2", "insight_3", "insight_4")
PAGE: Final = "dashboard.html"
DATA: Final = "dashboard.json"
PARTS: Final = "insights"


def run(arguments: Arguments) -> None:
    """Write the dashboard.

    Raises:
        JobRefused: there is no insight, or one of another dashboard.
    """
    insights = Insights(arguments.path("constructor"))
    ports = [port for port in PORTS if arguments.optional(port)]
    if not ports:
        raise JobRefused("The gather step needs at least one insight: connect the output of a tool to 'insight_1'.")
    found = [read_insight(arguments.path(port), insights.facts, port) for port in ports]
    tree = overview(insights, found)
    output = arguments.path("output")
    share_tree(insights.folder, output / PARTS)
    write_json(output / DATA, tree)
    private_files.replace(output / PAGE, render("dashboard", shown(tree)))
    ux = arguments.path("ux_json")
    ux.mkdir(parents=True, exist_ok=True)
    write_json(ux / DATA, tree)
    print(f"{output.name}/{PAGE}: {', '.join(one['kind'] for one in found)}")


def overview(insights: Insights, found: list[dict[str, Any]]) -> dict[str, Any]:
    """All that the page shows."""
    facts = insights.facts
    predicted, _ = insights.predicted("test")
    truth = insights.test[facts.target].to_numpy()
    tree: dict[str, Any] = {
        "title": facts.title,
        "task": facts.task,
        "model": facts.model,
        "target": facts.target,
        "rows": {"train": len(insights.train), "test": len(insights.test)},
        "features": list(facts.features),
        "categorical": list(facts.categorical),
        "classes": list(facts.classes),
        "metrics": measured(facts.task, truth, predicted, facts.classes),
        "insights": found,
    }
    if facts.task == CLASSIFICATION:
        tree["confusion"] = confusion(truth, predicted)
    return tree
