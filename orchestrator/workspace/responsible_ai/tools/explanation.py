"""Adds which features matter, for the model as a whole and for each test row."""

from __future__ import annotations

from orchestrator.workspace.responsible_ai.arguments import Arguments
from orchestrator.workspace.responsible_ai.insights import Insights, write_insight
from orchestrator.workspace.responsible_ai.surrogate import explain


def run(arguments: Arguments) -> None:
    """Write the explanation.

    Raises:
        JobRefused: there is no dashboard.
    """
    import numpy

    insights = Insights(arguments.path("rai_insights_dashboard"))
    facts, found = insights.facts, explain(insights)
    sizes = numpy.abs(found.values).mean(axis=0)  # outputs × features
    by_output = {
        output: dict(zip(facts.features, map(float, sizes[place]), strict=True))
        for place, output in enumerate(found.outputs)
    }
    whole = dict(zip(facts.features, map(float, sizes.mean(axis=0)), strict=True))
    content = {
        "method": "mimic",
        "surrogate": "LightGBM",
        "fidelity": found.fidelity,
        "measure": found.measure,
        "comment": arguments.values.get("comment", ""),
        "features": list(facts.features),
        "outputs": list(found.outputs),
        "global": dict(sorted(whole.items(), key=lambda pair: -pair[1])),
        "by_output": by_output,
        "local": numpy.round(found.values, 6).tolist(),
    }
    write_insight(arguments.path("output"), "explanation", facts, content)
    first = ", ".join(list(content["global"])[:3])
    print(f"most important: {first}; the surrogate's fidelity is {found.fidelity:.3f} ({found.measure})")
