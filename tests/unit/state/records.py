"""Records and intents to put into a state."""

from __future__ import annotations

from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.resource import Applied
from orchestrator.core.run import Verb
from orchestrator.core.state import Holder, Intent, StateChange

ME = Holder("ann@laptop", "apply", 4711, "2026-01-02T03:04:05+00:00")


def at(name: str) -> Address:
    return Address("data", name)


def record(name: str, **more: Any) -> Applied:
    return Applied(at(name), properties={"path": name}, fingerprint=Fingerprint("c" * 64, "u" * 64, "m" * 64), **more)


def intent(name: str, verb: Verb = Verb.CREATE) -> Intent:
    return Intent(f"{verb.value} {at(name)}", at(name), verb, f"key of {name}", "1")


def outcome(name: str, applied: Applied | None = None, *, verb: Verb = Verb.CREATE, **more: Any) -> StateChange:
    return StateChange(
        step=intent(name, verb).step, address=at(name), applied=applied, outcome=more.pop("outcome", "created"), **more
    )
