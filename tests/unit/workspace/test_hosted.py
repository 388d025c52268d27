"""What the local catalogue of registries has: every file is an asset, and every reference of the same kind finds it."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.backends.local.hosted_steps import unusable_steps
from orchestrator.core.errors import Invalid, NotFound
from orchestrator.workspace.pipeline.components import Components
from orchestrator.workspace.references import hosted
from orchestrator.workspace.references.curated import OWN_REGISTRY

NAMES = hosted.component_names(OWN_REGISTRY)
PLACE = "azureml://registries/azureml/components/"
STORE: Any = SimpleNamespace()


def test_every_component_is_found_by_every_way_to_write_it() -> None:
    for name in NAMES:
        newest = hosted.component_named(OWN_REGISTRY, name)
        assert newest is not None
        for ending, version in (
            ("", newest.version),
            ("/", newest.version),
            ("/labels/latest", newest.version),
            ("/versions/0.0.9", "0.0.9"),
        ):
            found = hosted.component(f"{PLACE}{name}{ending}")
            assert found is not None, ending
            assert (found.name, found.version, found.body) == (name, version, newest.body)


def test_the_responsible_ai_components_have_both_of_their_names() -> None:
    plain = {name for name in NAMES if name.startswith("rai_tabular_")}
    assert len(plain) == 7
    assert {f"microsoft_azureml_{name}" for name in plain} <= set(NAMES)


def test_commands_and_ports_of_the_catalogue_fit_together() -> None:
    for name in NAMES:
        found = hosted.component_named(OWN_REGISTRY, name)
        assert found is not None
        used = set(re.findall(r"\$\{\{(inputs|outputs)\.(\w+)\}\}", found.body["command"]))
        ports = {(side, port) for side in ("inputs", "outputs") for port in found.body[side]}
        assert used == ports
        grouped = " ".join(re.findall(r"\$\[\[(.*?)\]\]", found.body["command"]))
        for port, said in found.body["inputs"].items():
            assert bool(said.get("optional")) == (f"inputs.{port}}}" in grouped), f"{name}: {port}"


@pytest.mark.parametrize("text", ["azureml:rai_tabular_causal:1", PLACE, f"{PLACE}rai_tabular_causal/other/1", ""])
def test_what_is_no_component_of_a_registry(text: str) -> None:
    assert not hosted.is_hosted_component(text)
    assert hosted.component(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{PLACE}rai_tabular_explanations/labels/latest", "Nearest: rai_tabular_explanation"),
        (f"{PLACE}nothing_like_it", "It has: microsoft_azureml_rai_tabular_causal"),
        ("azureml://registries/ours/components/x/versions/1", "Use a component of this workspace"),
    ],
)
def test_what_is_not_in_the_catalogue_is_refused_with_what_is(text: str, said: str) -> None:
    with pytest.raises(NotFound) as caught:
        Components(STORE).find(text)
    assert said in caught.value.fix


def test_a_step_runs_the_catalogues_command_in_amlctls_own_python() -> None:
    found = Components(STORE).find(f"{PLACE}rai_tabular_explanation/labels/latest")
    assert "orchestrator.workspace.responsible_ai explanation" in found["command"]
    assert "environment" not in found


def test_adding_a_file_adds_a_component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ours" / "components").mkdir(parents=True)
    file = tmp_path / "ours" / "components" / "clean.yaml"
    file.write_text("aliases: [wash]\nrequires: [no_such_module]\nextra: rai\ncomponent: {version: 3, command: x}\n")
    monkeypatch.setattr(hosted, "_PLACE", tmp_path)
    for cached in (hosted.entries, hosted._named):
        monkeypatch.setattr(hosted, cached.__name__, cached.__wrapped__)
    text = "azureml://registries/ours/components/wash"
    found = hosted.component(text)
    assert found is not None
    assert (found.version, found.body["command"], found.missing) == ("3", "x", ("no_such_module",))
    with pytest.raises(Invalid, match="requires no_such_module") as caught:
        Components(STORE).find(text)
    assert "[local,rai]" in caught.value.fix
    [refusal] = unusable_steps({"jobs": {"a": {"component": text}}}, {})
    assert (refusal.path, refusal.stops) == (("jobs", "a", "component"), True)
    assert "[local,rai]" in refusal.fix


def test_a_file_stands_in_for_a_component_of_another_registry(tmp_path: Path) -> None:
    text = "azureml://registries/ours/components/clean/versions/2"
    folder = tmp_path / "clean"
    (folder / "src").mkdir(parents=True)
    (folder / "component.yml").write_text("name: clean\ncommand: python clean.py\ncode: ./src\n")
    for key, place in ((text, folder / "component.yml"), (text.partition("/versions")[0], folder)):
        found = Components(STORE, {key: str(place)}).find(text)
        assert (found["command"], found["code"]) == ("python clean.py", str(folder / "src"))
    (folder / "component.yml").write_text("- a list")
    for place in (folder, folder / "src", tmp_path / "nowhere"):
        with pytest.raises(Invalid, match="not the YAML file of a component"):
            Components(STORE, {text: str(place)}).find(text)


CREATE = {
    "component": f"{PLACE}rai_tabular_insight_constructor/labels/latest",
    "inputs": {
        "title": "t", "task_type": "classification", "model_info": "m:1", "train_dataset": "${{parent.inputs.x}}",
        "test_dataset": "${{parent.inputs.x}}", "target_column_name": "y",
    },
}  # fmt: skip
GATHER = f"{PLACE}rai_tabular_insight_gather"


def changed(**inputs: Any) -> dict[str, Any]:
    kept = {name: value for name, value in {**CREATE["inputs"], **inputs}.items() if value is not None}  # type: ignore[dict-item]
    return {"create": {**CREATE, "inputs": kept}}


REFUSED = [
    (changed(), (), "", "nothing is wrong"),
    (changed(titel="t"), ("jobs", "create", "inputs", "titel"), "Did you mean 'title'?", "an unknown input"),
    (changed(task_type="clasification"), ("jobs", "create", "inputs", "task_type"), "'classification'", "a wrong word"),
    (changed(target_column_name=None), ("jobs", "create", "inputs"), "Add 'target_column_name", "a missing input"),
    (changed(task_type="${{parent.inputs.x}}"), (), "", "what only the run knows"),
    (
        {**changed(), "all": {"component": GATHER, "inputs": {"constructor": "${{parent.jobs.create.outputs.dashboard}}"}}},
        ("jobs", "all", "inputs", "constructor"),
        "rai_insights_dashboard",
        "an output that the step does not have",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("jobs", "path", "fix", "why"), REFUSED, ids=[case[-1] for case in REFUSED])
def test_steps_are_compared_with_the_catalogue_before_anything_runs(
    jobs: dict[str, Any], path: tuple[str, ...], fix: str, why: str
) -> None:
    found = list(unusable_steps({"jobs": jobs}, {}))
    assert [refusal.path for refusal in found] == ([path] if path else [])
    assert all(fix in refusal.fix for refusal in found), why


def test_a_stand_in_is_not_compared_with_the_catalogue() -> None:
    jobs = changed(titel="t")
    assert list(unusable_steps({"jobs": jobs}, {str(CREATE["component"]): "/there"})) == []
