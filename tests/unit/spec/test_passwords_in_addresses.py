"""A password in an address is a secret wherever a body has text: never in state, plans or records in plain text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.core.concealed import concealed, shown
from orchestrator.core.fields import FieldNode, root_node
from orchestrator.core.project import LoadOptions
from orchestrator.core.tree import value_at
from orchestrator.core.value import Template, opened, plain
from orchestrator.kinds import discover
from orchestrator.spec.load import load
from tests.unit.core.test_url_secrets import CANARY, HARMLESS, PLACES

SPEC: Mapping[str, Any] = {
    "project": "pass",
    "tags": {"from": "URL"},
    "variables": {"at": {"default": "URL"}},
    "data": {"d": {"type": "uri_file", "path": "URL", "description": "see URL", "tags": {"a": "URL"}}},
    "models": {"m": {"path": "${var.at}", "properties": {"a": "URL"}}},
    "datastores": {"s": {"type": "azure_blob", "account_name": "abc", "container_name": "c", "description": "URL"}},
    "environments": {
        "built": {"build": {"path": "URL"}},
        "conda": {"image": "i", "conda_file": {"dependencies": ["python=3.11", {"pip": ["URL", "--index-url URL"]}]}},
    },
    "jobs": {
        "j": {
            "command": "curl 'URL' && wget URL",
            "code": "git+URL",
            "environment": {"image": "URL"},
            "environment_variables": {"A": "URL", "B": "${var.at}&x=1", "C": "${data.d.name} URL"},
            "inputs": {"i": {"type": "uri_file", "path": "URL"}, "s": "URL"},
            "tags": {"a": "${var.at}"},
        }
    },
    "online_endpoints": {
        "here": {
            "description": "URL",
            "deployments": {
                "blue": {
                    "model": {"path": "URL"},
                    "environment": {"build": {"path": "URL"}},
                    "instance_type": "S",
                    "environment_variables": {"A": "URL"},
                }
            },
        }
    },
}
"""Texts of every sort: addresses, commands, variables, labels, whole values and parts, in lists and in what is written inline."""

URLS = [place.replace("{}", CANARY) for place in PLACES if place.startswith("https://") and " " not in place]
CONNECTION = f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={CANARY};EndpointSuffix=core.windows.net"


def written(tree: Any, url: str) -> Any:
    if isinstance(tree, Mapping):
        return {name: written(item, url) for name, item in tree.items()}
    if isinstance(tree, list):
        return [written(item, url) for item in tree]
    return tree.replace("URL", url)


@pytest.mark.parametrize("url", URLS)
def test_no_body_keeps_it_in_plain_text(tmp_path: Path, url: str) -> None:
    file = tmp_path / "spec.yaml"
    file.write_text(yaml.safe_dump(written(SPEC, url), sort_keys=False))
    project = load([file], LoadOptions(files=False), discover())
    assert len(project.resources) == 8
    for desired in project.resources.values():
        kept = json.dumps(plain(desired.properties, "key"))
        assert CANARY not in kept
        assert "digest" in kept, f"{desired.address} has it as a secret"
        if not desired.references:
            assert url in json.dumps(plain(opened(desired.properties)), ensure_ascii=False), "who needs it has it whole"


def texts(node: FieldNode, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, child in (node.fields or {}).items():
        yield (*path, name)
        yield from texts(child, (*path, name))


@pytest.mark.parametrize("kind", sorted(discover()))
def test_every_field_of_every_kind(kind: str) -> None:
    known = discover()[kind]
    url = f"https://u:{CANARY}@example.org"
    for variant in known.variants:
        for path in texts(root_node(known, variant)):
            body: Any = url
            for name in reversed(path):
                body = {name: body}
            assert isinstance(value_at(concealed(body), path), Template)


@pytest.mark.parametrize("place", [*PLACES, f"a;{CONNECTION}", "DefaultEndpointsProtocol=https;AccountKey={}"])
def test_each_form_becomes_a_secret_and_comes_back_whole(place: str) -> None:
    text = place.replace("{}", CANARY)
    hidden = concealed({"a": [text]})
    assert CANARY not in str(hidden)
    assert CANARY not in json.dumps(plain(hidden, "key"))
    assert opened(hidden) == {"a": [text]}
    assert CANARY not in str(shown({"a": [text]}))


@pytest.mark.parametrize(
    "text",
    [
        *HARMLESS,
        "git clone https://x:$TOKEN@h/r",
        "https://h/?sig=${{inputs.sig}}",
        "curl https://u:${PW}@h",
        "https://u:<pw>@h",
    ],
)
def test_other_texts_stay_texts(text: str) -> None:
    tree = {"a": [text]}
    assert concealed(tree) is tree
    assert shown(tree) is tree


def test_a_short_password_is_no_word_that_is_hidden_everywhere() -> None:
    hidden = concealed("https://h/?a=1&key=1 and https://u:pw@h")
    secrets = [part for part in hidden.parts if not isinstance(part, str)]
    assert [secret.reveal() for secret in secrets] == ["&key=1", "https://u:pw"]


def test_another_password_is_a_change() -> None:
    first, second = (plain(concealed(f"https://h/?sig={CANARY}{end}"), "key") for end in "ab")
    assert first != second
    assert first == plain(concealed(f"https://h/?sig={CANARY}a"), "key")
