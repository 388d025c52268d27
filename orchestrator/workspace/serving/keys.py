"""The two keys of an endpoint. They are in ``keys.json`` of its folder and nowhere else."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Literal

from orchestrator.core.errors import Invalid
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.serving.files import make_private
from orchestrator.workspace.supervision.control import write_private


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """Either key opens the endpoint, so that callers can move to a new one while the other still works."""

    primary: str
    secondary: str

    @property
    def digests(self) -> tuple[str, str]:
        """What the router compares with: SHA-256, hexadecimal."""
        return _digest(self.primary), _digest(self.secondary)


def ensure_keys(paths: WorkspacePaths, endpoint: str) -> Keys:
    """The keys of an endpoint, made now if it has none.

    Raises:
        Invalid: the file with the keys is damaged.
    """
    path = paths.endpoint(endpoint) / "keys.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Keys(content["primary"], content["secondary"])
    except FileNotFoundError:
        keys = Keys(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        _write(paths, endpoint, keys)
        return keys
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid(
            f"The keys of the endpoint '{endpoint}' are damaged.", fix=f"Remove {path}; new keys are made then."
        ) from error


def regenerate(paths: WorkspacePaths, endpoint: str, which: Literal["primary", "secondary"]) -> Keys:
    """Replace one key. The router takes the new one as soon as the supervisor looks at the endpoint again: nudge it.

    Raises:
        Invalid: the file with the keys is damaged.
    """
    old = ensure_keys(paths, endpoint)
    new = secrets.token_urlsafe(32)
    keys = Keys(new, old.secondary) if which == "primary" else Keys(old.primary, new)
    _write(paths, endpoint, keys)
    return keys


def _write(paths: WorkspacePaths, endpoint: str, keys: Keys) -> None:
    make_private(paths.endpoint(endpoint), paths.root)
    content = {"primary": keys.primary, "secondary": keys.secondary}
    write_private(paths.endpoint(endpoint) / "keys.json", json.dumps(content))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
