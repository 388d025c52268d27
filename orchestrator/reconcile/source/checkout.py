"""Checkouts of commits: complete or not there, one folder for each, kept until nobody needs them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.reconcile.ports import Revision, SourceStalled, SourceUnavailable
from orchestrator.reconcile.source.command import CommandResult, GitCommand

_LINK: Final = "120000"
_FACTS: Final = "%s%x00%an%x00%cI"

TREES: Final = "trees"
"""The folder with a folder for each commit."""

EXACT_BYTES: Final = "* -text -eol -filter -ident -working-tree-encoding -diff -merge\n"
"""Overrules every ``.gitattributes`` of the repository: files are what was committed, and no filter program is looked for."""


class Checkouts:
    """The checkouts of one repository.

    A checkout counts once its record is written, after the last of its files: what a killed process left half done is made anew.

    Args:
        git: the bare repository.
        folder: where checkouts and their records lie.
        timeout_s: bound on each git command, seconds.
    """

    def __init__(self, git: GitCommand, folder: Path, timeout_s: float) -> None:
        self._git = git
        self._trees = folder / TREES
        self._records = folder / "records"
        self._timeout_s = timeout_s
        for place in (self._trees, self._records):
            private_files.make_folder(place)

    def usable(self, commit: str) -> bool:
        """Whether all files of a commit are there."""
        return (self._trees / commit).is_dir() and read_json(self._record(commit)) is not None

    def complete(self, commit: str) -> bool:
        """Whether a checkout is usable and git knows of it too, so that a spec can ask for its commit."""
        return self.usable(commit) and (self._git.repository / "worktrees" / commit / "gitdir").is_file()

    def revision(self, commit: str, path: str) -> Revision:
        """A usable checkout as a revision.

        Raises:
            SourceStalled: it has no such path.
        """
        record = read_json(self._record(commit)) or {}
        facts = {key: str(record.get(key, "")) for key in ("label", "message", "author", "committed_at")}
        place = self._trees / commit / path
        if place.exists():
            return Revision(commit, place, **facts)
        raise SourceStalled(
            f"The commit {commit[:12]} has no {path}.",
            code="path-missing",
            fix=did_you_mean(path, _specs(self._trees / commit), "Correct `path`, or commit the spec there."),
        )

    def add(self, commit: str, label: str) -> None:
        """Check a commit out.

        Args:
            label: for people.

        Raises:
            SourceStalled: it has links that leave it.
            SourceUnavailable: git cannot write it, for instance because the disk is full.
        """
        tree = self._trees / commit
        self._remove_tree(tree)
        self._run("worktree", "add", "--detach", "--force", "--quiet", str(tree), commit)
        self._refuse_leaving_links(tree, commit)
        facts = self._run("log", "-1", "--no-show-signature", f"--format={_FACTS}", commit).output.rstrip("\n")
        message, author, committed_at = (*facts.split("\0"), "", "")[:3]
        record = {"label": label, "message": message, "author": author, "committed_at": committed_at}
        write_json(self._record(commit), record)

    def keep(self, commits: frozenset[str]) -> None:
        """Remove all checkouts but these."""
        gone = [tree for tree in self._trees.iterdir() if tree.name not in commits]
        for tree in gone:
            self._remove_tree(tree)
        if gone:
            self._run("gc", "--auto", "--quiet")

    def _record(self, commit: str) -> Path:
        return self._records / f"{commit}.json"

    def _remove_tree(self, tree: Path) -> None:
        self._record(tree.name).unlink(missing_ok=True)  # first: what is half removed must not count
        if tree.exists():
            shutil.rmtree(tree)
        self._run("worktree", "prune")

    def _refuse_leaving_links(self, tree: Path, commit: str) -> None:
        root = tree.resolve()
        for name in self._links(commit):
            if not (tree / name).resolve().is_relative_to(root):
                shutil.rmtree(tree)
                raise SourceStalled(
                    f"The commit {commit[:12]} has a symbolic link, {name}, that points outside the repository.",
                    code="link-leaves-source",
                    fix="Replace the link with the file itself.",
                )

    def _links(self, commit: str) -> Iterator[str]:
        listing = self._run("ls-tree", "-r", "-z", "--full-tree", commit).output
        for entry in listing.split("\0"):
            facts, _, name = entry.partition("\t")
            if facts.startswith(_LINK):
                yield name

    def _run(self, *arguments: str) -> CommandResult:
        answer = self._git.run(arguments, timeout_s=self._timeout_s)
        if answer.status != 0:
            raise SourceUnavailable(
                f"git {arguments[0]} failed on the local copy of the repository: {answer.reason}.",
                code="local-copy-broken" if answer.broken else "checkout-failed",
                fix="Check the permissions and free space of the cache folder.",
            )
        return answer


def _specs(tree: Path) -> Iterator[str]:
    """What could be meant by a path that is not there."""
    for pattern in ("**/*.yaml", "**/*.yml"):
        yield from (file.relative_to(tree).as_posix() for file in tree.glob(pattern))


def read_json(path: Path) -> dict[str, Any] | None:
    """A small document; None if it is not there, not readable or not whole: the files it speaks of are then made anew."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write a small document so that a reader sees the old or the new one, whole, even after a power cut."""
    private_files.replace(path, json.dumps(document))
