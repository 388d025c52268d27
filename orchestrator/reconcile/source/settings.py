"""What the configuration says about a git repository."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from orchestrator.reconcile.source.secret import SecretReference
from orchestrator.reconcile.source.semver import InvalidRange, Range

FULL_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""A commit's whole id, SHA-1 or SHA-256."""

_SCP: Final = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!//)\S+")
"""``git@host:team/repository.git``, the short form of SSH addresses."""
_REF: Final = re.compile(r"(?!-)(?!.*(?:\.\.|//|@\{|/\.))[^\x00-\x20\x7f~^:?*\[\\]+(?<![./])(?<!\.lock)")
"""Source: git-check-ref-format(1)."""
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class RefKind(StrEnum):
    """How the wanted commit is named."""

    BRANCH = "branch"
    TAG = "tag"
    COMMIT = "commit"
    SEMVER = "semver"


@dataclass(frozen=True, slots=True)
class GitRef:
    """Which commit of a repository is wanted.

    Attributes:
        name: a branch's or tag's name, a full commit id, or a range of versions among the tags.
    """

    kind: RefKind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class GitSettings:
    """A repository, a place in its history and a place in its tree.

    Attributes:
        url: ``https://…``, ``ssh://…``, ``git@host:…``, ``http://…`` (never together with a token) or a path of this machine.
        path: the spec inside the repository, relative: a file or a folder.
        token: for HTTPS.
        username: sent with the token. Any text will do for GitHub and Azure DevOps; GitLab's deploy tokens have a name of their own.
        ssh_key: a private key without a passphrase, for SSH.
        known_hosts: the host keys to accept; None means those of the user that runs the loop. Unknown hosts are never accepted.
        allowed_signers: a file of trusted keys in the format of ssh-keygen(1), ALLOWED SIGNERS. If given, an unsigned commit is refused.
        ca_file: certificates to trust for HTTPS instead of the system's.
        timeout_s: bound on each exchange with the server, seconds.
        allow_rollback: whether an older commit may take the place of a newer one; None: only where commits need no signature.
    """

    url: str
    ref: GitRef
    path: str = "."
    token: SecretReference | None = None
    username: str = "amlctl"
    ssh_key: SecretReference | None = None
    known_hosts: Path | None = None
    allowed_signers: Path | None = None
    ca_file: Path | None = None
    timeout_s: float = 120.0
    allow_rollback: bool | None = None

    @property
    def refuses_rollback(self) -> bool:
        """Whether going back to an older commit needs a person. A commit that is named in full is a person's word."""
        if self.ref.kind is RefKind.COMMIT:
            return False
        return self.allowed_signers is not None if self.allow_rollback is None else not self.allow_rollback

    @property
    def protocol(self) -> str:
        """The one protocol that git may speak: ``https``, ``http``, ``ssh`` or ``file``."""
        scheme = urlsplit(self.url).scheme if "://" in self.url else ""
        if scheme:
            return scheme
        return "ssh" if _SCP.fullmatch(self.url) else "file"

    @property
    def identity(self) -> str:
        """A digest of what decides which files are meant; a checkout kept under another one is not this source's."""
        signers = str(self.allowed_signers) if self.allowed_signers else ""
        facts = json.dumps([self.url, self.ref.kind, self.ref.name, self.path, signers])
        return hashlib.sha256(facts.encode()).hexdigest()

    def problems(self) -> tuple[tuple[str, str, str], ...]:
        """Everything that is wrong with the settings: the field, what is wrong, and what to do."""
        return (*self._address_problems(), *self._secret_problems(), *_ref_problems(self.ref), *_path_problems(self))

    def _address_problems(self) -> tuple[tuple[str, str, str], ...]:
        if not self.url or self.url.startswith("-"):
            return (("url", "This is not a repository address.", "Write https://…, ssh://… or git@host:…"),)
        if self.protocol not in ("https", "http", "ssh", "file"):
            text = f"The protocol '{self.protocol}' is not allowed: it is insecure or runs programs."
            return (("url", text, "Use https://… or ssh://…"),)
        if "://" in self.url and _has_password(self.url, self.protocol):
            text = "The address contains a user name or password; addresses are shown in logs and status."
            return (("url", text, "Remove it and set a `token` instead."),)
        return ()

    def _secret_problems(self) -> tuple[tuple[str, str, str], ...]:
        found: list[tuple[str, str, str]] = []
        plain_http = self.protocol == "http" and urlsplit(self.url).hostname not in _LOOPBACK
        if self.token and plain_http:
            found.append(("token", "http:// does not protect the token.", "Use https://…"))
        elif self.token and self.protocol not in ("https", "http"):
            found.append(("token", "A token is for https:// addresses.", "Name an `ssh_key`, or change the address."))
        if self.ssh_key and self.protocol != "ssh":
            found.append(("ssh_key", "An SSH key is for ssh:// addresses.", "Name a `token`, or change the address."))
        return tuple(found)


def _has_password(url: str, protocol: str) -> bool:
    parts = urlsplit(url)
    return parts.password is not None or (protocol != "ssh" and parts.username is not None)


def _ref_problems(ref: GitRef) -> tuple[tuple[str, str, str], ...]:
    if ref.kind is RefKind.COMMIT and not FULL_COMMIT.fullmatch(ref.name):
        return (
            (
                "commit",
                "A commit requires its full ID of 40 hexadecimal digits; short IDs can become ambiguous.",
                "Take it from `git rev-parse COMMIT`.",
            ),
        )
    if ref.kind is RefKind.SEMVER:
        try:
            Range(ref.name)
        except InvalidRange as error:
            return (("semver", f"{error}.", "Write something like ^1.2 or '>=1.0 <2.0'."),)
    elif not _REF.fullmatch(ref.name):
        return ((ref.kind.value, f"'{ref.name}' is not a valid {ref.kind} name.", "Use the name as shown by git."),)
    return ()


def _path_problems(settings: GitSettings) -> tuple[tuple[str, str, str], ...]:
    path = PurePosixPath(settings.path)
    if path.is_absolute() or ".." in path.parts:
        return (("path", "The path leaves the repository.", "Write a path relative to the repository's root."),)
    return ()
