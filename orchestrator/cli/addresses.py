"""Addresses as people type them."""

from __future__ import annotations

from collections.abc import Iterable

import click

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.project import Project


def address_in(project: Project, text: str, kinds: Iterable[str]) -> Address:
    """The address of a resource of one of these kinds in the project.

    Raises:
        click.UsageError: there is none; offers the nearest.
    """
    wanted = set(kinds)
    known = {str(address): address for address in project.resources if address.kind in wanted}
    if text not in known:
        fix = did_you_mean(text, known, f"There is: {', '.join(known) or 'none'}.")
        raise click.UsageError(f"The project has no {' or '.join(sorted(wanted))} called '{text}'. {fix}")
    return known[text]
