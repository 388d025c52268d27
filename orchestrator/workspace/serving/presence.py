"""Whether a record that says that it is healthy still is: for readers while no supervisor looks."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.core.health import Health
from orchestrator.workspace.process import ProcessIdentity, alive
from orchestrator.workspace.records import Record

PROCESSES = "processes"
"""Attribute of endpoints and deployments: identities of the processes that serve them."""

_KINDS = frozenset({"online_endpoints", "online_endpoints.deployments"})


def as_it_is(record: Record) -> Record:
    """The record, less healthy if processes that serve it are gone. Records of other kinds come back as they are.

    Looks at the processes, not at their answers; cheap enough for every reading.
    """
    if record.kind not in _KINDS or record.health is not Health.HEALTHY:
        return record
    processes = record.attributes.get(PROCESSES, ())
    gone = sum(not _lives(text) for text in processes)
    if not gone:
        return record
    what = "the router is" if record.kind == "online_endpoints" else f"{gone} of {len(processes)} scoring servers are"
    return replace(record, health=Health.PROGRESSING, phase="restarting", message=f"{what} not running")


def _lives(text: object) -> bool:
    try:
        return alive(ProcessIdentity.parse(str(text)))
    except ValueError:
        return False
