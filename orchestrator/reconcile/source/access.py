"""Gives git the token or key for one exchange: by environment and files, never on a command line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from orchestrator.core import private_files
from orchestrator.reconcile.source.command import Access
from orchestrator.reconcile.source.secret import SecretReference
from orchestrator.reconcile.source.settings import GitSettings

_HELPER: Final = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$AMLCTL_GIT_USERNAME" "$AMLCTL_GIT_TOKEN"; }; f'
)
"""A credential helper that answers from the environment. ``printf`` is part of the shell: no process gets the token as an argument."""


@contextmanager
def access_to(settings: GitSettings, folder: Path) -> Iterator[Access]:
    """What git needs to reach the repository, for as long as the context lasts.

    Args:
        folder: readable by us alone; a key that comes from an environment variable lies there meanwhile.

    Raises:
        SecretMissing: the token or key has no value.
    """
    config = {"http.followRedirects": "initial"}
    environ: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    if settings.ca_file:
        config["http.sslCAInfo"] = str(settings.ca_file)
    if settings.token:
        token = settings.token.read().reveal()
        # Bound to the address's host: a redirect elsewhere is not given the token.
        config[f"credential.{_origin(settings.url)}.helper"] = _HELPER
        environ |= {"AMLCTL_GIT_USERNAME": settings.username, "AMLCTL_GIT_TOKEN": token}
        secrets = (token,)
    if settings.protocol == "ssh":
        with _key_file(settings.ssh_key, folder) as key:
            environ |= {"GIT_SSH_COMMAND": _ssh(settings, key), "GIT_SSH_VARIANT": "ssh"}
            yield Access(config, environ, secrets, "ssh")
        return
    yield Access(config, environ, secrets, settings.protocol)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


@contextmanager
def _key_file(reference: SecretReference | None, folder: Path) -> Iterator[Path | None]:
    if reference is None or reference.kind == "file":
        if reference:
            reference.read()  # tells in our words what ssh would tell in several ways
        yield Path(reference.where) if reference else None
        return
    draft, path = private_files.draft_in(folder, "key-")
    try:
        with draft as file:
            file.write(f"{reference.read().reveal().rstrip()}\n".encode())
        yield path
    finally:
        path.unlink(missing_ok=True)


def _ssh(settings: GitSettings, key: Path | None) -> str:
    options = ["BatchMode=yes", "StrictHostKeyChecking=yes", "PermitLocalCommand=no", "ForwardAgent=no"]
    options.append(f"ConnectTimeout={max(1, int(settings.timeout_s))}")
    if settings.known_hosts:
        options += [f"UserKnownHostsFile={settings.known_hosts}", "GlobalKnownHostsFile=/dev/null"]
    if key:
        options.append("IdentitiesOnly=yes")
    words = ["ssh", "-F", "/dev/null", *(part for option in options for part in ("-o", option))]
    if key:
        words += ["-i", str(key)]
    return shlex.join(words)
