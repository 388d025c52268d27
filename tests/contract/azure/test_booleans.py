"""Booleans are taken, and refused, in the spellings that azure-ai-ml's own loader takes: in every boolean field of every kind."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import pytest
import yaml

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.kind import Identity
from orchestrator.core.project import LoadOptions
from orchestrator.core.tree import value_at
from orchestrator.kinds import discover
from orchestrator.spec.forms import FALSE, TRUE
from orchestrator.spec.load import load
from orchestrator.spec.scalars import plain_scalar
from tests.contract.azure.test_loader_agrees import Path_, _options, fields_of, loader_schema, put, variants
from tests.unit.kinds.cases import Case

pytest.importorskip("azure.ai.ml")

WORDS: Final = sorted(TRUE | FALSE)
SPELLINGS: Final = (
    *WORDS, *(f"'{word}'" for word in WORDS),
    "tRuE", "yES", "oN", "'oFF'", "'fALSE'", "enabled", "''", "' true'", "'yes '", "true!", "'null'",
    "1.0", "0.0", "+1", "-0", "-1", "2", "0.5", "'1.0'", "'01'", "'-0'", "0x1", "0x0", "1e0", "1.0e0", "0o1", ".inf", ".nan",
    "[true]", "{a: true}", "[]", "!!bool true", "!!str true", "!!str yes", "!!int 1", "2024-01-01",
)  # fmt: skip
PLACE: Final = "PUT-IT-HERE"
"""Takes the place of the spelling while the document is made."""
UNREAD: Final = {
    ("compute", ("scale_settings", "auto_scale_enabled")),
    ("compute", ("auto_pause_settings", "auto_pause_enabled")),
    *(
        (kind, ("managed_network", "outbound_rules", 0, "destination", "spark_enabled"))
        for kind in ("workspaces", "feature_stores")
    ),
}
"""What the loader only writes (facts about a Spark pool), and what it keeps elsewhere in its entity (destinations of rules)."""


def boolean_fields() -> Iterator[tuple[Case, str, Path_]]:
    """Each boolean field of each kind once, and its path; in a list, its first item."""
    seen = set(UNREAD)
    for case, variant in variants():
        for path, annotation in fields_of(discover()[case.kind].variants[variant]):
            if case.kind == "jobs" and path[0] == "component":
                continue  # stands in place of the steps that the case has; components have cases of their own
            options = _options(annotation)
            listed = any(bool in _options(get_args(option)[0]) for option in options if get_origin(option) is list)
            is_text = str in options or path[0] == "data_collector"  # whose switch is a text: see below
            if (case.kind, path) not in seen and (listed or (bool in options and not is_text)):
                seen.add((case.kind, path))
                yield case, variant, (*path, 0) if listed else path


FIELDS: Final = list(boolean_fields())


def document(case: Case, variant: str, path: Path_, spelling: str) -> str:
    body = json.loads(json.dumps(case.minimal))
    if variant.startswith(("automl.image_", "automl.text_")):
        body["task"] = variant.removeprefix("automl.")
    listed = path[-1] == 0
    put(body, path[:-1] if listed else path, [PLACE] if listed else PLACE, discover()[case.kind].variants[variant])
    return yaml.safe_dump(body, sort_keys=False).replace(PLACE, spelling)


def as_azure(case: Case, variant: str, path: Path_, text: str, folder: Path) -> Any:
    """What azure-ai-ml reads; a text if it refuses the document."""
    from azure.ai.ml._utils.utils import load_yaml

    prefix = "online_endpoints.deployments" if case.kind.endswith(".deployments") else case.kind
    version = {"version": "1"} if discover()[case.kind].identity is Identity.VERSIONED else {}
    body = {"name": "thing", **version, **load_yaml(io.StringIO(text))}
    if prefix != case.kind or prefix.endswith(".deployments"):
        body["endpoint_name"] = "whole"
    try:
        found = loader_schema(f"{prefix}.{variant}", str(folder)).load(body)
    except Exception as failure:  # its reader raises many things
        return f"{type(failure).__name__}: {failure}"[:200]
    for part in path:  # of mappings and of entities alike
        found = found[part] if isinstance(found, dict | list) else getattr(found, str(part), None)
    return found


def as_we(case: Case, path: Path_, text: str, folder: Path) -> Any:
    """What we read; a text if we refuse the document."""
    whole = case.text({PLACE: None})
    [line] = [line for line in whole.splitlines() if PLACE in line]
    indent = line[: len(line) - len(line.lstrip())]
    whole = whole.replace(line, "\n".join(indent + inner for inner in text.splitlines()))
    (folder / "spec.yaml").write_text(f"project: demo\nsecrets: {{key: {{env: KEY}}}}\n{whole}")
    try:
        made = load([folder / "spec.yaml"], LoadOptions(files=False), discover())
    except SpecError as failure:
        return "; ".join(f"{found.code}: {found.detail}" for found in failure.diagnostics)
    return value_at(made.resources[Address.parse(case.address)].properties, path)


def test_the_words_are_the_loaders() -> None:
    from marshmallow.fields import Boolean

    assert {str(value) for value in Boolean.truthy} == TRUE
    assert {str(value) for value in Boolean.falsy} == FALSE


@pytest.mark.filterwarnings("ignore")
def test_every_field_is_read_as_the_loader_reads_it(tmp_path: Path) -> None:
    """Each field meets some of the spellings, and each spelling some of the fields."""
    assert len(FIELDS) > 30
    differences = []
    for case, *_ in FIELDS:
        case.write(tmp_path)
    for number, (case, variant, path) in enumerate(FIELDS):
        for spelling in SPELLINGS[number % 11 :: 11]:
            text = document(case, variant, path, spelling)
            theirs, ours = as_azure(case, variant, path, text, tmp_path), as_we(case, path, text, tmp_path)
            refused = isinstance(theirs, str)
            if (refused, theirs if not refused else "") != (isinstance(ours, str), ours if not refused else ""):
                differences.append((case.kind, variant, path, spelling, theirs, ours))
    assert differences == []


COLLECTOR: Final = ("data_collector", "collections", "one", "enabled")


@pytest.mark.filterwarnings("ignore")
def test_a_collectors_switch_is_a_text_for_the_loader_and_may_be_a_boolean_here(tmp_path: Path) -> None:
    case, variant = next((case, variant) for case, variant in variants() if case.kind == "online_endpoints.deployments")
    case.write(tmp_path)
    for spelling in SPELLINGS:
        text = document(case, variant, COLLECTOR, spelling)
        refused = isinstance(as_azure(case, variant, COLLECTOR[:1], text, tmp_path), str)
        ours = str(as_we(case, COLLECTOR, text, tmp_path)).lower()
        boolean = isinstance(plain_scalar(spelling.removeprefix("!!bool ")), bool)
        assert (ours in ("true", "false")) is (boolean or not refused), spelling
