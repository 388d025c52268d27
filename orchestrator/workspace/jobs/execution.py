"""How the embedded workspace runs the jobs of one type: pure data and pure functions. One file in ``workspace/job_types/`` makes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

from orchestrator.workspace.jobs.folder import JobFolder, RunOrder

Body = Mapping[str, Any]


class Foreseen(NamedTuple):
    """Something in a body that is not done here, or is without effect.

    Attributes:
        path: the field.
        reason: in words.
        stops: the job cannot be run; otherwise it runs without what was asked.
    """

    path: tuple[str | int, ...]
    reason: str
    stops: bool


class WireReader(Protocol):
    """What reading a job's ``properties`` from the wire needs besides the properties."""

    def code(self, identity: str) -> str:
        """The content of a code version. Raises `NotFound`."""

    def short(self, identity: str) -> str:
        """An ARM id as ``azureml:NAME:VERSION``."""

    def input(self, sent: Any) -> Any:
        """One input in CLI v2."""

    def output(self, sent: Any) -> dict[str, Any]:
        """One output in CLI v2."""


class WireWriter(Protocol):
    """What writing a body to the wire needs."""

    def environment(self, reference: object) -> str | None:
        """The ARM id of a mentioned environment; None if it stands in the body."""

    def input(self, value: Any) -> dict[str, Any]:
        """One input of the wire."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWire:
    """What jobs of a type look like on the wire, beyond what all jobs have.

    Attributes:
        name: ``jobType``.
        variant: of the jobs kind, from ``properties``. Raises `Invalid` if they do not say it.
        body: the fields of a CLI v2 body that only this type has, from ``properties``.
        properties: the way back, for jobs that did not come by the wire; takes the body and the variant.
        log: the name under which clients look for the log.
        facts: properties that the service adds to a run, from the attributes of its record.
        marks: the same for tags.
    """

    name: str
    variant: Callable[[Mapping[str, Any]], str]
    body: Callable[[Mapping[str, Any], WireReader], dict[str, Any]]
    properties: Callable[[Body, str, WireWriter], dict[str, Any]]
    log: str
    facts: Callable[[Mapping[str, Any]], dict[str, str]]
    marks: Callable[[Mapping[str, Any]], dict[str, str]] = lambda attributes: {}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepForm:
    """How a step of a pipeline becomes a job of a type.

    Attributes:
        tells: fields that only steps of this type have; ``type`` may be left out then.
        component: the field that names the component, or is one; empty if such steps have none.
        job: the variant of the jobs kind, and the job's body without what all jobs have. Takes the step, with its bindings resolved,
            and its component, empty if it has none.
        reused: an earlier result of an unchanged step may be used; no if the parts of it are reused one by one.
    """

    tells: tuple[str, ...]
    component: str
    job: Callable[[Body, Body], tuple[str, dict[str, Any]]]
    reused: bool


PROGRAM_FIELDS: Final = ("command", "code", "environment", "environment_variables", "distribution", "resources")
"""What a component and a step both may say of a program; the step's word counts."""


def program_of(step: Body, component: Body) -> dict[str, Any]:
    """The program of a step: that of its component, with what the step says differently."""
    fields = {name: _first(step.get(name), component.get(name)) for name in PROGRAM_FIELDS}
    return {name: value for name, value in fields.items() if value is not None}


def _first(*values: Any) -> Any:
    return next((value for value in values if value not in (None, {}, "")), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How jobs of a type run. Every attribute has to be given: a type that leaves one out does not import.

    Attributes:
        key: the type: ``command``.
        own_python: it runs in the workspace's own interpreter; otherwise in the environment that the body names.
        places: how many places it takes on its compute; 0 for what only starts and watches others.
        program: the command with its placeholders; empty if there is none.
        inputs: name to what goes into the job before it starts.
        outputs: name to body of what it leaves.
        own_outputs: besides its named outputs the folder ``outputs`` has files for everybody.
        time_limit: bound on the run's work, seconds; None means none.
        processes: how many copies run side by side. Raises `Invalid` for what one machine cannot do.
        argv: what is run, and the variables that it needs. Raises `Invalid`.
        result: the attribute of the record that ``metrics.json`` becomes.
        foreseen: what can be said against a body before anything runs. Must not raise; asked by plans, so it imports nothing large.
        wire: see `JobWire`.
        step: how a step of a pipeline becomes such a job; None if it cannot.
    """

    key: str
    own_python: bool
    places: int
    program: Callable[[Body], str]
    inputs: Callable[[Body], Mapping[str, Any]]
    outputs: Callable[[Body], Mapping[str, Mapping[str, Any]]]
    own_outputs: bool
    time_limit: Callable[[Body], float | None]
    processes: Callable[[Body], int]
    argv: Callable[[RunOrder, JobFolder], tuple[list[str], Mapping[str, str]]]
    result: str
    foreseen: Callable[[Body], Iterable[Foreseen]]
    wire: JobWire
    step: StepForm | None


def named_outputs(body: Body) -> dict[str, Mapping[str, Any]]:
    """Name to body of each output; an output written without a body is a folder."""
    return {name: spec or {} for name, spec in (body.get("outputs") or {}).items()}


def named_inputs(body: Body) -> dict[str, Any]:
    """Name to value of each input that has one."""
    return {name: value for name, value in (body.get("inputs") or {}).items() if value is not None}


def one_process(body: Body) -> int:
    """For types that are a program of ours."""
    return 1


def no_program(body: Body) -> str:
    """For types that have no command."""
    return ""


def no_inputs(body: Body) -> Mapping[str, Any]:
    """For types that pass their inputs on to the runs that they start."""
    return {}


def timeout(body: Body) -> float | None:
    """The bound that the job's ``limits`` set, in seconds; None if they set none."""
    limits = body.get("limits") or {}
    return float(limits["timeout"]) if limits.get("timeout") else None


def no_facts(attributes: Mapping[str, Any]) -> dict[str, str]:
    """For types of whose runs the service says nothing more."""
    return {}


def nothing_foreseen(body: Body) -> Iterable[Foreseen]:
    """For types of which the checks of their documents say everything."""
    return ()
