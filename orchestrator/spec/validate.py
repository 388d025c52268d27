"""Bodies against the models of their kinds: every mistake of every resource, at its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, get_args

from pydantic import ValidationError

from orchestrator.core.diagnostic import Diagnostic, did_you_mean
from orchestrator.core.field_mark import Sensitive, Spelling
from orchestrator.core.fields import FieldNode, node_of, root_node
from orchestrator.core.kind import Kind, NameRule, Spec
from orchestrator.core.tree import LocatedDict, Path, dotted, span_at, value_at
from orchestrator.spec.body_problems import article, error, ignored_field, of_finding, of_kind, show
from orchestrator.spec.composition import Composition
from orchestrator.spec.draft import Draft
from orchestrator.spec.forms import proper_form
from orchestrator.spec.spellings import ANY_CASE, as_allowed
from orchestrator.spec.unseen import unseen_problem
from orchestrator.spec.wording import findings, literals


def validate(drafts: Iterable[Draft]) -> list[Diagnostic]:
    """Check names, types and bodies. Numbers and switches written as text become what they say, in place."""
    problems: list[Diagnostic] = []
    for draft in drafts:
        rule = draft.kind.variant_names.get(draft.variant, draft.kind.name)
        if not _pattern(rule.pattern).fullmatch(draft.address.leaf):
            problems.append(_invalid_name(draft, rule))
        model = draft.kind.variants.get(draft.variant)
        if model is None:
            problems.append(_unknown_variant(draft))
            problems.extend(_as_guessed(draft))
        else:
            problems.extend(_body_problems(draft, model))
    return problems


def validate_tags(composition: Composition) -> list[Diagnostic]:
    """Check the tags of the whole project."""
    problems = []
    for name, value in composition.tags.items():
        if isinstance(value, dict | list):
            detail = f"The tag '{name}' is {show(value)}; tags must be strings, numbers or booleans."
            problems.append(error("wrong-type", detail, "Use a single value.", composition.tags.value_span(name), None))
        hidden = unseen_problem(name, f"The tag '{name}'", composition.tags.key_span(name), None)
        problems.extend([hidden] if hidden is not None else [])
    return problems


def _body_problems(draft: Draft, model: type[Spec]) -> Iterator[Diagnostic]:
    body = draft.body
    errors = _errors(model, body)
    if errors and _coerce(body, errors, root_node(draft.kind, draft.variant)):
        errors = _errors(model, body)
    if errors:
        node = root_node(draft.kind, draft.variant)
        for finding in findings(body, errors):
            later = finding.type == "extra_forbidden" and finding.path in [
                (name,) for name in draft.kind.unsupported_fields
            ]
            if finding.type == "extra_forbidden" and dotted(finding.path[:-1]) in draft.kind.azure.forgives:
                yield ignored_field(draft.address, body, node, finding.path)
                del value_at(body, finding.path[:-1])[finding.path[-1]]
            else:
                yield _unsupported(draft, finding.path) if later else of_finding(draft.address, body, node, finding)
    for path in _sensitive_paths(model):
        value = value_at(body, path)
        if isinstance(value, str) and value:
            yield _secret_expected(draft, path)
    for problem in draft.kind.problems(draft.variant, body):
        yield of_kind(draft.address, body, problem)


def _errors(model: type[Spec], body: Any) -> list[Any]:
    try:
        model.__pydantic_validator__.validate_python(body)
    except ValidationError as failure:
        return failure.errors(include_url=False, include_input=False)
    return []


def _coerce(body: LocatedDict, errors: list[Any], node: FieldNode) -> bool:
    """Put values in their proper form where another form of them was written."""
    changed = False
    enumerated = {_place(body, found) for found in errors if found["type"] == "literal_error"}
    for found in errors:
        holder, key = _written_at(body, found["loc"])
        value = holder[key] if key is not None else None
        if found["type"] == "literal_error":
            allowed = literals(found["ctx"]["expected"])
            proper = as_allowed(value, allowed, _spelling(node, body, found)) if isinstance(value, str) else None
        elif found["type"] == "bool_type" and _place(body, found) in enumerated:
            continue  # a field of a few words, which the service's own loader knows by themselves only
        else:
            proper = proper_form(found["type"], value)
        if proper is not None:
            holder[key] = proper
            changed = True
    return changed


def _spelling(node: FieldNode, body: Any, found: Any) -> Spelling:
    """How the field that an error is about may be spelt."""
    tree = body
    for part in found["loc"]:
        inner = value_at(tree, (part,))  # names of union branches are no members
        if inner is not None:
            node, tree = node.child(part), inner
    mark: Spelling | None = node.mark(Spelling)
    return mark or ANY_CASE


def _place(body: Any, found: Any) -> tuple[int, Any]:
    holder, key = _written_at(body, found["loc"])
    return id(holder), key


def _written_at(body: Any, location: Iterable[str | int]) -> tuple[Any, Any]:
    """The container and key of the value that an error is about; names of union branches are skipped."""
    holder, key = body, None
    for part in location:
        inner = value_at(holder, (part,)) if key is None else None
        if isinstance(inner, dict | list):
            holder = inner
        elif inner is not None:
            key = part
    return holder, key


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _sensitive_paths(model: type[Spec]) -> tuple[Path, ...]:
    return tuple(_marked_paths(node_of(model), ()))


def _marked_paths(node: FieldNode, path: Path) -> Iterator[Path]:
    for name, child in (node.fields or {}).items():
        if child.mark(Sensitive) is not None:
            yield (*path, name)
        else:
            yield from _marked_paths(child, (*path, name))


def _secret_expected(draft: Draft, path: Path) -> Diagnostic:
    return error(
        "secret-expected",
        f"'{dotted(path)}' of {draft.address} is a secret and cannot be written in the spec.",
        "Declare it under 'secrets:', use ${secret.NAME} here, and rotate the exposed value.",
        span_at(draft.body, path),
        draft.address,
    )


def _unsupported(draft: Draft, path: Path) -> Diagnostic:
    return error(
        "unsupported-type",
        f"'{path[-1]}' of {draft.address} is not supported by this version.",
        "Remove it, or use a later version.",
        span_at(draft.body, path, key=True),
        draft.address,
    )


def _invalid_name(draft: Draft, rule: NameRule) -> Diagnostic:
    return error(
        "invalid-name",
        f"'{draft.address.leaf}' is not a valid name for {article(draft.kind.title)}: it must be {rule.text}.",
        "Choose another name.",
        draft.span,
        draft.address,
    )


def _unknown_variant(draft: Draft) -> Diagnostic:
    """A type without a model: not written, not known, or known to the service alone."""
    kind = draft.kind
    fields = kind.variant_field.split(".")
    parts = draft.variant.split(".") if draft.variant else []
    depth = 0
    while depth < len(parts) - 1 and any(v.startswith(".".join(parts[: depth + 1]) + ".") for v in kind.variants):
        depth += 1
    prefix = ".".join(parts[:depth])
    field = _telling(kind, prefix, fields) if depth else fields[0]
    written = parts[depth] if depth < len(parts) else ""
    known = sorted({_option(variant, prefix) for variant in kind.variants if variant.startswith(prefix)})
    options = ", ".join(known)
    subject = span_at(draft.body, (field,)) if field in draft.body else draft.span
    if not written:
        detail = f"{draft.address} requires '{field}'; the rest of it was not checked."
        return error("missing-field", detail, f"Add '{field}: …', one of: {options}.", subject, draft.address)
    if written in kind.unsupported:
        detail = f"{draft.address}: {kind.title}s of {field} '{written}' are not supported by this version."
        return error("unsupported-type", detail, f"Supported: {options}.", subject, draft.address)
    detail = f"There is no {kind.title} of {field} '{written}'; available: {options}."
    return error(
        "unknown-type", detail, did_you_mean(written, known, f"Use one of: {options}."), subject, draft.address
    )


def _telling(kind: Kind, prefix: str, fields: Sequence[str]) -> str:
    """The field that tells variants below a type apart: their models have its values."""
    known = [(variant, kind.variants[variant].model_fields) for variant in kind.variants if variant.startswith(prefix)]
    return next(
        (f for f in fields[1:] for variant, has in known if f in has and _says(has[f].annotation, variant)), fields[-1]
    )


def _says(annotation: Any, variant: str) -> bool:
    return variant.rpartition(".")[2] in get_args(annotation)


def _as_guessed(draft: Draft) -> Iterator[Diagnostic]:
    """What is wrong with a body that does not say its type, if it is of the type with which it has most fields in common.

    What is missing is not told: it may be of another type.
    """
    nodes = {variant: root_node(draft.kind, variant) for variant in draft.kind.variants}
    common = {variant: len(draft.body.keys() & (node.fields or {}).keys()) for variant, node in nodes.items()}
    guess = max(common, key=lambda variant: common[variant], default="")
    if draft.variant or not common.get(guess):
        return
    for finding in findings(draft.body, _errors(draft.kind.variants[guess], draft.body)):
        if finding.type != "missing" and finding.path[:1] not in [
            (name,) for name in draft.kind.variant_field.split(".")
        ]:
            yield of_finding(draft.address, draft.body, nodes[guess], finding)
    for problem in draft.kind.problems(guess, draft.body):
        if problem.code != "missing-field":
            yield of_kind(draft.address, draft.body, problem)


def _option(variant: str, prefix: str) -> str:
    rest = variant[len(prefix) :].lstrip(".")
    return rest.partition(".")[0]
