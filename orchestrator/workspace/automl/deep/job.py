"""A job on texts or images, from its tables to its model."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.core.deep_learning import refusal
from orchestrator.workspace.automl.data import read_table
from orchestrator.workspace.automl.learners import Learner
from orchestrator.workspace.automl.problem import Candidate, TrialOutcome
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.automl.results import Result, write_result
from orchestrator.workspace.automl.tracking import TrialTracking
from orchestrator.workspace.folder.paths import WorkspacePaths

from . import examples as sources
from .artefact import save_model
from .examples import Examples
from .settings import DeepSettings, read_deep_settings, trials
from .without_effect import ignored

Say = Callable[[str], None]
_SAVES_S = 60.0
_WRITES_S = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job's files are.

    Attributes:
        folder: of the job.
        inputs: name to file or folder.
        model: the folder that becomes the model.
    """

    folder: Path
    body: Mapping[str, Any]
    inputs: Mapping[str, str]
    model: Path


@dataclass(frozen=True, slots=True)
class Material:
    """What trials learn from and are checked with; ``columns`` are those of the texts."""

    learnt: Examples
    checked: Examples
    classes: tuple[str, ...]
    columns: tuple[str, ...]


def run_deep(place: Place, say: Say) -> None:
    """Search, choose and save.

    Raises:
        JobRefused: the job cannot be done as it is asked for.
    """
    began = time.monotonic()
    # Threads that wait must not spin: on a machine that is busy, each step would take a hundred times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    if absent := refusal(str(place.body.get("task"))):
        raise JobRefused(". ".join(absent))
    settings = read_deep_settings(place.body)
    for _, line in ignored(place.body):
        say(line)
    seed = int(hashlib.sha256(json.dumps(place.body, sort_keys=True, default=str).encode()).hexdigest()[:8], 16) % 2**31
    material = _material(settings, place, seed)
    say(
        f"{len(material.learnt.inputs)} examples, {len(material.checked.inputs)} to check with, labels {', '.join(material.classes[:10])}."
    )
    deadline = began + settings.limits.timeout_s - min(_SAVES_S, settings.limits.timeout_s / 10)
    with TrialTracking(say) as tracking, tempfile.TemporaryDirectory(dir=place.folder) as scratch:
        outcomes, winner = _search(settings, material, Path(scratch), tracking, deadline, seed, say)
        say(f"Best model: trial {winner.candidate.number}, {winner.candidate.learner.name}.")
        save_model(Path(scratch) / "best", place.model)
        tested = _tested(settings, place, material, Path(scratch) / "best", say)
        tracking.best(winner.candidate.number, place.model)
        figures = {**winner.scores, **{f"test_{name}": value for name, value in tested.items()}}
        tracking.parent(figures, {"best_trial": str(winner.candidate.number)})
        tracking.drain(timeout_s=_WRITES_S)
        result = Result(settings.metric, outcomes, winner, {}, tested, dict(tracking.children))
        write_result(place.folder, result)
    spent = time.monotonic() - began
    say(f"{settings.metric.name} {result.best_score:.4f} after {len(outcomes)} trials in {spent:.1f} s.")


def _material(settings: DeepSettings, place: Place, seed: int) -> Material:
    training = _examples(settings, place, "training_data")
    if "validation_data" in place.inputs:
        learnt, checked = training[0], _examples(settings, place, "validation_data")[0]
    else:
        learnt, checked = sources.split(training[0], settings.share, seed)
    labels = sources.classes_of([*learnt.labels, *checked.labels])
    if len(labels) < 1 or (len(labels) < 2 and settings.task.endswith("_classification")):
        raise JobRefused(
            f"{settings.target or 'the labels'} has {len(labels)} different values: at least 2 are needed."
        )
    return Material(learnt, checked, labels, training[1])


def _examples(settings: DeepSettings, place: Place, name: str) -> tuple[Examples, tuple[str, ...]]:
    path = Path(place.inputs[name])
    if settings.task == "text_ner":
        return sources.words(path), ("text",)
    if settings.task.startswith("image_"):
        datastores = WorkspacePaths(place.folder.parent.parent).datastore("x").parent
        folder = path if path.is_dir() else path.parent
        return sources.images(read_table(path, name, addresses=True), settings.target, folder, datastores), ("image",)
    table = read_table(path, name)
    columns = tuple(str(column) for column in table.columns if column != settings.target)
    return sources.texts(table, settings.target, several=settings.task.endswith("multilabel")), columns


def _made(settings: DeepSettings, material: Material, parameters: dict[str, Any], say: Say) -> Any:
    """A trial that is not trained yet."""
    from .images import Image
    from .text import Text

    about = {"task": settings.task, "classes": list(material.classes), "columns": list(material.columns)}
    return (Image if settings.task.startswith("image_") else Text)(about, parameters, say)


def _search(
    settings: DeepSettings,
    material: Material,
    scratch: Path,
    tracking: TrialTracking,
    deadline: float,
    seed: int,
    say: Say,
) -> tuple[list[TrialOutcome], TrialOutcome]:
    outcomes: list[TrialOutcome] = []
    best: TrialOutcome | None = None
    reported: set[str] = set()

    def once(line: str) -> None:
        if line not in reported:
            reported.add(line)
            say(line)

    for number, parameters in enumerate(trials(settings, seed), 1):
        if time.monotonic() >= deadline:
            say("The search ends: the time limit is reached.")
            break
        own = settings.limits.trial_timeout_s
        end = deadline if own is None else min(deadline, time.monotonic() + own)
        trial = _made(settings, material, parameters, once)
        outcome = _trial(trial, number, parameters, material, end, seed)
        outcomes.append(outcome)
        tracking.trial(outcome)
        known = "" if best is None else f" (best {best.scores[settings.metric.name]:.4f})"
        gave = outcome.failure or f"{settings.metric.name} {outcome.scores[settings.metric.name]:.4f}{known}"
        say(f"trial {number:<3} {outcome.candidate.learner.name:<22} {gave}  {outcome.seconds:.1f} s")
        if not outcome.failure and settings.metric.better(
            outcome.scores[settings.metric.name], None if best is None else best.scores[settings.metric.name]
        ):
            best = outcome
            shutil.rmtree(scratch / "best", ignore_errors=True)
            (scratch / "best").mkdir()
            trial.save(scratch / "best")
    if best is None:
        raise JobRefused(
            f"No trial gave a model: {outcomes[0].failure if outcomes else 'allow more time in limits.timeout_minutes'}."
        )
    return outcomes, best


def _trial(
    trial: Any, number: int, parameters: Mapping[str, Any], material: Material, end: float, seed: int
) -> TrialOutcome:
    began = time.monotonic()
    candidate = Candidate(number, Learner(trial.name, "torch", 0, ()), parameters, "search")
    try:
        trial.fit(material.learnt, end, seed)
        scores, failure = trial.scores(material.checked), ""
    except Exception as error:
        scores, failure = {}, " ".join(str(error).split())[:200] or type(error).__name__
    return TrialOutcome(candidate, scores, (), time.monotonic() - began, failure)


def _tested(settings: DeepSettings, place: Place, material: Material, folder: Path, say: Say) -> dict[str, float]:
    """The scores of the best model on ``test_data``."""
    if "test_data" not in place.inputs:
        return {}
    trial = _made(settings, material, {}, lambda line: None)
    trial.load(folder)
    scores: dict[str, float] = trial.scores(_examples(settings, place, "test_data")[0])
    say(f"On test_data: {settings.metric.name} {scores[settings.metric.name]:.4f}.")
    return scores
