"""What git knows about the folder of a spec."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Final

from orchestrator.spec.evaluate import UnresolvedError

_TIMEOUT_S: Final = 20
_SAFE: Final = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "--no-optional-locks", "--no-pager")
"""A repository's own configuration must not make us run programs."""


class Git:
    """Asks the system's git, and only when a spec asks.

    Args:
        folder: any folder of the work tree.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def commit(self) -> str:
        """The full id of the commit that is checked out.

        Raises:
            UnresolvedError: no git, no repository, or no commit yet.
        """
        return self._ask("the commit", "rev-parse", "--verify", "HEAD^{commit}")

    @cached_property
    def branch(self) -> str:
        """The name of the branch that is checked out.

        Raises:
            UnresolvedError: no git, no repository, or a commit is checked out instead of a branch.
        """
        return self._ask("the branch", "symbolic-ref", "--short", "HEAD")

    def _ask(self, what: str, *question: str) -> str:
        import subprocess  # lazily: most specs never ask git

        environ = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        environ |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        try:
            answer = subprocess.run(
                ["git", *_SAFE, "-C", str(self._folder), *question],
                capture_output=True,
                text=True,
                errors="replace",
                env=environ,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except FileNotFoundError:
            raise _refusal(what, "git is not installed", "Install git") from None
        except subprocess.TimeoutExpired:
            raise _refusal(what, f"git did not answer within {_TIMEOUT_S} s", "Check the repository") from None
        if answer.returncode == 0:
            return answer.stdout.strip()
        reason = (answer.stderr.strip().splitlines() or ["git gave no reason"])[0].removeprefix("fatal: ")
        if "not a git repository" in reason:
            raise _refusal(what, "the spec is not in a git repository", "Put the project under git")
        if "not a symbolic ref" in reason:
            raise _refusal(what, "a commit is checked out, not a branch", "Check out a branch")
        if "single revision" in reason:
            raise _refusal(what, "the repository has no commit yet", "Commit something")
        raise _refusal(what, reason, "Repair the repository")


def _refusal(what: str, reason: str, fix: str) -> UnresolvedError:
    return UnresolvedError(
        "git-unavailable",
        f"Git cannot tell {what}: {reason}.",
        f"{fix}, or use a variable instead and set it with --var.",
    )
