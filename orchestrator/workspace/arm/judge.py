"""Puts the service's rules between the wire and the workspace."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.core.service_rules import Asked, BrokenRule, ServiceRules
from orchestrator.workspace.arm.messages import Answer, WireRequest
from orchestrator.workspace.arm.scope import PROVIDER
from orchestrator.workspace.arm.timing import shown

Respond = Callable[[WireRequest], Answer]


def judged(respond: Respond, knows: Callable[[WireRequest], bool], rules: ServiceRules) -> Respond:
    """A function that answers as `respond` does, but refuses first what the service would refuse.

    Args:
        knows: whether a request proves who sends it; strangers are told nothing but that.
        rules: those of the service; asked about requests below a workspace of the provider only.
    """

    def answer(request: WireRequest) -> Answer:
        asked = _asked(request) if knows(request) else None
        if asked is None:
            return respond(request)
        broken = rules.broken(asked, lambda: shown(respond, request))
        return _refusal(broken) if broken else respond(_read(request, rules.normal(asked)))

    return answer


def _read(request: WireRequest, body: Mapping[str, Any] | None) -> WireRequest:
    """The request with its body as the service reads it."""
    return request if body is None else replace(request, body=json.dumps(body).encode(), upload=None)


def _asked(request: WireRequest) -> Asked | None:
    """The request as the rules see it; None if they say nothing about it."""
    parts = [part for part in request.path.split("/") if part]
    match [part.lower() for part in parts[:8]]:
        case ["subscriptions", _, "resourcegroups", _, "providers", provider, "workspaces", _] if (
            provider == PROVIDER.lower()
        ):
            if "providers" in parts[8:]:  # what others keep about the workspace: role assignments
                return None
            return Asked(method=request.method, parts=parts[8:], query=request.query, body=_body(request))
    return None


def _body(request: WireRequest) -> Mapping[str, Any] | None:
    return request.json() if request.body or request.upload is not None else None


def _refusal(broken: Sequence[BrokenRule]) -> Answer:
    """All broken rules in one answer, in the envelope of Azure Resource Manager."""
    first = broken[0]
    details = [
        {"code": rule.arm_code, "message": rule.message, "target": rule.target, "details": []} for rule in broken
    ]
    text = " ".join(rule.message for rule in broken)
    error = {"code": first.arm_code, "message": text, "target": first.target, "details": details[1:] and details}
    return Answer.of({"error": error}, first.status)
