"""Finds what a step is made of: a component in the body, or one that was registered."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.extras import install_extra
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.record_kinds import COMPONENTS
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.references import hosted
from orchestrator.workspace.references.stand_ins import stand_in_for

CODES: Final = "codes"

_REFERENCE: Final = re.compile(r"azureml:(?!//)(?P<name>[^:@/]+)(?::(?P<version>[^@/]+)|@(?P<label>\w+))?")


@dataclass(frozen=True, slots=True)
class Components:
    """The components of one workspace.

    Attributes:
        store: its records.
        stand_ins: what settings put in the place of components that are elsewhere.
    """

    store: RecordStore
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    def find(self, said: Any) -> Mapping[str, Any]:
        """The document of a component.

        Args:
            said: a mapping, or ``azureml:NAME:VERSION``, ``azureml:NAME@latest``, ``azureml:NAME``, or a registry's.

        Raises:
            NotFound: there is no such component.
            Invalid: it is of a kind that is not found here.
        """
        if isinstance(said, Mapping):
            return said
        instead = stand_in_for(self.stand_ins, str(said))
        if instead is not None:
            return hosted.component_file(str(said), instead.path)
        if hosted.is_hosted_component(str(said)):
            return _hosted(str(said))
        record = self._record(COMPONENTS, str(said))
        return record.body

    def code(self, said: Any) -> Any:
        """The content of a code version that was uploaded by a client; everything else stays as it is."""
        if not isinstance(said, str) or _REFERENCE.fullmatch(said) is None:
            return said
        return self._record(CODES, said).body["path"]

    def _record(self, section: str, text: str) -> Record:
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise Invalid(
                f"'{text}' is not a component of this workspace.",
                fix="Use azureml:NAME:VERSION, a local file or the component itself.",
            )
        address = f"{section}.{match['name']}"
        version = match["version"]
        record = self.store.get(section, address, version) if version else self.store.latest(section, address)
        if record is None or record.deleting:
            names = {known.name for known in self.store.list(section)}
            close = difflib.get_close_matches(match["name"], names, n=1)
            raise NotFound(
                f"There is no {section.removesuffix('s')} '{text}' in the workspace.",
                fix=f"Nearest: {close[0]}." if close else "Register it first.",
            )
        return record


def _hosted(text: str) -> Mapping[str, Any]:
    found = hosted.component(text)
    if found is None:
        raise hosted.unknown_component(text)
    if found.missing:
        raise Invalid(
            f"{text} requires {', '.join(found.missing)}, which is not installed.",
            fix=install_extra("local", found.extra),
        )
    return found.run_here
