"""Fetches a file from the web once and keeps it."""

from __future__ import annotations

import hashlib
import http.client
import secrets
import shutil
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit

from orchestrator.core import private_files
from orchestrator.core.errors import Invalid, NotFound, Transient
from orchestrator.workspace.files.content import safe_or_plain
from orchestrator.workspace.folder.durable import Draft, put_in_place
from orchestrator.workspace.folder.paths import WorkspacePaths

TIMEOUT_S = 60.0


def download(paths: WorkspacePaths, url: str) -> Path:
    """Fetch a file over HTTP, unless it was fetched before.

    Args:
        paths: the workspace.
        url: ``http:`` or ``https:``. Its query never appears in messages: it may be a signature.

    Returns:
        The read-only local copy, under the URL's last part as its name.

    Raises:
        NotFound, Invalid, Transient: the server's answer, or none.
    """
    shown = url.split("?", 1)[0]
    folder = paths.downloads / hashlib.sha256(url.encode()).hexdigest()
    target = folder / safe_or_plain(unquote(urlsplit(url).path).rsplit("/", 1)[-1])
    if target.exists():
        return target
    paths.create()
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{secrets.token_hex(8)}"
    try:
        # The caller has made sure of the scheme; redirects stay within HTTP.
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer, private_files.open_new(draft) as out:  # noqa: S310
            shutil.copyfileobj(answer, out)
            expected = answer.headers.get("Content-Length")
        if expected is not None and draft.stat().st_size != int(expected):
            raise Transient(f"{shown} broke off after {draft.stat().st_size} of {expected} bytes.")
        draft.chmod(0o444)
        put_in_place([Draft(draft, target)])
    except urllib.error.HTTPError as error:
        error.close()
        raise _refused(shown, error.code) from None
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        raise Transient(f"{shown} cannot be fetched: {getattr(error, 'reason', error)}.") from None
    finally:
        draft.unlink(missing_ok=True)
    return target


def _refused(shown: str, status: int) -> NotFound | Invalid | Transient:
    if status in (404, 410):
        return NotFound(f"{shown} does not exist (HTTP {status}).")
    if status in (408, 429) or status >= 500:
        return Transient(f"{shown} cannot be fetched now (HTTP {status}).")
    return Invalid(f"{shown} cannot be fetched (HTTP {status}).")
