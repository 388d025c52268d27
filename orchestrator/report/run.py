"""What an apply did, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.run import CheckResult, Outcome, RunReport, StepResult
from orchestrator.core.score import score_of
from orchestrator.report.style import PLAIN, Style, harmless, one_line

_COLOURS = {
    Outcome.FAILED: "red",
    Outcome.SKIPPED: "yellow",
    Outcome.CANCELLED: "yellow",
    Outcome.LEFT_RUNNING: "yellow",
}


def result_line(result: StepResult, style: Style = PLAIN) -> str:
    """What happened to one resource, to which revision, how long it took; below it the score, or why it failed and where."""
    bad = _COLOURS.get(result.outcome)
    mark = style("✓", "green") if bad is None else style("✗" if result.outcome is Outcome.FAILED else "-", bad)
    duration = f"  {show_duration(result.duration_s)}" if result.duration_s >= 0.05 else ""
    outcome = result.outcome.value.replace("-", " ")
    line = f"{mark} {one_line(result.address)}  {outcome}{one_line(_revision(result))}{style(duration, 'dim')}"
    score = score_of(result.observed.attributes) if result.observed and result.good else None
    if score is not None:
        line = f"{line}\n    {style(one_line(score), 'bold')}"
    if not result.error:
        return line
    where = f" ({one_line(result.span)})" if result.span else ""
    first, *more = harmless(result.error).splitlines() or [""]
    shown = [f"    {style(first, bad or 'red')}{where}", *(f"      {style(part, 'dim')}" for part in more)]
    return "\n".join([line, *shown])


def _revision(result: StepResult) -> str:
    moved = result.before and result.before != result.revision and result.outcome in (Outcome.REUSED, Outcome.UPDATED)
    return (f" {result.revision}" if result.revision else "") + (f" (was {result.before})" if moved else "")


def answer_line(answer: CheckResult, style: Style = PLAIN) -> str:
    """One line for one request of an endpoint's tests, with the answer."""
    test = f"test '{answer.name}'" + (f" [{answer.deployment}]" if answer.deployment else "")
    if answer.problem:
        return f"{style('✗', 'red')} {one_line(f'{test}: {answer.problem}')}"
    said = one_line(f"{test}: POST {answer.url} → {answer.status} {answer.body.strip()[:200]}")
    return f"{style('✓', 'green')} {said}"


def run_text(
    report: RunReport, style: Style = PLAIN, *, command: str = "apply", shown: Collection[Address] = frozenset()
) -> str:
    """The closing summary: everything that did not go well and was not told yet, the endpoints' good answers, counts.

    Args:
        report: what was done.
        style: colours.
        command: the command that did it, for the last line.
        shown: whose results were shown when they came.
    """
    lines = [result_line(r, style) for r in report.results if not r.good and r.address not in shown]
    answers = [a for r in report.results for a in r.answers if not (a.deployment or a.problem)]
    lines += [answer_line(answer, style) for answer in answers]
    lines.append(style(closing_line(report, command), "bold"))
    return "\n".join(lines)


def closing_line(report: RunReport, command: str) -> str:
    """``Apply complete: 3 created (serial 7).``"""
    counts = Counter(result.outcome for result in report.results)
    ordered = sorted(counts.items(), key=lambda item: item[0].value)
    done = [f"{number} {outcome.value.replace('-', ' ')}" for outcome, number in ordered]
    title = command.capitalize()
    head = "Interrupted" if report.interrupted else f"{title} incomplete" if report.failed else f"{title} complete"
    tail = f"; run {command} again to continue" if report.failed or report.interrupted else ""
    return f"{head}: {', '.join(done) or 'nothing to do'} (serial {report.serial}){tail}."


def run_json(report: RunReport) -> dict[str, Any]:
    """The outcomes as data, as ``apply --format json`` prints them."""
    return {
        "outcomes": [
            {
                "address": str(r.address),
                "outcome": r.outcome.value,
                "revision": r.revision or None,
                "duration_s": round(r.duration_s, 3),
                "error": r.error or None,
                "score": _score(r),
                "answers": [
                    {
                        "name": a.name,
                        "url": a.url,
                        "deployment": a.deployment or None,
                        "status": a.status,
                        "body": a.body,
                        "problem": a.problem or None,
                    }
                    for a in r.answers
                ],
            }
            for r in report.results
        ],
        "interrupted": report.interrupted,
        "serial": report.serial,
    }


def _score(result: StepResult) -> dict[str, Any] | None:
    score = score_of(result.observed.attributes) if result.observed else None
    return score.document() if score is not None else None


def show_duration(seconds: float) -> str:
    """``0.4 s``, ``48 s``, ``2 min 5 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
