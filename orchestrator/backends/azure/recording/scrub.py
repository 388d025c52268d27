"""Takes out of answers what is private: who somebody is, what lets somebody in, and what others keep in the workspace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from orchestrator.backends.azure.recording.step import Place, Reply
from orchestrator.core.inborn import DEFAULT_DATASTORES

NAME: Final = "amlrec"
"""Stands for the names that a round made up."""

HIDDEN: Final = "REDACTED"
MANAGER: Final = "https://management.azure.com"
"""Stands for the address of Azure Resource Manager."""

_SECRET: Final = re.compile(
    r"(key|secret|password|passwd|token|sas|signature|connectionstring|credential|thumbprint|principal|fingerprint)s?$"
)
_SECRETS_INSIDE: Final = frozenset({"credentials", "keys", "secrets"})
"""Members of which every text is taken for a secret, but not those that only say what sort it is."""
_SORTS: Final = re.compile(r"(type|category)$", re.IGNORECASE)
_PERSONAL: Final = re.compile(r"(createdby|lastmodifiedby|modifiedby|username|userid|useralias|email|upn|puid|admin)$")
_OTHERS: Final = frozenset({"tags", "description", "friendlyName", "displayName", "metadata"})
"""What people write into resources. Kept of those that the round made."""

_GUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_PATTERNS: Final = (
    (re.compile(r"eyJ[\w-]{8,}\.[\w-]+\.?[\w-]*"), HIDDEN),  # JSON web tokens
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), HIDDEN),  # addresses of mail
    (re.compile(r"(?<=[?&])(sig|sv|se|st|sp|skoid|sktid|code|token)=[^&\s\"]+", re.IGNORECASE), rf"\1={HIDDEN}"),
    (re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b"), "0.0.0.0"),  # noqa: S104  stands for an address, nothing listens
    (re.compile(r"\b[A-Za-z0-9+/]{42,}={1,2}"), HIDDEN),
    (re.compile(r"\b[0-9a-f]{32}\b", re.IGNORECASE), "0" * 32),
    (re.compile(r"\b(?=\w*\d)(?=\w*[A-Za-z])[A-Za-z0-9]{40,}\b"), HIDDEN),
)
_HOST: Final = re.compile(r"(?P<scheme>https?|wss?|azureml|abfss|wasbs)://(?P<host>[\w.-]+(?::\d+)?)")
_PUBLIC: Final = frozenset(
    {
        "management.azure.com",
        "mcr.microsoft.com",
        "ml.azure.com",
        "example.org",
        "aka.ms",
        "learn.microsoft.com",
        "subscriptions",
        "registries",
        "datastores",
    }
)
_HEADERS: Final = ("content-type", "azure-asyncoperation", "location", "retry-after")
_NAMED: Final = ("storageAccount", "keyVault", "applicationInsights", "containerRegistry", "workspaceHubConfig")
_LISTED: Final = 3
"""So many members of a list that is nobody's are kept."""


class Scrubber:
    """Scrubs the answers of one round; the same value is replaced in the same way everywhere.

    Args:
        place: its names are replaced.
        manager: address under which Azure Resource Manager was reached.
    """

    def __init__(self, place: Place, manager: str) -> None:
        self._prefix = place.prefix
        parts = place.workspace.strip("/").split("/")
        self._subscription = parts[1]
        self._names: dict[str, str] = {manager.rstrip("/"): MANAGER, place.prefix: NAME}
        self._names[urlsplit(manager).netloc] = urlsplit(MANAGER).netloc
        self._names[place.prefix.replace("-", "_")] = NAME
        self._ids: dict[str, str] = {parts[1].lower(): _numbered(0)}
        self._private: set[str] = set()
        self._name(parts[3], "GROUP")
        self._name(parts[-1], "WORKSPACE")

    def learn(self, workspace: Mapping[str, Any]) -> None:
        """Remember the names of what belongs to the workspace, of its own resource."""
        properties = workspace.get("properties") or {}
        for member in _NAMED:
            named = str(properties.get(member) or "").rstrip("/").rpartition("/")[2]
            if named:
                self._name(named, member.upper())

    def reply(self, reply: Reply) -> Reply:
        """An answer without what is private."""
        headers = {name: self.text(str(reply.headers[name])) for name in _HEADERS if name in reply.headers}
        return Reply(reply.status, headers, self._tree(reply.body, ours=False))

    def text(self, text: str) -> str:
        """A text without what is private."""
        for name in sorted(self._names, key=len, reverse=True):
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", self._names[name], text, flags=re.I)
        text = _HOST.sub(self._host, text)
        text = _GUID.sub(self._guid, text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return text

    def left_over(self, text: str) -> bool:
        """Whether a scrubbed text still has something in it that is known to be private."""
        folded = text.lower()
        return any(value.lower() in folded for value in self._private)

    def _name(self, name: str, instead: str) -> None:
        if name and name.lower() not in ("local", "global"):
            self._names.setdefault(name, instead)

    def _guid(self, found: re.Match[str]) -> str:
        return self._ids.setdefault(found[0].lower(), _numbered(len(self._ids)))

    def _host(self, found: re.Match[str]) -> str:
        host = found["host"]
        if host.lower().partition(":")[0] in _PUBLIC or "." not in host:
            return found[0]
        if re.fullmatch(r"[\d.]+(:\d+)?", host) or host.startswith("localhost"):
            return f"{found['scheme']}://HOST"
        _, _, rest = host.partition(".")
        return f"{found['scheme']}://HOST.{rest}" if "." in rest else f"{found['scheme']}://{host}"

    def _tree(self, tree: Any, *, ours: bool, secret: bool = False, name: str = "") -> Any:
        if isinstance(tree, Mapping):
            return dict(self._members(tree, ours=ours, secret=secret))
        if isinstance(tree, list):
            return [self._tree(each, ours=ours, secret=secret, name=name) for each in self._shown(tree)]
        if not isinstance(tree, str) or not tree:
            return tree
        if secret or _SECRET.search(name.lower()) or _PERSONAL.search(name.lower()):
            self._remember(tree)
            return self._guid_or_hidden(tree)
        return self.text(tree)

    def _members(self, tree: Mapping[str, Any], *, ours: bool, secret: bool) -> Iterator[tuple[str, Any]]:
        if "id" in tree and "name" in tree:  # a resource
            ours = str(tree["name"]).startswith((self._prefix, self._prefix.replace("-", "_"))) or any(
                part in str(tree["id"]) for part in (self._prefix, self._prefix.replace("-", "_"))
            )
        for name, value in tree.items():
            if name in _OTHERS and not ours and not secret and value and isinstance(value, str | Mapping):
                yield name, HIDDEN if isinstance(value, str) else {HIDDEN: HIDDEN}
                continue
            inside = secret or name in _SECRETS_INSIDE
            yield (
                self.text(name),
                self._tree(value, ours=ours, secret=inside and not _SORTS.search(name), name=name),
            )

    def _shown(self, tree: list[Any]) -> list[Any]:
        """Members of a list that may be told: of resources those of the round and those of every workspace."""
        if not any(isinstance(each, Mapping) and "id" in each and "name" in each for each in tree):
            return tree[:_LISTED] if all(isinstance(each, Mapping) for each in tree) else tree
        own = (self._prefix, self._prefix.replace("-", "_"))
        return [
            each for each in tree if str(each.get("name")).startswith(own) or each.get("name") in DEFAULT_DATASTORES
        ]

    def _remember(self, value: str) -> None:
        """Texts that are long enough not to be found by chance."""
        if len(value) >= len(HIDDEN) and value != HIDDEN and not _GUID.fullmatch(value):
            self._private.add(value)

    def _guid_or_hidden(self, value: str) -> str:
        return _GUID.sub(self._guid, value) if _GUID.fullmatch(value) else HIDDEN


def _numbered(number: int) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def is_loopback(manager: str) -> bool:
    """Whether an address is one of this machine: what it records says nothing about the service."""
    return (urlsplit(manager).hostname or "") in ("127.0.0.1", "localhost", "::1")
