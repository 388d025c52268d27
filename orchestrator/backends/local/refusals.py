"""Why one machine cannot do what a resource asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.core.kind import Behaviour, Kind
from orchestrator.core.resource import Desired
from orchestrator.core.value import Reference
from orchestrator.workspace.assets import remote, stand_in_for
from orchestrator.workspace.client import LOCAL_EXTRA, missing_packages

_RUNNING = frozenset({Behaviour.RUN, Behaviour.DEPLOYMENT})


def refusal(desired: Desired, kind: Kind, stand_ins: Mapping[str, str]) -> str | None:
    """Tell why the embedded workspace cannot bring a resource into being; None if it can.

    What is only recorded is never refused; what has to run is refused if its kind says so, if it reads storage that
    this machine cannot reach, or if the packages that run things are not installed.
    """
    reason = kind.local_refusal(desired.variant, desired.properties)
    if reason is not None:
        return reason
    if kind.local.behaviour not in _RUNNING:
        return None
    for text in _texts(desired.properties):
        if remote(text) and stand_in_for(stand_ins, text) is None:
            return (
                f"it reads {text.split('?', 1)[0]}, which this machine cannot reach; map it to a local path with "
                "workspace.local.stand_ins"
            )
    missing = missing_packages()
    if missing:
        return f"running things here needs {', '.join(missing)}, which is not installed: {LOCAL_EXTRA}"
    return None


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Reference):
        yield value.text
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
