"""Runs the system's git so that a repository cannot make it run anything else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from orchestrator.core.redact import mask_of

SAFE_CONFIG: Final[Mapping[str, str]] = {
    "core.hooksPath": "/dev/null",
    "core.attributesFile": "/dev/null",
    "core.fsmonitor": "false",
    "core.askPass": "",
    "core.untrackedCache": "false",
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "submodule.recurse": "false",
    "transfer.fsckObjects": "true",
    "maintenance.auto": "false",
    "gc.autoDetach": "false",
    "advice.detachedHead": "false",
}
"""No programs named by configuration or attributes, nothing fetched that was not asked for, nothing left running."""

_PASSED_ON: Final = ("PATH", "TMPDIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "ALL_PROXY")
_LONGEST_REASON: Final = 500
_NO_GIT: Final = 127
_BROKEN: Final = re.compile(
    r"object file .* is empty|loose object .* is corrupt|unable to (read|parse) |bad (object|tree)|not a git repository"
    r"|packfile .* (cannot|claims|index)|invalid (sha1|object)|missing (blob|tree|commit)|inflate: data stream error|bad config",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What git said.

    Attributes:
        status: the exit code; -1 if the time was over.
        output: standard output, as bytes of UTF-8 decoded with replacement.
        reason: the end of standard error in one line, without control characters and secrets.
    """

    status: int
    output: str
    reason: str

    @property
    def timed_out(self) -> bool:
        return self.status == -1

    @property
    def broken(self) -> bool:
        """Whether git complains about its own files, as after a power cut."""
        return bool(_BROKEN.search(self.reason))


@dataclass(frozen=True, slots=True)
class Access:
    """What one exchange with a server needs beyond the address.

    Attributes:
        config: further git configuration; seen in the process list, so never a secret.
        environ: further environment variables; may hold secrets.
        secrets: texts that must not appear in messages.
        protocol: the only protocol allowed; empty means none.
    """

    config: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    protocol: str = ""


OFFLINE: Final = Access()


@dataclass(frozen=True, slots=True)
class GitCommand:
    """The system's git on one bare repository.

    Attributes:
        repository: the bare repository; made by `init`.
        home: an empty folder that stands for the user's, so that no settings or passwords are found there.
        held: file descriptors that git keeps open: a lock that outlives us for as long as git still writes.
    """

    repository: Path
    home: Path
    held: tuple[int, ...] = ()

    def run(self, arguments: Sequence[str], *, timeout_s: float, access: Access = OFFLINE) -> CommandResult:
        """Run one git command to its end. Starts no shell, asks nobody, and kills it with all its helpers when the time is over."""
        config = {**SAFE_CONFIG, **access.config}
        options = [part for key, value in config.items() for part in ("-c", f"{key}={value}")]
        command = ["git", *options, "--git-dir", str(self.repository), "--no-pager", *arguments]
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environ(access),
                cwd=self.home,
                start_new_session=True,
                pass_fds=self.held,
            )
        except FileNotFoundError:
            return CommandResult(_NO_GIT, "", "git is not installed")
        with process:
            try:
                output, errors = process.communicate(timeout=timeout_s)
            except BaseException as error:
                _kill(process)
                if not isinstance(error, subprocess.TimeoutExpired):
                    raise
                process.communicate()
                return CommandResult(-1, "", f"no answer within {timeout_s:g} s")
        return CommandResult(process.returncode, output.decode(errors="replace"), _reason(errors, access.secrets))

    def _environ(self, access: Access) -> dict[str, str]:
        environ = {key: value for key, value in os.environ.items() if key.upper() in _PASSED_ON}
        environ |= {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": access.protocol or "none",
            "GIT_LFS_SKIP_SMUDGE": "1",
        }
        return environ | dict(access.environ)


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)  # git-remote-https and ssh are children of git
    except ProcessLookupError:
        process.kill()


def _reason(errors: bytes, secrets: Sequence[str]) -> str:
    text = mask_of(dict.fromkeys(secrets, "(secret)"))(errors.decode(errors="replace"))
    lines = ["".join(letter for letter in line if letter.isprintable()).strip() for line in text.splitlines()]
    reason = "; ".join(line.removeprefix("fatal: ").removeprefix("error: ") for line in lines if line)
    return reason[:_LONGEST_REASON] or "git gave no reason"
