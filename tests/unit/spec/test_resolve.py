"""References, edges, files and digests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, SpecError
from orchestrator.core.resource import Desired, Lifecycle, Removal, Rerun
from orchestrator.core.span import Span
from orchestrator.core.value import LocalFiles, Reference, Secret, Template
from tests.unit.spec.building import project

AROUND = """
compute: {cpu: {type: amlcompute, size: s}}
data:
  raw: {type: uri_folder, path: 'https://example.org/raw'}
  pinned: {type: uri_folder, path: 'https://example.org/pinned', version: 3}
environments: {packages: {image: example/base}}
models: {net: {path: 'https://example.org/net'}}
datastores: {lake: {type: azure_blob, account_name: a, container_name: c}}
jobs:
  first: {command: echo, environment: {image: a}, outputs: {model: {type: mlflow_model}}}
"""


def job(line: str) -> Desired:
    text = AROUND + f"  it:\n    command: echo\n    environment: azureml:packages@latest\n    {line}\n"
    return project(text).resources[Address("jobs", "it")]


def problems(text: str, **extra: Any) -> list[Diagnostic]:
    with pytest.raises(SpecError) as caught:
        project(text, **extra)
    return list(caught.value.diagnostics)


def path_input(path: str, kind: str = "uri_folder") -> str:
    return f"inputs: {{x: {{type: {kind}, path: '{path}'}}}}"


MENTIONS = [
    (path_input("azureml:raw@latest"), "data.raw", "id", "@latest", False, "the newest of ours"),
    (path_input("azureml:raw"), "data.raw", "id", None, False, "a name alone"),
    (path_input("azureml:raw:7"), "data.raw", "id", "7", True, "a number we do not pin is one that exists already"),
    (path_input("azureml:pinned:3"), "data.pinned", "id", "3", False, "the number that we pin"),
    (path_input("azureml:pinned:2"), "data.pinned", "id", "2", True, "an older number"),
    (path_input("azureml:raw@prod"), "data.raw", "id", "@prod", True, "a label that others move"),
    (path_input("azureml:elsewhere:1"), "data.elsewhere", "id", "1", True, "not in this spec"),
    (path_input("azureml:net@latest", "mlflow_model"), "models.net", "id", "@latest", False, "the type says: a model"),
    (path_input("azureml://jobs/first/outputs/model"), "jobs.first", "outputs.model", None, False, "an output"),
    (path_input("azureml://jobs/first/outputs/model/sub/f"), "jobs.first", "outputs.model/sub/f", None, False, "inside"),
    (path_input("azureml://jobs/other/outputs/model"), "jobs.other", "outputs.model", None, True, "of another's job"),
    (path_input("azureml://datastores/lake/paths/a/b"), "datastores.lake", "name", None, False, "a datastore of ours"),
    (path_input("azureml://datastores/workspaceblobstore/paths/a"), "datastores.workspaceblobstore", "name", None, True,
     "a datastore that every workspace has"),
    (path_input("azureml://registries/r/models/m/versions/2", "custom_model"), "models.m", "id", "2", True, "a registry"),
    (path_input("azureml://registries/r/data/d/labels/latest"), "data.d", "id", "@latest", True, "a registry's label"),
    ("compute: azureml:cpu", "compute.cpu", "id", None, False, "a cluster of ours"),
    ("compute: cpu", "compute.cpu", "id", None, False, "without the prefix"),
    ("compute: azureml:gpu", "compute.gpu", "id", None, True, "a cluster that others made"),
    (path_input("${jobs.first.outputs.model}"), "jobs.first", "outputs.model", None, False, "an expression"),
    (path_input("${data.raw.id}"), "data.raw", "id", None, False, "an expression for the asset"),
    ("inputs: {v: '${data.raw.version}'}", "data.raw", "version", None, False, "a version as a value"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "target", "attribute", "version", "external", "why"), MENTIONS, ids=[m[5] for m in MENTIONS]
)
def test_a_mention_becomes_a_reference(
    line: str, target: str, attribute: str, version: str | None, external: bool, why: str
) -> None:
    found = job(line)
    [reference] = [r for r in found.references if r.target != Address("environments", "packages")]
    assert (str(reference.target), reference.attribute, reference.version, reference.external) == (
        target, attribute, version, external,
    )  # fmt: skip
    assert (reference.target in found.depends_on) is not external
    assert reference.cascades is (reference.target.section != "compute")
    assert reference.span.line == 14


NO_MENTIONS = [
    ("compute: serverless", "the service's own machines"),
    ("compute: azureml:serverless", "the same with the prefix"),
    ("compute: local", "this machine"),
    ("compute: /subscriptions/s/computes/c", "a long id"),
    ("compute: '${{inputs.where}}'", "Azure ML's own expression"),
    (path_input("https://example.org/x"), "a URL"),
    (path_input("wasbs://c@a.blob.core.windows.net/x"), "a storage URL"),
    (path_input("azureml:/subscriptions/s/data/d/versions/1"), "a long id with the prefix"),
    (path_input("azureml://subscriptions/s/workspaces/w/data/d/versions/1"), "a long address"),
    (path_input("${{inputs.other}}"), "Azure ML's own expression as a path"),
    ("inputs: {x: 'azureml:raw@latest'}", "a literal text input stays text, as the service has it"),
]


@pytest.mark.parametrize(("line", "why"), NO_MENTIONS, ids=[n[1] for n in NO_MENTIONS])
def test_other_texts_are_left_alone(line: str, why: str) -> None:
    found = job(line)
    assert [str(r.target) for r in found.references] == ["environments.packages"]


def test_the_value_becomes_the_reference_except_inside_a_path() -> None:
    found = job(path_input("azureml:raw@latest"))
    assert isinstance(found.properties["inputs"]["x"]["path"], Reference)
    assert isinstance(found.properties["environment"], Reference)
    kept = job(path_input("azureml://datastores/lake/paths/a"))
    assert kept.properties["inputs"]["x"]["path"] == "azureml://datastores/lake/paths/a"


def test_a_text_with_values_inside_becomes_a_template() -> None:
    found = job("environment_variables: {A: 'in ${data.raw.version} of ${secret.key}'}")
    template = found.properties["environment_variables"]["A"]
    assert isinstance(template, Template)
    assert [type(part) for part in template.parts] == [str, Reference, str, Secret, str]
    assert Address("data", "raw") in found.depends_on


def test_a_field_of_another_body_gives_its_value_and_an_edge() -> None:
    found = job("inputs: {size: '${compute.cpu.size}', text: 'on ${compute.cpu.size}!'}")
    assert found.properties["inputs"] == {"size": "s", "text": "on s!"}
    assert Address("compute", "cpu") in found.depends_on
    assert all(r.target.section != "compute" for r in found.references)


WRONG = [
    (path_input("${data.rwa.id}"), "unknown-resource", "Did you mean 'data.raw'?"),
    (path_input("${jobs.first.outputs.modl}"), "unknown-attribute", "Did you mean 'outputs.model'?"),
    (path_input("azureml://jobs/first/outputs/modl"), "unknown-attribute", "Did you mean 'outputs.model'?"),
    (path_input("${jobs.first.output.model}"), "unknown-attribute", "Did you mean 'outputs.model'?"),
    (path_input("${jobs.first.outputs.best_model}"), "unknown-attribute", ""),
    ("inputs: {x: '${data.raw.verson}'}", "unknown-attribute", "Did you mean 'version'?"),
    ("environment_id: 5", "unknown-field", "Did you mean 'environment'?"),
    (path_input("azureml:raw:1:2"), "missing-file", ""),
    ("lifecycle: {depends_on: [compute.cup]}", "unknown-resource", "Did you mean 'compute.cpu'?"),
]


@pytest.mark.parametrize(("line", "code", "fix"), WRONG)
def test_a_wrong_mention_is_an_error_with_the_nearest(line: str, code: str, fix: str) -> None:
    if code == "missing-file":
        assert job(line)  # a malformed asset name is a path with a scheme: nothing local, nothing of ours
        return
    with pytest.raises(SpecError) as caught:
        job(line)
    [found] = caught.value.diagnostics
    assert found.code == code
    assert fix in found.fix
    assert found.subject is not None and found.subject.line == 14


@pytest.mark.parametrize("environment", ["packages", "azureml:a:b:c", "file:env.yml"])
def test_an_environment_is_named_with_its_prefix(environment: str) -> None:
    [found] = problems(AROUND + f"  it: {{command: echo, environment: '{environment}'}}")
    assert found.code == "invalid-reference"
    if environment == "packages":
        assert found.fix == "Write 'azureml:packages@latest'."


ENDPOINT = """
online_endpoints:
  end:
    auth_mode: key
    lifecycle: {protect: true, ignore: [traffic.blue, tags], on_removal: keep}
    deployments:
      blue: {model: 'azureml:net@latest', instance_type: s}
      green: {model: 'azureml:net@latest', instance_type: s, lifecycle: {timeout: 1h30m}}
    traffic: {blue: 100}
    mirror_traffic: {green: 10}
    tests: [{name: one, request: {json: {a: 1}}, expect: {json: {b: 2}, match: subset}, headers: {X: 1}}]
models: {net: {path: 'https://example.org/net'}}
"""


def test_an_endpoint_comes_apart() -> None:
    resources = project(ENDPOINT).resources
    end = Address("online_endpoints", "end")
    blue, green, traffic = (Address(*end[:2], part) for part in ("deployments.blue", "deployments.green", "traffic"))
    assert set(resources) == {end, blue, green, traffic, Address("models", "net")}
    assert resources[end].properties == {"auth_mode": "key"}
    assert resources[blue].depends_on == {end, Address("models", "net")}
    assert resources[traffic].depends_on == {end, blue, green}
    assert resources[traffic].properties == {"traffic": {"blue": 100}, "mirror_traffic": {"green": 10}}
    assert resources[traffic].references == ()
    order = list(resources)
    assert order.index(end) < order.index(blue) < order.index(traffic)
    assert resources[blue].span == Span("spec.yaml", 7, 7, 7, 11)


def test_parts_share_the_protection_of_the_whole() -> None:
    resources = {str(a): d.lifecycle for a, d in project(ENDPOINT).resources.items()}
    end = "online_endpoints.end"
    assert resources[end] == Lifecycle(True, ("traffic.blue", "tags"), Removal.KEEP)
    assert resources[f"{end}.deployments.blue"] == Lifecycle(True, (), Removal.KEEP)
    assert resources[f"{end}.traffic"] == Lifecycle(True, ("traffic.blue",), Removal.KEEP)
    assert resources[f"{end}.deployments.green"] == Lifecycle(timeout_s=5400.0)


def test_tests_become_checks_of_what_answers() -> None:
    resources = {str(a): d for a, d in project(ENDPOINT).resources.items()}
    end = "online_endpoints.end"
    assert resources[end].checks == ()
    [check] = resources[f"{end}.traffic"].checks
    assert check == resources[f"{end}.deployments.blue"].checks[0]
    assert (check.name, check.body, check.headers) == ("one", '{"a": 1}', (("X", "1"),))
    assert (check.status, check.expect, check.has_expect, check.match) == (200, {"b": 2}, True, "subset")


def test_another_test_changes_metadata_alone() -> None:
    end = "online_endpoints.end"
    before = {str(a): d for a, d in project(ENDPOINT).resources.items()}
    after = {str(a): d for a, d in project(ENDPOINT.replace("{a: 1}", "{a: 2}")).resources.items()}
    for name in (f"{end}.traffic", f"{end}.deployments.blue"):
        assert before[name].content == after[name].content
        assert before[name].metadata != after[name].metadata
    assert before[end].metadata == after[end].metadata


def test_traffic_to_a_deployment_that_is_not_there() -> None:
    [found] = problems(ENDPOINT.replace("{blue: 100}", "{bleu: 100}"))
    assert (found.code, found.fix) == ("unknown-resource", "Did you mean 'blue'?")
    assert found.subject is not None and (found.subject.line, found.subject.column) == (9, 15)


def test_lifecycle_settings() -> None:
    found = job("lifecycle: {protect: true, on_removal: archive, rerun: always, timeout: 90, depends_on: [data.raw]}")
    assert found.lifecycle == Lifecycle(True, (), Removal.ARCHIVE, Rerun.ALWAYS, 90.0)
    assert Address("data", "raw") in found.depends_on
    assert "lifecycle" not in found.properties


DURATIONS = [
    ("90s", 90.0),
    ("2h", 7200.0),
    ("1d", 86400.0),
    ("1h30m", 5400.0),
    ("1.5m", 90.0),
    ("'45'", None),
    ("0s", None),
]


@pytest.mark.parametrize(("text", "seconds"), DURATIONS)
def test_durations(text: str, seconds: float | None) -> None:
    if seconds is None:
        with pytest.raises(SpecError):
            job(f"lifecycle: {{timeout: {text}}}")
        return
    assert job(f"lifecycle: {{timeout: {text}}}").lifecycle.timeout_s == seconds


def test_a_cycle_is_one_error_with_every_edge() -> None:
    text = """
data:
  a: {path: "${data.b.id}"}
  b: {path: 'https://example.org', lifecycle: {depends_on: [data.c]}}
  c: {path: "azureml:a@latest"}
  d: {path: "azureml:a@latest"}
"""
    [found] = problems(text)
    assert found.code == "reference-cycle"
    assert {note for note, _ in found.related} == {
        "data.a needs data.b", "data.b needs data.c", "data.c needs data.a",
    }  # fmt: skip
    assert {(span.line, span.column) for _, span in found.related} == {(3, 13), (4, 61), (5, 13)}


def test_an_edge_by_a_field_has_its_place_too() -> None:
    text = """
compute:
  aa: {type: amlcompute, size: "${compute.bb.size}"}
  bb: {type: amlcompute, size: s, description: "after ${compute.aa.name}"}
"""
    [found] = problems(text)
    assert found.code == "reference-cycle"
    assert {(span.line, span.column) for _, span in found.related} == {(3, 32), (4, 48)}


def test_a_resource_that_is_off_is_told_as_such() -> None:
    off = {"data.old": Span("spec.yaml", 9, 1, 9, 5)}
    text = "models: {m: {path: '${data.old.path}'}, n: {path: 'x', lifecycle: {depends_on: [data.old]}}}\n"
    text += "jobs: {j: {command: e, environment: {image: a}, inputs: {x: {path: 'azureml:old@latest'}}}}"
    found = problems(text, disabled=off)
    assert [d.code for d in found] == ["disabled-resource"] * 3
    assert found[0].related == (("disabled here", off["data.old"]),)


def test_identity_fields_are_no_properties() -> None:
    [found] = project(
        "data: {d: {$schema: 'https://x/data.schema.json', name: d, version: 1.5, path: 'https://a'}}"
    ).resources.values()
    assert found.properties == {"path": "https://a"}
    assert found.version == "1.5"


def test_externals_are_told_once() -> None:
    text = "jobs:\n" + "".join(
        f"  j{n}: {{command: e, environment: 'azureml:AzureML-x@latest', compute: azureml:cpu}}\n" for n in range(3)
    )
    assert [str(r) for r in project(text).externals] == ["azureml:AzureML-x@latest", "azureml:cpu"]


# -- files


def test_files_are_hashed_relative_to_the_file_that_names_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "train.py").write_text("2")
    text = "data: {d: {type: uri_file, path: ./a.csv}, e: {type: uri_file, path: 'file:a.csv'}}\n"
    text += "jobs: {j: {command: e, environment: {image: a}, code: code}}"
    resources = {str(a): d for a, d in project(text, tmp_path).resources.items()}
    files = resources["data.d"].properties["path"]
    assert isinstance(files, LocalFiles)
    assert (files.path, files.text, list(files.manifest)) == (tmp_path / "a.csv", "./a.csv", ["a.csv"])
    assert list(resources["data.d"].files) == ["a.csv"]
    assert list(resources["jobs.j"].files) == ["code/train.py"]
    assert resources["data.d"].content == resources["data.e"].content, "how a path is written is a label"


def test_without_looking_at_files_digests_are_empty(tmp_path: Path) -> None:
    [found] = project("data: {d: {type: uri_file, path: ./nothing}}").resources.values()
    assert found.properties["path"].digest == ""
    assert found.files == {}


def test_a_missing_file_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("1")
    [found] = problems("data: {d: {type: uri_file, path: ./tabel.csv}}", root=tmp_path)
    assert (found.code, found.fix) == ("missing-file", "Did you mean 'table.csv'?")


_JOB = """
jobs:
  j: {type: command, command: ls, environment: 'azureml:e:1', inputs: {x: %s}}
"""
MISFITS = [
    ("data: {d: {type: uri_file, path: code}}", "invalid-value", "'code' is a folder", "type: uri_folder"),
    ("data: {d: {type: uri_folder, path: code/score.py}}", "invalid-value", "is a file", "type: uri_file"),
    ("data: {d: {path: code/score.py}}", "invalid-value", "is a uri_folder", "type: uri_file"),
    ("data: {d: {type: mltable, path: code}}", "missing-file", "no file MLTable", "uri_file or uri_folder"),
    (_JOB % "{type: uri_file, path: code}", "invalid-value", "An input of jobs.j is a uri_file", "type: uri_folder"),
    (_JOB % "{type: uri_folder, path: code/score.py}", "invalid-value", "is a file", "type: uri_file"),
]


@pytest.mark.parametrize(("text", "code", "why", "fix"), MISFITS)
def test_data_is_what_its_type_says(tmp_path: Path, text: str, code: str, why: str, fix: str) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "score.py").write_text("1")
    [found] = problems(text, root=tmp_path)
    assert found.code == code
    assert why in found.detail
    assert fix in found.fix
    assert project(text).resources, "without looking at files nothing is known"


@pytest.mark.parametrize(
    ("script", "detail", "fix"),
    [
        ("score.py", "", ""),
        ("./src/deep.py", "", ""),
        ("scor.py", "'code' has no such file", "Did you mean 'score.py'?"),
        ("main.py", "'code' has no such file", "relative to the code folder"),
        ("local.py", ".amlignore or .gitignore excludes it from 'code'", "ignore file"),
    ],
)
def test_a_scoring_script_is_in_its_code_folder(tmp_path: Path, script: str, detail: str, fix: str) -> None:
    (tmp_path / "code" / "src").mkdir(parents=True)
    for name in ("score.py", "local.py", "src/deep.py"):
        (tmp_path / "code" / name).write_text("1")
    (tmp_path / "code" / ".amlignore").write_text("local.py")
    text = f"""
models: {{net: {{path: 'https://example.org/net'}}}}
environments: {{host: {{image: host}}}}
online_endpoints:
  end:
    deployments:
      blue:
        {{model: azureml:net@latest, environment: azureml:host@latest, instance_type: Standard_DS3_v2,
        code_configuration: {{scoring_script: {script}, code: code}}}}
"""
    if not detail:
        assert project(text, tmp_path).resources
        return
    [found] = problems(text, root=tmp_path)
    assert found.code == "missing-file"
    assert found.subject is not None
    assert (found.subject.line, found.subject.column) == (9, 46), "at the script's name"
    assert detail in found.detail
    assert fix in found.fix


def test_request_files_are_json(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{")
    [found] = problems("online_endpoints: {end: {tests: [{request: {file: bad.json}}]}}", root=tmp_path)
    assert found.code == "invalid-request"
    assert "not JSON" in found.detail


def test_tests_hold_no_secrets() -> None:
    text = "online_endpoints: {end: {tests: [{request: {text: a}, headers: {K: '${secret.key}'}}]}}"
    [found] = problems(text)
    assert found.code == "invalid-request"
    assert "value of key" not in found.detail


def test_other_ways_to_be_wrong() -> None:
    assert (
        problems("jobs: {j: {lifecycle: {depends_on: [nothing]}, command: e, environment: {image: a}}}")[0].code
        == "unknown-resource"
    )
    [found] = problems("online_endpoints: {end: {deployments: 5, traffic: {blue: 100}}}")
    assert (found.code, found.subject) == ("wrong-type", Span("spec.yaml", 1, 39, 1, 40))
    [found] = problems("online_endpoints: {end: {deployment: {model: m}}}")
    assert found.code == "unsupported-type"
    [found] = problems(
        "online_endpoints: {end: {tests: [{request: {file: folder}}]}}", root=Path(__file__).parent.parent
    )
    assert found.code == "missing-file"


def test_many_mentions_of_nothing_are_told_in_time() -> None:
    text = "data:\n" + "".join(f"  d{n}: {{path: '${{data.x{n}.id}}'}}\n" for n in range(1500))
    found = problems(text)
    assert len(found) == 1500
    assert {d.fix for d in found[60:]} == {"Use an address of this spec: section.name."}


def test_a_request_must_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    [found] = problems("online_endpoints: {end: {tests: [{request: {file: folder}}]}}", root=tmp_path)
    assert found.code == "unreadable-file"


def test_a_link_that_leaves_is_told_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "leak").symlink_to("/etc/hostname")
    [found] = problems("jobs: {j: {command: e, environment: {image: a}, code: code}}", root=tmp_path)
    assert found.code == "escaping-link"
    assert "(leak)" in found.detail


# -- digests

SAME = [
    (
        "data: {d: {path: 'https://a', type: uri_folder}}",
        "data: {d: {type: uri_folder, path: 'https://a'}}",
        "key order",
    ),
    ("data: {d: {path: 'https://a'}}", "data: {d: {path: 'https://a', type: uri_folder}}", "a default type"),
    ("data: {d: {path: 'https://a'}}", "data: {d: {path: 'https://a', description: }}", "a field without a value"),
    ("data: {d: {path: 'https://a'}}", "data:\n  d:  # a comment\n    path: 'https://a'\n", "layout and comments"),
    ("data: {d: {path: 'https://a'}}", "data: {d: {path: 'https://a', version: 3}}", "a pinned version"),
]


@pytest.mark.parametrize(("first", "second", "why"), SAME, ids=[s[2] for s in SAME])
def test_what_does_not_change_the_content(first: str, second: str, why: str) -> None:
    [before], [after] = project(first).resources.values(), project(second).resources.values()
    assert before.content == after.content


def test_references_count_by_what_they_name() -> None:
    texts = ("azureml:raw@latest", "azureml:raw", "${data.raw.id}")
    assert len({job(path_input(text)).content for text in texts}) == 1
    assert job(path_input("azureml:raw:7")).content != job(path_input("azureml:raw")).content


def test_secrets_count_by_name_and_never_by_value() -> None:
    found = job("environment_variables: {K: '${secret.key}'}")
    other = job("environment_variables: {K: '${secret.other}'}")
    assert found.content != other.content
    assert "value of key" not in repr(found)


def test_the_digest_of_the_spec_follows_every_part() -> None:
    base = AROUND + "  it: {command: echo, environment: {image: a}, compute: azureml:cpu}\n"
    edits = [
        base.replace("compute: azureml:cpu", "compute: azureml:other"),
        base.replace("size: s", "size: t"),
        base.replace("image: example/base", "image: example/base, description: new"),
        base.replace("version: 3", "version: 4"),
        base.replace("path: 'https://example.org/net'", "path: 'https://example.org/net', lifecycle: {protect: true}"),
    ]
    digests = {project(text).spec_digest for text in [base, *edits]}
    assert len(digests) == len(edits) + 1
    assert project(base).spec_digest == project(base + "\n# a comment\n").spec_digest
