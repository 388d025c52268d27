"""``workspace: {azure: …}``: which workspace of Azure Machine Learning, who we are to it, and where its state is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.tree import LocatedDict, Mark
from orchestrator.core.url_secrets import holds_password
from orchestrator.core.value import Secret, Template, Unknown
from orchestrator.spec.problems import Problems

NEEDED: Final = ("subscription_id", "resource_group", "workspace_name")

CREDENTIALS: Final[dict[str, tuple[str, ...]]] = {
    "default": ("client_id",),
    "environment": (),
    "workload_identity": ("tenant_id", "client_id", "token_file"),
    "managed_identity": ("client_id",),
    "cli": ("tenant_id",),
    "client_secret": ("tenant_id", "client_id", "client_secret"),
    "github": ("tenant_id", "client_id"),
    "azure_pipelines": ("tenant_id", "client_id", "service_connection_id"),
}
"""Kinds of credentials, each with its settings."""

CLOUDS: Final = ("public", "usgov", "china")

CONNECTION: Final = ("resource_manager", "storage_suffix", "audience", "authority", "instance_discovery", "ca_file")
"""For private clouds and for servers on loopback."""

BODY: Final = ("location", "display_name", "description", "tags", "lifecycle")
"""What is said of a workspace that is to be made."""

FIELDS: Final = (*NEEDED, "credential", "cloud", "state", "connection", "create", *BODY)

FolderOf = Callable[[Mark], Path]


def azure_settings(settings: LocatedDict, folder_of: FolderOf, problems: Problems) -> dict[str, Any]:
    """Check the settings and make their paths absolute.

    Args:
        folder_of: gives the folder of the file that a mark names.
        problems: receives what is wrong.
    """
    found: dict[str, Any] = {}
    for field in NEEDED:
        if field not in settings:
            problems.error("missing-setting", f"workspace.azure requires '{field}'.", f"Add `{field}:`.", settings.mark)
        _take(found, settings, field, problems)
    _take(found, settings, "cloud", problems)
    if "cloud" in found and found["cloud"] not in CLOUDS:
        _wrong("cloud", f"'{found['cloud']}' is not a known cloud.", f"Use {', '.join(CLOUDS)}.", settings, problems)
    state = _mapping(settings, "state", ("container_url",), problems)
    if state is not None:
        found["state"] = {}
        _container(found["state"], state, problems)
    connection = _mapping(settings, "connection", CONNECTION, problems)
    if connection is not None:
        found["connection"] = _connection(connection, folder_of, problems)
    if "credential" in settings:
        found["credential"] = _credential(settings, problems)
    found |= _creation(settings, problems)
    return found


def _container(found: dict[str, Any], state: LocatedDict, problems: Problems) -> None:
    """The address of the state's container; one with a signature is a secret."""
    value = state.get("container_url")
    if isinstance(value, Secret | Template):
        found["container_url"] = value
        return
    if isinstance(value, str) and holds_password(value):
        problems.error(
            "secret-expected",
            "container_url contains a signature or password. Secrets cannot be written in the spec.",
            "Declare it under `secrets:` and write `container_url: ${secret.NAME}`, or `https://…/container?${secret.NAME}`.",
            state.value_marks.get("container_url"),
            conceal=True,
        )
        return
    _take(found, state, "container_url", problems)


def founded(settings: LocatedDict | None) -> LocatedDict | None:
    """The workspace itself as a section, if the workspace's settings say that it is to be made."""
    azure = None if settings is None else settings.get("azure")
    return _workspace_itself(azure) if isinstance(azure, LocatedDict) else None


def _workspace_itself(settings: LocatedDict) -> LocatedDict | None:
    """The section of the workspace itself, if it is to be made: its name and its body. It is protected unless it says otherwise."""
    name = settings.get("workspace_name")
    if settings.get("create") is not True or not isinstance(name, str):
        return None
    body = LocatedDict(mark=settings.mark)
    for field in BODY:
        if field in settings:
            body.take(field, settings)
    lifecycle = body.get("lifecycle", LocatedDict(mark=settings.mark))
    if isinstance(lifecycle, LocatedDict) and "protect" not in lifecycle:
        lifecycle = lifecycle.copy()
        lifecycle["protect"] = True
        body["lifecycle"] = lifecycle
    section = LocatedDict(mark=settings.mark)
    section[name] = body
    section.key_marks[name] = settings.value_marks.get("workspace_name", settings.mark)
    section.value_marks[name] = settings.mark
    return section


def _creation(settings: LocatedDict, problems: Problems) -> dict[str, Any]:
    create = settings.get("create")
    if create is not None and not isinstance(create, bool | Unknown):
        _wrong("create", "'create' must be true or false.", "Write true.", settings, problems)
    if create is not True:
        for field in BODY:
            if field in settings and create in (None, False):
                problems.error(
                    "setting-without-effect",
                    f"'{field}' has an effect with `create: true` only.",
                    f"Add `create: true`, or remove '{field}'.",
                    settings.key_marks.get(field),
                )
        return {}
    state = settings.get("state")
    if not isinstance(state, LocatedDict) or "container_url" not in state:
        problems.error(
            "missing-setting",
            "With `create: true` the state cannot be kept in the workspace itself.",
            "Use an existing blob container: `state: {container_url: https://…}`.",
            settings.key_marks.get("create"),
        )
    return {"create": True}


def _connection(body: LocatedDict, folder_of: FolderOf, problems: Problems) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field in CONNECTION:
        if field != "instance_discovery":
            _take(found, body, field, problems)
    if "ca_file" in found:
        found["ca_file"] = os.path.normpath(
            folder_of(body.value_marks["ca_file"]) / Path(found["ca_file"]).expanduser()
        )
    discovery = body.get("instance_discovery")
    if isinstance(discovery, bool):
        found["instance_discovery"] = discovery
    elif discovery is not None and not isinstance(discovery, Unknown):
        _wrong("instance_discovery", "'instance_discovery' must be true or false.", "Write false.", body, problems)
    return found


def _credential(settings: LocatedDict, problems: Problems) -> Any:
    chosen = settings["credential"]
    if isinstance(chosen, str):
        _known_credential(chosen, settings.value_marks.get("credential"), problems)
        return chosen
    if not isinstance(chosen, LocatedDict) or len(chosen) != 1:
        _wrong(
            "credential",
            "'credential' must be a name, or a name with its settings.",
            "Write `credential: cli`, or `credential: {client_secret: {tenant_id: …}}`.",
            settings,
            problems,
        )
        return None
    (kind,) = chosen
    if not _known_credential(kind, chosen.key_marks.get(kind), problems):
        return None
    body = _mapping(chosen, kind, CREDENTIALS[kind], problems)
    found: dict[str, Any] = {}
    for field in CREDENTIALS[kind]:
        if body is not None and field != "client_secret":
            _take(found, body, field, problems)
    if body is not None and "client_secret" in body:
        found["client_secret"] = _secret(body, problems)
    return {kind: found}


def _known_credential(kind: str, mark: Mark | None, problems: Problems) -> bool:
    if kind in CREDENTIALS:
        return True
    fix = did_you_mean(kind, CREDENTIALS, f"Use {', '.join(CREDENTIALS)}.")
    problems.error("invalid-setting", f"'{kind}' is not a known credential.", fix, mark)
    return False


def _secret(body: LocatedDict, problems: Problems) -> Any:
    value = body["client_secret"]
    if not isinstance(value, Secret | Unknown):
        _wrong(
            "client_secret",
            "Passwords cannot be written in the spec.",
            "Declare it under `secrets:` and write `client_secret: ${secret.NAME}`.",
            body,
            problems,
            conceal=True,
        )
    return value


def _mapping(settings: LocatedDict, key: str, known: Iterable[str], problems: Problems) -> LocatedDict | None:
    body = settings.get(key)
    if body is None or isinstance(body, Unknown):
        return None
    if not isinstance(body, LocatedDict):
        _wrong(key, f"'{key}' must be a mapping.", f"Write `{key}: {{}}`.", settings, problems)
        return None
    allowed = tuple(known)
    for field in body:
        if field not in allowed:
            fix = did_you_mean(field, allowed, f"Use {', '.join(allowed)}." if allowed else "Leave it out.")
            problems.error("unknown-key", f"'{field}' is not a setting of '{key}'.", fix, body.key_marks.get(field))
    return body


def _take(found: dict[str, Any], settings: LocatedDict, key: str, problems: Problems) -> None:
    value = settings.get(key)
    if key not in settings or isinstance(value, Unknown):
        return
    if isinstance(value, str) and value:
        found[key] = value
    else:
        _wrong(key, f"'{key}' must be text.", "Write text.", settings, problems)


def _wrong(
    key: str, detail: str, fix: str, settings: LocatedDict, problems: Problems, *, conceal: bool = False
) -> None:
    problems.error("invalid-setting", detail, fix, settings.value_marks.get(key), conceal=conceal)
