"""Places keep where a state is, and no secret."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.boundary import Boundary
from orchestrator.core.project import LoadOptions
from orchestrator.core.value import Secret, Template
from orchestrator.reconcile.places import Place, PlacesFile
from orchestrator.spec.secrets import read_again

CANARY = "canary-4711"


def recalling(options: LoadOptions) -> Any:
    return lambda project, name, origin: read_again(name, origin, options)


def choice(**settings: Any) -> Place:
    return Place("heart", "prod", "azure", {"workspace_name": "w", **settings})


def secret(*origin: str) -> Secret:
    return Secret("sp", CANARY, origin)


@pytest.mark.parametrize("where", ["credential", "state", "template", "list"])
@pytest.mark.parametrize("kind", ["env", "file"])
def test_a_secret_is_kept_as_its_place_and_read_again(tmp_path: Path, kind: str, where: str) -> None:
    (tmp_path / "token").write_text(f"{CANARY}\n")
    known = secret("env", "TOKEN") if kind == "env" else secret("file", str(tmp_path / "token"))
    settings: Mapping[str, Any] = {
        "credential": {"credential": {"client_secret": {"tenant_id": "t", "client_secret": known}}},
        "state": {"state": {"container_url": known}},
        "template": {"state": {"container_url": Template(("https://a.example/c?", known))}},
        "list": {"more": [{"deep": [known]}]},
    }[where]
    places = {"heart": choice(**settings), "plain": choice()}
    file = PlacesFile(tmp_path / "loop" / "places.json")
    file.write(places)
    text = (tmp_path / "loop" / "places.json").read_text()
    assert CANARY not in text
    assert stat.S_IMODE((tmp_path / "loop" / "places.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "loop").stat().st_mode) == 0o700
    options = LoadOptions(environ={"TOKEN": CANARY})
    assert file.read(recalling(options)) == places, "the second run reaches what the first one reached"


def test_what_cannot_be_read_again_keeps_its_own_project_out_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(CANARY)
    file = PlacesFile(tmp_path / "places.json")
    places = {
        "lost": choice(credential={"client_secret": {"client_secret": secret("env", "GONE")}}),
        "outside": choice(credential={"client_secret": {"client_secret": secret("file", str(tmp_path / "token"))}}),
        "nowhere": choice(credential={"client_secret": {"client_secret": secret()}}),
        "plain": choice(),
    }
    file.write(places)
    text = (tmp_path / "places.json").read_text()
    assert CANARY not in text
    assert "nowhere" not in text
    options = LoadOptions(boundary=Boundary((tmp_path / "inside",)))
    assert file.read(recalling(options)) == {"plain": choice()}


def test_a_rotated_secret_is_the_new_one_after_a_restart(tmp_path: Path) -> None:
    file = PlacesFile(tmp_path / "places.json")
    file.write({"heart": choice(credential={"client_secret": {"client_secret": secret("env", "TOKEN")}})})
    (found,) = file.read(recalling(LoadOptions(environ={"TOKEN": "rotated"}))).values()
    assert found.settings["credential"]["client_secret"]["client_secret"].reveal() == "rotated"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"a": 1}', '{"a": {"project": "p"}}', '{"a": {"settings": {"$secret": []}}}', "[" * 100_000],
)
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "places.json").write_text(text)
    assert PlacesFile(tmp_path / "places.json").read(recalling(LoadOptions())) == {}


def test_the_file_of_an_older_version_that_held_secrets_is_removed(tmp_path: Path) -> None:
    taken_apart = {"client_secret": {"client_secret": {"name": "sp", "reveal_": CANARY}}}
    old = {"project": "heart", "target": "", "kind": "azure", "settings": {"credential": taken_apart}}
    path = tmp_path / "places.json"
    path.write_text(json.dumps({"heart": old}))
    path.chmod(0o644)
    file = PlacesFile(path)
    assert file.read(recalling(LoadOptions())) == {}
    assert not path.exists()
