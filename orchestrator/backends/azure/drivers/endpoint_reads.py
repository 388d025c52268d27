"""Reads of endpoints that several kinds have in common: whoever comes while one is under way shares its answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

from orchestrator.backends.azure.client import Client
from orchestrator.core.errors import NotFound

Result = TypeVar("Result")

Endpoints = Callable[[], Collection[str] | None]
"""Names of the endpoints that matter; None means all in the workspace."""


class SharedCalls:
    """Lets equal calls that overlap in time happen once. Nothing is kept after an answer."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, Future[Any]] = {}
        self._using = Lock()

    def call(self, key: Hashable, call: Callable[[], Result]) -> Result:
        """Make the call, or wait for the answer to an equal one."""
        with self._using:
            waiting = self._under_way.get(key)
            mine: Future[Any] = Future()
            if waiting is None:
                self._under_way[key] = mine
        if waiting is not None:
            answer: Result = waiting.result()
            return answer
        try:
            result = call()
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(result)
            return result
        finally:
            with self._using:
                del self._under_way[key]


class EndpointReads:
    """Endpoints and their deployments, as entities of the client.

    Args:
        client: of the workspace.
        requested: see `Endpoints`.
    """

    def __init__(self, client: Client, requested: Endpoints) -> None:
        self._client = client
        self._requested = requested
        self._shared = SharedCalls()

    def endpoints(self) -> Sequence[Any]:
        """All endpoints of the workspace; one listing tells everything about them."""
        return self._shared.call(
            "endpoints",
            lambda: self._client.read("list online_endpoints", lambda ml: list(ml.online_endpoints.list())),
        )

    def names(self) -> Sequence[str]:
        """Names of the endpoints whose parts matter."""
        requested = self._requested()
        live = [str(endpoint.name) for endpoint in self.endpoints()]
        meant = {name.casefold() for name in requested or ()}
        return live if requested is None else [name for name in live if name.casefold() in meant]

    def deployments(self, endpoint: str) -> Sequence[tuple[Any, Any]]:
        """The deployments of an endpoint, each with the service's own form; none if the endpoint is not there."""
        return self._shared.call(endpoint, lambda: self._deployments(endpoint))

    def endpoint(self, name: str) -> Any:
        """One endpoint, or None."""
        from orchestrator.backends.azure import sdk

        try:
            return self._client.read(f"read online_endpoints.{name}", lambda ml: sdk.endpoint_entity(ml, name))
        except NotFound:
            return None

    def _deployments(self, endpoint: str) -> Sequence[tuple[Any, Any]]:
        from orchestrator.backends.azure import sdk

        try:
            return self._client.read(
                f"list deployments of online_endpoints.{endpoint}", lambda ml: list(sdk.deployments(ml, endpoint))
            )
        except NotFound:
            return ()
