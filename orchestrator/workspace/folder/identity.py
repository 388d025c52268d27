"""The file that makes a folder an embedded workspace, and says which one."""

from __future__ import annotations

import json
import os
import secrets
from typing import Final

from orchestrator.core import private_files
from orchestrator.core.errors import Invalid
from orchestrator.workspace.folder.paths import WorkspacePaths

FORMAT: Final = 1
"""Number of the folder's layout. A folder with a higher number is refused."""


def read_identity(paths: WorkspacePaths) -> str:
    """The workspace's random identity; empty if the folder is no workspace yet.

    Raises:
        Invalid: the marker is damaged, or was written by a newer version.
    """
    try:
        marker = json.loads(paths.marker.read_text(encoding="utf-8"))
        identity, layout = marker["workspace"], marker["format"]
    except FileNotFoundError:
        return ""
    except (ValueError, TypeError, KeyError) as error:
        fix = "Remove this file; the next apply writes it again. Jobs, models, endpoints and the state are kept."
        raise Invalid(f"{paths.marker} is damaged: {error}.", fix=fix) from error
    if not isinstance(identity, str) or not isinstance(layout, int) or layout > FORMAT:
        raise Invalid(
            f"{paths.root} has layout {layout}; this version supports layouts up to {FORMAT}.",
            fix="Upgrade amlctl to the version that created it, or a later one.",
        )
    return identity


def ensure_identity(paths: WorkspacePaths) -> str:
    """The workspace's identity, given now if it has none. Of two that do so at once, one wins and both see its value.

    Raises:
        Invalid: see `read_identity`.
    """
    if identity := read_identity(paths):
        return identity
    paths.create()
    draft = paths.root / f".workspace.{secrets.token_hex(8)}"
    private_files.create(draft, json.dumps({"workspace": secrets.token_hex(16), "format": FORMAT}))
    try:
        try:
            os.link(draft, paths.marker)
        except FileExistsError:
            return read_identity(paths)
    finally:
        draft.unlink(missing_ok=True)
    return read_identity(paths)
