"""Assets through the real client."""

from __future__ import annotations

from typing import Any


def test_the_workspace_is_there(client: Any) -> None:
    workspace = client.workspaces.get("local")
    assert (workspace.name, workspace.location) == ("local", "local")


def test_an_environment_is_made_read_and_listed(client: Any) -> None:
    from azure.ai.ml.entities import Environment

    made = client.environments.create_or_update(
        Environment(name="sk", version="1", image="python:3.11", tags={"a": "b"})
    )
    assert (made.name, made.version) == ("sk", "1")
    read = client.environments.get("sk", version="1")
    assert (read.image, read.tags, read.os_type) == ("python:3.11", {"a": "b"}, "Linux")
    assert [(one.name, one.latest_version) for one in client.environments.list()] == [("sk", "1")]
    assert [one.version for one in client.environments.list("sk")] == ["1"]
