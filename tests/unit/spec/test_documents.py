"""Plain CLI v2 documents: what they are, what they are called, and the holes other tools leave in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.value import Secret, Template
from orchestrator.kinds import discover
from orchestrator.spec.documents import is_spec, name_of, project_name_from, recognise
from orchestrator.spec.holes import Mask
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from tests.unit.spec.composing import composed, refused, told, write

AZURE = "https://azuremlschemas.azureedge.net/latest/"


def tree(text: str) -> Any:
    found = read_documents(text, "f", Problems())
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("text", "expected", "why"),
    [
        ("project: x", True, "its first word"),
        ("variables: {}", True, "only specs have them"),
        ("jobs: {a: {type: command}}", True, "a section"),
        ("jobs: {a: {}}\ntags: {b: c}", True, "a fragment with tags"),
        ("tags: {b: c}", True, "a fragment of tags alone"),
        ("jobs: {a: {}}\njbos: {b: {}}", True, "a fragment with a slip"),
        ("$schema: x/spec.schema.json\njobs: {}", True, "its own schema"),
        (f"$schema: {AZURE}pipelineJob.schema.json\njobs: {{a: {{}}}}", False, "a pipeline has jobs too"),
        ("type: pipeline\njobs: {a: {type: command}}\ncompute: azureml:c", False, "a pipeline without a schema"),
        ("display_name: x\njobs: {a: {type: command}}\ncompute: azureml:c\nsettings: {}", False, "without a type, too"),
        ("command: x\nenvironment: y\ncompute: z", False, "a job"),
        ("name: x\ndescription: y", False, "a named thing"),
    ],
)
def test_specs_and_documents_are_told_apart(text: str, expected: bool, why: str) -> None:
    assert is_spec(tree(text), discover()) is expected, why


@pytest.mark.parametrize(
    ("text", "kind", "why"),
    [
        (f"$schema: {AZURE}commandJob.schema.json", "jobs", "as documented"),
        (f"$schema: '{AZURE}commandJob.schema.json  '", "jobs", "trailing blanks"),
        ("$schema: http://azureml/sdk-2-0/CommandJob.json", "jobs", "another host and case"),
        ("$schema: https://example.org/AutoMLJob.schema.json", "jobs", "a host of its own"),
        (f"$schema: {AZURE}autoMLImageClassificationJob.schema.json", "jobs", "a longer name"),
        (f"$schema: {AZURE}amlCompute.schema.json", "compute", "a cluster"),
        ("$schema: http://azureml/sdk-2-0/ImportSchedule.json", "schedules", "a schedule of data imports"),
        (
            "name: e\nmodel_id: m\nauth_mode: key",
            "serverless_endpoints",
            "of two kinds without a type, the one that knows its fields",
        ),
        (
            "name: e\nauth_mode: key\nidentity: {type: system_assigned}",
            "online_endpoints",
            "of the same two, the other",
        ),
        (f"$schema: {AZURE}computeInstance.schema.json", "compute", "an instance"),
        (f"$schema: {AZURE}environment.schema.json", "environments", "an environment"),
        (f"$schema: {AZURE}data.schema.json", "data", "data"),
        (f"$schema: {AZURE}asset/data.schema.json", "data", "data, longer"),
        (f"$schema: {AZURE}model.schema.json", "models", "a model"),
        (f"$schema: {AZURE}managedOnlineEndpoint.schema.json", "online_endpoints", "an endpoint"),
        (f"$schema: {AZURE}managedOnlineDeployment.schema.json", "online_endpoints.deployments", "a deployment"),
        (f"$schema: {AZURE}kubernetesOnlineDeployment.schema.json", "online_endpoints.deployments", "a deployment"),
        (f"$schema: {AZURE}managedOnlineEndpoint.schema.json\ncommand: x", "online_endpoints", "the schema wins"),
        (f"$schema: {AZURE}azureBlob.schema.json", "datastores", "a datastore"),
        (
            f"$schema: {AZURE}computeInstance.schema.json \ntype: computeinstance\nschedules: {{}}",
            "compute",
            "with schedules",
        ),
        (
            "name: b\ntype: kubernetes\nendpoint_name: e\nresources: {}",
            "online_endpoints.deployments",
            "type is ambiguous, fields not",
        ),
        ("$schema: ' '\ncommand: x", "jobs", "an empty schema says nothing"),
        ("$schema: https://example.org/other.json\ntype: amlcompute", "compute", "an unknown schema says nothing"),
        ("type: mltable\npath: x", "data", "the type"),
        ("type: mlflow_model\npath: x", "models", "the type"),
        ("type: command\ncommand: x", "jobs", "the type"),
        ("type: Command", "jobs", "in any case"),
        ("type: sweep\ntrial: x", "jobs", "a kind of job"),
        ("command: x\ncode: y\nenvironment: z", "jobs", "the fields: no type in many public documents"),
        ("name: e\nauth_mode: key", "online_endpoints", "the fields"),
        ("name: b\nendpoint_name: e\nmodel: m\ninstance_type: t", "online_endpoints.deployments", "the fields"),
        ("name: e\nimage: i\nconda_file: c", "environments", "the fields"),
        ("name: c\nsize: s\nmax_instances: 1", "compute", "the fields"),
        (f"$schema: {AZURE}batchEndpoint.schema.json\nname: b\nauth_mode: aad_token", "batch_endpoints", "its address"),
        (f"$schema: {AZURE}modelBatchDeployment.schema.json", "batch_endpoints.deployments", "its address"),
        (f"$schema: {AZURE}pipelineComponentBatchDeployment.schema.json", "batch_endpoints.deployments", "its address"),
        ("name: b\nendpoint_name: e\nmodel: m\nmini_batch_size: 3", "batch_endpoints.deployments", "the fields"),
        ("type: command\ncommand: x\nversion: 1", "components", "a job has no version"),
        ("name: e\nimage: i\nversion: 1", "environments", "a version alone tells nothing"),
        (f"$schema: {AZURE}commandComponent.schema.json\ncommand: x", "components", "its address"),
        (f"$schema: {AZURE}workspaceConnection.schema.json\ntype: git", "connections", "as its address says"),
        (f"$schema: {AZURE}registry.schema.json\nname: r", "registries", "its address"),
        ("name: r\nlocation: x\nreplication_locations: []", "registries", "the fields"),
        (f"$schema: {AZURE}featureStore.schema.json\nname: f", "feature_stores", "its address"),
        ("name: f\nlocation: x\nmaterialization_identity: {client_id: c}", "feature_stores", "the fields"),
        (f"$schema: {AZURE}featureStoreEntity.schema.json\nname: f", "feature_store_entities", "a longer name"),
        (f"$schema: {AZURE}workspace.schema.json\nname: w", "workspaces", "its address"),
        (f"$schema: {AZURE}hub.schema.json\nname: w\nkind: hub", "workspaces", "its address"),
        ("name: w\nlocation: x\nmanaged_network: {isolation_mode: disabled}", "workspaces", "the fields"),
        ("name: w\nlocation: x\nhbi_workspace: false\ndisplay_name: y", "workspaces", "the fields"),
    ],
)
def test_the_kind_of_a_document(text: str, kind: str, why: str) -> None:
    assert recognise(tree(text), discover()).kind == kind, why


@pytest.mark.parametrize(
    "schema",
    [
        "ModelVersionPackage",
    ],
)  # fmt: skip
def test_documents_of_later_versions_are_named(schema: str) -> None:
    found = recognise(tree(f"$schema: {AZURE}{schema}.schema.json\ncommand: x"), discover())
    assert (found.kind, bool(found.foreign)) == ("", True)


@pytest.mark.parametrize(
    ("text", "file", "name"),
    [
        ("name: my-job", "x.yml", "my-job"),
        ("type: command", "job.yml", "job"),
        ("type: command", "a/b/my job (1).v2.YAML", "my-job-1-v2"),
        ("name: ''", "j.yml", "j"),
        ("type: command", "ä.yml", "document"),
    ],
)
def test_the_name_of_a_document(text: str, file: str, name: str) -> None:
    assert name_of(tree(text), file) == name


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("heart", "heart"),
        ("Heart Failure_2", "heart-failure-2"),
        ("ab", "project-ab"),
        ("", "project"),
        ("x" * 50, "x" * 36),
    ],
)
def test_a_project_is_called_like_its_folder(folder: str, name: str) -> None:
    assert project_name_from(folder) == name


JOB = f"$schema: {AZURE}commandJob.schema.json\ncommand: python train.py ${{{{inputs.x}}}} ${{HOME}}\ncompute: azureml:cpu\n"

BLUE = "name: blue\nendpoint_name: e\ninstance_type: t\nmodel: m\n"


def test_a_document_alone_is_a_project_of_one_resource(tmp_path: Path) -> None:
    found = composed(write(tmp_path / "My Samples", {"job.yml": JOB.replace("\n", "\r\n")}))
    assert (found.project, found.target) == ("my-samples", "")
    assert list(found.sections) == ["jobs"]
    assert found.sections["jobs"]["job"]["command"] == "python train.py ${{inputs.x}} ${HOME}", (
        "a shell's variable stays"
    )
    assert found.sections["jobs"]["job"].value_span("compute").line == 3


def test_a_folder_of_documents_is_one_project(tmp_path: Path) -> None:
    write(
        tmp_path / "sample",
        {
            "job.yml": JOB,
            "cluster.YAML": "name: cpu\ntype: amlcompute\nsize: s\n",
            "blue.yml": f"$schema: {AZURE}managedOnlineDeployment.schema.json\nname: blue\nendpoint_name: hf\nmodel: m\n",
            "green.yml": f"$schema: {AZURE}managedOnlineDeployment.schema.json\nname: green\nendpoint_name: hf\nmodel: m\n",
            "endpoint.yml": f"$schema: {AZURE}managedOnlineEndpoint.schema.json\nname: hf\nauth_mode: key\n",
            "conda.yml": "channels: [conda-forge]\ndependencies: [python]\n",
            "request.json": '{"input_data": [[1]]}',
            "empty.yml": "# nothing\n",
        },
    )
    found = composed(tmp_path / "sample")
    assert {section: list(bodies) for section, bodies in found.sections.items()} == {
        "compute": ["cpu"],
        "jobs": ["job"],
        "online_endpoints": ["hf"],
    }
    assert found.sections["online_endpoints"]["hf"]["auth_mode"] == "key"
    assert list(found.sections["online_endpoints"]["hf"]["deployments"]) == ["blue", "green"]
    assert sorted(warning.code for warning in found.warnings) == ["empty-document", "ignored-file"]


def test_a_deployment_alone_brings_its_endpoint(tmp_path: Path) -> None:
    found = composed(write(tmp_path, {"blue.yml": "name: blue\nendpoint_name: hf\nmodel: m\ninstance_type: t\n"}))
    assert list(found.sections["online_endpoints"]["hf"]["deployments"]) == ["blue"]
    assert [warning.code for warning in found.warnings] == ["implied-endpoint"]


def test_a_spec_includes_documents_as_they_are(tmp_path: Path) -> None:
    files = {
        "spec.yaml": "project: demo\nvariables: {c: {default: gpu}}\ntargets: {t: {jobs: {job: {compute: 'azureml:${var.c}'}}}}\n"
        "include: [jobs/*.yml]\n",
        "jobs/job.yml": JOB,
        "jobs/part.yml": "jobs: {other: {command: '${var.c}'}}\n",
    }
    found = composed(write(tmp_path, files))
    assert found.sections["jobs"]["job"]["compute"] == "azureml:gpu"
    assert found.sections["jobs"]["other"]["command"] == "gpu"


@pytest.mark.parametrize(
    ("files", "expected", "why"),
    [
        ({"a.yml": "x: 1\n"}, ["unknown-document a.yml:1:1"], "nothing known"),
        ({"a.yml": f"$schema: {AZURE}ModelVersionPackage.schema.json\n"}, ["unsupported-document a.yml:1:10"], "a later version's"),
        ({"a.yml": "type: kubernetes\n"}, ["ambiguous-document a.yml:1:1"], "a cluster or an endpoint"),
        ({"a.yml": "model: m\ninstance_type: t\ncode_configuration: {}\n"}, ["missing-setting a.yml:1:1"], "of which endpoint"),
        ({"a.yml": "name: 5\ncommand: x\n"}, [], "the file's name, then"),
        ({"a.yml": "name: {b: c}\nendpoint_name: [e]\ninstance_type: t\n"}, ["invalid-setting a.yml:2:16"], "a name is text"),
        ({"a.yml": BLUE, "b.yml": BLUE}, ["duplicate-resource b.yml:1:7"], "two deployments of one name"),
        ({"a.yml": JOB, "b/a.yml": JOB}, ["duplicate-resource a.yml:1:1"], "two of one name"),
    ],
)  # fmt: skip
def test_documents_that_cannot_be_placed(tmp_path: Path, files: dict[str, str], expected: list[str], why: str) -> None:
    write(tmp_path, files)
    paths = [tmp_path / name for name in files]
    if expected:
        assert told(refused(*paths)) == expected, why
    else:
        composed(*paths)


# holes


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a: {{X}}", {"X"}),
        ("a: {{ x_1 }}/<SUB-ID>", {"x_1", "SUB-ID"}),
        ("a: ${{inputs.x}} {{{Y}}}", set()),
        ("a: <your-name> <b> x < y > z <<EOF", set()),
        ("a: {{}} {{ a b }} {b: {c: d}}", set()),
        ("a: <known> {{X}}{{X}}", {"known", "X"}),
    ],
)
def test_what_a_hole_is(text: str, names: set[str]) -> None:
    mask = Mask(text, known=["known"])
    assert mask.names == names
    assert len(mask.text) == len(text)


TEMPLATE = (
    "$schema: x/commandJob.schema.json\n"
    "name: {{NAME}}\n"
    "command: run {{NAME}} --n {{N}} ${{inputs.a}} # {{COMMENT}}\n"
    "limits: {timeout: {{N}}}\n"
    "tags: {sub: <SUB>, quoted: '{{N}}', other: <not-a-hole>}\n"
)


def test_holes_are_filled_from_variables(tmp_path: Path) -> None:
    found = composed(write(tmp_path, {"job.yml": TEMPLATE}), variables={"NAME": "my-job", "N": "5", "SUB": "s"})
    body = found.sections["jobs"]["my-job"]
    assert body["command"] == "run my-job --n 5 ${{inputs.a}}"
    assert body["limits"] == {"timeout": 5}
    assert body["tags"] == {"sub": "s", "quoted": "5", "other": "<not-a-hole>"}
    assert body["tags"].value_span("other")[1:] == (5, 44, 5, 56), "places are those of the text with its holes"


def test_open_holes_are_one_problem_for_each_name(tmp_path: Path) -> None:
    found = refused(write(tmp_path, {"job.yml": TEMPLATE}), variables={"SUB": "s"})
    assert told(found) == ["hole-open job.yml:2:7", "hole-open job.yml:3:27"]
    assert [problem.fix for problem in found] == ["Set it: --var NAME=…", "Set it: --var N=…"]
    assert [(place.line, place.column) for _, place in found[0].related] == [(3, 14)]


def test_holes_take_declared_variables_with_their_types(tmp_path: Path) -> None:
    files = {
        "spec.yaml": "project: demo\ninclude: [j.yml]\nsecrets: {k: {env: KEY}}\n"
        "variables: {LIST: {default: [a, b]}, KEY: {default: '${secret.k}'}, small: {default: 7}}\n"
        "jobs: {body: {file: b.yml}}\n",
        "j.yml": "command: <small>\ninputs: {{LIST}}\nkey: {{KEY}}\nheader: Bearer {{KEY}}\nversion: v{{small}}\n",
        "b.yml": "command: x {{small}}\n",
    }
    jobs = composed(write(tmp_path, files), environ={"KEY": "hush"}).sections["jobs"]
    assert jobs["j"]["inputs"] == ["a", "b"]
    assert jobs["j"]["command"] == 7
    assert jobs["j"]["key"] == Secret("k", "hush")
    assert jobs["j"]["header"] == Template(("Bearer ", Secret("k", "hush")))
    assert jobs["j"]["version"] == "v7"
    assert jobs["body"]["command"] == "x 7"


def test_in_a_spec_what_looks_like_a_hole_is_text(tmp_path: Path) -> None:
    text = "project: demo\njobs: {j: {command: 'a <FILE> {{X}}'}}\n"
    assert composed(write(tmp_path, {"spec.yaml": text})).sections["jobs"]["j"]["command"] == "a <FILE> {{X}}"


def test_a_variable_for_a_hole_needs_no_declaration_and_others_do(tmp_path: Path) -> None:
    path = write(tmp_path, {"job.yml": "command: {{A}}\n"})
    assert composed(path, variables={"A": "x"}).sections["jobs"]["job"]["command"] == "x"
    assert told(refused(path, variables={"A": "x", "B": "y"})) == ["unknown-variable <command line>:1:1"]


def test_a_template_that_is_not_yaml_even_when_filled_is_told_once(tmp_path: Path) -> None:
    assert told(refused(write(tmp_path, {"job.yml": "command: {{A}}: {{B}}: x\n"}))) == ["invalid-yaml job.yml:1:15"]
    assert told(refused(write(tmp_path, {"job.yml": "command: {{A}}\na: 1\na: 2\n"}), variables={"A": "x"})) == [
        "duplicate-key job.yml:3:1"
    ]


def test_a_saved_plan_beside_documents_is_passed_over_and_told_apart_where_a_spec_is_wanted(tmp_path: Path) -> None:
    plan = '{"format": 1, "project": "p", "base": {}, "changes": [], "origin": {}}\n'
    write(
        tmp_path, {"a.yml": "$schema: https://azuremlschemas.azureedge.net/latest/data.schema.json\nname: d\npath: x\n"}
    )
    write(tmp_path, {"plan.json": plan})
    assert "data" in composed(tmp_path, files=False).sections
    [found] = refused(tmp_path / "plan.json")
    assert found.code == "unknown-document"
    assert "amlctl apply" in found.fix
