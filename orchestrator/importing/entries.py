"""The resources of the spec: each from a document, from what a command says, or from both."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.kind import Kind, Kinds
from orchestrator.importing.commands import CommandAction
from orchestrator.importing.documents import Document
from orchestrator.importing.names import LONGEST_NAME, names_to_try, plain_name, relative, variable
from orchestrator.importing.shell import replaced, unknown_names

_PATH_KEYS: Final = frozenset({"path", "code", "conda_file", "file", "local_path"})


@dataclass(slots=True, kw_only=True)
class Entry:
    """One resource of the spec.

    Attributes:
        kind: of the resource, or of the part of an endpoint.
        name: as the spec says it.
        endpoint: of a part: the endpoint, as the spec says it; empty otherwise.
        document: that describes it; None if a command alone does.
        body: fields that the spec says itself.
        there: fields that it has in the other target only.
        notes: comments.
        elsewhere: why it cannot be planned on the embedded workspace; empty if it can.
    """

    kind: Kind
    name: str
    endpoint: str = ""
    document: Document | None = None
    body: dict[str, Any] = field(default_factory=dict)
    there: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    elsewhere: str = ""

    @property
    def address(self) -> str:
        """As plans say it, but for variables in names."""
        section, _, part = self.kind.key.partition(".")
        return str(Address(section, self.endpoint, f"{part}.{self.name}") if part else Address(section, self.name))

    @property
    def as_it_is(self) -> bool:
        """Whether including the document says everything."""
        document = self.document
        if document is None or self.body or self.elsewhere:
            return False
        return document.several or (document.name, document.endpoint) == (self.name, self.endpoint)


class Entries:
    """Collects the resources.

    Args:
        source: the folder that is imported.
        spec: the folder of the new spec.
        common: kind and name of documents that are called after their file, as others are.
    """

    def __init__(self, source: Path, spec: Path, kinds: Kinds, common: frozenset[tuple[str, str]]) -> None:
        self.all: dict[str, Entry] = {}
        self.replaced: list[tuple[CommandAction, str]] = []
        self.kept: list[tuple[CommandAction, str]] = []
        self.left: list[tuple[Path, str]] = []
        self._source = source
        self._spec = spec
        self._kinds = kinds
        self._common = common
        self._names: dict[tuple[Path, str], str] = {}

    def add_command(
        self, action: CommandAction, documents: Mapping[Path, Document], reasons: Mapping[Path, str]
    ) -> None:
        """What a command creates or changes; those that the spec cannot stand for are remembered with the reason."""
        if action.kind is None:
            self.kept.append((action, action.reason))
            return
        document = None
        if action.file is not None:
            path = self._file(action)
            document = documents.get(path) if path else None
            if document is None or document.several:
                why = reasons.get(path, "it is included whole") if path else "it is not in this folder"
                self.kept.append((action, f"it uses {_shown(action.file)}: {why}"))
                return
        entry = self._entry(action, action.kind, document)
        if isinstance(entry, str):
            self.kept.append((action, entry))
            return
        _merge(entry.body, self._rebased(action, document))
        self._traffic(action, entry)
        ignored = f" (without {', '.join(map(_shown, action.ignored))})" if action.ignored else ""
        self.replaced.append((action, f"{entry.address}{ignored}"))

    def add_document(self, document: Document) -> None:
        """A document that no command uses."""
        kind = self._kinds[document.kind]
        if document.several:
            self.all[f"{document.path}"] = Entry(kind=kind, name=document.name, document=document)
            return
        part = "." in document.kind
        endpoint = (self._said_endpoint(document) or self._nearest_endpoint(document)) if part else ""
        other = self.all.get(_key(kind, document.name, endpoint))
        if part and document.named and other is not None:
            self.left.append((document.path, f"{endpoint} has another of the name {document.name}{_file_of(other)}"))
        else:
            self._put(kind, self._free(kind, document.name, endpoint, document), endpoint, document)

    def drop(self, entry: Entry, reason: str) -> None:
        """Leave a resource out."""
        owner = self._kinds[entry.kind.key.split(".", 1)[0]]
        whole = self.all.get(_key(owner, entry.endpoint, ""), entry) if entry.endpoint else entry
        others = [other for other in self.all.values() if other.endpoint == whole.name and other is not entry]
        bare = whole.document is None and not whole.body and not others
        gone = (entry, whole) if bare else (entry,)
        self.all = {key: other for key, other in self.all.items() if not any(other is each for each in gone)}
        if entry.document is not None:
            self.left.append((entry.document.path, reason))
        address = entry.address
        for pair in [pair for pair in self.replaced if pair[1].split(" ", 1)[0] == address]:
            self.replaced.remove(pair)
            self.kept.append((pair[0], f"{address} is left out: {reason}"))

    # -- commands

    def _entry(self, action: CommandAction, kind: Kind, document: Document | None) -> Entry | str:
        """The resource that a command is about, or why there is none."""
        part = "." in kind.key
        endpoint = ""
        if part:
            owner = self._kinds[kind.key.split(".", 1)[0]]
            endpoint = self._name(action, action.endpoint, None, owner) if action.endpoint else ""
            endpoint = endpoint or (
                self._said_endpoint(document) or self._nearest_endpoint(document) if document else ""
            )
            if not endpoint:
                return "it does not say an endpoint"
        creates = action.command.words[1] == "create"
        if not action.name and document is None:
            return "its name is not known"
        name = self._name(action, action.name, document, kind, endpoint) if action.name else ""
        if not name and document is not None:
            name = next((e.name for e in self.all.values() if e.document is document and e.kind is kind), "")
            name = name or self._free(kind, document.name, endpoint, document)
        known = self.all.get(_key(kind, name, endpoint))
        if known is None:
            return self._put(kind, name, endpoint, document) if creates else f"{name} is not created here"
        if creates and document is not None and known.document not in {None, document}:
            return f"the spec has another {known.address}{_file_of(known)}"
        known.document = known.document or document
        return known

    def _name(
        self, action: CommandAction, text: str | None, document: Document | None, kind: Kind, endpoint: str = ""
    ) -> str:
        """A name that a command says; where the script makes it up, that of the document or of the folder."""
        if text is None or not unknown_names(text):
            return text or ""
        symbol = (action.command.script, text)
        if symbol not in self._names:
            own = document.name if document is not None and document.named else ""
            taken = bool(own) and self.all.get(_key(kind, own, endpoint)) is not None
            self._names[symbol] = (
                own if own and not taken else self._free(kind, own or plain_name(text), endpoint, document, action)
            )
        return self._names[symbol]

    def _file(self, action: CommandAction) -> Path | None:
        """The file that a command names: from the script's folder, or from one above it, where such scripts are run."""
        text = action.file or ""
        if unknown_names(text):
            return None
        found = (Path(os.path.normpath(folder / text)) for folder in self._run_in(action))
        return next((path.resolve() for path in found if path.is_file()), None)

    def _run_in(self, action: CommandAction) -> list[Path]:
        """Folders from which the command may be run, the likeliest first: none above the one that is imported."""
        source, script = self._source.absolute(), action.command.script.absolute()
        return [action.command.folder, *(folder for folder in script.parents if folder.is_relative_to(source))]

    def _rebased(self, action: CommandAction, document: Document | None) -> dict[str, Any]:
        """The fields of a command, with local paths as the spec says them; unknown values are variables."""
        beside = [document.path.parent] if document is not None else []
        result: dict[str, Any] = _said(action.body, [*beside, *self._run_in(action)], self._spec, "")
        return result

    def _traffic(self, action: CommandAction, entry: Entry) -> None:
        if not (action.all_traffic or action.default):
            return
        owner = self._kinds[entry.kind.key.split(".", 1)[0]]
        whole = self.all.get(_key(owner, entry.endpoint, "")) or self._put(owner, entry.endpoint, "", None)
        if action.all_traffic:
            whole.body["traffic"] = {entry.name: 100}
        else:
            whole.body["defaults"] = {"deployment_name": entry.name}

    # -- names

    def _put(self, kind: Kind, name: str, endpoint: str, document: Document | None) -> Entry:
        entry = Entry(kind=kind, name=name, endpoint=endpoint, document=document)
        self.all[_key(kind, name, endpoint)] = entry
        return entry

    def _free(
        self, kind: Kind, name: str, endpoint: str, document: Document | None, action: CommandAction | None = None
    ) -> str:
        """The name itself, or one made of the folders above the file, until it is free and one that the service takes."""
        said = document is None or document.named or (document.kind, document.name) not in self._common
        path = document.path if document is not None else action.command.script if action is not None else self._source
        return next(
            candidate
            for candidate in names_to_try(name, path, said=said)
            if _key(kind, candidate, endpoint) not in self.all
            and (re.fullmatch(kind.name.pattern, candidate) or "${" in candidate)
        )

    def _said_endpoint(self, document: Document) -> str:
        """The endpoint that a deployment says; of several documents with that name, the one in the nearest folder."""
        section = document.kind.split(".", 1)[0]
        for folder in document.path.parents if document.endpoint else ():
            for entry in self.all.values():
                described = entry.document
                near = entry.kind.key == section and described is not None and described.path.parent == folder
                if near and described is not None and described.name == document.endpoint:
                    return entry.name
            if folder == self._source:
                break
        return document.endpoint

    def _nearest_endpoint(self, document: Document) -> str:
        """The one endpoint of the nearest folder that describes any; else one named after the folder."""
        section = document.kind.split(".", 1)[0]
        for folder in document.path.parents:
            found = {
                entry.name
                for entry in self.all.values()
                if entry.kind.key == section and entry.document is not None and entry.document.path.parent == folder
            }
            if found or folder == self._source:
                if len(found) == 1:
                    return found.pop()
                break
        name = plain_name(document.path.absolute().parent.name).lower()[:LONGEST_NAME].strip("-")
        known = self.all.get(_key(self._kinds[section], name, ""))
        if known is None:
            known = self._put(self._kinds[section], name, "", None)
            known.notes.append(
                "named after the folder: no single document there describes it; correct it if it is another"
            )
        return name


def _key(kind: Kind, name: str, endpoint: str) -> str:
    return f"{kind.key}\0{endpoint}\0{name}"


def _file_of(entry: Entry) -> str:
    return f": {entry.document.path.name}" if entry.document is not None else ""


def _shown(text: str) -> str:
    return replaced(text, {name: f"${name}" if name else "$(…)" for name in unknown_names(text)})


def _merge(body: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Later commands win; traffic is said whole."""
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(body.get(key), dict) and key not in {"traffic", "mirror_traffic"}:
            _merge(body[key], value)
        else:
            body[key] = value


def _said(value: Any, bases: list[Path], spec: Path, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _said(inner, bases, spec, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_said(inner, bases, spec, key) for inner in value]
    if not isinstance(value, str):
        return value
    if unknown_names(value):
        return replaced(value, {name: f"${{var.{variable(name)}}}" for name in unknown_names(value)})
    if "://" in value or not (key in _PATH_KEYS or value.startswith(("./", "../"))):
        return value.replace("${", "$${") if "${" in value and "${{" not in value else value
    found = next((base / value for base in bases if (base / value).exists()), None)
    return relative(found, spec) if found is not None else value
