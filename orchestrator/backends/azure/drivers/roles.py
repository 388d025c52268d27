"""Role assignments of the workspace. azure-ai-ml knows none, so that they go over its pipeline as plain requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.backends.azure.assignments import PROVIDER, VERSION, Assignment, assignment_of, body_of, name_of
from orchestrator.backends.azure.client import Client
from orchestrator.backends.azure.drivers.context import DriverContext
from orchestrator.core.address import Address
from orchestrator.core.errors import Conflict, Invalid, NotFound
from orchestrator.core.kind import Kind
from orchestrator.core.ports import Request
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import Desired, Observed, Removal

_EXISTS = "RoleAssignmentExists"


class RoleDriver:
    """Who may do what.

    Args:
        client: of the workspace.
        kind: of role assignments.
    """

    def __init__(self, client: Client, kind: Kind) -> None:
        self._client = client
        self._kind = kind
        self._workspace = client.connection.arm_id

    def list(self) -> list[Observed]:
        """See `Driver.list`."""
        return [assignment.observed for assignment in self._all()]

    def read(self, address: Address, revision: str | None) -> Observed | None:
        """See `Driver.read`."""
        found = self._at(address)
        return None if found is None else found.observed

    def create(self, request: Request) -> Any:
        """See `Driver.create`. An assignment of the same principal and role is taken over if nobody else owns it.

        Raises:
            Conflict: another project owns it, or others made it under another name.
        """
        name = name_of(self._workspace, request.properties)
        existing = self._named(name, request)
        if existing is not None and existing.observed.owner not in (None, request.owner):
            raise Conflict(
                f"{request.address}: the project '{existing.observed.owner}' already assigns this role to this principal.",
                fix="Remove it from this spec.",
            )
        self._put(name, request, "create")

    def update(self, request: Request, before: Observed) -> Any:
        """See `Driver.update`: only the description changes in place."""
        self._put(str(before.attributes["name"]), request, "update")

    def refusals(self, desired: Desired, resources: Mapping[Address, Desired]) -> Iterable[Refusal]:
        """See `Refusing.refusals`."""
        return given_twice(desired, resources.values())

    def restore(self, request: Request) -> None:
        """Never needed: assignments are not archived."""

    def remove(self, address: Address, revision: str, removal: Removal) -> Any:
        """See `Driver.remove`."""
        if removal is Removal.ARCHIVE:
            raise Invalid(f"{address}: a role assignment cannot be archived.", fix="Use on_removal: delete or keep.")
        found = self._at(address)
        if found is not None:
            self._client.write(f"delete {address}", lambda ml: _send(ml, "DELETE", self._path(found.name)))

    def _put(self, name: str, request: Request, verb: str) -> None:
        body = body_of(request, self._client.connection.subscription_id)
        try:
            self._client.write(
                f"{verb} {request.address}", lambda ml: _send(ml, "PUT", self._path(name), VERSION, body)
            )
        except Conflict as error:
            if error.code != _EXISTS:
                raise
            raise Conflict(
                f"{request.address}: this principal already has this role on the workspace, assigned outside this project.",
                code=_EXISTS,
                request_id=error.request_id,
                fix="Remove it from the spec, or delete that assignment so that this project can create its own.",
            ) from error

    def _named(self, name: str, request: Request) -> Assignment | None:
        try:
            rest = self._client.read(f"read {request.address}", lambda ml: _send(ml, "GET", self._path(name)))
        except NotFound:
            return None
        return assignment_of(rest, self._kind)

    def _at(self, address: Address) -> Assignment | None:
        return next((found for found in self._all() if found.observed.address == address), None)

    def _all(self) -> Sequence[Assignment]:
        """Those of the workspace itself: the service lists what resource group and subscription hand down as well."""
        pages = self._client.read(f"list {self._kind.key}", lambda ml: list(_pages(ml, self._path())))
        found = [assignment_of(rest, self._kind) for rest in pages]
        return [one for one in found if one.scope.rstrip("/").lower() == self._workspace]

    def _path(self, name: str = "") -> str:
        return f"{self._workspace}/{PROVIDER}" + (f"/{name}" if name else "")


def given_twice(desired: Desired, resources: Iterable[Desired]) -> Iterator[Refusal]:
    """A refusal for each other entry of the spec that assigns the same role to the same principal: the service keeps one."""
    for other in resources:
        if (
            other.address < desired.address
            and other.address.kind == desired.address.kind
            and _gift(other) == _gift(desired)
        ):
            yield Refusal(
                f"{other.address} assigns the same role to the same principal", ("role",), "Remove one of them."
            )


def _gift(desired: Desired) -> tuple[str, str]:
    return str(desired.properties.get("principal_id")).lower(), str(desired.properties.get("role"))


def _pages(ml: Any, path: str) -> Iterator[Mapping[str, Any]]:
    answer = _send(ml, "GET", path, {**VERSION, "$filter": "atScope()"})
    while True:
        yield from answer.get("value") or ()
        address = answer.get("nextLink")
        if not address:
            return
        answer = _send(ml, "GET", str(address), {})


def _send(
    ml: Any, method: str, path: str, query: Mapping[str, str] = VERSION, body: Mapping[str, Any] | None = None
) -> Mapping[str, Any]:
    from orchestrator.backends.azure import sdk

    return sdk.send(ml, method, path, query, body)


def driver(kind: Kind, context: DriverContext) -> RoleDriver:
    """See `context.driver_of`."""
    return RoleDriver(context.client, kind)
