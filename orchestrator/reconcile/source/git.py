"""A git repository as a source."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from orchestrator.reconcile.ports import Revision, SourceError, SourceStalled, SourceUnavailable
from orchestrator.reconcile.source.access import access_to
from orchestrator.reconcile.source.checkout import EXACT_BYTES, Checkouts, read_json, write_json
from orchestrator.reconcile.source.command import Access, Answer, GitCommand
from orchestrator.reconcile.source.locking import locked
from orchestrator.reconcile.source.secret import SecretMissing
from orchestrator.reconcile.source.semver import Range, highest
from orchestrator.reconcile.source.settings import GitSettings, RefKind
from orchestrator.reconcile.source.verify import verify_commit

_WANTED: Final = "refs/amlctl/wanted"
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DISK_FULL: Final = "No space left on device"
_NO_SUCH_REF: Final = 2
"""Source: git-ls-remote(1), --exit-code."""
_DENIED: Final = re.compile(
    r"Authentication failed|could not read (Username|Password)|Permission denied|Repository not found|returned error: 40[13]"
    r"|Host key verification failed|invalid credentials|Access denied",
    re.IGNORECASE,
)


class GitSource:
    """The newest commit of a branch, a tag, a range of versions, or one commit.

    Keeps a bare repository with as little history as possible and one checkout for each commit in use. Nothing that the repository
    brings along is run: no hooks, no filters, no submodules, no LFS. Files are exactly the committed bytes.

    Args:
        settings: must have no `problems()`.
        folder: a cache of its own; made if missing, readable by us alone. May be deleted while nobody uses it.
    """

    def __init__(self, settings: GitSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._newest = folder / "newest.json"

    def fetch(self) -> Revision:
        """See `orchestrator.reconcile.ports.Source`."""
        try:
            with self._opened() as (git, checkouts):
                revision = self._fetch(git, checkouts)
                write_json(self._newest, {"commit": revision.id, "source": self._settings.identity})
                return revision
        except SourceError as error:
            if error.code == "local-copy-broken":
                shutil.rmtree(self._folder / "repository.git", ignore_errors=True)
            error.last_good = self._last_good()
            raise
        except SecretMissing as error:
            raise SourceStalled(
                error.detail, code="secret-unavailable", fix=error.fix, last_good=self._last_good()
            ) from None
        except OSError as error:
            raise SourceUnavailable(
                f"The cache folder {self._folder} cannot be used: {error.strerror or error}.",
                code="cache-unusable",
                fix="Check its rights and the free space.",
                last_good=self._last_good(),
            ) from error

    def recall(self, revision: str) -> Revision | None:
        """See `orchestrator.reconcile.ports.Source`."""
        if not _COMMIT.fullmatch(revision):
            return None
        try:
            with self._opened() as (git, checkouts):
                if not checkouts.usable(revision):
                    return None
                self._verify(git, revision)
                return checkouts.revision(revision, self._settings.path)
        except (SourceError, OSError):
            return None

    def keep(self, revisions: Iterable[str]) -> None:
        """See `orchestrator.reconcile.ports.Source`."""
        newest = (read_json(self._newest) or {}).get("commit", "")
        # What cannot be removed now is tried again with the next revision; no pass waits or fails for it.
        with contextlib.suppress(OSError, SourceUnavailable), self._opened() as (_, checkouts):
            checkouts.keep(frozenset(revisions) | {newest})

    def _last_good(self) -> Revision | None:
        record = read_json(self._newest) or {}
        if record.get("source") != self._settings.identity:
            return None
        return self.recall(str(record.get("commit", "")))

    @contextmanager
    def _opened(self) -> Iterator[tuple[GitCommand, Checkouts]]:
        """The bare repository, for us alone."""
        for folder in (self._folder, self._folder / "home", self._folder / "keys"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(self._folder / "lock", wait_s=self._settings.timeout_s) as descriptor:
            repository = self._folder / "repository.git"
            for left in (*repository.glob("*.lock"), *repository.glob("refs/**/*.lock"), *self._folder.glob("keys/*")):
                left.unlink()  # of a git that was killed: we hold the lock, so none is running
            git = GitCommand(repository, self._folder / "home", (descriptor,))
            if not (repository / "HEAD").is_file():
                self._initialise(git)
            yield git, Checkouts(git, self._folder, self._settings.timeout_s)

    def _initialise(self, git: GitCommand) -> None:
        shutil.rmtree(git.repository, ignore_errors=True)
        answer = git.run(
            ["init", "--bare", "--quiet", "--template=", str(git.repository)], timeout_s=self._settings.timeout_s
        )
        if answer.status != 0:
            raise SourceUnavailable(
                f"No local copy of the repository can be made: {answer.reason}.",
                code="cache-unusable",
                fix="Install git, and check the cache folder's rights and free space.",
            )
        (git.repository / "info").mkdir(exist_ok=True)
        (git.repository / "info" / "attributes").write_text(EXACT_BYTES, encoding="utf-8")

    def _fetch(self, git: GitCommand, checkouts: Checkouts) -> Revision:
        with access_to(self._settings, self._folder / "keys") as access:
            name, reference, commit = self._look(git, access)
            if not checkouts.complete(commit):
                commit = self._bring(git, access, reference)
        self._verify(git, commit)
        if not checkouts.complete(commit):
            checkouts.add(commit, f"{name}@{commit[:7]}" if name else commit[:7])
        return checkouts.revision(commit, self._settings.path)

    def _verify(self, git: GitCommand, commit: str) -> None:
        signers = self._settings.allowed_signers
        if signers:
            verify_commit(git, commit, signers, timeout_s=self._settings.timeout_s)

    def _look(self, git: GitCommand, access: Access) -> tuple[str, str, str]:
        """What is wanted, as a name for people, a reference to ask the server for, and the commit it had a moment ago."""
        ref = self._settings.ref
        if ref.kind is RefKind.COMMIT:
            return "", ref.name, ref.name
        if ref.kind is RefKind.BRANCH:
            reference = f"refs/heads/{ref.name}"
            listed = self._advertised(git, access, reference)
        else:
            reference = f"refs/tags/{ref.name}" if ref.kind is RefKind.TAG else "refs/tags/*"
            listed = self._advertised(git, access, reference, f"{reference}^{{}}")
        if ref.kind is RefKind.SEMVER:
            tags = {name.removeprefix("refs/tags/"): commit for name, commit in listed.items()}
            found = highest(tags, Range(ref.name))
            if found is None:
                raise self._missing(f"no tag in the range {ref.name}", f"{len(tags)} tags")
            return found[0], f"refs/tags/{found[0]}", found[1]
        if reference not in listed:
            raise self._missing(f"no {ref}")
        return ref.name, reference, listed[reference]

    def _advertised(self, git: GitCommand, access: Access, *patterns: str) -> dict[str, str]:
        """References of the server and their commits; of an annotated tag, the commit it names."""
        arguments = ["ls-remote", "--exit-code", "--", self._settings.url, *patterns]
        answer = git.run(arguments, timeout_s=self._settings.timeout_s, access=access)
        if answer.status == _NO_SUCH_REF:
            return {}
        if answer.status != 0:
            raise self._refused(answer)
        listed: dict[str, str] = {}
        for line in answer.output.splitlines():
            commit, _, name = line.partition("\t")
            if name.endswith("^{}"):
                listed[name.removesuffix("^{}")] = commit
            else:
                listed.setdefault(name, commit)
        return listed

    def _bring(self, git: GitCommand, access: Access, reference: str) -> str:
        """Fetch a reference and pin it: the commit that came, whatever the server says a moment later."""
        arguments = ["fetch", "--quiet", "--force", "--depth=1", "--no-tags", "--no-write-fetch-head"]
        arguments += ["--no-recurse-submodules", "--", self._settings.url, f"+{reference}:{_WANTED}"]
        answer = git.run(arguments, timeout_s=self._settings.timeout_s, access=access)
        if answer.status != 0:
            raise self._refused(answer)
        pinned = git.run(["rev-parse", "--verify", f"{_WANTED}^{{commit}}"], timeout_s=self._settings.timeout_s)
        commit = pinned.output.strip()
        if not _COMMIT.fullmatch(commit):
            raise SourceStalled(
                f"The {self._settings.ref} does not name a commit.",
                code="no-commit",
                fix="Name a branch, or a tag of a commit.",
            )
        return commit

    def _missing(self, what: str, seen: str = "") -> SourceStalled:
        there = f" among {seen}" if seen else ""
        return SourceStalled(
            f"The repository {self._settings.url} has {what}{there}.",
            code="reference-missing",
            fix="Correct the reference, or push it.",
        )

    def _refused(self, answer: Answer) -> SourceError:
        url = self._settings.url
        if _DISK_FULL in answer.reason:
            return SourceUnavailable(
                f"The disk of the cache folder {self._folder} is full.", code="disk-full", fix="Free some space there."
            )
        if answer.broken:
            return SourceUnavailable(
                f"The local copy of {url} is damaged: {answer.reason}.",
                code="local-copy-broken",
                fix="Nothing: it is fetched anew.",
            )
        if _DENIED.search(answer.reason):
            return SourceStalled(
                f"The repository {url} refused us: {answer.reason}.",
                code="source-denied",
                fix="Check that the token or key is right and may read this repository.",
            )
        if self._settings.ref.kind is RefKind.COMMIT and re.search(
            "not our ref|couldn't find remote ref", answer.reason
        ):
            return self._missing(f"no {self._settings.ref}")
        return SourceUnavailable(
            f"The repository {url} cannot be reached: {answer.reason}.",
            code="source-unreachable",
            fix="Nothing if the server comes back; otherwise check the address and the network.",
        )
