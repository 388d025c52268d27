"""What files for other tools say, and what people write by habit, is taken as it is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.core.project import LoadOptions, Project
from orchestrator.kinds import discover
from orchestrator.spec.addresses import mistyped
from orchestrator.spec.load import load
from tests.unit.spec.composing import composed, refused, told, write

JOB = "$schema: https://x/commandJob.schema.json\nenvironment: azureml:e:1\n"


def loaded(path: Path, **options: object) -> Project:
    return load([path], LoadOptions(files=False, **options), discover())  # type: ignore[arg-type]


# holes


@pytest.mark.parametrize("hole", ["<my_ep>", "<my-ep>", "{{my_ep}}", "{{ my-ep }}", "{{my.ep}}", "<MY_EP>", "<MY-EP>"])
@pytest.mark.parametrize("separator", ["_", "-"])
@pytest.mark.parametrize("declared", [True, False])
def test_a_hole_in_any_spelling_is_filled(tmp_path: Path, hole: str, separator: str, declared: bool) -> None:
    variable = ("MY{}EP" if "MY" in hole else "my{}ep").format(separator)
    head = f"variables: {{{variable}: {{type: string, default: other}}}}\n" if declared else ""
    path = write(
        tmp_path,
        {
            "spec.yaml": f"project: demo\ninclude: [job.yml]\n{head}",
            "job.yml": f"name: j\ncommand: run {hole}\nexperiment_name: {hole}\n",
        },
    )
    body = composed(path, variables={variable: "filled"}).sections["jobs"]["j"]
    assert (body["command"], body["experiment_name"]) == ("run filled", "filled")


@pytest.mark.parametrize("text", ["{{question}}", "<B>", "{{QUESTION}}", "a < b <TAG> c"])
def test_what_looks_like_a_hole_in_a_command_and_is_no_variable_stays(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, {"job.yml": f"name: j\ncommand: >-\n  echo '{text}' done\n"})
    assert composed(path).sections["jobs"]["j"]["command"] == f"echo '{text}' done"


def test_a_hole_in_a_comment_needs_no_value(tmp_path: Path) -> None:
    path = write(tmp_path, {"job.yml": "# for {{WHO}} and <WHOM>\nname: j  # {{x}}\ncommand: echo\n"})
    assert composed(path).sections["jobs"]["j"]["command"] == "echo"


def test_a_name_that_is_a_hole_elsewhere_is_told_for_commands_too(tmp_path: Path) -> None:
    path = write(tmp_path, {"job.yml": "name: j\ncommand: run {{N}}\nexperiment_name: '{{N}}'\n"})
    (found,) = refused(path)
    assert found.code == "hole-open"
    assert [place.line for _, place in found.related] == [3]


# words of a shell


@pytest.mark.parametrize("word", ["${target}", "${project}", "${data.x}", "${jobs.a.b}", "${target:-x}", "${HOME}"])
@pytest.mark.parametrize("how", ["alone", "included", "file"])
def test_words_of_a_shell_stay_in_commands_of_plain_documents(tmp_path: Path, word: str, how: str) -> None:
    document = f"name: j\ncommand: |\n  target=1; echo {word} $${{x}}\nexperiment_name: e\n"
    spec = "project: demo\ntargets: {dev: {default: true}}\n"
    files = {
        "alone": {"job.yml": document},
        "included": {"spec.yaml": f"{spec}include: [job.yml]\n", "job.yml": document},
        "file": {"spec.yaml": f"{spec}jobs: {{j: {{file: job.yml}}}}\n", "job.yml": document},
    }[how]
    body = composed(write(tmp_path, files)).sections["jobs"]["j"]
    assert body["command"] == f"target=1; echo {word} $${{x}}\n"


def test_our_own_words_are_filled_in_commands_of_plain_documents_and_everything_in_those_of_specs(
    tmp_path: Path,
) -> None:
    files = {
        "spec.yaml": "project: demo\ninclude: [job.yml]\nvariables: {n: {default: 3}}\n"
        "jobs: {own: {command: 'echo ${project} $${target}'}}\n",
        "job.yml": "name: j\ncommand: run ${var.n} ${project}\n",
    }
    jobs = composed(write(tmp_path, files)).sections["jobs"]
    assert jobs["j"]["command"] == "run 3 ${project}"
    assert jobs["own"]["command"] == "echo demo ${target}"


# documents beside a spec


def test_a_spec_adds_to_an_included_document_what_that_does_not_say(tmp_path: Path) -> None:
    files = {
        "spec.yaml": "project: demo\ninclude: [e.yml, blue.yml]\n"
        "online_endpoints: {ep: {traffic: {blue: 100}, lifecycle: {on_removal: keep}}}\n",
        "e.yml": "$schema: https://x/managedOnlineEndpoint.schema.json\nname: ep\nauth_mode: key\n",
        "blue.yml": "$schema: https://x/managedOnlineDeployment.schema.json\nname: blue\nendpoint_name: ep\nmodel: m\n",
    }
    body = composed(write(tmp_path, files)).sections["online_endpoints"]["ep"]
    assert (body["traffic"], body["auth_mode"], list(body["deployments"])) == ({"blue": 100}, "key", ["blue"])


def test_what_both_say_is_defined_twice(tmp_path: Path) -> None:
    files = {
        "spec.yaml": "project: demo\ninclude: [e.yml]\nonline_endpoints: {ep: {auth_mode: key}}\n",
        "e.yml": "$schema: https://x/managedOnlineEndpoint.schema.json\nname: ep\nauth_mode: key\n",
    }
    assert told(refused(write(tmp_path, files))) == ["duplicate-resource e.yml:2:7"]
    twice = {**files, "spec.yaml": "project: demo\ninclude: [e.yml, f.yml]\n", "f.yml": files["e.yml"]}
    assert told(refused(write(tmp_path / "b", twice))) == ["duplicate-resource f.yml:2:7"]


@pytest.mark.parametrize(
    "spec",
    [
        "jobs: {j: {command: x, environment: 'file:./assets/env.yml'}}\n",
        "online_endpoints: {endpoint: {deployments: {blue: {instance_type: t, environment: 'file:assets/env.yml'}}}}\n",
    ],
)
def test_an_environment_may_be_a_file(tmp_path: Path, spec: str) -> None:
    files = {"spec.yaml": f"project: demo\n{spec}", "assets/env.yml": "name: e\nimage: i\nconda_file: conda.yml\n"}
    found = loaded(write(tmp_path, files))
    body = next(desired.properties for desired in found.resources.values() if "environment" in desired.properties)
    assert body["environment"]["conda_file"].path == tmp_path / "assets" / "conda.yml"


def test_a_deployment_without_endpoint_says_both_ways_out(tmp_path: Path) -> None:
    text = "$schema: https://x/managedOnlineDeployment.schema.json\nname: blue\nmodel: m\n"
    (found,) = refused(write(tmp_path, {"blue-deployment.yml": text}))
    assert "online_endpoints: {NAME: {deployments: {blue-deployment: {file: blue-deployment.yml}}}}" in found.fix


# addresses


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("azureml://datastore/d/paths/x", "azureml://datastores/d/paths/x"),
        ("azureml://datastores/d/path/x/y", "azureml://datastores/d/paths/x/y"),
        ("azureml:datastores/d/paths/x", "azureml://datastores/d/paths/x"),
        ("azureml:///datastores/d/paths/x", "azureml://datastores/d/paths/x"),
        ("azureml://job/j/outputs/o", "azureml://jobs/j/outputs/o"),
        ("azureml://jobs/j/output/o", "azureml://jobs/j/outputs/o"),
        ("azurml://job/j/output/o", "azureml://jobs/j/outputs/o"),
        ("azurml:m:1", "azureml:m:1"),
        ("AzureML:m@latest", "azureml:m@latest"),
        ("azureml://nowhere/m", "azureml://datastores/NAME/paths/PATH"),
        ("htps://e.org/x", "https://e.org/x"),
        ("https:/e.org/x", "https://e.org/x"),
        ("htp://e.org/x", "http://e.org/x"),
        ("wasb:/c@a/x", "wasb://c@a/x"),
        ("abfsss://c@a.dfs.core.windows.net/x", "abfss://c@a.dfs.core.windows.net/x"),
        ("azureml:m\u200b:1", "azureml:m:1"),
        ("azureml:\u00a0m@latest", "azureml:m@latest"),
    ],
)
def test_a_mistyped_address_is_refused_with_the_right_one(tmp_path: Path, text: str, right: str) -> None:
    spec = (
        "project: demo\n"
        f"data: {{d: {{path: '{text}'}}}}\n"
        f"jobs: {{j: {{command: x, environment: azureml:e:1, inputs: {{i: {{path: '{text}'}}}}, outputs: {{o: {{path: '{text}'}}}}}}}}\n"
    )
    with pytest.raises(SpecError) as caught:
        loaded(write(tmp_path, {"spec.yaml": spec}))
    found = caught.value.diagnostics
    assert {(problem.code, problem.fix) for problem in found} == {("invalid-reference", f"Write '{right}'.")}
    assert [problem.subject.line for problem in found if problem.subject] == [2, 3, 3]


@pytest.mark.parametrize(
    "text",
    [
        "azureml:m:1", "azureml:m@latest", "azureml://datastores/d/paths/", "azureml://datastores/d", "./azurml:x", "C:/x",
        "azureml:/subscriptions/s/resourceGroups/g", "azureml://jobs/j/outputs/o/", "https://e.org/azureml:x", "file:./x",
        "azureml://registries/azureml/environments/e/labels/latest", "azureml://locations/l/workspaces/w/data/d/versions/1",
        "${{parent.inputs.x}}", "runs:/x/model", "s3://b/x", "gs://b/x", "models:/m/1", "wasbs://c@a/x",
    ],
)  # fmt: skip
def test_right_addresses_are_none_of_these(text: str) -> None:
    assert mistyped(text) is None


def test_where_a_job_finds_its_data_is_known(tmp_path: Path) -> None:
    spec = (
        "project: demo\njobs: {j: {command: x, environment: azureml:e:1, "
        "inputs: {i: {path: 'https://e.org', path_on_compute: /tmp/i}}, outputs: {o: {path_on_compute: /tmp/o}}}}\n"
    )
    assert loaded(write(tmp_path, {"spec.yaml": spec})).resources


# names and sections


@pytest.mark.parametrize(
    "spec",
    [
        "compute: {cpu: {type: amlcompute, size: s}, CPU: {type: amlcompute, size: s}}\n",
        "data: {D: {path: 'https://e.org'}, d: {path: 'https://e.org'}}\n",
        "online_endpoints: {ep: {deployments: {blue: {instance_type: t}, Blue: {instance_type: t}}}}\n",
    ],
)
def test_names_that_differ_in_case_only_are_one_error(tmp_path: Path, spec: str) -> None:
    with pytest.raises(SpecError) as caught:
        loaded(write(tmp_path, {"spec.yaml": f"project: demo\n{spec}"}))
    twice = [problem for problem in caught.value.diagnostics if problem.code == "duplicate-resource"]
    assert len(twice) == 1
    assert len(twice[0].related) == 1


@pytest.mark.parametrize("key", ["x-common", ".common"])
def test_sections_of_anchors_mean_nothing_themselves(tmp_path: Path, key: str) -> None:
    spec = f"{key}: &c {{tags: {{a: b}}}}\nproject: demo\njobs: {{j: {{<<: *c, command: x}}}}\n"
    found = composed(write(tmp_path, {"spec.yaml": spec}))
    assert found.sections["jobs"]["j"]["tags"] == {"a": "b"}
    part = f"{key}: &c {{tags: {{a: b}}}}\njobs: {{k: {{<<: *c, command: x}}}}\n"
    files = {"spec.yaml": "project: demo\ninclude: [part.yaml]\n", "part.yaml": part}
    assert list(composed(write(tmp_path / "parts", files)).sections["jobs"]) == ["k"]


# names that follow the target

TAXI = """
project: demo
variables: {environment: {type: string, default: dev}, n: {default: 3}}
targets: {dev: {default: true}, prod: {variables: {environment: prod}}}
jobs: {"taxi-${var.environment}": {command: x, environment: azureml:e:1, name: "taxi-${var.environment}"}}
online_endpoints:
  "taxi-${target}":
    deployments: {"blue-${var.environment}": {instance_type: t}}
    traffic: {"blue-${var.environment}": 100}
"""


@pytest.mark.parametrize("target", ["dev", "prod"])
def test_names_may_follow_the_target(tmp_path: Path, target: str) -> None:
    found = loaded(write(tmp_path, {"spec.yaml": TAXI}), target=target)
    endpoint = f"online_endpoints.taxi-{target}"
    assert {str(address) for address in found.resources} == {
        f"jobs.taxi-{target}", endpoint, f"{endpoint}.deployments.blue-{target}", f"{endpoint}.traffic",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("jobs", "code"),
    [
        ('{"a-${data.d.id}": {command: x}}', "misplaced-expression"),
        ('{"a-${var.no}": {command: x}}', "undefined-variable"),
        ('{"${var.n}": {command: x}}', "invalid-setting"),
        ('{"a-${var.environment}": {command: x}, a-dev: {command: x}}', "duplicate-resource"),
    ],
)
def test_names_that_cannot_be_known_are_told(tmp_path: Path, jobs: str, code: str) -> None:
    head = "project: demo\nvariables: {environment: {default: dev}, n: {default: 3}}\n"
    (found,) = refused(write(tmp_path, {"spec.yaml": f"{head}jobs: {jobs}\n"}))
    assert (found.code, found.subject.line if found.subject else 0) == (code, 3)


def test_a_private_key_is_a_file_beside_the_spec(tmp_path: Path) -> None:
    body = (
        "compute: {mach: {type: virtualmachine, resource_id: /subscriptions/s, "
        "ssh_settings: {admin_username: a, ssh_private_key_file: keys/id}}}\n"
    )
    files = {"spec.yaml": "project: demo\ninclude: [parts/c.yaml]\n", "parts/c.yaml": body}
    path = write(tmp_path, files)
    with pytest.raises(SpecError) as caught:
        load([path], LoadOptions(), discover())
    assert [problem.code for problem in caught.value.diagnostics] == ["missing-file"]
    write(tmp_path, {"parts/keys/id": "key"})
    (found,) = load([path], LoadOptions(), discover()).resources.values()
    assert found.properties["ssh_settings"]["ssh_private_key_file"].path == tmp_path / "parts" / "keys" / "id"


# what documents name beside themselves


@pytest.mark.parametrize(
    "body",
    [
        "name: door\nauth_mode: key\ntraffic: {blue: 90, green: 10}\n",
        "name: door\nauth_mode: key\ntraffic: {blue: 100}\nmirror_traffic: {green: 10}\n",
        "$schema: https://x/batchEndpoint.schema.json\nname: door\ndefaults: {deployment_name: blue}\n",
    ],
)
def test_a_document_of_an_endpoint_names_deployments_that_other_documents_make(tmp_path: Path, body: str) -> None:
    loaded(write(tmp_path / "alone", {"ep.yml": body}))
    loaded(write(tmp_path / "included", {"spec.yaml": "project: demo\ninclude: [ep.yml]\n", "ep.yml": body}))
    section = "batch_endpoints" if "batch" in body else "online_endpoints"
    spec = f"project: demo\n{section}:\n  door: {{{', '.join(body.splitlines()[1:])}}}\n"
    with pytest.raises(SpecError, match="has no deployments of that name"):
        loaded(write(tmp_path / "own", {"spec.yaml": spec.replace("auth_mode: key, ", "")}))


@pytest.mark.parametrize(
    "nothing", ["traffic: {}", "mirror_traffic: {}", "traffic: {}\nmirror_traffic: {}", "traffic:"]
)
def test_an_endpoint_with_empty_traffic_has_none(tmp_path: Path, nothing: str) -> None:
    found = loaded(write(tmp_path, {"ep.yml": f"name: door\nauth_mode: key\n{nothing}\n"}))
    assert [str(address) for address in found.resources] == ["online_endpoints.door"]


@pytest.mark.parametrize(
    ("fields", "metadata"),
    [
        ("tags: {a: b}", {"a": "b"}),
        ("tags: {a: b, c: d}\nmetadata: {a: z}", {"a": "z", "c": "d"}),
        ("metadata: {a: z}", {"a": "z"}),
    ],
)
def test_tags_of_a_connection_are_its_metadata(tmp_path: Path, fields: str, metadata: dict[str, str]) -> None:
    text = (
        f"$schema: https://x/workspaceConnection.schema.json\nname: my-c\ntype: git\ntarget: https://e.org\n{fields}\n"
    )
    (body,) = loaded(write(tmp_path, {"c.yml": text})).resources.values()
    assert (body.properties["metadata"], "tags" in body.properties) == (metadata, False)


def test_labels_of_an_environment_inside_a_job_change_nothing(tmp_path: Path) -> None:
    job = "$schema: https://x/commandJob.schema.json\ncommand: a\nenvironment: {{image: a/b{more}}}\n"
    labels = ", name: n, description: d, tags: {a: b}, $schema: https://x"
    plain, labelled = (
        loaded(write(tmp_path / name, {"j.yml": job.format(more=more)})) for name, more in (("a", ""), ("b", labels))
    )
    (one,), (other,) = plain.resources.values(), labelled.resources.values()
    assert (one.content, one.metadata) == (other.content, other.metadata)


def test_a_name_of_the_service_for_a_setting_of_automl_is_told(tmp_path: Path) -> None:
    text = (
        "$schema: https://x/autoMLJob.schema.json\ntype: automl\ntask: regression\ntarget_column_name: y\n"
        "training_data: {type: mltable, path: azureml:d:1}\ntraining: {ensemble_model_download_timeout: 5}\n"
    )
    with pytest.raises(SpecError) as raised:
        loaded(write(tmp_path, {"j.yml": text}))
    (problem,) = raised.value.diagnostics
    assert (problem.code, problem.fix) == ("unknown-field", "Write 'ensemble_model_download_timeout_minutes'.")
    loaded(write(tmp_path, {"j.yml": text.replace("timeout:", "timeout_minutes:")}))
