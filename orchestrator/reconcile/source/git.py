"""A git repository as a source."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestrator.core import private_files
from orchestrator.reconcile.ports import Revision, SourceError, SourceStalled, SourceUnavailable
from orchestrator.reconcile.source.access import access_to
from orchestrator.reconcile.source.checkout import EXACT_BYTES, Checkouts, read_json, write_json
from orchestrator.reconcile.source.command import GitCommand
from orchestrator.reconcile.source.locking import locked
from orchestrator.reconcile.source.remote import Remote
from orchestrator.reconcile.source.secret import SecretMissing
from orchestrator.reconcile.source.settings import FULL_COMMIT, GitSettings
from orchestrator.reconcile.source.verify import verify_commit


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
                fix="Check its permissions and free space.",
                last_good=self._last_good(),
            ) from error

    def recall(self, revision: str) -> Revision | None:
        """See `orchestrator.reconcile.ports.Source`."""
        if not FULL_COMMIT.fullmatch(revision):
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
            private_files.make_folder(folder)
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
                fix="Install git, and check the permissions and free space of the cache folder.",
            )
        (git.repository / "info").mkdir(exist_ok=True)
        private_files.replace(git.repository / "info" / "attributes", EXACT_BYTES)

    def _fetch(self, git: GitCommand, checkouts: Checkouts) -> Revision:
        with access_to(self._settings, self._folder / "keys") as access:
            remote = Remote(self._settings, git, access)
            found = remote.look()
            commit = found.commit if checkouts.complete(found.commit) else remote.bring(found)
        self._verify(git, commit)
        self._refuse_rollback(git, commit)
        if not checkouts.complete(commit):
            checkouts.add(commit, f"{found.name}@{commit[:7]}" if found.name else commit[:7])
        return checkouts.revision(commit, self._settings.path)

    def _refuse_rollback(self, git: GitCommand, commit: str) -> None:
        """Refuse a commit that is older than the one that was in force, unless a person allowed it.

        Whoever can push, but not sign, could bring back any commit that was signed once. The time is part of what was signed.

        Raises:
            SourceStalled: it is older.
        """
        settings, record = self._settings, read_json(self._newest) or {}
        before = str(record.get("commit", ""))
        if not settings.refuses_rollback or before in ("", commit) or record.get("source") != settings.identity:
            return
        if _is_older(git, commit, before, settings.timeout_s):
            raise SourceStalled(
                f"{settings.ref.name} moved back from commit {before[:12]} to the older commit {commit[:12]}.",
                code="rollback-refused",
                fix="To go back, push a new signed commit (`git revert`), or set `allow_rollback: true` for this source.",
            )

    def _verify(self, git: GitCommand, commit: str) -> None:
        signers = self._settings.allowed_signers
        if signers:
            verify_commit(git, commit, signers, timeout_s=self._settings.timeout_s)


def _is_older(git: GitCommand, commit: str, than: str, timeout_s: float) -> bool:
    """Whether a commit was made earlier, or is an ancestor as far as the history is here."""
    at, before = (_committed_at(git, each, timeout_s) for each in (commit, than))
    if at is None or before is None or at > before:
        return False
    return at < before or git.run(["merge-base", "--is-ancestor", commit, than], timeout_s=timeout_s).status == 0


def _committed_at(git: GitCommand, commit: str, timeout_s: float) -> int | None:
    """When a commit was made, in seconds since the epoch; None if it is not here any more."""
    answer = git.run(["log", "-1", "--no-show-signature", "--format=%ct", commit], timeout_s=timeout_s)
    text = answer.output.strip()
    return int(text) if answer.status == 0 and text.isdecimal() else None
