"""Alerts of monitors: kept with the schedule, and what they set off."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from orchestrator.core.errors import BackendError
from orchestrator.core.firings import ALERTS, FIRED_BY, FIRED_FOR
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.record_kinds import SCHEDULES
from orchestrator.workspace.records.store import RecordStore

ON_ALERT: Final = "amlctl.on_alert"
"""Property of a monitor: the schedule that fires when it raises an alert."""

_SHOWN: Final = 3
_log = logging.getLogger("orchestrator.schedules")


def tell(paths: WorkspacePaths, store: RecordStore, run: Record, result: Mapping[str, Any]) -> dict[str, Any]:
    """Note the alerts of a monitor's run with its schedule, and fire what is to follow. Doing it twice is the same as once.

    Args:
        run: a run that has completed.
        result: its result; of other runs it has no alerts, and nothing is done.

    Returns:
        Attributes for the run's record.
    """
    alerts = result.get(ALERTS)
    name = run.attributes.get(FIRED_BY)
    schedule = store.get(SCHEDULES, f"{SCHEDULES}.{name}", "") if name else None
    if not isinstance(alerts, list) or schedule is None or schedule.deleting:
        return {}
    kept = {"run": run.revision, "time": result.get("time"), ALERTS: alerts, "emails": result.get("emails") or []}
    store.update_status(schedule.key, message=message(kept), attributes={ALERTS: kept})
    if not alerts:
        return {}
    _log.warning("%s raised %s", run.revision, "; ".join(map(str, alerts)))
    follower = str((schedule.body.get("properties") or {}).get(ON_ALERT) or "")
    if follower:
        _fire(paths, store, follower, datetime.fromisoformat(str(run.attributes[FIRED_FOR])))
    return {ALERTS: alerts}


def message(kept: Mapping[str, Any] | None) -> str:
    """What people read of a schedule: the alerts of its last run, the first few of them; empty if there are none."""
    alerts = list((kept or {}).get(ALERTS) or ())
    if kept is None or not alerts:
        return ""
    more = [f"and {len(alerts) - _SHOWN} more"] if len(alerts) > _SHOWN else []
    number = f"{len(alerts)} alert{'' if len(alerts) == 1 else 's'}"
    return "\n".join([f"{number} of {kept['run']}:", *map(str, alerts[:_SHOWN]), *more])


def _fire(paths: WorkspacePaths, store: RecordStore, name: str, at: datetime) -> None:
    """Its run is named after the moment of the monitor's firing: an alert that is seen twice makes one run."""
    from orchestrator.workspace.schedules.runs import ScheduledRuns

    schedule = store.get(SCHEDULES, f"{SCHEDULES}.{name.removeprefix('azureml:')}", "")
    if schedule is None or schedule.deleting:
        _log.error("the schedule '%s', which is to fire on alerts, is not in the workspace", name)
        return
    try:
        run = ScheduledRuns(paths, store).fire(schedule, at)
    except BackendError as error:
        _log.error("the schedule '%s' does not fire: %s %s", name, error.detail, error.fix)
        return
    _log.info("%s fired on an alert: %s", name, run)
