"""``amlctl explain``."""

from __future__ import annotations

import click

from orchestrator.cli.addresses import chosen
from orchestrator.cli.console import Console
from orchestrator.cli.options import SpecChoice, with_console, with_plan, with_spec_and_address
from orchestrator.core.address import Address
from orchestrator.core.plan import Plan
from orchestrator.core.ports import SystemClock
from orchestrator.engine import open_workspace, plan_project
from orchestrator.kinds import discover
from orchestrator.planning.explain import explain
from orchestrator.planning.options import PlanOptions
from orchestrator.report.explain import explanation_json, explanation_text


@click.command("explain")
@with_spec_and_address
@with_plan
@with_console()
def command(spec: SpecChoice, address: str, options: PlanOptions, console: Console) -> None:
    """Explain why a resource will or will not change: the file, the field or the dependency."""
    project = spec.project()
    with open_workspace(project, discover(), SystemClock()) as workspace:
        plan = plan_project(project, workspace, options).plan
    explanation = explain(plan, address_in(plan, address))
    if console.json:
        console.document(explanation_json(explanation))
    else:
        console.text(explanation_text(explanation, console.style))


def address_in(plan: Plan, text: str) -> Address:
    """The address of this plan that a person typed.

    Raises:
        click.UsageError: there is none; offers the nearest.
    """
    known = [change.address for change in plan.changes]
    keys = {target.desired.key: address for address, target in plan.targets.items() if target.desired is not None}
    if text in keys:
        return keys[text]
    fix = "Run `amlctl plan -v` for a list of addresses, or `amlctl fields` for the fields of a kind."
    return chosen(text, known, f"There is no resource '{text}' in this project.", fix)
