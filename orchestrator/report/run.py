"""What an apply did, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

from orchestrator.core.run import CheckResult, Outcome, RunReport, StepResult
from orchestrator.report.style import PLAIN, Style, harmless, one_line

_COLOURS = {Outcome.FAILED: "red", Outcome.SKIPPED: "yellow", Outcome.CANCELLED: "yellow"}


def result_line(result: StepResult, style: Style = PLAIN, *, brief: bool = False) -> str:
    """One line for one resource: what happened, to which revision, how long it took; below it why it failed, and where.

    Args:
        result: what happened.
        style: colours.
        brief: of the reason only the first line, where the summary will give the rest.
    """
    good = result.outcome not in _COLOURS
    mark = (
        style("✓", "green")
        if good
        else style("✗" if result.outcome is Outcome.FAILED else "-", _COLOURS[result.outcome])
    )
    revision = f" {one_line(result.revision)}" if result.revision else ""
    duration = f"  {show_duration(result.duration_s)}" if result.duration_s >= 0.05 else ""
    line = f"{mark} {one_line(result.address)}  {result.outcome.value}{revision}{style(duration, 'dim')}"
    if not result.error:
        return line
    where = f" ({one_line(result.span)})" if result.span else ""
    colour = _COLOURS.get(result.outcome, "red")
    first, *more = harmless(result.error).splitlines()[: 1 if brief else None] or [""]
    return "\n".join([line, f"    {style(first, colour)}{where}", *(f"      {style(part, 'dim')}" for part in more)])


def answer_line(answer: CheckResult, style: Style = PLAIN) -> str:
    """One line for one request of an endpoint's tests, with the answer."""
    test = f"test '{answer.name}'" + (f" [{answer.deployment}]" if answer.deployment else "")
    if answer.problem:
        return f"{style('✗', 'red')} {one_line(f'{test}: {answer.problem}')}"
    said = one_line(f"{test}: POST {answer.url} → {answer.status} {answer.body.strip()[:200]}")
    return f"{style('✓', 'green')} {said}"


def run_text(report: RunReport, style: Style = PLAIN, *, command: str = "apply") -> str:
    """The closing summary: everything that did not go well, the endpoints' answers, counts.

    Args:
        report: what was done.
        style: colours.
        command: the command that did it, for the last line.
    """
    counts = Counter(result.outcome for result in report.results)
    done = [f"{number} {outcome.value}" for outcome, number in sorted(counts.items(), key=lambda item: item[0].value)]
    lines = [result_line(r, style) for r in report.results if r.outcome in _COLOURS]
    answers = [a for r in report.results for a in r.answers if not a.deployment or a.problem]
    lines += [answer_line(answer, style) for answer in answers]
    title = command.capitalize()
    head = "Interrupted" if report.interrupted else f"{title} incomplete" if report.failed else f"{title} complete"
    tail = f"; run {command} again to continue" if report.failed or report.interrupted else ""
    lines.append(style(f"{head}: {', '.join(done) or 'nothing to do'} (serial {report.serial}){tail}.", "bold"))
    return "\n".join(lines)


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


def show_duration(seconds: float) -> str:
    """``0.4 s``, ``48 s``, ``2 min 5 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
