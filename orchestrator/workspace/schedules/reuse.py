"""Firings of a command job of which nothing has changed take the result of an earlier one.

A job without named outputs runs for what it does, not for what it leaves: it always runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from orchestrator.core.firings import REUSED_FROM
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.jobs.registering import Registering
from orchestrator.workspace.pipeline.earlier import kept_whole, take_over
from orchestrator.workspace.pipeline.identity import Identities
from orchestrator.workspace.pipeline.making import Made
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore

DIGEST: Final = "fired_digest"
"""Attribute of a run that came of a schedule: what its result depends on."""

FORCE_RERUN: Final = "amlctl.force_rerun"
"""Property of a schedule: with ``true`` each firing runs."""


def always_runs(schedule: Record) -> bool:
    """Whether each firing of a schedule runs."""
    return str((schedule.body.get("properties") or {}).get(FORCE_RERUN)).lower() == "true"


def with_digest(paths: WorkspacePaths, store: RecordStore, run: Record) -> Record:
    """A run that is about to be made, with what its result depends on."""
    made = Made(run.variant, run.body, deterministic=True, reused=True)
    digest = Identities(store, paths, run).of(made, run.revision)
    return replace(run, attributes={**run.attributes, DIGEST: digest})


def from_earlier(paths: WorkspacePaths, store: RecordStore, run: Record) -> Record | None:
    """The same run with the result of the newest one that depends on the same; None if there is none, or not all of it is kept.

    Args:
        run: of `with_digest`.
    """
    made = Made(run.variant, run.body, deterministic=True, reused=True)
    if not run.body.get("outputs"):
        return None
    source = next(
        (
            one
            for one in reversed(store.list(run.kind))
            if one.attributes.get(DIGEST) == run.attributes[DIGEST]
            and one.health is Health.HEALTHY
            and not one.deleting
            and kept_whole(one, made)
        ),
        None,
    )
    if source is None:
        return None
    found = take_over(paths, source, run.revision)
    origin = source.attributes.get(REUSED_FROM) or source.revision
    done = replace(
        run, attributes={**run.attributes, **found, REUSED_FROM: origin}, health=Health.HEALTHY, phase="completed"
    )
    trouble = Registering(paths, store).register(done, found["outputs"])
    return None if trouble else done
