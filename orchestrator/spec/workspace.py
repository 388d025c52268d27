"""Which workspace a target goes to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from orchestrator.core.boundary import Boundary
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.project import WorkspaceChoice
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, Mark
from orchestrator.core.value import Unknown
from orchestrator.spec.azure_workspace import FIELDS, azure_settings
from orchestrator.spec.overlay import overlay
from orchestrator.spec.problems import OUTSIDE, OUTSIDE_FIX, Problems

LOCAL_FOLDER: Final = ".amlctl"
_SWITCHES: Final = ("python_downloads", "nodes_as_processes")
_FIELDS: Final = {
    "local": ("path", "stand_ins", *_SWITCHES),
    "azure": FIELDS,
}

FolderOf = Callable[[Mark], Path]


def laid_over(base: LocatedDict | None, over: LocatedDict | None) -> LocatedDict | None:
    """The project's workspace with the target's laid over it; a target that chooses another kind starts afresh."""
    if base is None or over is None:
        return over if base is None else base
    return overlay(base, over) if set(base) == set(over) else over


def choose_workspace(body: LocatedDict | None, root: Path, folder_of: FolderOf, problems: Problems) -> WorkspaceChoice:
    """Check ``workspace:`` and make its paths absolute.

    Args:
        body: resolved; None chooses the embedded workspace beside the spec.
        root: the folder of the spec.
        folder_of: gives the folder of the file that a mark names: relative paths start there.
        problems: receives what is wrong.
    """
    default = {"path": str(root / LOCAL_FOLDER), "stand_ins": {}}
    if body is None:
        return WorkspaceChoice("local", default)
    span = Span(*body.mark)
    kind = _chosen(body, problems)
    if kind is None:
        return WorkspaceChoice("local", default, span)
    settings = body[kind] if body[kind] is not None else LocatedDict(mark=body.value_marks.get(kind))
    if not isinstance(settings, LocatedDict):
        problems.error(
            "invalid-setting", f"'{kind}' must be a mapping.", f"Write `{kind}: {{}}`.", body.value_marks.get(kind)
        )
        return WorkspaceChoice(kind, default, span)
    _check_settings(kind, settings, problems)
    if kind == "local":
        return WorkspaceChoice("local", _local(settings, root, folder_of, problems), span)
    return WorkspaceChoice("azure", azure_settings(settings, folder_of, problems), span)


def within(choice: WorkspaceChoice, boundary: Boundary, body: LocatedDict | None, problems: Problems) -> None:
    """Refuse a workspace whose stand-ins, certificates or token file are outside of what may be read."""
    settings = choice.settings
    credential = settings.get("credential")
    named = {"ca_file": (settings.get("connection") or {}).get("ca_file")}
    named |= settings.get("stand_ins") or {}
    for kind, own in credential.items() if isinstance(credential, dict) else ():
        named[kind] = (own or {}).get("token_file")
    for name, path in named.items():
        if isinstance(path, str) and not boundary.admits(Path(path)):
            mark = body.mark if body is not None else None
            problems.error("outside-boundary", f"'{name}' of the workspace {OUTSIDE}.", OUTSIDE_FIX, mark)


def _chosen(body: LocatedDict, problems: Problems) -> str | None:
    """The kind of workspace that a body chooses, the first one if there are two; None if it chooses none."""
    for key in body:
        if key not in _FIELDS:
            fix = did_you_mean(key, _FIELDS, "Write `workspace: {local: {}}` or `workspace: {azure: {…}}`.")
            problems.error("unknown-key", f"'{key}' is not a workspace type.", fix, body.key_marks.get(key))
    if not body:
        problems.error("missing-setting", "The workspace is empty.", "Write `workspace: {local: {}}`.", body.mark)
    chosen = [key for key in body if key in _FIELDS]
    if len(chosen) > 1:
        problems.error(
            "conflicting-workspace",
            "A target has one workspace, either embedded or on Azure.",
            "Keep one of them, and move the other one to its own target.",
            body.key_marks.get(chosen[1]),
            related=[("also set here", body.key_marks.get(chosen[0], body.mark))],
        )
    return chosen[0] if chosen else None


def _check_settings(kind: str, settings: LocatedDict, problems: Problems) -> None:
    for key in settings:
        if key not in _FIELDS[kind]:
            fix = did_you_mean(key, _FIELDS[kind], f"Use {', '.join(_FIELDS[kind])}.")
            detail = f"'{key}' is not a setting of workspace.{kind}."
            problems.error("unknown-key", detail, fix, settings.key_marks.get(key))


def _local(settings: LocatedDict, root: Path, folder_of: FolderOf, problems: Problems) -> dict[str, Any]:
    path = _text(settings, "path", problems)
    where = root / LOCAL_FOLDER if path is None else folder_of(settings.value_marks["path"]) / Path(path).expanduser()
    found = {"path": os.path.normpath(where), "stand_ins": _stand_ins(settings, folder_of, problems)}
    return found | {key: True for key in _SWITCHES if _switched_on(settings, key, problems)}


def _switched_on(settings: LocatedDict, key: str, problems: Problems) -> bool:
    value = settings.get(key)
    if isinstance(value, bool) or value is None or isinstance(value, Unknown):
        return value is True
    problems.error(
        "invalid-setting", f"'{key}' must be true or false.", f"Write `{key}: true`.", settings.value_marks.get(key)
    )
    return False


def _stand_ins(settings: LocatedDict, folder_of: FolderOf, problems: Problems) -> dict[str, str]:
    table = settings.get("stand_ins")
    if table is None or isinstance(table, Unknown):
        return {}
    if not isinstance(table, LocatedDict):
        problems.error(
            "invalid-setting",
            "'stand_ins' must map references or URLs to local paths.",
            "Write `stand_ins: {'azureml:NAME:1': ./path}`.",
            settings.value_marks.get("stand_ins"),
        )
        return {}
    found: dict[str, str] = {}
    for reference in table:
        path = _text(table, reference, problems)
        if path is not None:
            found[reference] = os.path.normpath(folder_of(table.value_marks[reference]) / Path(path).expanduser())
    return found


def _text(settings: LocatedDict, key: str, problems: Problems) -> str | None:
    value = settings.get(key)
    if key not in settings or isinstance(value, Unknown):
        return None
    if isinstance(value, str) and value:
        return value
    if value == "":
        detail, fix = f"'{key}' is empty.", "Set a path, or remove it."
    else:
        detail, fix = f"'{key}' must be text.", "Write text."
    problems.error("invalid-setting", detail, fix, settings.value_marks.get(key))
    return None
