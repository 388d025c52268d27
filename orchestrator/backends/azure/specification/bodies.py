"""What is wrong with the body of a request, by itself and beside what is there. Imports the client's models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from azure.ai.ml._restclient.arm_ml_service.models import JobBase

from orchestrator.backends.azure.specification import documented
from orchestrator.backends.azure.specification.changes import forbidden_changes
from orchestrator.backends.azure.specification.normal import normal
from orchestrator.backends.azure.specification.operations import api_version, find
from orchestrator.backends.azure.specification.shapes import Model
from orchestrator.backends.azure.specification.values import broken_values
from orchestrator.core.service_rules import Asked, BrokenRule, Present
from orchestrator.core.tree import value_at

_ACTION: Final = ("properties", "action")
_OLDER: Final = ("ImportData", "CreateMonitor")


def broken_bodies(asked: Asked, present: Present) -> Iterator[BrokenRule]:
    """The rules that a body breaks. What it changes is looked at once it is right by itself."""
    operation = find(asked.method, asked.parts)
    if asked.body is None or operation is None or operation.body is None:
        return
    values = broken_values(asked.body, operation.body, creates=asked.method == "PUT")
    found = [*(rule for rule in values if not _of_the_preview(asked.body, rule)), *_documented(asked, asked.body)]
    yield from found
    there = present() if not found and asked.method == "PUT" and not _kept_whole(asked, operation.body) else None
    if there is not None:
        yield from _changes(asked, asked.body, there, operation.body)


def normal_body(asked: Asked) -> Mapping[str, Any] | None:
    """The body as the service keeps it. What the specification does not know stays as it is."""
    operation = find(asked.method, asked.parts)
    if asked.body is None or operation is None or operation.body is None:
        return asked.body
    own = asked.query.get("api-version") == api_version()  # that of the models; others have other members
    kept: Mapping[str, Any] = normal(asked.body, operation.body, known=own)
    return kept


def _of_the_preview(body: Mapping[str, Any], rule: BrokenRule) -> bool:
    """Whether a rule is about what a schedule imports or watches.

    The client sends those in words of version 2023-06-01-preview, which its models of a later version have no more.
    Source: azure-ai-ml 1.27 to 1.35, ``ScheduleOperations``.
    """
    return str(value_at(body, (*_ACTION, "actionType"))) in _OLDER and rule.target.startswith(".".join(_ACTION))


def _kept_whole(asked: Asked, model: Model) -> bool:
    """Whether the workspace itself compares the whole body: a version of an asset, a run."""
    return "versions" in asked.parts or model is JobBase


def _documented(asked: Asked, body: Mapping[str, Any]) -> Iterator[BrokenRule]:
    if asked.method not in ("PUT", "PATCH"):
        return
    yield from documented.broken_tags(body)
    if len(asked.parts) == documented.NAMED:
        for rule in documented.BY_COLLECTION.get(asked.parts[0].lower(), ()):
            yield from rule(body)


def _changes(asked: Asked, body: Mapping[str, Any], there: Mapping[str, Any], model: Model) -> Iterator[BrokenRule]:
    yield from forbidden_changes(body, there, model)
    for rule in documented.CHANGES.get(asked.parts[0].lower(), ()) if asked.parts else ():
        yield from rule(body, there)
