"""Scalars in fields of text keep what is written, and nothing written is in drift for ever: in both workspaces."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from orchestrator.core.address import Address
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from tests.contract.kinds.life import Life
from tests.contract.kinds.test_life import CASES
from tests.contract.kinds.worlds import World

ANY = next(case for case in CASES if str(case) == "data-table")

SPELLINGS: Final = (
    "true", "True", "TRUE", "false", "'True'", "yes", "No", "on", "1", "1.0", "1e3", "1.10", "3.10", "-0", "+5", ".5", "010", "0x1F",
    "0o17", "1_000", "12:30:45", "2024-01-01", "2024-01-01T10:00:00Z", ".inf", ".NaN", "''", '"1.10"', "text", "'null'", "1e400",
)  # fmt: skip
NOTHING: Final = ("null", "~", "")


def text_of(written: str) -> str:
    """What a field of text has when this is written in YAML."""
    return written[1:-1] if written[:1] in "'\"" else written


def mapping(*, empty: bool = True) -> str:
    """All spellings under names of their own, as YAML."""
    names = [f"k{number}: {written}" for number, written in enumerate(SPELLINGS)]
    names += [f"n{number}: {written}" for number, written in enumerate(NOTHING)] if empty else []
    return "{" + ", ".join(names) + "}"


EXPECTED: Final = {f"k{number}": text_of(written) for number, written in enumerate(SPELLINGS)}


def spec(words: str, version: str) -> str:
    texts = mapping()
    return f"""
project: contract
tags: {{all: {words or "x"}}}
variables: {{v: {{default: {version}}}}}
data:
  table: {{type: uri_file, path: table.csv, version: {version}, description: {words}, tags: {texts}}}
environments:
  packages: {{image: example/i, version: {version}, description: {words}, tags: {texts}}}
models:
  weights: {{path: table.csv, version: "${{var.v}}", description: {words}, tags: {texts}, properties: {texts}}}
compute:
  cpu: {{type: amlcompute, size: Standard_DS3_v2, description: {words}, tags: {texts}}}
jobs:
  run:
    command: echo
    environment: azureml:packages@latest
    compute: azureml:cpu
    display_name: {words}
    description: {words}
    environment_variables: {texts}
    tags: {texts}
    inputs: {{a: 1.10, b: true, c: 1.0, d: "1.0", e: {{type: number, value: 1e3}}}}
online_endpoints:
  whole:
    auth_mode: key
    description: {words}
    tags: {texts}
    properties: {texts}
    deployments:
      blue:
        instance_type: Standard_DS3_v2
        instance_count: 1
        model: azureml:weights@latest
        environment: azureml:packages@latest
        code_configuration: {{code: serve, scoring_script: score.py}}
        description: {words}
        environment_variables: {texts}
        tags: {texts}
        properties: {texts}
"""


@pytest.mark.parametrize(("words", "version"), [("''", "1.10"), ("1.0", "1e3"), ("null", "0x1F"), ("True", "010")])
def test_every_spelling_is_kept_and_at_rest(world: World, tmp_path: Path, words: str, version: str) -> None:
    life = Life(ANY, world, tmp_path)
    (tmp_path / "table.csv").write_text("a\n1\n")
    (tmp_path / "serve").mkdir()
    (tmp_path / "serve" / "score.py").write_text("def init():\n    pass\n\n\ndef run(text):\n    return text\n")
    (tmp_path / "spec.yaml").write_text(spec(words, version))
    life.apply()
    found: dict[str, dict[str, Any]] = {str(observed.address): dict(observed.properties) for observed in life.live()}
    assert {address for address, body in found.items() if {**body["tags"], **EXPECTED} != body["tags"]} == set()
    with closing(RecordStore(WorkspacePaths(tmp_path / ".amlctl"))) as store:
        kept = [record for kind in ("jobs", "online_endpoints.deployments") for record in store.list(kind)]
    assert [record.body["environment_variables"] for record in kept] == [EXPECTED, EXPECTED]
    for address in ("data.table", "environments.packages", "models.weights"):
        (live,) = life.live(Address.parse(address))
        assert live.revision == version, address
