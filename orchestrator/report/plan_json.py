"""Plan ↔ JSON. A saved plan is a promise that is checked, not a script that is run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.core.change import ABSENT, Change, FieldChange
from orchestrator.core.concealed import shown
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.plan import PLAN_FORMAT, Plan
from orchestrator.core.reason import Reason
from orchestrator.core.span import Span
from orchestrator.core.tree import dotted
from orchestrator.core.url_secrets import without_passwords
from orchestrator.report.reasons import change_reason, field_reason, some


def plan_digest(plan: Plan) -> str:
    """Tells one plan from another: what was agreed to is what is done."""
    document = plan_to_json(plan)
    excluded = json.dumps([document["base"], document["changes"]], sort_keys=True, default=str)
    return hashlib.sha256(excluded.encode()).hexdigest()


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The published form of a plan; ``schemas/plan.schema.json`` describes it.

    Secrets appear by name only: a digest beside the state's lineage could be guessed from.
    """
    base = plan.base
    return {
        "format": PLAN_FORMAT,
        "project": plan.project,
        "target": plan.target,
        "base": {
            "lineage": base.lineage,
            "serial": base.serial,
            "spec_digest": base.spec_digest,
            "workspace": base.workspace,
        },
        "changes": [_change(change) for change in plan.changes],
        "summary": plan.summary(),
        "warnings": [_warning(warning) for warning in plan.warnings],
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "action": change.action.value,
        "reason": change_reason(change),
        "causes": [_cause(reason) for reason in change.reasons],
        "drift": change.drift,
        **({"former": str(change.former)} if change.former is not None else {}),
        "fields": [_field(field) for field in change.fields],
        "source": _source(change.span),
    }


def _field(field: FieldChange) -> dict[str, Any]:
    return {
        "path": dotted(field.path),
        "desired": _shown(field.desired),
        "applied": _shown(field.applied),
        "observed": _shown(field.observed),
        "action": field.action.value,
        "reason": field_reason(field),
        "causes": [_cause(field.reason)],
        "drift": field.drift,
    }


def _cause(reason: Reason) -> dict[str, Any]:
    culprits = [{"kind": culprit.kind.value, "name": culprit.name} for culprit in reason.culprits]
    return {"cause": reason.cause.value, "culprits": culprits}


def _shown(value: Any) -> Any:
    if value is ABSENT:
        return None
    if isinstance(value, Mapping):
        if "$secret" in value:
            return {"$secret": value["$secret"]}
        return {name: _shown(item) for name, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list) else shown(value)


def _source(span: Span | None) -> dict[str, Any] | None:
    return {"file": span.file, "line": span.line, "column": span.column} if span else None


def _warning(warning: Diagnostic) -> dict[str, Any]:
    place = _source(warning.subject) or {"file": None, "line": None, "column": None}
    return {
        "severity": warning.severity.value,
        "code": warning.code,
        "summary": warning.summary,
        "detail": without_passwords(warning.detail),
        "fix": without_passwords(warning.fix),
        **place,
        "address": str(warning.address) if warning.address else None,
    }


def saved_plan_problems(saved: Mapping[str, Any], fresh: Plan) -> list[str]:
    """Why a saved plan must not be carried out, in full sentences; empty if it is what planning gives now.

    Args:
        saved: a JSON document from anywhere; nothing in it is trusted.
        fresh: the plan made from the same spec now.
    """
    if saved.get("format") != PLAN_FORMAT:
        return [f"Its format is {saved.get('format')!r}; this version supports format {PLAN_FORMAT}."]
    now = plan_to_json(fresh)
    if not isinstance(saved.get("base"), dict) or not _well_formed(saved.get("changes")):
        return ["It is not a valid plan."]
    problems = list(_base_problems(saved, now))
    return problems or list(_change_problems(saved["changes"], now["changes"]))


def _well_formed(changes: Any) -> bool:
    return isinstance(changes, list) and all(
        isinstance(change, dict) and isinstance(change.get("address"), str) for change in changes
    )


def _base_problems(saved: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if saved.get("project") != now["project"] or saved.get("target") != now["target"]:
        yield "It was created for another project or target."
    then, base = saved["base"], now["base"]
    if not then.get("workspace") and not then.get("lineage") and base["lineage"]:
        yield "It was made before anything was applied; since then this plan, or another, was."
        return
    if then.get("workspace") != base["workspace"]:
        yield "It was created for another workspace."
    if then.get("lineage") != base["lineage"]:
        yield "The state was recreated since."
    elif then.get("serial") != base["serial"]:
        yield f"The state changed: its serial was {then.get('serial')!r} and is {base['serial']}."
    if then.get("spec_digest") != base["spec_digest"]:
        yield "The spec, or a file that it refers to, has changed."


def _change_problems(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[str]:
    """The same spec and state can still meet a workspace that others changed."""
    excluded = (
        _EXPLANATORY if all("causes" in change for change in then) else _EXPLANATORY | {"causes"}
    )  # older plans have none
    before, after = _decisions(then, excluded), _decisions(now, excluded)
    moved = sorted(address for address in before.keys() | after.keys() if before.get(address) != after.get(address))
    if moved:
        yield f"The workspace has changed: {some(moved)}."
    elif list(before) != list(after):
        yield "Its changes are not in a valid order."


_EXPLANATORY: Final = frozenset({"source", "reason"})
"""What a saved plan tells people: lines move with each comment, paths with each checkout, sentences with each version."""


def _decisions(changes: list[dict[str, Any]], excluded: frozenset[str]) -> dict[str, dict[str, Any]]:
    """What happens, by address."""
    return {change["address"]: _decided(change, excluded) for change in changes}


def _decided(part: Mapping[str, Any], excluded: frozenset[str]) -> dict[str, Any]:
    left = {name: value for name, value in part.items() if name not in excluded}
    if isinstance(left.get("fields"), list):
        left["fields"] = [
            _decided(field, excluded) if isinstance(field, Mapping) else field for field in left["fields"]
        ]
    return left
