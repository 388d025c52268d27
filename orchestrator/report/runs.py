"""Runs as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.core.figures import Figures
from orchestrator.core.firings import ALERTS
from orchestrator.core.resource import Observed
from orchestrator.core.score import score_of
from orchestrator.core.tracked import RunFile
from orchestrator.report.bodies import lines_of
from orchestrator.report.children import StepFacts, has_steps, steps_of
from orchestrator.report.ran import WhyRan
from orchestrator.report.run import show_duration
from orchestrator.report.status import HEALTH_COLOURS
from orchestrator.report.style import PLAIN, Style, one_line

_INDENT: Final = "    "
_METRICS: Final = 4
"""So many metrics stand in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """One run.

    Attributes:
        in_force: it is the one that the state names.
        figures: what it has logged; None if nobody knows.
        children: the runs that it has started.
        uses: what its job depends on, each with the version in force.
        spec: the body of its job in the spec; empty if the job is not there any more.
    """

    run: Observed
    in_force: bool
    figures: Figures | None
    children: Sequence[Figures]
    why: WhyRan
    uses: Sequence[tuple[str, str]]
    files: Sequence[RunFile]
    spec: Mapping[str, Any]

    @property
    def steps(self) -> list[StepFacts]:
        """Of a pipeline; what the workspace does not tell of its body is taken from the spec."""
        return steps_of(self.run.properties if has_steps(self.run.properties) else self.spec, self.children)

    @property
    def metrics(self) -> dict[str, float]:
        """The last value of each metric."""
        logged = self.figures.metrics if self.figures is not None else {}
        return metrics_of(self.run) | {name: points[-1].value for name, points in logged.items() if points}

    @property
    def duration_s(self) -> float | None:
        """How long it ran."""
        return duration_of(self.run) or (self.figures.duration_s if self.figures is not None else None)


def metrics_of(run: Observed) -> dict[str, float]:
    """The last value of each metric, as far as the workspace tells it with the run itself."""
    found = run.attributes.get("metrics")
    shown = found.items() if isinstance(found, Mapping) else ()
    return {
        str(name): float(value)
        for name, value in shown
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def duration_of(run: Observed) -> float | None:
    """How long a run took, seconds; None if nobody says."""
    found = run.attributes.get("duration_s")
    return float(found) if isinstance(found, int | float) else None


def result_of(run: Observed) -> str:
    """What a run has come to, in a line: its score, else its first metrics."""
    score = score_of(run.attributes)
    if score is not None:
        return str(score)
    return ", ".join(f"{name} {value:.4g}" for name, value in list(metrics_of(run).items())[:_METRICS])


def runs_text(runs: Sequence[Observed], in_force: Collection[Observed], width: int = 80, style: Style = PLAIN) -> str:
    """Two lines for each run: how it is, and what has come of it.

    Args:
        in_force: those that the state names.
        width: characters of a line.
    """
    if not runs:
        return "No runs."
    names = max(len(one_line(run.revision)) for run in runs)
    lines = []
    for run in runs:
        health = style(f"{run.health.value:<11}", HEALTH_COLOURS[run.health])
        duration = duration_of(run)
        facts = [
            str(run.address),
            *([show_duration(duration)] if duration is not None else []),
            *(["in force"] if run in in_force else []),
        ]
        head = f"{one_line(run.revision):<{names}}  {health}"
        rest = one_line("  ".join(facts))
        if names + 13 + 2 + len(rest) <= width:
            lines.append(f"{head}  {rest}".rstrip())
        else:
            lines += [head.rstrip(), *wrapped(rest, width, style)]
        shown = result_of(run) or run.message.strip().partition("\n")[0]
        lines += wrapped(shown, width, style)
    return "\n".join(lines)


def wrapped(text: str, width: int, style: Style = PLAIN, indent: str = _INDENT) -> list[str]:
    """A text in lines that are not longer than the terminal is wide, indented and dim."""
    lines = textwrap.wrap(one_line(text), max(20, width - len(indent)), break_on_hyphens=False)
    return [f"{indent}{style(line, 'dim')}" for line in lines]


def runs_json(runs: Sequence[Observed], in_force: Collection[Observed]) -> dict[str, Any]:
    """The same as data, as ``runs list --format json`` prints it."""
    return {"runs": [_entry(run, in_force=run in in_force) for run in runs]}


def _entry(run: Observed, *, in_force: bool) -> dict[str, Any]:
    score = score_of(run.attributes)
    return {
        "name": run.revision,
        "job": str(run.address),
        "health": run.health.value,
        "in_force": in_force,
        "archived": run.archived,
        "message": run.message or None,
        "duration_s": duration_of(run),
        "score": score.document() if score is not None else None,
        "metrics": metrics_of(run),
    }


def run_json(facts: RunFacts) -> dict[str, Any]:
    """One run as data, as ``runs show --format json`` prints it."""
    figures, why = facts.figures, facts.why
    return {
        **_entry(facts.run, in_force=facts.in_force),
        "duration_s": facts.duration_s,
        "metrics": facts.metrics,
        "alerts": list(facts.run.attributes.get(ALERTS) or ()),
        "why": {
            "serial": why.serial,
            "at": why.at or None,
            "schedule": why.schedule or None,
            "fired_for": why.fired_for or None,
            "before": why.before.revision if why.before is not None else None,
            "differing": [{"field": name, "before": old, "now": new} for name, old, new in why.differing],
        },
        "parameters": dict(figures.parameters) if figures is not None else {},
        "history": {
            name: [{"step": point.step, "value": point.value, "at": point.at} for point in points]
            for name, points in (figures.metrics if figures is not None else {}).items()
        },
        "steps": [
            {
                "name": step.name,
                "status": step.status,
                "needs": list(step.needs),
                "run": step.child.job or None if step.child is not None else None,
                "reused_from": step.child.reused_from or None if step.child is not None else None,
            }
            for step in facts.steps
        ],
        "children": [_child(child) for child in facts.children],
        "uses": [{"address": address, "version": version or None} for address, version in facts.uses],
        "files": [{"path": file.name, "bytes": file.size} for file in facts.files],
        "body": dict(lines_of(facts.run.properties)),
    }


def _child(child: Figures) -> dict[str, Any]:
    return {
        "name": child.name,
        "run": child.job or child.run_id,
        "status": child.status,
        "duration_s": child.duration_s,
        "parameters": dict(child.parameters),
        "metrics": {name: points[-1].value for name, points in child.metrics.items() if points},
    }
