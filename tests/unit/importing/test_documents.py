"""What `amlctl init --from` makes of documents that do not say everything: it loads as it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.core.project import LoadOptions, Project
from orchestrator.engine import load_project
from orchestrator.importing import import_folder

ENDPOINT = "$schema: https://x/managedOnlineEndpoint.schema.json\nname: {}\nauth_mode: key\n"
DEPLOYMENT = (
    "$schema: https://x/managedOnlineDeployment.schema.json\nname: {}\n"
    "model: {{path: ./model, type: mlflow_model}}\ninstance_type: Standard_DS3_v2\ninstance_count: 1\n"
)


def imported(folder: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        path = folder / "az" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if "path: ./model" in text:
            (path.parent / "model").mkdir(exist_ok=True)
            (path.parent / "model" / "MLmodel").write_text(
                "flavors: {python_function: {loader_module: mlflow.sklearn}}\n"
            )
    import_folder(folder / "az", folder / "spec.yaml", "houses")
    return (folder / "spec.yaml").read_text()


def loaded(folder: Path, **values: str) -> Project:
    return load_project((folder / "spec.yaml",), LoadOptions(variables=values, files=False))


NESTED = [
    ({"e.yml": ENDPOINT.format("scoring"), "blue.yml": DEPLOYMENT.format("blue")}, "scoring", "beside its endpoint"),
    ({"e.yml": ENDPOINT.format("scoring"), "d/b.yml": DEPLOYMENT.format("blue")}, "scoring", "endpoint one folder up"),
    ({"sales/blue.yml": DEPLOYMENT.format("blue")}, "sales", "no endpoint"),
    (
        {
            "sales/e.yml": ENDPOINT.format("one"),
            "sales/f.yml": ENDPOINT.format("two"),
            "sales/blue.yml": DEPLOYMENT.format("blue"),
        },
        "sales",
        "two endpoints",
    ),
    ({"a b/blue.yml": DEPLOYMENT.format("blue").replace("name: blue\n", "")}, "a-b", "a name of blanks, a file's name"),
]


@pytest.mark.parametrize(("files", "endpoint", "why"), NESTED, ids=[case[2] for case in NESTED])
def test_a_deployment_without_endpoint_name_is_named_below_one(
    files: dict[str, str], endpoint: str, why: str, tmp_path: Path
) -> None:
    text = imported(tmp_path, files)
    assert ("named after the folder" in text) == (endpoint not in files.get("e.yml", "")), why
    names = {str(address) for address in loaded(tmp_path).resources}
    assert f"online_endpoints.{endpoint}.deployments.blue" in names, text


def test_names_of_holes_are_variables_in_the_keys(tmp_path: Path) -> None:
    files = {"e.yml": ENDPOINT.format("<my-ep>"), "b.yml": DEPLOYMENT.format("{{slot}}")}
    text = imported(tmp_path, files)
    assert '"${var.my_ep}":' in text
    names = {str(address) for address in loaded(tmp_path, my_ep="sales", slot="green").resources}
    assert "online_endpoints.sales.deployments.green" in names, names


def test_a_second_deployment_of_one_name_is_left_out_and_told(tmp_path: Path) -> None:
    files = {
        "e.yml": ENDPOINT.format("scoring"),
        "a/x.yml": DEPLOYMENT.format("blue"),
        "b/x.yml": DEPLOYMENT.format("blue"),
    }
    text = imported(tmp_path, files)
    assert "left out: az/b/x.yml: scoring has another of the name blue" in text
    assert loaded(tmp_path)


HOLES = [
    ("description: <my_ep>", {"my_ep"}),
    ("description: <my-ep>", {"my_ep"}),
    ("description: <MY_EP>", {"MY_EP"}),
    ("description: a {{x-y}} b", {"x_y"}),
    ("description: '{{ x.y }}'", {"x_y"}),
    ("# a comment with <HOLE> and {{hole}}", set()),
    ("description: x  # <HOLE>", set()),
    ("description: '<b>bold</b>'", set()),
    ("description: '${{inputs.x}}'", set()),
    ("tags: {a: <A>, b: {{A}}}", {"A"}),
]


@pytest.mark.parametrize(("line", "names"), HOLES, ids=[line for line, _ in HOLES])
def test_holes_are_read_as_the_loader_reads_them(line: str, names: set[str], tmp_path: Path) -> None:
    text = imported(tmp_path, {"data.yml": f"name: d\ntype: uri_file\npath: https://e.org/f\n{line}\n"})
    declared = {
        name.strip() for name, mark, _ in (each.partition(": {type: string") for each in text.splitlines()) if mark
    }
    assert declared == names
    assert loaded(tmp_path, **dict.fromkeys(names, "value")).resources
