"""Whatever stands in a body, loading ends in a project or in diagnostics with places, never in a traceback."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.fields import FieldNode, root_node
from orchestrator.kinds import discover
from tests.unit.kinds.cases import all_cases
from tests.unit.spec.building import project

CASES = list(all_cases())


def field_names(node: FieldNode, depth: int = 0) -> set[str]:
    names = set(node.fields or ())
    for child in [*(node.fields or {}).values(), *([node.item] if node.item else [])] if depth < 8 else []:
        names |= field_names(child, depth + 1)  # models may contain themselves
    return names


NAMES = sorted(
    {
        name
        for kind in discover().values()
        for variant in kind.variants
        for name in field_names(root_node(kind, variant))
    }
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 500),
    st.floats(allow_nan=True),
    st.sampled_from(
        ["", "x", "azureml:x@latest", "azureml:", "azureml://jobs/j/outputs/o", "azureml://", "${data.x.id}", "${jobs.j}",
         "${secret.s}", "a ${data.x.id} b", "3", "true", "./nowhere", "mltable", "automl", "command", "managed"]
    ),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=12,
)


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    case = draw(st.sampled_from(CASES))
    body = dict(case.full)
    for _ in range(draw(st.integers(1, 4))):
        body[draw(st.sampled_from([*case.full, *NAMES, "lifecycle", "deployments", "traffic", "tests"]))] = draw(TREES)
    return case.spec(body)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(specs())
def test_any_body_ends_in_a_project_or_in_diagnostics(spec: dict[str, Any]) -> None:
    try:
        project(yaml.safe_dump(spec))
    except SpecError as failure:
        for found in failure.diagnostics:
            assert found.subject is not None
            assert found.detail
            assert "value of s" not in found.detail + found.fix
