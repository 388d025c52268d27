"""What one `az ml` command creates or changes, in the terms of a spec.

Source: reference of the Azure CLI's ``ml`` extension, version 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.core.kind import Kind, Kinds
from orchestrator.importing.scripts import AzCommand
from orchestrator.spec.scalars import plain_scalar

_MAKES: Final = frozenset({"create", "update"})

_INSTEAD: Final[Mapping[str, str]] = {
    "archive": "set `lifecycle: {on_removal: archive}` and remove it from the spec",
    "cancel": "no command of amlctl does this",
    "delete": "remove it from the spec and run `amlctl apply --prune`, or `amlctl destroy`",
    "disable": "set `is_enabled: false` in the spec",
    "enable": "set `is_enabled: true` in the spec",
    "get-credentials": "the keys stay in the workspace",
    "get-logs": "`amlctl logs`",
    "invoke": "`amlctl invoke`, or `tests:` of the endpoint",
    "list": "`amlctl status`",
    "show": "`amlctl status`",
    "stream": "`amlctl apply` waits and shows progress; `amlctl logs --follow`",
    "trigger": "`amlctl trigger`",
    "wait": "`amlctl apply` waits",
}
"""What to do in place of a verb that declares nothing."""

_SHORT: Final[Mapping[str, str]] = {
    "-b": "--build-context",
    "-c": "--conda-file",
    "-e": "--endpoint-name",
    "-f": "--file",
    "-i": "--image",
    "-n": "--name",
    "-p": "--path",
    "-r": "--traffic",
    "-s": "--size",
    "-t": "--type",
    "-v": "--version",
}
_OF_THE_CALL: Final = frozenset(
    {
        "-g",
        "-w",
        "-o",
        "-y",
        "--debug",
        "--no-wait",
        "--only-show-errors",
        "--output",
        "--query",
        "--resource-group",
        "--save-as",
    }
    | {"--skip-script-validation", "--stream", "--subscription", "--verbose", "--web", "--workspace-name", "--yes"}
)
"""Flags about the call itself, not about what it creates."""

_NESTED: Final[Mapping[str, tuple[str, ...]]] = {
    "build_context": ("build", "path"),
    "dockerfile_path": ("build", "dockerfile_path"),
    "identity_type": ("identity", "type"),
}
"""Flags whose field lies deeper than their name says."""

_PAIRS: Final = frozenset({"tags", "traffic", "mirror_traffic", "properties", "defaults"})
"""Fields whose flags take ``name=value`` pairs."""

_INDEXED: Final = re.compile(r"\[|\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAction:
    """What a command does.

    Attributes:
        command: it.
        kind: of what it creates or changes; None if it declares nothing.
        reason: why the spec does not stand for it; empty if it does.
        name: of the resource; None if the command does not say it.
        endpoint: of a deployment; None if the command does not say it.
        file: the document it uses.
        body: fields that its flags set.
        all_traffic: the deployment receives all traffic.
        default: the deployment becomes the endpoint's default.
        ignored: flags that mean nothing to a spec.
    """

    command: AzCommand
    kind: Kind | None = None
    reason: str = ""
    name: str | None = None
    endpoint: str | None = None
    file: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    all_traffic: bool = False
    default: bool = False
    ignored: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The command without its flags: ``az ml job create``."""
        return " ".join(("az ml", *self.command.words[:2]))


def action_of(command: AzCommand, kinds: Kinds) -> CommandAction:
    """Read one command. Never raises."""
    noun, verb = (*command.words, "", "")[:2]
    kind = kind_of_noun(noun, kinds)
    if kind is None:
        return CommandAction(command=command, reason=f"`az ml {noun}` is not supported")
    if verb not in _MAKES:
        return CommandAction(command=command, reason=_INSTEAD.get(verb, "no command of amlctl does this"))
    flags = dict(_flags(command.words[2:]))
    if "--registry-name" in flags:
        return CommandAction(command=command, reason=f"it writes to the registry {' '.join(flags['--registry-name'])}")
    if "--local" in flags:
        return CommandAction(
            command=command, reason="it deploys to Docker on this machine; use a target with `workspace: {local: {}}`"
        )
    return _made(command, kind, flags)


def kind_of_noun(noun: str, kinds: Kinds) -> Kind | None:
    """The kind that ``az ml NOUN`` is about: ``online-deployment`` is titled "online deployment"."""
    title, key = noun.replace("-", " "), noun.replace("-", "_")
    for kind in kinds.values():
        if kind.title == title or kind.key in {key, f"{key}s"}:
            return kind
    return None


def _flags(words: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Flag to its values; of a flag that is repeated, all values."""
    found: dict[str, list[str]] = {}
    values: list[str] = []
    for word in words:
        if word.startswith("--") or re.fullmatch(r"-[a-z]", word):
            name, equals, value = word.partition("=")
            values = found.setdefault(_SHORT.get(name, name), [])
            if equals:
                values.append(value)
        else:
            values.append(word)
    yield from found.items()


def _made(command: AzCommand, kind: Kind, flags: Mapping[str, list[str]]) -> CommandAction:
    body: dict[str, Any] = {}
    ignored: list[str] = []
    for flag, values in flags.items():
        if flag == "--set":
            ignored += [f"--set {text}" for text in values if not _set(body, text)]
        elif flag not in _OF_THE_CALL and flag not in _READ_HERE and not _field(body, kind, flag, values):
            ignored.append(flag)
    return CommandAction(
        command=command,
        kind=kind,
        name=body.pop("name", None) if "--name" not in flags else _one(flags, "--name"),
        endpoint=_one(flags, "--endpoint-name"),
        file=_one(flags, "--file"),
        body=body,
        all_traffic="--all-traffic" in flags,
        default="--set-default" in flags,
        ignored=tuple(ignored),
    )


_READ_HERE: Final = frozenset({"--name", "--endpoint-name", "--file", "--all-traffic", "--set-default"})


def _one(flags: Mapping[str, list[str]], flag: str) -> str | None:
    values = flags.get(flag)
    return values[0] if values else None


def _set(body: dict[str, Any], text: str) -> bool:
    """``--set a.b=value``; list members cannot be said in an override."""
    path, equals, value = text.partition("=")
    if not equals or not path or _INDEXED.search(path):
        return False
    _put(body, tuple(path.split(".")), plain_scalar(value))
    return True


def _field(body: dict[str, Any], kind: Kind, flag: str, values: list[str]) -> bool:
    """A flag with the name of a field of the kind."""
    name = flag.removeprefix("--").replace("-", "_")
    path = _NESTED.get(name, (name,))
    known = {part for model in kind.variants.values() for part in model.model_fields}
    known |= {"type", "version", *(part for child in kind.children for part in child.fields)}
    if path[0] not in known:
        return False
    if name in _PAIRS:
        for text in values:
            for pair in text.split():
                key, _, value = pair.partition("=")
                _put(body, (name, key), plain_scalar(value))
    elif len(values) == 1:
        _put(body, path, plain_scalar(values[0]))
    else:
        _put(body, path, [plain_scalar(value) for value in values] or True)
    return True


def _put(body: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    inner = body
    for part in path[:-1]:
        deeper = inner.get(part)
        if not isinstance(deeper, dict):
            deeper = inner[part] = {}
        inner = deeper
    inner[path[-1]] = value
