"""Whether a commit is signed by somebody who may."""

from __future__ import annotations

from pathlib import Path

from orchestrator.reconcile.ports import SourceStalled
from orchestrator.reconcile.source.command import Access, GitCommand


def verify_commit(git: GitCommand, commit: str, allowed_signers: Path, *, timeout_s: float) -> None:
    """Check a commit's signature against the trusted keys.

    The trusted keys come from the loop's configuration, never from the repository: who can push could add theirs. Only git's exit
    code counts. Source: git-verify-commit(1), gpg.ssh.allowedSignersFile in git-config(1).

    Raises:
        SourceStalled: the commit is not signed, or not by a trusted key.
    """
    if not allowed_signers.is_file():
        raise SourceStalled(
            f"The allowed signers file {allowed_signers} does not exist, so no commit can be verified.",
            code="signers-missing",
            fix="Create it with one line `PRINCIPAL KEY` for each trusted key, or correct `allowed_signers`.",
        )
    config = {"gpg.ssh.allowedSignersFile": str(allowed_signers), "gpg.format": "ssh"}
    answer = git.run(["verify-commit", commit], timeout_s=timeout_s, access=Access(config))
    if answer.status != 0:
        raise SourceStalled(
            f"The commit {commit[:12]} is not signed by an allowed signer.",
            code="signature-refused",
            fix=f"Sign it with a key listed in {allowed_signers}, or add the signer's key there.",
        )
