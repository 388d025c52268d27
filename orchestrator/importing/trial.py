"""Plans the new spec until that works: what cannot be part of it is taken out, with the reason."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, SpecError
from orchestrator.core.errors import BackendError, StateError, UnsupportedSetup
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, LocatedList
from orchestrator.engine import load_project, open_workspace, plan_project
from orchestrator.importing.documents import Document
from orchestrator.importing.entries import Entries, Entry
from orchestrator.importing.names import variable
from orchestrator.importing.text import ELSEWHERE, WORKSPACE, has_azure
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents

_PLAIN: Final = "secret-expected"
_DISABLED: Final = "disabled-resource"


_ANY: Final = "00000000-0000-0000-0000-000000000000"
"""What stands for a setting that nobody has said yet."""


class _WrongError(SpecError):
    """The spec itself is wrong, wherever it is planned."""


class Trial:
    """Tries a spec.

    Args:
        entries: its resources; those that do not work are taken out.
        variables: values for what stays open.
        workspace: settings of the Azure workspace.
        write: writes the spec from what the entries are now, and gives its path.

    Attributes:
        secrets: secret to the environment variable that holds it, of values that stand in documents in plain text.
    """

    def __init__(
        self, entries: Entries, variables: Mapping[str, str], workspace: Mapping[str, str], write: Callable[[], Path]
    ) -> None:
        self.secrets: dict[str, str] = {}
        self._entries = entries
        self._variables = variables
        self._workspace = workspace
        self._write = write

    def run(self) -> str:
        """Go on until the spec can be planned; returns why it cannot be if nothing helps any more, empty if it can."""
        for _ in range(len(self._entries.all) * 3 + 3):
            try:
                self._plan(self._write())
            except _WrongError as error:
                if not self._mended(error.diagnostics, self._wrong):
                    return error.diagnostics[0].detail
            except SpecError as error:
                if not self._mended(error.diagnostics, _refused_here):
                    return error.diagnostics[0].detail
            except (BackendError, StateError, UnsupportedSetup) as error:
                return str(error)
            else:
                return ""
        return ""

    def _plan(self, spec: Path) -> None:
        """Load both targets, and plan the one that needs no cloud.

        Raises:
            _WrongError: one of them cannot be loaded.
            SpecError: the embedded workspace does not take it.
        """
        environ = dict(os.environ)
        try:
            project = load_project((spec,), LoadOptions(environ=environ))
            if has_azure(self._entries.all.values(), self._workspace):
                settings = dict.fromkeys((*WORKSPACE.values(), *self.secrets.values()), _ANY)
                values = dict(self._variables)
                load_project((spec,), LoadOptions(target=ELSEWHERE, variables=values, environ={**settings, **environ}))
        except SpecError as error:
            raise _WrongError(error.diagnostics) from error
        with open_workspace(project, discover(), SystemClock()) as workspace:
            plan_project(project, workspace, PlanOptions())

    def _mended(self, diagnostics: Iterable[Diagnostic], mend: Callable[[Entry, Diagnostic], None]) -> bool:
        found = False
        for diagnostic in diagnostics:
            for entry in self._concerned(diagnostic):
                if not _moved(entry, diagnostic, self._entries.all.values()):
                    mend(entry, diagnostic)
                found = True
        return found

    def _concerned(self, diagnostic: Diagnostic) -> list[Entry]:
        """The resources that a problem is about: by its address, else by the file that it points to."""
        entries = list(self._entries.all.values())
        address = diagnostic.address
        for text in (str(address), str(Address(address.section, address.name))) if address else ():
            found = [entry for entry in entries if entry.address == text]
            if found:
                return found
        file = Path(diagnostic.subject.file).resolve() if diagnostic.subject else None
        return [entry for entry in entries if entry.document and entry.document.path.resolve() == file]

    def _wrong(self, entry: Entry, diagnostic: Diagnostic) -> None:
        """A problem of the spec: leave the resource out, unless more can be said about it."""
        if diagnostic.code == _DISABLED:
            _refused_here(entry, diagnostic)
        elif diagnostic.code != _PLAIN or not self._declared(entry, diagnostic):
            self._entries.drop(entry, _message(entry, diagnostic))

    def _declared(self, entry: Entry, diagnostic: Diagnostic) -> bool:
        """Put a secret in place of one that stands in a document in plain text."""
        document, place = entry.document, diagnostic.subject
        path = _path_at(document, place) if document and place else ()
        if not path:
            return False
        inner = entry.body
        for part in path[:-1]:
            inner = inner.setdefault(part, {})
        name = f"{entry.name}-{path[-1].replace('_', '-')}".replace("${var.", "").replace("}", "")
        where = variable(name).upper()
        self.secrets[name] = where
        inner[path[-1]] = f"${{secret.{name}}}"
        entry.notes.append(f"its {path[-1]} comes from {where}")
        entry.elsewhere = f"it needs the secret {where}"
        return True


def _refused_here(entry: Entry, diagnostic: Diagnostic) -> None:
    entry.elsewhere = entry.elsewhere or _message(entry, diagnostic)


def _moved(entry: Entry, diagnostic: Diagnostic, entries: Iterable[Entry]) -> bool:
    """Take out fields of an endpoint that are a resource of their own: traffic to a deployment that is not there.

    If the deployment is in the other target, so are they.
    """
    part = diagnostic.address.part if diagnostic.address else ""
    child = next((child for child in entry.kind.children if not child.keyed and child.kind.endswith(f".{part}")), None)
    if not part or child is None:
        return False
    members = {other.name for other in entries if other.endpoint == entry.name}
    for field in child.fields:
        value = entry.body.pop(field, None)
        if value is None:
            entry.body[field] = None  # takes away what the document says
        elif members.intersection(map(str, (*value, *value.values()))):
            entry.there[field] = value
    return True


def _message(entry: Entry, diagnostic: Diagnostic) -> str:
    """A problem in one line, with the line of the document where it stands there."""
    place = diagnostic.subject
    if place and entry.document and Path(place.file).resolve() == entry.document.path.resolve():
        return f"line {place.line}: {diagnostic.detail}"
    return diagnostic.detail


def _path_at(document: Document, place: Span) -> tuple[str, ...]:
    """Keys that lead to a value of a document, by its place; empty if it is elsewhere or inside a list."""
    trees = read_documents(document.text, place.file, Problems()) or []
    return next((path for tree in trees for path in _paths(tree, place, ())), ())


def _paths(tree: Any, place: Span, above: tuple[str, ...]) -> Iterable[tuple[str, ...]]:
    if isinstance(tree, LocatedDict):
        for key in tree:
            span = tree.value_span(key)
            if (span.line, span.column) == (place.line, place.column) and not isinstance(
                tree[key], LocatedDict | LocatedList
            ):
                yield (*above, key)
            yield from _paths(tree[key], place, (*above, key))
