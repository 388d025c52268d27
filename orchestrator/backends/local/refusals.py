"""Why one machine cannot do what a resource asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from orchestrator.core.kind import Behaviour, Kind
from orchestrator.core.resource import Desired
from orchestrator.core.value import Reference
from orchestrator.workspace.assets import remote, stand_in_for
from orchestrator.workspace.client import LOCAL_EXTRA, missing_packages

_RUNNING = frozenset({Behaviour.RUN, Behaviour.DEPLOYMENT})
_NOT_READ = frozenset({"environment_variables", "outputs", "tags", "properties", "description"})
"""Fields that may name remote storage without anything being read from there on their account."""


class Refusals:
    """Decides for one backend; looks only once at what is installed.

    Args:
        stand_ins: reference or URL to local path.
    """

    def __init__(self, stand_ins: Mapping[str, str]) -> None:
        self._stand_ins = stand_ins

    def reason(self, desired: Desired, kind: Kind) -> str | None:
        """Tell why the embedded workspace cannot bring a resource into being; None if it can.

        What is only recorded is never refused; what has to run is refused if its kind says so, if it reads storage that
        this machine cannot reach, or if the packages that run things are not installed.
        """
        reason = kind.local_refusal(desired.variant, desired.properties)
        if reason is not None or kind.local.behaviour not in _RUNNING:
            return reason
        for text in _texts(desired.properties):
            if remote(text) and stand_in_for(self._stand_ins, text) is None:
                return (
                    f"it reads {text.split('?', 1)[0]}, which this machine cannot reach; map it to a local path with "
                    "workspace.local.stand_ins"
                )
        if self._missing:
            return f"running things here needs {', '.join(self._missing)}, which is not installed: {LOCAL_EXTRA}"
        return None

    @cached_property
    def _missing(self) -> tuple[str, ...]:
        return missing_packages()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Reference):
        yield value.text
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _NOT_READ:
                yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
