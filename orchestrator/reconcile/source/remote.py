"""The server's side of a git source: what it has, and how it comes here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.reconcile.ports import SourceError, SourceStalled, SourceUnavailable
from orchestrator.reconcile.source.command import Access, CommandResult, GitCommand
from orchestrator.reconcile.source.semver import Range, highest
from orchestrator.reconcile.source.settings import FULL_COMMIT, GitSettings, RefKind

_FETCHED: Final = "refs/amlctl/wanted"
_EVERYTHING: Final = ("+refs/heads/*:refs/amlctl/heads/*", "+refs/tags/*:refs/amlctl/tags/*")
_FETCH: Final = ("fetch", "--quiet", "--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
_NO_SUCH_REF: Final = 2
"""Source: git-ls-remote(1), --exit-code."""
_DISK_FULL: Final = "No space left on device"
_NOT_BY_NAME: Final = re.compile(r"not our ref|couldn't find remote ref|unadvertised object", re.IGNORECASE)
_DENIED: Final = re.compile(
    r"Authentication failed|could not read (Username|Password)|Permission denied|Repository not found|returned error: 40[13]"
    r"|Host key verification failed|invalid credentials|Access denied",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Advertised:
    """What a server says it has.

    Attributes:
        name: for people: the branch or tag; empty for a commit.
        reference: to ask the server for.
        commit: what it pointed to a moment ago.
    """

    name: str
    reference: str
    commit: str


@dataclass(frozen=True, slots=True)
class Remote:
    """A server, as seen from a local copy.

    Attributes:
        git: the local copy.
        access: what this exchange needs.
    """

    settings: GitSettings
    git: GitCommand
    access: Access

    def look(self) -> Advertised:
        """Ask what is wanted. A full commit needs no question.

        Raises:
            SourceUnavailable, SourceStalled: no answer; no such branch, tag or version.
        """
        ref = self.settings.ref
        if ref.kind is RefKind.COMMIT:
            return Advertised("", ref.name, ref.name)
        if ref.kind is RefKind.SEMVER:
            return self._highest()
        folder = _folder(ref.kind)
        found = self._names(folder, ref.name).get(ref.name)
        if found is None:
            there = self._names(folder, "*")
            fix = did_you_mean(ref.name, there, f"Correct the name of the {ref.kind}, or push it.")
            raise self._missing(f"no {ref}", fix)
        return Advertised(ref.name, f"{folder}{ref.name}", found)

    def bring(self, requested: Advertised) -> str:
        """Fetch, and pin what came: its full id, whatever the server says a moment later.

        Raises:
            SourceUnavailable, SourceStalled: it did not come, or is no commit.
        """
        answer = self._fetch("--depth=1", f"+{requested.reference}:{_FETCHED}")
        if answer.status == 0:
            return self._commit(_FETCHED)
        if self.settings.ref.kind is not RefKind.COMMIT or not _NOT_BY_NAME.search(answer.reason):
            raise self._refused(answer)
        # Some servers give out single commits only as part of what they advertise.
        answer = self._fetch(*_EVERYTHING)
        if answer.status != 0:
            raise self._refused(answer)
        return self._commit(requested.commit)

    def _highest(self) -> Advertised:
        requested = Range(self.settings.ref.name)
        tags = self._names(_folder(RefKind.TAG), "*")
        found = highest(tags, requested)
        if found is None:
            fix = "Push a tag such as v1.2.3, or widen the range."
            raise self._missing(f"no tag in the range {requested} among {len(tags)} tags", fix)
        return Advertised(found[0], f"{_folder(RefKind.TAG)}{found[0]}", found[1])

    def _names(self, folder: str, name: str) -> dict[str, str]:
        """Branches or tags of the server and their commits; of an annotated tag, the commit it names."""
        patterns = [f"{folder}{name}", f"{folder}{name}^{{}}"]
        answer = self._ask("ls-remote", "--exit-code", "--", self.settings.url, *patterns)
        if answer.status == _NO_SUCH_REF:
            return {}
        if answer.status != 0:
            raise self._refused(answer)
        listed: dict[str, str] = {}
        for line in answer.output.splitlines():
            commit, _, found = line.partition("\t")
            if found.startswith(folder):
                peeled = found.removeprefix(folder).removesuffix("^{}")
                listed[peeled] = commit if found.endswith("^{}") else listed.get(peeled, commit)
        return listed

    def _fetch(self, *what: str) -> CommandResult:
        options = [word for word in what if word.startswith("--")]
        references = [word for word in what if not word.startswith("--")]
        return self._ask(*_FETCH, *options, "--", self.settings.url, *references)

    def _ask(self, *arguments: str) -> CommandResult:
        return self.git.run(arguments, timeout_s=self.settings.timeout_s, access=self.access)

    def _commit(self, name: str) -> str:
        answer = self.git.run(["rev-parse", "--verify", f"{name}^{{commit}}"], timeout_s=self.settings.timeout_s)
        commit = answer.output.strip()
        if FULL_COMMIT.fullmatch(commit):
            return commit
        ref = self.settings.ref
        if ref.kind is RefKind.COMMIT:
            raise self._missing(f"no {ref}", "Correct the commit, or push a branch that has it.")
        raise SourceStalled(
            f"The {ref} does not name a commit.", code="no-commit", fix="Name a branch, or a tag of a commit."
        )

    def _missing(self, what: str, fix: str) -> SourceStalled:
        return SourceStalled(f"The repository {self.settings.url} has {what}.", code="reference-missing", fix=fix)

    def _refused(self, answer: CommandResult) -> SourceError:
        url = self.settings.url
        if _DISK_FULL in answer.reason:
            folder = self.git.repository.parent
            return SourceUnavailable(
                f"The disk of the cache folder {folder} is full.", code="disk-full", fix="Free space on that disk."
            )
        if answer.broken:
            return SourceUnavailable(
                f"The local copy of {url} is damaged: {answer.reason}.",
                code="local-copy-broken",
                fix="No action required: it is fetched again.",
            )
        if _DENIED.search(answer.reason):
            return SourceStalled(
                f"Access to the repository {url} was denied: {answer.reason}.",
                code="source-denied",
                fix="Check that the token or key is correct and can read this repository.",
            )
        return SourceUnavailable(
            f"The repository {url} cannot be reached: {answer.reason}.",
            code="source-unreachable",
            fix="Check the address and the network. No action is required for a temporary outage.",
        )


def _folder(kind: RefKind) -> str:
    return "refs/heads/" if kind is RefKind.BRANCH else "refs/tags/"
