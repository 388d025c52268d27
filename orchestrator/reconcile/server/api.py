"""Answers requests. Knows the loop's board and controls, and nothing about sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, TypeAlias

from orchestrator.reconcile.ports import Controls, FleetStatus
from orchestrator.reconcile.server.doors import LONGEST_HOOK, holds_token, is_signed
from orchestrator.reconcile.server.messages import HttpRequest, Response, as_json, as_text, problem
from orchestrator.reconcile.server.metrics import Metrics
from orchestrator.reconcile.server.openapi import document
from orchestrator.reconcile.server.routes import Door, Route
from orchestrator.reconcile.source.secret import SecretReference
from orchestrator.reconcile.stages import StandingBy

_EXPOSITION: Final = "text/plain; version=0.0.4; charset=utf-8"
_HISTORY: Final = 50
_LONGEST_HISTORY: Final = 1000

Handler: TypeAlias = Callable[[HttpRequest], Response]


@dataclass(frozen=True, slots=True)
class AccessKeys:
    """Secrets that open doors.

    Attributes:
        token: lets its holder trigger, suspend and resume; without one nobody can.
        hooks: by project, the secret shared with its git server.
    """

    token: SecretReference | None = None
    hooks: Mapping[str, SecretReference] = field(default_factory=dict)


class Api:
    """Answers what `ROUTES` lists.

    Args:
        fleet_status: how the projects are.
        controls: what may be asked of the loop.
        keys: who may ask it.
    """

    def __init__(self, fleet_status: FleetStatus, controls: Controls, metrics: Metrics, keys: AccessKeys) -> None:
        self._fleet_status = fleet_status
        self._controls = controls
        self._metrics = metrics
        self._keys = keys
        self._handlers: Mapping[str, Handler] = {
            "healthz": lambda request: _state(good=fleet_status.alive(), well="ok", ill="the loop is not running"),
            "readyz": lambda request: _state(
                good=fleet_status.ready(), well="ready", ill="not all projects have been checked yet"
            ),
            "metrics": lambda request: as_text(metrics.exposition(fleet_status), content_type=_EXPOSITION),
            "openapi": lambda request: as_json(document()),
            "openapi_v1": lambda request: as_json(document()),
            "projects": self._projects,
            "project": self._project,
            "history": self._history,
            "trigger": lambda request: self._do("trigger", controls.trigger, request.project),
            "suspend": lambda request: self._do("suspend", controls.suspend, request.project),
            "resume": lambda request: self._do("resume", controls.resume, request.project),
            "hook": lambda request: self._do("trigger", controls.trigger, request.project),
        }

    def answer(self, route: Route, request: HttpRequest) -> Response:
        """Answer one request that has found its route. Never raises for anything a sender can send."""
        refusal = _REFUSALS[route.door](self._keys, request)
        if refusal:
            return refusal
        if request.project and request.project not in self._fleet_status.projects():
            return problem(HTTPStatus.NOT_FOUND, f"There is no project '{request.project}'.")
        return self._handlers[route.operation](request)

    def _projects(self, request: HttpRequest) -> Response:
        return as_json({"projects": [self._fleet_status.status(name) for name in self._fleet_status.projects()]})

    def _project(self, request: HttpRequest) -> Response:
        return as_json(self._fleet_status.status(request.project))

    def _history(self, request: HttpRequest) -> Response:
        limit = request.query.get("limit", str(_HISTORY))
        if not limit.isascii() or not limit.isdecimal() or not 1 <= int(limit[:9]) <= _LONGEST_HISTORY:
            return problem(HTTPStatus.BAD_REQUEST, f"`limit` is a whole number from 1 to {_LONGEST_HISTORY}.")
        return as_json(
            {"project": request.project, "passes": list(self._fleet_status.history(request.project, int(limit)))}
        )

    def _do(self, action: str, act: Callable[[str], None], project: str) -> Response:
        try:
            act(project)
        except StandingBy as error:
            return problem(HTTPStatus.CONFLICT, f"This loop is on standby. The active loop is: {error.holder}")
        return as_json({"project": project, "action": action}, HTTPStatus.ACCEPTED)


def _state(*, good: bool, well: str, ill: str) -> Response:
    return as_text(f"{well if good else ill}\n", HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE)


def _no_refusal(keys: AccessKeys, request: HttpRequest) -> Response | None:
    return None


def _without_token(keys: AccessKeys, request: HttpRequest) -> Response | None:
    if keys.token is None:
        return problem(HTTPStatus.FORBIDDEN, "This server is read-only: its configuration sets no token.")
    if holds_token(request, keys.token):
        return None
    return problem(
        HTTPStatus.UNAUTHORIZED, "Send the token: `Authorization: Bearer TOKEN`.", {"WWW-Authenticate": "Bearer"}
    )


def _without_signature(keys: AccessKeys, request: HttpRequest) -> Response | None:
    """One answer for every reason, so that nobody learns which projects there are."""
    if request.length is None:
        return problem(HTTPStatus.LENGTH_REQUIRED, "Content-Length is required.")
    if request.length > LONGEST_HOOK:
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body has more than {LONGEST_HOOK} bytes.")
    secret = keys.hooks.get(request.project)
    if secret is not None and is_signed(request, secret):
        return None
    return problem(HTTPStatus.FORBIDDEN, "The signature is missing or wrong, or there is no such hook.")


_REFUSALS: Final[Mapping[Door, Callable[[AccessKeys, HttpRequest], Response | None]]] = {
    Door.OPEN: _no_refusal,
    Door.TOKEN: _without_token,
    Door.SIGNATURE: _without_signature,
}
