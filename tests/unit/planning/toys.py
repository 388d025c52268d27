"""Small kinds, resources and a perfect workspace: enough to decide on everything that planning knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from orchestrator.core.address import Address
from orchestrator.core.behaviour import LOCAL_RECORD, WRITTEN
from orchestrator.core.change import Action, Change
from orchestrator.core.field_mark import (
    Alias,
    Computed,
    Immutable,
    Keyed,
    Metadata,
    PartNames,
    RunSetting,
    Sensitive,
    ServiceValue,
)
from orchestrator.core.fields import node_of
from orchestrator.core.fingerprint import digest_tree
from orchestrator.core.kind import AzureBinding, Identity, Kind, NameRule, Spec
from orchestrator.core.plan import Plan, Target
from orchestrator.core.project import Project, WorkspaceChoice
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import (
    Applied,
    Check,
    Desired,
    Lifecycle,
    Observed,
    Removal,
    mark_tags,
)
from orchestrator.core.run import Verb
from orchestrator.core.span import Span
from orchestrator.core.state import Intent, State
from orchestrator.core.value import LocalFiles, Reference, Template, Unknown, plain
from orchestrator.observe.observe import observe
from orchestrator.planning.options import PlanOptions
from orchestrator.planning.planner import make_plan
from orchestrator.report.reasons import change_reason

Tags = Annotated[dict[str, str] | None, Metadata("tags are labels only")]


class Machine(Spec):
    size: Annotated[str, Immutable("machines keep their size"), Alias(fold=lambda v: v.lower() if v else v)] = ""
    nodes: int = 0
    idle: Annotated[int | None, ServiceValue("the service waits two minutes")] = None
    password: Annotated[str | None, Sensitive("never returned")] = None
    principal: Annotated[str | None, Computed("made by the service")] = None
    users: Annotated[list[dict[str, Any]] | None, Keyed("no order", key="id")] = None
    zones: list[str] | None = None
    limits: dict[str, Any] | None = None
    tags: Tags = None


class Table(Spec):
    path: Any = None
    mode: Annotated[str | None, RunSetting("how it is read")] = None
    description: Annotated[str | None, Metadata("a description is a label only")] = None
    tags: Tags = None


class Work(Spec):
    command: str = ""
    code: Any = None
    table: Any = None
    compute: Annotated[Any, RunSetting("where it runs")] = None
    environment: dict[str, Any] | None = None
    tags: Tags = None


class Weights(Spec):
    path: Any = None
    tags: Tags = None


class Door(Spec):
    auth: Annotated[str | None, Immutable("keys or tokens for good")] = None
    tags: Tags = None


class Server(Spec):
    model: Any = None
    code: Any = None
    count: int = 1
    network: Annotated[str | None, Immutable("set when it is made")] = None
    tags: Tags = None


class Shares(Spec):
    traffic: Annotated[dict[str, int] | None, PartNames("shifts requests", part="deployments")] = None


def _kind(
    key: str,
    identity: Identity,
    model: type[Spec],
    removal: Removal = Removal.DELETE,
    *,
    taggable: bool = True,
    numbered: bool = False,
) -> Kind:
    return Kind(
        key=key,
        title=key,
        identity=identity,
        variants={"": model},
        name=NameRule(".+", "anything", ""),
        azure=AzureBinding("", loader="", create="", remove="", driver=""),
        behaviour=WRITTEN,
        local=replace(LOCAL_RECORD, shares=not taggable),
        source="",
        removal=removal,
        taggable=taggable,
        numbered=numbered,
    )


KINDS = {
    kind.key: kind
    for kind in (
        _kind("compute", Identity.NAMED, Machine),
        _kind("data", Identity.VERSIONED, Table, removal=Removal.ARCHIVE),
        _kind("models", Identity.VERSIONED, Weights, removal=Removal.ARCHIVE, numbered=True),
        _kind("jobs", Identity.RUN, Work, removal=Removal.ARCHIVE),
        _kind("online_endpoints", Identity.NAMED, Door),
        _kind("online_endpoints.deployments", Identity.NAMED, Server),
        _kind("online_endpoints.traffic", Identity.NAMED, Shares, taggable=False),
    )
}

PLAIN = Lifecycle()
CPU = Address("compute", "cpu")
DATA = Address("data", "heart")
TRAIN = Address("jobs", "train")
MODEL = Address("models", "heart")
HF = Address("online_endpoints", "hf")
BLUE = Address("online_endpoints", "hf", "deployments.blue")
TRAFFIC = Address("online_endpoints", "hf", "traffic")


def resource(address: Address, **said: Any) -> Desired:
    """A desired resource.

    Keyword arguments are its properties, except ``lifecycle``, ``version``, ``after`` (further dependencies) and ``checks``.
    """
    lifecycle = said.pop("lifecycle", Lifecycle())
    version, after = said.pop("version", None), said.pop("after", ())
    checks: tuple[Check, ...] = said.pop("checks", ())
    properties = {name: value for name, value in said.items() if value is not None}
    node = node_of(KINDS[address.kind].variants[""])
    labels = {name: value for name, value in properties.items() if node.child(name).mark(Metadata)}
    run_settings = {name for name in properties if node.child(name).mark(RunSetting)}
    content = {name: value for name, value in properties.items() if name not in labels and name not in run_settings}
    references = tuple(_references(properties))
    inside = {reference.target for reference in references if not reference.external}
    parent = {address.parent} if address.parent else set()
    return Desired(
        address=address,
        properties=properties,
        content=digest_tree([str(address), _canonical(content)]),
        metadata=digest_tree([plain(labels), [check.body for check in checks]]),
        references=references,
        depends_on=frozenset(inside | parent | set(after)),
        files=dict(_labels(properties)),
        lifecycle=lifecycle,
        version=version,
        checks=checks,
        span=Span("spec.yaml", 1, 1, 1, 9),
    )


def _canonical(tree: Any) -> Any:
    if isinstance(tree, Mapping):
        return {name: _canonical(value) for name, value in tree.items()}
    if isinstance(tree, Reference):
        return f"{tree.target}.{tree.attribute}"
    return plain(tree)


def _references(tree: Any) -> Iterable[Reference]:
    if isinstance(tree, Reference):
        yield tree
    elif isinstance(tree, Template):
        yield from (part for part in tree.parts if isinstance(part, Reference))
    elif isinstance(tree, Mapping | list):
        for value in tree.values() if isinstance(tree, Mapping) else tree:
            yield from _references(value)


def _labels(properties: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for value in properties.values():
        if isinstance(value, LocalFiles):
            yield from value.manifest.items()


def files(**manifest: str) -> LocalFiles:
    """Local files by label; underscores stand for dots."""
    named = {name.replace("_", "."): digest for name, digest in manifest.items()}
    return LocalFiles(Path("/somewhere"), digest_tree(named), "somewhere", named)


def external(text: str, *, cascades: bool = True) -> Reference:
    """A reference to something outside the spec: ``azureml:NAME`` in the section data."""
    return Reference(Address("data", text.removeprefix("azureml:")), text=text, external=True, cascades=cascades)


def project(*resources: Desired, digest: str = "spec") -> Project:
    """A project of these resources, in the order given."""
    mentions = tuple(ref for desired in resources for ref in desired.references if ref.external)
    return Project(
        name="heart",
        target="dev",
        workspace=WorkspaceChoice("local"),
        resources={desired.address: desired for desired in resources},
        externals=mentions,
        spec_digest=digest,
        root=Path("/nowhere"),
    )


def pipeline(
    table: str = "1",
    *,
    command: str = "fit",
    tags: Mapping[str, str] | None = None,
    lifecycle: Lifecycle = PLAIN,
) -> Project:
    """Data → job → model → deployment behind an endpoint with traffic."""
    return project(
        resource(CPU, size="D2", nodes=3),
        resource(DATA, path=files(heart_csv=table)),
        resource(
            TRAIN,
            command=command,
            table=Reference(DATA),
            compute=Reference(CPU, cascades=False),
            tags=tags,
            lifecycle=lifecycle,
        ),
        resource(MODEL, path=Reference(TRAIN, "outputs.best")),
        resource(HF, auth="key"),
        resource(BLUE, model=Reference(MODEL), count=1),
        resource(TRAFFIC, traffic={"blue": 100}, after=(BLUE,)),
    )


@dataclass
class World:
    """A perfect workspace with the state of one project: every call succeeds at once.

    Attributes:
        health: how things that are made or run turn out.
        defaults: what the service adds to each body of a kind.
    """

    objects: dict[Address, tuple[Observed, ...]] = field(default_factory=dict)
    applied: dict[Address, Applied] = field(default_factory=dict)
    serial: int = 0
    lineage: str = ""
    unfinished: set[Address] = field(default_factory=set)
    elsewhere: dict[Address, Observed] = field(default_factory=dict)
    refused: dict[Address, str] = field(default_factory=dict)
    refused_at: dict[Address, tuple[Refusal, ...]] = field(default_factory=dict)
    health: Callable[[Address], Any] = lambda address: Observed(address, "", properties={}).health
    defaults: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: {"compute": {"principal": "42", "idle": 120, "region": "north"}}
    )
    order: int = 0
    label: str = "toy workspace"
    workspace_id: str = "toys"

    def list(self, kind: str) -> list[Observed]:
        found = [o for address, live in self.objects.items() if address.kind == kind for o in live]
        return found + [o for address, o in self.elsewhere.items() if address.kind == kind]

    def read(self, address: Address, revision: str | None = None) -> Observed | None:
        return self.elsewhere.get(address)

    def refusals(self, desired: Desired, resources: Mapping[Address, Desired]) -> list[Refusal]:
        found = list(self.refused_at.get(desired.address, ()))
        return [*found, Refusal(self.refused[desired.address])] if desired.address in self.refused else found

    @property
    def state(self) -> State:
        intents = tuple(Intent("step", address, Verb.CREATE, "", "") for address in sorted(self.unfinished))
        return State(self.lineage, self.serial, dict(self.applied), intents)

    def plan(self, project: Project, **options: Any) -> Plan:
        """Observe and plan."""
        state = self.state
        return make_plan(project, state, observe(project, state, self, KINDS), KINDS, PlanOptions(**options))  # type: ignore[arg-type]

    def apply(
        self, project: Project, *, stop_after: int | None = None, lose_record: bool = False, **options: Any
    ) -> Plan:
        """Plan and carry the plan out, all of it or only its first steps.

        Args:
            project: what is wanted.
            stop_after: the process dies after so many steps.
            lose_record: it dies between the last step's effect and its record.
            options: of the plan.
        """
        plan = self.plan(project, **options)
        if plan.effective and not self.lineage:
            self.lineage = "line"
        self.serial += bool(plan.effective)
        steps = self._order(plan, project)[:stop_after]
        for number, change in enumerate(steps):
            recorded = not (lose_record and number == len(steps) - 1)
            self._step(change, plan.targets[change.address], recorded=recorded)
            (self.unfinished.discard if recorded else self.unfinished.add)(change.address)
        return plan

    def _order(self, plan: Plan, project: Project) -> list[Change]:
        by_address = {change.address: change for change in plan.effective}
        leaving = [c for c in plan.effective if c.action in (Action.DELETE, Action.FORGET)]
        made = [by_address[a] for a in project.resources if a in by_address and by_address[a] not in leaving]
        return made + sorted(leaving, key=lambda change: change.address, reverse=True)

    def _step(self, change: Change, target: Target, *, recorded: bool) -> None:
        address = change.address
        if change.action in (Action.DELETE, Action.FORGET):
            if change.action is Action.DELETE:
                self._remove(address, target)
            if recorded:
                self.applied.pop(address, None)
            return
        if change.action is Action.REPLACE:
            self._remove(address, target)
            for part in [part for part in self.objects if part.parent == address]:
                del self.objects[part]
        observed = target.reused if change.reuse else self._write(change, target)
        assert observed is not None
        if recorded:
            desired = target.desired
            assert desired is not None
            self.applied[address] = Applied(
                address,
                properties=plain(self._bound(target.resolved), self.lineage),
                fingerprint=target.fingerprint,
                revision=observed.revision,
                depends_on=desired.depends_on,
                files=desired.files,
                upstream=target.upstream,
                on_removal=desired.lifecycle.on_removal,
                protect=desired.lifecycle.protect,
                adopted=target.adopted,
                tainted=observed.health is not Observed(address, "", properties={}).health,
                duration_s=48.0,
            )

    def _remove(self, address: Address, target: Target) -> None:
        gone = {observed.revision for observed in target.owned}
        live = self.objects.get(address, ())
        if target.removal is Removal.ARCHIVE:
            self.objects[address] = tuple(replace(o, archived=True) if o.revision in gone else o for o in live)
        else:
            self.objects[address] = tuple(o for o in live if o.revision not in gone)

    def _write(self, change: Change, target: Target) -> Observed:
        address, live = change.address, self.objects.get(change.address, ())
        found = next((o for o in live if o.revision == change.after), None)
        if found is not None and change.action is not Action.UPDATE:
            assert target.fingerprint.matches(found.fingerprint), f"{address} {change.after} exists with other content"
        self.order += 1
        body = {
            **self.defaults.get(address.kind, {}),
            **{name: value for name, value in self._bound(target.resolved).items() if name != "password"},
        }
        if KINDS[address.kind].taggable:
            marks = mark_tags("heart", address, target.fingerprint.pack(), adopted=target.adopted)
            body["tags"] = {**body.get("tags", {}), **marks}
        observed = Observed(
            address,
            change.after or "",
            properties=plain(body),
            fingerprint=target.fingerprint.pack(),
            owner="heart",
            health=self.health(address),
            attributes={"scoring_uri": f"http://{address.name}"} if address.section == "online_endpoints" else {},
            order=found.order if found else self.order,
            adopted=target.adopted and KINDS[address.kind].taggable,
        )
        self.objects[address] = (*(o for o in live if o.revision != observed.revision), observed)
        return observed

    def _bound(self, tree: Any) -> Any:
        """Fill in what only the apply can know."""
        if isinstance(tree, Unknown):
            return self._attribute(tree.reference)
        if isinstance(tree, Template):
            parts = [self._attribute(part) if isinstance(part, Reference) else part for part in tree.parts]
            return "".join(map(str, parts)) if all(isinstance(part, str) for part in parts) else Template(tuple(parts))
        if isinstance(tree, Mapping):
            return {name: self._bound(value) for name, value in tree.items()}
        return tree

    def _attribute(self, reference: Reference) -> Any:
        return self.objects[reference.target][-1].attributes[reference.attribute]

    def outside(self, address: Address, **properties: Any) -> None:
        """Somebody else changes the newest live object; None takes a property away."""
        *older, newest = self.objects[address]
        body = {k: v for k, v in {**newest.properties, **properties}.items() if v is not None}
        self.objects[address] = (*older, replace(newest, properties=body))

    def mark(self, address: Address, **facts: Any) -> None:
        """Set facts of the newest live object: ``health``, ``owner``, ``archived``, …"""
        *older, newest = self.objects[address]
        self.objects[address] = (*older, replace(newest, **facts))


def actions(plan: Plan) -> dict[str, str]:
    """What a plan does, by address."""
    return {str(change.address): change.action.value for change in plan.effective}


def reasons(plan: Plan) -> dict[str, str]:
    """Why a plan does it, by address."""
    return {str(change.address): change_reason(change) for change in plan.effective}


def change_of(plan: Plan, address: Address) -> Change:
    """The decision on one resource."""
    return next(change for change in plan.changes if change.address == address)
