"""What a plan gets to know of a workspace, and how few questions that takes."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.errors import Denied
from orchestrator.core.field_mark import Computed
from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.kind import Spec
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import MARK_TAGS, Applied, Observed
from orchestrator.core.state import State
from orchestrator.core.value import Reference
from orchestrator.observe.normalize import normalize
from orchestrator.observe.observe import observe
from tests.unit.planning.toys import CPU, DATA, KINDS, MODEL, TRAIN, World, external, project, resource

NOTHING = State("", 0, {})
MARKS = dict.fromkeys(MARK_TAGS, "x")


class Asked(World):
    """A workspace that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.questions: Counter[str] = Counter()

    def list(self, kind: str) -> list[Observed]:
        self.questions[f"list {kind}"] += 1
        return super().list(kind)

    def read(self, address: Address, revision: str | None = None) -> Observed | None:
        self.questions[f"read {address} {revision}"] += 1
        return super().read(address, revision)


def seen(world: World, wanted: Any, state: State = NOTHING) -> Any:
    return observe(wanted, state, world, KINDS)  # type: ignore[arg-type]


def test_each_kind_in_use_is_listed_once() -> None:
    world = Asked()
    old = Applied(MODEL, properties={}, fingerprint=Fingerprint(""))
    unknown = Applied(Address("workspaces", "w"), properties={}, fingerprint=Fingerprint(""))
    state = State("line", 1, {MODEL: old, unknown.address: unknown})
    seen(world, project(*(resource(CPU._replace(name=f"c{n}"), size="D2") for n in range(20))), state)
    assert world.questions == {"list compute": 1, "list models": 1}


def test_objects_of_the_spec_and_of_the_state_are_kept_oldest_first() -> None:
    world = World()
    versions = [Observed(DATA, str(n), properties={}, order=n) for n in (2, 1, 3)]
    world.objects = {
        DATA: tuple(versions),
        MODEL: (Observed(MODEL, "1", properties={}),),
        CPU: (Observed(CPU, "", properties={}),),
        CPU._replace(name="ours"): (Observed(CPU._replace(name="ours"), "", properties={}, owner="heart"),),
        CPU._replace(name="theirs"): (Observed(CPU._replace(name="theirs"), "", properties={}, owner="lungs"),),
    }
    state = State("line", 1, {MODEL: Applied(MODEL, properties={}, fingerprint=Fingerprint(""))})
    found = seen(world, project(resource(DATA, path="x"), resource(CPU, size="D2")), state)
    assert [observed.revision for observed in found.objects[DATA]] == ["1", "2", "3"]
    assert found.objects.keys() == {DATA, MODEL, CPU, CPU._replace(name="ours")}
    assert (found.workspace_id, found.label) == ("toys", "toy workspace")


def test_externals_are_read_once_and_the_missing_come_with_names_beside_them() -> None:
    world = Asked()
    raw = external("azureml:raw")
    world.elsewhere[raw.target] = Observed(raw.target, "3", properties={})
    gone = Observed(Address("data", "gone"), "1", properties={}, archived=True)
    world.elsewhere[gone.address] = gone
    missing = external("azureml:rwa")
    pinned = Reference(Address("data", "table"), version="7", text="azureml:table:7", external=True)
    latest = Reference(Address("data", "latest"), version="@latest", text="azureml:latest@latest", external=True)
    elsewhere = Reference(Address("registries", "r"), text="azureml://registries/r", external=True)
    wanted = project(resource(TRAIN, table=raw, code=raw), resource(MODEL, path=[missing, pinned, latest, elsewhere]))
    found = seen(world, wanted)
    assert world.questions["read data.raw None"] == 1
    assert world.questions["read data.table 7"] == 1
    assert world.questions["read data.latest None"] == 1
    assert world.questions["list data"] == 1
    assert found.externals["azureml:raw"].revision == "3"
    assert found.externals["azureml:rwa"] is None
    assert found.nearest["azureml:rwa"] == ("raw",)
    assert found.nearest["azureml://registries/r"] == ()


def test_names_beside_a_missing_external_come_from_what_was_listed_anyway() -> None:
    world = Asked()
    world.objects[DATA] = (Observed(DATA, "1", properties={}),)
    found = seen(world, project(resource(DATA, path="x"), resource(MODEL, path=external("azureml:hearts"))))
    assert found.nearest["azureml:hearts"] == ("heart",)
    assert world.questions["list data"] == 1


def test_refusals_are_asked_for() -> None:
    world = World(refused={CPU: "too large"})
    found = seen(world, project(resource(CPU, size="D99"), resource(DATA, path="x")))
    assert found.refusals == {CPU: (Refusal("too large"),)}


def test_a_workspace_that_cannot_be_read_says_so() -> None:
    class Locked(World):
        def list(self, kind: str) -> list[Observed]:
            raise Denied("no right to read")

    with pytest.raises(Denied):
        seen(Locked(), project(resource(CPU, size="D2"), resource(DATA, path="x")))


@pytest.mark.parametrize(
    ("why", "before", "after"),
    [
        ("marks go away", {"tags": {"team": "x", **MARKS}}, {"tags": {"team": "x"}}),
        ("and nothing else is left of them", {"nodes": 1, "tags": dict(MARKS)}, {"nodes": 1}),
        ("tags without marks stay", {"tags": {}}, {"tags": {}}),
        ("tags of another form stay", {"tags": None}, {"tags": None}),
        ("computed fields go away", {"principal": "1", "nodes": 1}, {"nodes": 1}),
        ("what the model does not know stays", {"region": "north"}, {"region": "north"}),
    ],
)
def test_normalize(why: str, before: Any, after: Any) -> None:
    assert normalize(Observed(CPU, "", properties=before), KINDS["compute"], "").properties == after, why


class Inner(Spec):
    id: Annotated[str | None, Computed("made by the service")] = None
    size: int = 0


class Nested(Spec):
    one: Inner | None = None
    many: list[Inner] | None = None
    named: dict[str, Inner] | None = None
    free: dict[str, str] | None = None


def test_computed_fields_inside_go_away_too() -> None:
    from dataclasses import replace

    kind = replace(KINDS["compute"], variants={"nested": Nested})
    inner = {"id": "1", "size": 2}
    body = {"one": inner, "many": [inner, "text"], "named": {"a": inner}, "free": {"id": "1"}}
    found = normalize(Observed(CPU, "", properties=body), kind, "nested").properties
    assert found == {
        "one": {"size": 2},
        "many": [{"size": 2}, "text"],
        "named": {"a": {"size": 2}},
        "free": {"id": "1"},
    }
    assert normalize(Observed(CPU, "", properties=body), kind, "unknown").properties == body


def test_a_list_in_place_of_a_mapping_is_left_as_it_is() -> None:
    from dataclasses import replace

    kind = replace(KINDS["compute"], variants={"": Nested})
    assert normalize(Observed(CPU, "", properties={"one": [1]}), kind, "").properties == {"one": [1]}
