"""``amlctl runs``."""

from __future__ import annotations

import shutil

import click

from orchestrator.cli.addresses import address_in
from orchestrator.cli.batches import batching
from orchestrator.cli.console import Console
from orchestrator.cli.options import SpecChoice, with_console, with_spec, with_spec_and_address
from orchestrator.cli.streams import speaks_unicode
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import NotFound
from orchestrator.core.health import Health
from orchestrator.core.kind import Identity
from orchestrator.core.ports import SystemClock
from orchestrator.core.redact import Redactor
from orchestrator.core.resource import Observed
from orchestrator.engine import Workspace, open_workspace
from orchestrator.engine.runs import run_facts, runs_of
from orchestrator.kinds import discover
from orchestrator.report.plots import ASCII, UNICODE
from orchestrator.report.run_text import Terminal, run_text
from orchestrator.report.runs import run_json, runs_json, runs_text


@click.group("runs")
def command() -> None:
    """List the runs of a project's jobs and show what each has logged."""


@command.command("list")
@with_spec()
@click.option("--job", metavar="ADDRESS", help="Runs of this job only: jobs.train")
@click.option("--health", type=click.Choice([each.value for each in Health]), help="Runs with this health only.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Show the newest runs only.")
@with_console("text", "json")
def list_(spec: SpecChoice, console: Console, job: str | None, health: str | None, limit: int) -> None:
    """List the runs of the project's jobs, newest first."""
    project = spec.project(files=False)
    kinds = discover()
    place = (
        address_in(project, job, tuple(key for key in kinds if kinds[key].identity is Identity.RUN)) if job else None
    )
    with open_workspace(project, kinds, SystemClock()) as workspace:
        found = runs_of(project, workspace)
        chosen = [run for run in found if place in (None, run.address) and health in (None, run.health.value)][:limit]
        current = _in_force(workspace, chosen)
    if console.json:
        console.document(runs_json(chosen, current))
        return
    redact = Redactor(resource.properties for resource in project.resources.values())
    console.text(redact(runs_text(chosen, current, _width(), console.style)))


@command.command("batch")
@with_spec_and_address
@with_console("text", "json")
def batch(spec: SpecChoice, address: str, console: Console) -> None:
    """List the jobs of a batch endpoint, newest first.

    ADDRESS is a batch endpoint: batch_endpoints.churn
    """
    project = spec.project(files=False)
    kinds = discover()
    place = address_in(project, address, tuple(key for key, kind in kinds.items() if kind.batches))
    with open_workspace(project, kinds, SystemClock()) as workspace:
        jobs = batching(workspace.backend, place).batch_jobs(place)
    if console.json:
        console.document([job.document() for job in jobs])
        return
    lines = [f"{job.name}  {job.status}  {job.deployment}".rstrip() for job in jobs]
    console.result("\n".join(lines) or f"{place} has no jobs.")


@command.command("show")
@with_spec_and_address
@click.option("--metric", metavar="NAME", default="", help="Metric to plot (default: what the trials are compared by).")
@with_console("text", "json")
def show(spec: SpecChoice, address: str, console: Console, metric: str) -> None:
    """Show one run: why it ran, parameters, metrics, trials or steps, outputs.

    ADDRESS is the name of a run, or a job for its latest run: jobs.train
    """
    project = spec.project(files=False)
    with open_workspace(project, discover(), SystemClock()) as workspace:
        runs = runs_of(project, workspace)
        facts = run_facts(project, workspace, _chosen(runs, address, project.name), runs)
    redact = Redactor(resource.properties for resource in project.resources.values())
    if console.json:
        console.document(run_json(facts))
        return
    terminal = Terminal(width=_width(), style=console.style, marks=UNICODE if speaks_unicode() else ASCII)
    console.text(redact(run_text(facts, terminal, metric)))


def _chosen(runs: list[Observed], text: str, project: str) -> Observed:
    """A run by its name, or the newest of a job.

    Raises:
        NotFound: the project has none such.
    """
    for run in runs:
        if text in (run.revision, str(run.address)):
            return run
    names = [name for run in runs for name in (run.revision, str(run.address))]
    fix = did_you_mean(text, names, "Run `amlctl runs list` for a list of runs." if runs else "Apply first.")
    raise NotFound(f"Project '{project}' has no run '{text}' in this workspace.", fix=fix)


def _in_force(workspace: Workspace, runs: list[Observed]) -> list[Observed]:
    applied = workspace.store.load().applied
    return [run for run in runs if run.address in applied and applied[run.address].revision == run.revision]


def _width() -> int:
    return shutil.get_terminal_size((80, 24)).columns
