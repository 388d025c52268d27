"""A type of job owns everything about itself: code elsewhere that asks for one type by name does not exist."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import MISSING, fields

import pytest

from orchestrator.core.job_type import JobType
from orchestrator.job_types import UNSUPPORTED, discover
from orchestrator.workspace.job_types import execution_of, running_types
from orchestrator.workspace.jobs.execution import Execution
from tests.architecture.test_shape import ROOT, SOURCES

KEYS = frozenset((*discover(), *UNSUPPORTED)) - {"base", "import"}
OWN = ("job_types", "workspace/job_types")
HOMONYMS = {
    "orchestrator/kinds/component/__init__.py": dict.fromkeys(
        ("command", "parallel", "spark", "automl", "pipeline", "sweep"), "a type of components"
    ),
    "orchestrator/core/component_bodies.py": dict.fromkeys(
        ("command", "parallel", "spark", "automl"), "a type of components"
    ),
    "orchestrator/core/component_rules.py": {"command": "a field of bodies"},
    "orchestrator/kinds/batch_deployment.py": {"pipeline": "a type of deployments"},
    "orchestrator/core/score.py": {"automl": "the folder of a model"},
    "orchestrator/spec/language.py": {"command": "a field of settings"},
    "orchestrator/workspace/admission/writing.py": {"command": "a field of bodies"},
    "orchestrator/workspace/arm/logged_runs.py": {"command": "a field of bodies"},
    "orchestrator/workspace/automl/deep/settings.py": {"sweep": "a field of bodies"},
    "orchestrator/workspace/automl/deep/wire.py": {"sweep": "a field of bodies"},
    "orchestrator/workspace/automl/deep/without_effect.py": {"sweep": "a field of bodies"},
    "orchestrator/workspace/jobs/execution.py": {"command": "a field of bodies"},
    "orchestrator/workspace/monitoring/making.py": {"command": "a field of bodies"},
    "orchestrator/workspace/pipeline/expressions.py": {"command": "a field of bodies"},
    "orchestrator/workspace/pipeline/step_types/batch_scoring.py": {"command": "a field of bodies"},
    "orchestrator/workspace/pipeline/step_types/parallel.py": {"command": "a field of bodies"},
    "orchestrator/workspace/sweep/trials.py": {"command": "a field of bodies"},
    "orchestrator/workspace/supervision/control.py": {"command": "a field of requests"},
    "orchestrator/workspace/supervision/control_server.py": {"command": "a field of requests"},
    "orchestrator/workspace/serving/probing.py": {"command": "a field of requests"},
    "orchestrator/workspace/serving/router/process.py": {"command": "a field of requests"},
}
"""Words that only look like a type, by file, and what they are."""


def literals() -> Iterator[str]:
    for path in SOURCES:
        name = path.relative_to(ROOT).as_posix()
        if any(name.startswith(f"orchestrator/{own}/") for own in OWN):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            found = isinstance(node, ast.Constant) and isinstance(node.value, str)
            if found and node.value.removesuffix(".") in KEYS - HOMONYMS.get(name, {}).keys():
                yield f"{name}:{node.lineno}: {node.value}"


def test_no_code_outside_the_registry_asks_for_a_type_by_name() -> None:
    assert list(literals()) == []


def test_what_only_looks_like_a_type_is_there() -> None:
    """An entry that excuses nothing is taken out, so that it excuses nothing new."""
    for name, words in HOMONYMS.items():
        assert all(f'"{word}"' in (ROOT / name).read_text() for word in words), name


@pytest.mark.parametrize("kind", discover().values(), ids=lambda kind: kind.key)
def test_a_type_is_complete(kind: JobType) -> None:
    """A type that leaves something out does not import, since nothing of it has a default."""
    for model in (JobType, Execution):
        assert all(field.default is MISSING and field.default_factory is MISSING for field in fields(model))
    assert {variant.partition(".")[0] for variant in kind.variants} == {kind.key}
    assert kind.readers.keys() == kind.variants.keys()
    assert (ROOT / "tests" / "kinds" / "jobs.yaml").read_text().count(f"variant: {kind.key}")


@pytest.mark.parametrize("kind", discover().values(), ids=lambda kind: kind.key)
def test_a_type_runs_here_or_says_why_not(kind: JobType) -> None:
    if kind.key in running_types():
        assert execution_of(kind.key).key == kind.key
        return
    for variant in kind.variants:
        reasons = [refusal for refusal in kind.refusals(variant, {}) if refusal.stops]
        assert reasons and all(refusal.fix for refusal in reasons)


def test_what_runs_has_documents() -> None:
    assert set(running_types()) <= discover().keys()
