"""Projects of any size: the same resources, fields and references as an amlctl spec and as a Terraform configuration.

Groups of twelve resources with references inside the group, as a team's projects have them: two clusters, a datastore, an
environment, six tables and two models that lie in the datastore. None of them runs anything, so only the engine is measured.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GROUP = 12


@dataclass(frozen=True)
class Item:
    """One resource of a project.

    Attributes:
        number: its place; also its name on Terraform's side.
        section, name: its address on ours.
        body: its fields; ``@`` in a path stands for the datastore.
        store: number of the datastore that the path lies in; None if it has none.
    """

    number: int
    section: str
    name: str
    body: dict[str, Any]
    store: int | None = None


def items(count: int, *, changed: bool = False) -> Iterator[Item]:
    """The resources; `changed` edits one field of the first."""
    for number in range(count):
        group, place = divmod(number, GROUP)
        tags = {"group": f"g{group}", "team": "forecasting"}
        if place in (0, 11):
            least = 2 if changed and number == 0 else 0
            body = {
                "type": "amlcompute",
                "size": "Standard_DS3_v2",
                "min_instances": least,
                "max_instances": 4,
                "tags": tags,
            }
            yield Item(number, "compute", f"cpu-{group}-{place}", body)
        elif place == 1:
            body = {
                "type": "azure_blob",
                "account_name": f"account{group}",
                "container_name": "raw",
                "description": f"of group {group}",
            }
            yield Item(number, "datastores", f"store_{group}", body)
        elif place == 4:
            body = {
                "image": f"mcr.microsoft.com/azureml/minimal-py311:{group}",
                "description": "for training",
                "tags": tags,
            }
            yield Item(number, "environments", f"env-{group}", body)
        else:
            model = place in (9, 10)
            kind, path = ("custom_model", f"@/models/{place}") if model else ("uri_file", f"@/tables/{place}.csv")
            body = {"type": kind, "path": path, "description": f"part {place}", "tags": tags}
            section, name = ("models", "model") if model else ("data", "table")
            yield Item(number, section, f"{name}-{group}-{place}", body, group * GROUP + 1)


def amlctl_spec(count: int, *, changed: bool = False) -> str:
    """The project as a spec."""
    sections: dict[str, list[str]] = {}
    for item in items(count, changed=changed):
        body = dict(item.body)
        if item.store is not None:
            body["path"] = f"azureml://datastores/store_{item.number // GROUP}/paths{body['path'][1:]}"
        sections.setdefault(item.section, []).append(f"  {item.name}: {json.dumps(body)}")
    lines = ["project: bench"]
    for section, bodies in sections.items():
        lines += [f"{section}:", *bodies]
    return "\n".join(lines) + "\n"


def terraform_configuration(count: int, *, changed: bool = False) -> str:
    """The same with Terraform's built-in resource: no provider process, no network, its engine alone."""
    blocks = []
    for item in items(count, changed=changed):
        body = dict(item.body)
        if item.store is not None:
            body["path"] = f"${{terraform_data.r{item.store}.id}}{body['path'][1:]}"
        fields = "\n".join(f"    {key} = {_hcl(value)}" for key, value in body.items())
        blocks.append(f'resource "terraform_data" "r{item.number}" {{\n  input = {{\n{fields}\n  }}\n}}')
    return "\n".join(blocks) + "\n"


def _hcl(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {json.dumps(item)}" for key, item in value.items()) + " }"
    return json.dumps(value)


def terraform_state(count: int) -> str:
    """The state that an apply would leave: applying 10,000 with local state takes Terraform an hour."""
    ids = [str(uuid.UUID(int=number + 1)) for number in range(count)]
    resources = []
    for item in items(count):
        body = dict(item.body)
        if item.store is not None:
            body["path"] = ids[item.store] + body["path"][1:]
        typed = {"value": _sorted(body), "type": _type_of(body)}
        instance: dict[str, Any] = {
            "schema_version": 0,
            "sensitive_attributes": [],
            "attributes": {"id": ids[item.number], "input": typed, "output": typed, "triggers_replace": None},
        }
        if item.store is not None:
            instance["dependencies"] = [f"terraform_data.r{item.store}"]
        resources.append(
            {
                "mode": "managed",
                "type": "terraform_data",
                "name": f"r{item.number}",
                "provider": 'provider["terraform.io/builtin/terraform"]',
                "instances": [instance],
            }
        )
    return json.dumps(
        {
            "version": 4,
            "terraform_version": "1.11.4",
            "serial": 1,
            "lineage": str(uuid.UUID(int=7)),
            "outputs": {},
            "resources": resources,
            "check_results": None,
        }
    )


def _sorted(value: Any) -> Any:
    return {key: _sorted(value[key]) for key in sorted(value)} if isinstance(value, dict) else value


def _type_of(value: Any) -> Any:
    if isinstance(value, dict):
        return ["object", {key: _type_of(value[key]) for key in sorted(value)}]
    return "number" if isinstance(value, int) else "string"


def write_project(folder: Path, count: int, *, changed: bool = False) -> None:
    """Write the spec into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.yaml").write_text(amlctl_spec(count, changed=changed))


def write_terraform(folder: Path, count: int, *, changed: bool = False) -> None:
    """Write the configuration into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf").write_text(terraform_configuration(count, changed=changed))
