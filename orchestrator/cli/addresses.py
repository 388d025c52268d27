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
    allowed = set(kinds)
    known = [address for address in project.resources if address.kind in allowed]
    names = ", ".join(map(str, known)) or "none"
    keys = {desired.key: address for address, desired in project.resources.items() if address.kind in allowed}
    if text in keys:
        return keys[text]
    return chosen(text, known, f"There is no {' or '.join(sorted(allowed))} called '{text}'.", f"Available: {names}.")


def chosen(text: str, known: Iterable[Address], missing: str, otherwise: str) -> Address:
    """The address with this text.

    Args:
        text: what was typed.
        known: what could be meant.
        missing: what to say if it is none of them.
        otherwise: what to say then if none is near either.

    Raises:
        click.UsageError: there is none; offers the one whose own name was typed, or else the nearest.
    """
    found = {str(address): address for address in known}
    if text in found:
        return found[text]
    bare = next((name for name, address in found.items() if text in (address.leaf, address.part)), "")
    fix = f"Did you mean '{bare}'?" if bare else did_you_mean(text, found, otherwise)
    raise click.UsageError(f"{missing} {fix}")
