"""Runs a pipeline from its first step to its outputs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.core import private_files
from orchestrator.core.errors import BackendError
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.folder.trees import share_tree
from orchestrator.workspace.jobs.controlling import ControlRefusal, Say, opened
from orchestrator.workspace.jobs.folder import JobFolder, RunOrder
from orchestrator.workspace.pipeline.children import ChildTracking, StepRuns
from orchestrator.workspace.pipeline.components import Components
from orchestrator.workspace.pipeline.earlier import Earlier
from orchestrator.workspace.pipeline.expressions import FromStep
from orchestrator.workspace.pipeline.flow import DO_WHILE, PARALLEL_FOR, truth
from orchestrator.workspace.pipeline.graph import Graph, PipelineStep, read_graph
from orchestrator.workspace.pipeline.identity import LINEAGE, Identities
from orchestrator.workspace.pipeline.loops import gather, grown
from orchestrator.workspace.pipeline.making import Maker
from orchestrator.workspace.pipeline.schedule import ENDED, PipelineState, never, ready, to_cancel
from orchestrator.workspace.pipeline.values import Values
from orchestrator.workspace.pipeline.whole import whole
from orchestrator.workspace.records.record import STEP, Record
from orchestrator.workspace.records.store import RecordStore
from orchestrator.workspace.supervision.control import nudge

LOOK_S: Final = 0.03
"""Between two looks at the records, seconds."""

SHOWN_LINES: Final = 8
"""So many last lines of a failed step are repeated in the pipeline's own log."""


class Controller:
    """One pipeline.

    Args:
        paths, store: the workspace.
        pipeline: its record.
        tracking: where runs that take earlier results over are shown.
        say: takes one line for the log.
        pause: waits between two looks.

    Raises:
        BackendError: the pipeline cannot be read.
    """

    def __init__(
        self,
        paths: WorkspacePaths,
        store: RecordStore,
        pipeline: Record,
        tracking: ChildTracking,
        say: Say,
        pause: Callable[[], None] = lambda: time.sleep(LOOK_S),
    ) -> None:
        self._paths = paths
        self._store = store
        self._say = say
        self._pause = pause
        self._seen: int | None = None
        self._folder = JobFolder(paths.job(pipeline.revision))
        components = Components(store, pipeline.stand_ins)
        body = whole(pipeline.body, components)
        self._graph = read_graph(body)
        self._inputs: Mapping[str, Any] = body.get("inputs") or {}
        self._ports: Mapping[str, Any] = body.get("outputs") or {}
        experiment = str(body.get("experiment_name") or pipeline.owner or "Default")
        self._maker = Maker(body, self._graph, components, experiment)
        self._identities = Identities(store, paths, pipeline)
        self._earlier = Earlier(store, pipeline)
        self._runs = StepRuns(paths, store, pipeline, tracking)
        self._known = self._runs.all()
        self._states = dict.fromkeys(self._graph.steps, PipelineState.WAITING)
        self._troubles: dict[str, str] = {}
        self._cancelled: set[str] = set()

    def run(self) -> None:
        """Start steps and follow them until all have ended; then take over what is bound to the pipeline's outputs.

        Raises:
            ControlRefusal: a step has failed.
            BackendError: the workspace does not answer.
        """
        self._take_up()
        while self._round():
            self._pause()
        try:
            self._finish()
        except ControlRefusal as error:
            private_files.replace(self._folder.reason, str(error))
            raise

    def _take_up(self) -> None:
        """Go on with the steps that there are: after a kill with all of them, in a new try with those that have completed."""
        for name in self._graph.steps:
            self._find(name)
        self._grow()
        taken = [name for name, state in self._states.items() if state is not PipelineState.WAITING]
        done = sum(self._states[name] in ENDED for name in taken)
        if taken:
            self._say(f"Resumed: {len(taken)} of {len(self._states)} steps exist, {done} of them have ended.")
        else:
            self._say(f"{len(self._states)} steps: {', '.join(self._states)}.")

    def _find(self, name: str) -> None:
        run = self._known.get(name)
        if run is not None and not (run.health is Health.DEGRADED and not self._runs.of_this_try(run)):
            self._follow(name, run)

    def _grow(self) -> None:
        """Add the iterations of a loop that are to follow now."""
        while (graph := self._grown()) is not None:
            [new] = graph.steps.keys() - self._graph.steps.keys()
            self._graph, self._states[new] = graph, PipelineState.WAITING
            self._find(new)

    def _grown(self) -> Graph | None:
        try:
            return grown(self._graph, self._states, self._known)
        except BackendError as error:
            self._fail(self._graph.newest, f"{error.detail} {error.fix}".strip())
            return None

    def _round(self) -> bool:
        """One look. Returns whether there is anything left to wait for."""
        version = self._store.data_version()
        if version != self._seen:
            self._seen = version
            for name, state in self._states.items():
                if state is PipelineState.RUNNING:
                    self._follow(name, self._runs.read(self._known[name]))
        self._grow()
        while names := never(self._graph, self._states):
            for name in names:
                self._skip(name)
        for name in to_cancel(self._graph, self._states):
            if name not in self._cancelled:
                self._cancelled.add(name)
                self._runs.cancel(self._known[name], "Cancelled: another step failed.")
                nudge(self._paths)
        while names := ready(self._graph, self._states):
            for name in names:
                self._start(self._graph.steps[name])
            self._grow()
        return any(state not in ENDED for state in self._states.values())

    def _skip(self, name: str) -> None:
        self._states[name] = PipelineState.SKIPPED
        self._say(f"step {name}: not run")

    def _values(self) -> Values:
        done = {name: run for name, run in self._known.items() if self._states.get(name) is PipelineState.DONE}
        return Values(
            self._inputs, done | {body: done[loop] for body, loop in self._graph.bodies.items() if loop in done}
        )

    def _decide(self, step: PipelineStep) -> None:
        """Let the steps of one block run, and not those of the other."""
        branch = self._graph.branches[step.name]
        outcome = truth(self._values().of(branch.condition), f"The condition of step '{step.name}'")
        self._states[step.name] = PipelineState.DONE
        self._say(f"step {step.name}: {str(outcome).lower()}")
        for name in branch.blocks[not outcome] - branch.blocks[outcome]:
            self._skip(self._graph.bodies.get(name, name))

    def _start(self, step: PipelineStep) -> None:
        try:
            if step.name in self._graph.branches:
                self._decide(step)
                return
            made = self._maker.make(step, self._values())
            digest = self._identities.of(made, self._runs.name(step))
            source = self._earlier.of(made, digest)
            if source is None:
                self._known[step.name] = self._runs.start(step, made, digest)
                self._states[step.name] = PipelineState.RUNNING
                self._say(f"step {step.name}: started as {self._known[step.name].revision}")
                nudge(self._paths)
                return
            self._known[step.name], trouble = self._runs.reuse(step, made, digest, source)
        except BackendError as error:
            self._fail(step.name, f"{error.detail} {error.fix}".strip())
            return
        if trouble:
            self._fail(step.name, trouble)
            return
        self._states[step.name] = PipelineState.DONE
        self._say(f"step {step.name}: {self._origin(step.name)}")

    def _fail(self, name: str, trouble: str) -> None:
        self._states[name] = PipelineState.FAILED
        self._troubles[name] = trouble
        self._say(f"step {name}: failed: {trouble}")

    def _origin(self, name: str) -> str:
        run = self._known[name]
        return f"reused from {run.attributes[STEP]['reused_from']}"

    def _follow(self, name: str, run: Record) -> None:
        self._known[name] = run
        if run.health is Health.PROGRESSING:
            self._states[name] = PipelineState.RUNNING
            return
        done = run.health is Health.HEALTHY
        self._states[name] = PipelineState.DONE if done else PipelineState.FAILED
        seconds = run.attributes.get("duration_s")
        took = f" in {seconds:.1f} s" if isinstance(seconds, int | float) and seconds else ""
        why = "" if done or not run.message else f": {run.message.splitlines()[0]}"
        if not done:
            self._troubles[name] = run.message or run.phase
        self._say(f"step {name}: {run.phase}{took if done else why}")

    def _finish(self) -> None:
        self._write_result()
        failed = [name for name, state in self._states.items() if state is PipelineState.FAILED]
        own = [name for name in failed if name not in self._cancelled]
        if failed:
            raise ControlRefusal(self._failure((own or failed)[0], (own or failed)[1:]))
        outputs = RunOrder.read(self._folder).outputs
        for name, source in self._outputs().items():
            made = self._made(source)
            if name in outputs and made:
                _hand_over(Path(made), Path(outputs[name]))
        if self._graph.loop.get("type") == PARALLEL_FOR:
            for name, place in outputs.items():
                gather(self._known, name, self._ports.get(name) or {}, Path(place))
        reused = self._reused()
        said = f"; {len(reused)} of {len(self._states)} steps reused" if reused else ""
        self._say(f"Completed{said}.")

    def _outputs(self) -> dict[str, FromStep]:
        """What becomes the outputs of the pipeline: of a loop, what the last iteration has made."""
        if self._graph.loop.get("type") != DO_WHILE:
            return dict(self._graph.outputs)
        last = self._graph.newest
        return {name: FromStep(last, name) for name in self._ports}

    def _made(self, source: FromStep) -> str | None:
        run = self._known.get(source.step) if self._states.get(source.step) is PipelineState.DONE else None
        return None if run is None else (run.attributes.get("outputs") or {}).get(source.output)

    def _failure(self, name: str, others: list[str]) -> str:
        [reason, *lines] = (self._troubles.get(name) or "failed").splitlines()
        also = f" Also failed: {', '.join(others)}." if others else ""
        run = f" (run {self._known[name].revision})" if name in self._known else ""
        return "\n".join([f"Step '{name}' failed{run}: {reason}{also}", *lines[-SHOWN_LINES:]])

    def _reused(self) -> list[str]:
        return [name for name, run in self._known.items() if (run.attributes.get(STEP) or {}).get("reused_from")]

    def _write_result(self) -> None:
        lineage = {
            name: self._identities.made(self._known[source.step].revision, source.output)
            for name, source in self._outputs().items()
            if self._states.get(source.step) is PipelineState.DONE and source.step in self._known
        }
        if self._graph.loop.get("type") == PARALLEL_FOR:
            runs = [run.revision for run in self._known.values()]
            lineage |= {name: self._identities.gathered(runs, name) for name in self._ports}
        result: dict[str, Any] = {
            "steps": {name: state.value for name, state in self._states.items()},
            "runs": {name: run.revision for name, run in self._known.items()},
            "reused": self._reused(),
            LINEAGE: lineage,
        }
        private_files.replace(self._folder.metrics, json.dumps(result))


def _hand_over(made: Path, place: Path) -> None:
    """What a step has made becomes an output of the pipeline, whether that was expected to be a file or a folder."""
    if place.is_file():
        place.unlink()
    elif made.is_file() and place.is_dir():
        if any(place.iterdir()):
            place = place / made.name
        else:
            place.rmdir()
    share_tree(made, place)


def run_folder(folder: Path, tracking: ChildTracking, say: Say) -> None:
    """Run the pipeline of a job's folder. See `Controller.run`."""
    Controller(*opened(folder), tracking, say).run()
