"""Whether the workspace itself is there."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.backends.azure.client import Client
from orchestrator.core.errors import Invalid, NotFound

_NO_GROUP: Final = "ResourceGroupNotFound"


class Site:
    """Whether the workspace is there. That it is there is remembered; that it is not is asked again.

    Args:
        client: of the workspace.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._stands = False

    def stands(self) -> bool:
        """Whether it is there."""
        self._stands = self._stands or self.entity() is not None
        return self._stands

    def entity(self) -> Any:
        """The client's form of it; None if it is not there.

        Raises:
            Invalid: the resource group is not there either.
        """
        name = self._client.connection.workspace_name
        try:
            return self._client.read(f"read workspace.{name}", lambda ml: ml.workspaces.get(name))
        except NotFound as error:
            if error.code == _NO_GROUP:
                raise Invalid(
                    error.detail, code=error.code, request_id=error.request_id, fix="Create the resource group first."
                ) from error
            return None
