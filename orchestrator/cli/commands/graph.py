"""``amlctl graph``."""

from __future__ import annotations

import click

from orchestrator.cli.console import Console
from orchestrator.cli.options import SpecChoice, with_console, with_spec
from orchestrator.core.address import Address
from orchestrator.core.change import Action
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import Project
from orchestrator.report.graph import Drawing, dot, drawing_json, mermaid, svg


@click.command("graph")
@with_spec()
@click.option("--plan", "planned", is_flag=True, help="Color resources by their planned action; reads the workspace.")
@with_console("mermaid", "dot", "svg", "json")
def command(spec: SpecChoice, console: Console, *, planned: bool) -> None:
    """Print the dependency graph, from dependencies to dependents."""
    project = spec.project(files=planned)
    drawing = Drawing(
        {address: desired.depends_on for address, desired in project.resources.items()},
        _actions(project) if planned else {},
    )
    if console.json:
        console.document(drawing_json(drawing))
        return
    draw = {"mermaid": mermaid, "dot": dot, "svg": _picture}[console.format]
    console.result(draw(drawing).rstrip("\n"))


def _picture(drawing: Drawing) -> str:
    """A picture with lines around boxes, where what lays it out is installed; else a simple one."""
    from orchestrator.ui.picture import picture

    try:
        return picture(drawing)
    except ModuleNotFoundError:
        return svg(drawing)


def _actions(project: Project) -> dict[Address, Action]:
    from orchestrator.engine import open_workspace, plan_project
    from orchestrator.kinds import discover
    from orchestrator.planning.options import PlanOptions

    with open_workspace(project, discover(), SystemClock()) as workspace:
        plan = plan_project(project, workspace, PlanOptions()).plan
    return {change.address: change.action for change in plan.changes}
