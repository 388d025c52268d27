"""One run for people who look at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.core.firings import ALERTS, REUSED_FROM
from orchestrator.core.score import score_of
from orchestrator.report.children import parameter_names, primary_metric, ranked, word_of
from orchestrator.report.plots import UNICODE, Marks, plot
from orchestrator.report.run import show_duration
from orchestrator.report.runs import RunFacts, wrapped
from orchestrator.report.status import HEALTH_COLOURS
from orchestrator.report.style import PLAIN, Style, harmless, one_line

_CHILDREN: Final = 20
"""So many children are listed, the best ones."""

_PLOTS: Final = 4
_FILES: Final = 20
_MESSAGE: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """What text is made for.

    Attributes:
        width: characters of a line.
    """

    width: int = 80
    style: Style = PLAIN
    marks: Marks = UNICODE


def run_text(facts: RunFacts, terminal: Terminal, metric: str = "") -> str:
    """How it is, why it ran, what it logged, its children, what it used and made.

    Args:
        metric: to draw; empty draws what the children are compared by, and metrics with several values.
    """
    sections = (
        _head(facts, terminal),
        _why(facts, terminal),
        _alerts(facts, terminal),
        _numbers("Metrics", sorted(facts.metrics.items()), terminal),
        _texts("Parameters", sorted(facts.figures.parameters.items()) if facts.figures is not None else [], terminal),
        _over_time(facts, terminal, metric),
        _steps(facts, terminal),
        _trials(facts, terminal, metric),
        _texts("Uses", facts.uses, terminal),
        _files(facts, terminal),
    )
    return "\n\n".join("\n".join(lines) for section in sections if (lines := list(section)))


def _head(facts: RunFacts, terminal: Terminal) -> Iterator[str]:
    run, style = facts.run, terminal.style
    duration = facts.duration_s
    parts = [str(run.address), *([f"took {show_duration(duration)}"] if duration is not None else [])]
    yield style(one_line(run.revision), "bold")
    yield f"  {style(run.health.value, HEALTH_COLOURS[run.health])}{'  in force' if facts.in_force else ''}  {one_line('  '.join(parts))}"
    score = score_of(run.attributes)
    if score is not None:
        yield from wrapped(str(score), terminal.width, indent="  ")
    for line in harmless(run.message).splitlines()[:_MESSAGE]:
        yield f"    {style(line, 'dim')}"


def _alerts(facts: RunFacts, terminal: Terminal) -> Iterator[str]:
    if alerts := facts.run.attributes.get(ALERTS):
        yield _title("Alerts", terminal)
        for alert in alerts:
            yield from wrapped(harmless(str(alert)), terminal.width, indent="  ")


def _title(text: str, terminal: Terminal) -> str:
    return terminal.style(text, "bold")


def _why(facts: RunFacts, terminal: Terminal) -> Iterator[str]:
    why = facts.why
    yield _title("Why it ran", terminal)
    if why.serial is not None:
        when = f", {why.at[:19].replace('T', ' ')} UTC" if why.at else ""
        yield f"  Started by apply #{why.serial}{when}."
    if why.schedule:
        yield from wrapped(f"Started by the schedule {why.schedule} for {why.fired_for}.", terminal.width, indent="  ")
        if source := facts.run.attributes.get(REUSED_FROM):
            yield from wrapped(
                f"Nothing has changed since {source}: its result is reused.", terminal.width, indent="  "
            )
        return
    if why.before is None:
        yield "  It is the first run of this job here."
        return
    before = one_line(why.before.revision)
    if not why.differing:
        failed = ", which failed" if why.retry else ""
        yield from wrapped(
            f"Its body is the same as that of the run before, {before}{failed}.", terminal.width, indent="  "
        )
        return
    yield from wrapped(f"These differ from the run before, {before}:", terminal.width, indent="  ")
    for name, old, new in why.differing:
        yield f"    {one_line(name)}"
        yield from wrapped(f"- {old}", terminal.width, indent="      ")
        yield from wrapped(f"+ {new}", terminal.width, indent="      ")


def _numbers(title: str, rows: Sequence[tuple[str, float]], terminal: Terminal) -> Iterator[str]:
    yield from _texts(title, [(name, f"{value:.6g}") for name, value in rows], terminal)


def _texts(title: str, rows: Sequence[tuple[str, str]], terminal: Terminal) -> Iterator[str]:
    if not rows:
        return
    yield _title(title, terminal)
    width = min(max(len(one_line(name)) for name, _ in rows), terminal.width // 2)
    for name, value in rows:
        line = f"  {one_line(name):<{width}}  {one_line(value)}".rstrip()
        if len(line) <= terminal.width:
            yield line
        else:
            yield f"  {one_line(name)}"
            yield from wrapped(value, terminal.width)


def _over_time(facts: RunFacts, terminal: Terminal, metric: str) -> Iterator[str]:
    known = facts.figures.metrics if facts.figures is not None else {}
    several = [name for name, points in sorted(known.items()) if len(points) > 1]
    chosen = [name for name in several if name == metric] if metric else several[:_PLOTS]
    for number, name in enumerate(chosen):
        if number:
            yield ""
        yield from plot(_title(one_line(name), terminal), [point.value for point in known[name]], marks=terminal.marks)


def _steps(facts: RunFacts, terminal: Terminal) -> Iterator[str]:
    steps = facts.steps
    if not steps:
        return
    yield _title("Steps", terminal)
    width = max(len(one_line(step.name)) for step in steps)
    for step in steps:
        child = step.child
        duration = child.duration_s if child is not None and not child.reused_from else None
        parts = [
            f"{step.status:<9}",
            *([show_duration(duration)] if duration is not None else []),
            *([f"from {child.reused_from}"] if child is not None and child.reused_from else []),
            *([f"after {', '.join(step.needs)}"] if step.needs else []),
        ]
        line = f"  {one_line(step.name):<{width}}  {one_line('  '.join(parts))}".rstrip()
        if len(line) <= terminal.width:
            yield line
        else:
            yield f"  {one_line(step.name):<{width}}  {parts[0]}".rstrip()
            yield from wrapped("  ".join(parts[1:]), terminal.width)


def _trials(facts: RunFacts, terminal: Terminal, metric: str) -> Iterator[str]:
    children = facts.children
    if not children or facts.steps:
        return
    compared = metric or primary_metric(facts.run, children)
    rows = ranked(children, compared, facts.run)
    best = next((place for place, child in enumerate(children) if child is rows[0].child and rows[0].best), None)
    values = [child.last(compared) for child in children]
    drawn = plot(_title(f"{one_line(compared)} of each trial", terminal), values, best=best, marks=terminal.marks)
    yield from [*drawn, ""] if drawn else ()
    yield _title(f"Trials, best first ({len(children)})", terminal)
    names = parameter_names(children)
    for row in rows[:_CHILDREN]:
        child = row.child
        value = "" if row.value is None else f"{row.value:.6g}"
        parts = [value, *([] if child.status == "FINISHED" else [word_of(child.status)])]
        mark = terminal.marks.best if row.best else " "
        yield f"{mark} {one_line(child.name)}  {'  '.join(filter(None, parts))}".rstrip()
        shown = {name: child.parameters[name] for name in names if name in child.parameters}
        if shown or row.best:
            every = child.parameters if row.best else shown
            yield from wrapped(
                "  ".join(f"{name}={value}" for name, value in every.items()), terminal.width, terminal.style
            )
    if len(rows) > _CHILDREN:
        yield f"  {len(rows) - _CHILDREN} more. --format json has all of them."


def _files(facts: RunFacts, terminal: Terminal) -> Iterator[str]:
    rows = [(file.name, show_bytes(file.size)) for file in facts.files[:_FILES]]
    yield from _texts("Outputs", rows, terminal)
    if len(facts.files) > _FILES:
        yield f"  {len(facts.files) - _FILES} more."


def show_bytes(value: int) -> str:
    """Bytes, short."""
    for unit, factor in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if value >= factor:
            return f"{value / factor:.1f} {unit}"
    return f"{value} B"
