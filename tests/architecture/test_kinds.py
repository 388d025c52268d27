"""A kind owns everything about itself: what stands outside `kinds/` and speaks of one kind by name is counted, and only gets less."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from orchestrator.core.address import has_parts
from orchestrator.kinds import discover
from orchestrator.spec.language import RESERVED, sections_of
from tests.architecture.test_shape import ROOT, SOURCES

KEYS = frozenset(discover())
OWN = (ROOT / "orchestrator" / "kinds", ROOT / "orchestrator" / "job_types")
"""The kinds, and what the kind of jobs is made of."""

FILES = tuple(path for path in SOURCES if not set(OWN) & set(path.parents))

KNOWN = 14
"""So many literal keys of kinds stand outside `kinds/`. Each removal lowers the number; nothing raises it. The goal is 0."""

MENTIONS = 83
"""So often the workspace's own list, `workspace.record_kinds`, is used: a constant in the place of a literal is knowledge all the same."""

HOMONYMS = {
    "orchestrator/reconcile/server/openapi.py": {"components": "a part of OpenAPI documents"},
    "orchestrator/workspace/arm/openapi.py": {
        "components": "a part of OpenAPI documents",
        "workspaces": "a part of addresses",
    },
    "orchestrator/backends/azure/specification/operations.py": {"workspaces": "a part of addresses"},
    "orchestrator/backends/azure/recording/scrub.py": dict.fromkeys(KEYS, "a part of addresses"),
    "orchestrator/backends/azure/recording/asset_steps.py": dict.fromkeys(
        KEYS, "a part of addresses, or a request's name"
    ),
    "orchestrator/backends/azure/recording/steps.py": dict.fromkeys(KEYS, "a part of addresses, or a request's name"),
    "orchestrator/reconcile/assemble.py": {"workspaces": "a folder"},
    "orchestrator/workspace/arm/account.py": {"workspaces": "a part of addresses"},
    "orchestrator/workspace/arm/judge.py": {"workspaces": "a part of addresses"},
    "orchestrator/workspace/arm/records.py": {"workspaces": "a part of addresses"},
    "orchestrator/workspace/serving/scoring/swagger.py": {"components": "a part of OpenAPI documents"},
    "orchestrator/cli/commands/workspace.py": {"workspace": "the command"},
    "orchestrator/cli/overview.py": {"workspace": "the command"},
    "orchestrator/cli/saved_shape.py": {"workspace": "a field of saved plans"},
    "orchestrator/core/defects.py": {"workspace": "a folder of the code"},
    "orchestrator/report/plan_json.py": {"workspace": "a field of saved plans"},
    "orchestrator/report/workspace.py": {"jobs": "a field of the report"},
    "orchestrator/spec/compose.py": {"workspace": "the setting"},
    "orchestrator/spec/documents.py": {"workspace": "the setting", "jobs": "a field of workflows of GitHub"},
    "orchestrator/spec/head.py": {"workspace": "the setting"},
    "orchestrator/spec/language.py": {"workspace": "the setting"},
    "orchestrator/spec/schema.py": {"workspace": "the setting"},
    "orchestrator/spec/schema_language.py": {"workspace": "the setting"},
    "orchestrator/spec/addresses.py": dict.fromkeys(KEYS, "a part of azureml:// addresses"),
    "orchestrator/backends/azure/drivers/jobs.py": {"compute": "a field of bodies"},
    "orchestrator/backends/local/reuse.py": {"jobs": "a field of bodies"},
    "orchestrator/backends/local/refusals.py": {"compute": "a field of bodies"},
    "orchestrator/workspace/environments/accelerators.py": {"compute": "a field of bodies"},
    "orchestrator/workspace/arm/model_facts.py": {"data": "a field of flavors"},
    "orchestrator/workspace/arm/job_bodies.py": {"compute": "a field of bodies"},
    "orchestrator/workspace/references/curated.py": {"environments": "a field of the list of curated ones"},
    "orchestrator/workspace/folder/identity.py": {"workspace": "a field of the marker"},
    "orchestrator/workspace/folder/paths.py": dict.fromkeys(KEYS, "a folder"),
    "orchestrator/workspace/automl/scoring_script.py": {"data": "a field of requests"},
    "orchestrator/workspace/serving/scoring/mlflow_input.py": {"data": "a field of requests"},
    "orchestrator/workspace/serving/scoring/mlflow_model.py": {"data": "a field of requests"},
    "orchestrator/workspace/serving/scoring/signature.py": {"data": "a field of requests"},
    "orchestrator/workspace/serving/router/frontend.py": {"connections": "sockets"},
    "orchestrator/workspace/batch/scoring.py": {"compute": "a field of bodies", "jobs": "a field of bodies"},
    "orchestrator/workspace/arm/batches.py": {"compute": "a field of requests"},
    "orchestrator/backends/azure/batches.py": {"compute": "a field of requests"},
    "orchestrator/cli/batch_request.py": {"compute.": "a field of requests"},
    "orchestrator/cli/commands/invoke.py": {"data": "an option"},
    "orchestrator/workspace/jobs/room.py": {"compute": "a field of bodies"},
    "orchestrator/workspace/sweep/trials.py": {"compute": "a field of bodies"},
    "orchestrator/workspace/job_types/pipeline.py": {"jobs": "a field of bodies"},
    "orchestrator/workspace/pipeline/children.py": {"jobs": "a field of bodies"},
    "orchestrator/workspace/pipeline/expressions.py": {"jobs": "a field of bodies", "compute": "a field of bodies"},
    "orchestrator/workspace/pipeline/graph.py": {"jobs": "a field of bodies", "compute": "a field of bodies"},
    "orchestrator/workspace/pipeline/loops.py": {"jobs": "a field of bodies"},
    "orchestrator/workspace/pipeline/making.py": {"compute": "a field of bodies", "jobs": "a field of bodies"},
    "orchestrator/workspace/pipeline/nodes.py": {"compute": "a field of bodies"},
    "orchestrator/workspace/pipeline/sent.py": {"compute": "a field of bodies", "jobs": "a field of bodies"},
    "orchestrator/workspace/pipeline/whole.py": {"jobs": "a field of bodies"},
    "orchestrator/workspace/supervision/supervisor.py": {"jobs": "a part of the supervisor"},
    "orchestrator/backends/azure/tracked.py": {"data": "a field of MLflow's answers"},
    "orchestrator/report/children.py": {"jobs": "a field of bodies"},
    "orchestrator/workspace/arm/monitor_bodies.py": {"compute": "a field of bodies", "data": "a field of bodies"},
    "orchestrator/workspace/monitoring/collected.py": {"data": "a field of collected lines"},
    "orchestrator/workspace/serving/collected_data.py": {"data": "a field of bodies"},
    "orchestrator/workspace/serving/scoring/collecting.py": {"data": "a field of collected lines"},
    "orchestrator/workspace/tracking/client.py": {"data": "a field of MLflow's answers"},
}
"""Words that only look like a kind, by file, and what they are."""


def literals(path: Path) -> Iterator[ast.Constant]:
    """The texts in a file that are a kind's key, or begin an address: ``models.``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.removesuffix(".") in KEYS:
            yield node


@cache
def counted() -> tuple[str, ...]:
    """``file:line: key`` of all that are no homonyms."""
    found = []
    for path in FILES:
        name = path.relative_to(ROOT).as_posix()
        allowed = {*HOMONYMS.get(name, {}), *(RESERVED if name == "orchestrator/spec/language.py" else ())}
        found += [f"{name}:{node.lineno}: {node.value}" for node in literals(path) if node.value not in allowed]
    return tuple(found)


def test_literal_keys_of_kinds_only_get_fewer() -> None:
    assert len(counted()) == KNOWN, "\n".join(counted())


def test_uses_of_the_workspaces_own_list_only_get_fewer() -> None:
    assert sum(path.read_text().count("record_kinds.") for path in FILES) == MENTIONS


def test_sections_with_parts_are_told_by_their_names() -> None:
    """A printed address is read where no kinds are known (`core.address.has_parts`)."""
    parted = {kind.section for kind in discover().values() if kind.part or kind.children}
    assert {section for section in sections_of(discover()) if has_parts(section) and section not in RESERVED} == parted


def test_sections_come_in_the_order_that_their_kinds_give() -> None:
    kinds = discover()
    orders = [kind.order for key in sections_of(kinds) if (kind := kinds.get(key)) is not None]
    assert orders == sorted(set(orders)), "each section has a place of its own"
    assert sections_of({}) == RESERVED


def test_what_only_looks_like_a_kind_is_there() -> None:
    """An entry that excuses nothing is taken out, so that it excuses nothing new."""
    for name, words in HOMONYMS.items():
        there = {str(node.value) for node in literals(ROOT / name)}
        assert there and (set(words) == KEYS or there >= set(words)), name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nobody_asks_which_behaviour_a_kind_has(path: Path) -> None:
    """What a behaviour means stands in its attributes; comparing behaviours would be a list of kinds by another name."""
    switch = re.compile(
        r"\bBehaviour\.[A-Z]|\.(?:behaviour|local) (?:is|==|!=|in|not in) |match [\w.]*\.(?:behaviour|local):"
    )
    assert switch.findall(path.read_text()) == []


def test_azure_is_not_driven_by_what_the_embedded_workspace_does() -> None:
    azure = (ROOT / "orchestrator" / "backends" / "azure").rglob("*.py")
    assert [path.name for path in azure if re.search(r"\.local\b(?!host)", path.read_text())] == []
