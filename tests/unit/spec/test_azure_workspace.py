"""The settings of ``workspace: {azure: …}``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions
from orchestrator.core.value import Secret
from orchestrator.kinds import discover
from orchestrator.spec.load import load

HEAD = "project: demo\nsecrets: {sp: {env: SP}}\nworkspace:\n  azure:\n"
NAMES = "    subscription_id: s\n    resource_group: g\n    workspace_name: w\n"


def settings_of(folder: Path, more: str) -> Any:
    file = folder / "spec.yaml"
    file.write_text(HEAD + NAMES + more)
    return load([file], LoadOptions(environ={"SP": "hush"}), discover()).workspace.settings


def test_a_secret_stays_one(tmp_path: Path) -> None:
    more = '    credential: {client_secret: {tenant_id: t, client_id: c, client_secret: "${secret.sp}"}}\n'
    credential = settings_of(tmp_path, more)["credential"]["client_secret"]
    assert credential["client_secret"] == Secret("sp", "hush")
    assert credential["tenant_id"] == "t"


def test_all_settings_are_taken_over(tmp_path: Path) -> None:
    more = (
        "    credential: cli\n    cloud: usgov\n    state: {container_url: https://a/b}\n"
        "    connection: {ca_file: ca.pem, authority: https://login, instance_discovery: false}\n"
    )
    settings = settings_of(tmp_path, more)
    assert settings["credential"] == "cli"
    assert settings["cloud"] == "usgov"
    assert settings["state"] == {"container_url": "https://a/b"}
    assert settings["connection"] == {
        "ca_file": str(tmp_path / "ca.pem"),
        "authority": "https://login",
        "instance_discovery": False,
    }


def test_what_is_not_said_of_a_connection_is_left_to_the_client(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "    connection: {authority: https://login}\n")
    assert settings["connection"] == {"authority": "https://login"}


@pytest.mark.parametrize(
    ("more", "code", "why"),
    [
        ("    credential: clii\n", "invalid-setting", "a name that is not known"),
        ("    credential: {clii: {}}\n", "invalid-setting", "a name with settings that is not known"),
        ("    connection: {ca_file: 3}\n", "invalid-setting", "a number for a path"),
        ("    credential: {cli: {tenant: t}}\n", "unknown-key", "a setting that the kind has not"),
        ("    credential: {cli: {}, github: {}}\n", "invalid-setting", "two at once"),
        ("    credential: {client_secret: {client_secret: hush}}\n", "invalid-setting", "a password in the open"),
        ("    cloud: mars\n", "invalid-setting", "no such cloud"),
        ("    state: here\n", "invalid-setting", "no mapping"),
        ("    state: {container: x}\n", "unknown-key", "another name"),
        ("    connection: {instance_discovery: maybe}\n", "invalid-setting", "neither true nor false"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, more: str, code: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        settings_of(tmp_path, more)
    (problem,) = caught.value.diagnostics
    assert problem.code == code, why
    assert problem.subject is not None, why
    assert problem.fix, why
    assert "hush" not in problem.detail + problem.fix
