"""What the backend asks of the driver of a kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, runtime_checkable

from orchestrator.core.address import Address
from orchestrator.core.ports import Request
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired, Observed, Removal


class Driver(Protocol):
    """One kind of resource in one workspace. May be used from several threads at once; raises `BackendError` only."""

    def list(self) -> Iterable[Observed]:
        """All live objects that may matter."""
        ...

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """One live object; for versioned kinds None as revision means the latest."""
        ...

    def create(self, request: Request) -> Any:
        """Bring it into being. Returns the client's poller, or None if it is there when this returns."""
        ...

    def update(self, request: Request, before: Observed) -> Any:
        """Change it in place. Returns as `create`."""
        ...

    def restore(self, request: Request) -> None:
        """Bring an archived object back into lists."""
        ...

    def remove(self, address: Address, revision: str, removal: Removal) -> Any:
        """Delete or archive it. Returns the client's poller, or None."""
        ...


@runtime_checkable
class Refusing(Protocol):
    """A driver that knows before anything is sent what the service will not take."""

    def refusals(self, desired: Desired, resources: Mapping[Address, Desired]) -> Iterable[Refusal]:
        """Why the service cannot bring a resource of a spec into being.

        Args:
            resources: all of the spec.
        """
        ...
