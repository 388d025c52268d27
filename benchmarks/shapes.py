"""Projects of any size: the same graph as an amlctl spec and as a Terraform configuration.

Groups of twelve resources with references inside the group, as a team's projects have them: two clusters, a datastore, an
environment, six tables and two models that lie in the datastore. None of them runs anything, so only the engine is measured.
"""

from __future__ import annotations

import json
from pathlib import Path

GROUP = 12


def amlctl_spec(count: int, *, changed: bool = False) -> str:
    """A spec of `count` resources; `changed` edits one of them."""
    sections: dict[str, list[str]] = {"compute": [], "datastores": [], "data": [], "environments": [], "models": []}
    for number in range(count):
        group, place = divmod(number, GROUP)
        edited = "2" if changed and number == 0 else "0"
        if place in (0, 11):
            body = f"{{type: amlcompute, size: Standard_DS3_v2, min_instances: {edited}, max_instances: 4, tags: {{group: g{group}}}}}"
            sections["compute"].append(f"  cpu-{group}-{place}: {body}")
        elif place == 1:
            body = f"{{type: azure_blob, account_name: account{group}, container_name: raw, description: raw files of group {group}}}"
            sections["datastores"].append(f"  store_{group}: {body}")
        elif place == 4:
            body = f"{{image: mcr.microsoft.com/azureml/minimal-py311:{group}, tags: {{group: g{group}}}}}"
            sections["environments"].append(f"  env-{group}: {body}")
        elif place in (9, 10):
            path = f"azureml://datastores/store_{group}/paths/models/{place}"
            sections["models"].append(
                f"  model-{group}-{place}: {{type: custom_model, path: '{path}', tags: {{group: g{group}}}}}"
            )
        else:
            path = f"azureml://datastores/store_{group}/paths/tables/{place}.csv"
            sections["data"].append(
                f"  table-{group}-{place}: {{type: uri_file, path: '{path}', tags: {{group: g{group}}}}}"
            )
    lines = ["project: bench"]
    for section, bodies in sections.items():
        lines += [f"{section}:", *bodies] if bodies else []
    return "\n".join(lines) + "\n"


def terraform_configuration(count: int, *, changed: bool = False) -> str:
    """The same graph with Terraform's built-in resource: no provider process, no network, its engine alone."""
    blocks = []
    for number in range(count):
        group, place = divmod(number, GROUP)
        fields = {"group": f"g{group}", "size": "Standard_DS3_v2", "edit": "2" if changed and number == 0 else "0"}
        lines = [f'resource "terraform_data" "r{number}" {{', "  input = {"]
        lines += [f"    {key} = {json.dumps(value)}" for key, value in fields.items()]
        if place not in (0, 1, 4, 11) and number >= 2:
            lines.append(f"    store = terraform_data.r{group * GROUP + 1}.id")
        blocks.append("\n".join([*lines, "  }", "}"]))
    return "\n".join(blocks) + "\n"


def write_project(folder: Path, count: int, *, changed: bool = False) -> None:
    """Write the spec into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.yaml").write_text(amlctl_spec(count, changed=changed))


def write_terraform(folder: Path, count: int, *, changed: bool = False) -> None:
    """Write the configuration into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "main.tf").write_text(terraform_configuration(count, changed=changed))
