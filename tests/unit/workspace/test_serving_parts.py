"""Weights, tables, traffic, keys, ports: the parts of serving that decide."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from orchestrator.core.errors import Denied, Invalid
from orchestrator.core.health import Health
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.processes.ports import free_port
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.serving.controller.deployment import Deployment
from orchestrator.workspace.serving.controller.release import ReleaseBuilder, release_of
from orchestrator.workspace.serving.controller.servers import Server
from orchestrator.workspace.serving.controller.traffic import decide_traffic
from orchestrator.workspace.serving.files import DeploymentFiles
from orchestrator.workspace.serving.keys import ensure_keys, regenerate
from orchestrator.workspace.serving.ports import port_of, scoring_uri
from orchestrator.workspace.serving.probing import Probe
from orchestrator.workspace.serving.router.balancing import Share, SmoothWeights
from orchestrator.workspace.serving.sockets import MAX_SOCKET_PATH, socket_path
from orchestrator.workspace.serving.table import DeploymentRoute, EndpointRoute, RoutingTable


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ((("blue", 100),), {"blue": 100}),
        ((("blue", 90), ("green", 10)), {"blue": 90, "green": 10}),
        ((("blue", 50), ("green", 30), ("red", 20)), {"blue": 50, "green": 30, "red": 20}),
        ((("blue", 0), ("green", 100)), {"green": 100}),
        ((("blue", 1), ("green", 99)), {"blue": 1, "green": 99}),
    ],
)
def test_a_hundred_picks_are_the_percentages(weights: tuple[tuple[str, int], ...], expected: dict[str, int]) -> None:
    choice = SmoothWeights(weights)
    for _ in range(3):
        assert Counter(choice.pick() for _ in range(100)) == expected


def test_picks_are_spread_not_bunched() -> None:
    choice = SmoothWeights((("blue", 75), ("green", 25)))
    picks = [choice.pick() for _ in range(40)]
    assert all(picks[start : start + 4].count("green") == 1 for start in range(0, 40, 4))


@pytest.mark.parametrize("weights", [(), (("blue", 0),)])
def test_no_weight_means_nobody(weights: tuple[tuple[str, int], ...]) -> None:
    assert SmoothWeights(weights).pick() is None


@pytest.mark.parametrize("percent", [0, 1, 10, 33, 50, 100])
def test_a_share_is_exact(percent: int) -> None:
    share = Share(percent)
    assert sum(share.take() for _ in range(100)) == percent


def test_a_routing_table_survives_its_file() -> None:
    blue = DeploymentRoute("blue", ("a.sock", "b.sock"), 2.5, 3, 4)
    endpoint = EndpointRoute("hf", 1234, ("00", "11"), (blue,), (("blue", 100),), (("green", 10),))
    table = RoutingTable("7", (endpoint,))
    assert RoutingTable.from_json(table.to_json()) == table


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"serial": "1", "endpoints": [{}]}', '{"serial": "1", "endpoints": 3}']
)
def test_a_damaged_table_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        RoutingTable.from_json(text)


BEFORE = EndpointRoute("hf", 1, (), traffic=(("blue", 100),))


@pytest.mark.parametrize(
    ("body", "known", "ready", "traffic", "health", "why"),
    [
        ({"traffic": {"green": 100}}, ["green"], ["green"], (("green", 100),), Health.HEALTHY, "it can answer"),
        ({"traffic": {"green": 100}}, ["green"], [], (("blue", 100),), Health.PROGRESSING, "the old weights stay until it can"),
        ({"traffic": {"pink": 100}}, ["green"], ["green"], (("blue", 100),), Health.DEGRADED, "nobody of that name"),
        ({"traffic": {"green": 0}}, [], [], (), Health.HEALTHY, "a weight of zero asks for nobody"),
        ({}, [], [], (), Health.HEALTHY, "no traffic at all is a wish as well"),
        ({"mirror_traffic": {"green": 5}}, ["green"], [], (("blue", 100),), Health.PROGRESSING, "a mirror must answer too"),
    ],
)  # fmt: skip
def test_traffic(
    body: dict[str, Any],
    known: list[str],
    ready: list[str],
    traffic: tuple[tuple[str, int], ...],
    health: Health,
    why: str,
) -> None:
    decision = decide_traffic(body, known, ready, BEFORE)
    assert (decision.traffic, decision.serving_status.health) == (traffic, health), why


def test_without_traffic_before_callers_learn_at_once_who_will_answer() -> None:
    decision = decide_traffic({"traffic": {"green": 100}}, ["green"], [], None)
    assert (decision.traffic, decision.serving_status.health) == ((("green", 100),), Health.PROGRESSING)


def test_keys_are_made_once_and_changed_one_at_a_time(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path)
    keys = ensure_keys(paths, "hf")
    assert keys.primary != keys.secondary
    assert ensure_keys(paths, "hf") == keys
    changed = regenerate(paths, "hf", "secondary")
    assert changed.primary == keys.primary
    assert changed.secondary != keys.secondary
    assert ensure_keys(paths, "hf") == changed
    assert keys.primary not in repr(keys) + "".join(keys.digests)
    assert (paths.endpoint("hf") / "keys.json").stat().st_mode & 0o777 == 0o600


def test_damaged_keys_are_an_error_not_new_keys(tmp_path: Path) -> None:
    paths = WorkspacePaths(tmp_path)
    ensure_keys(paths, "hf")
    (paths.endpoint("hf") / "keys.json").write_text("{")
    with pytest.raises(Invalid) as error:
        ensure_keys(paths, "hf")
    assert "keys.json" in error.value.fix


def test_a_port_is_read_back_from_the_address() -> None:
    port = free_port()
    record = Record("online_endpoints", "online_endpoints.hf", attributes={"scoring_uri": scoring_uri(port)})
    assert port_of(record) == port
    assert port_of(Record("online_endpoints", "online_endpoints.hf")) is None


def test_a_socket_stays_in_its_folder_if_the_path_is_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert socket_path(Path("/a"), "x.sock") == Path("/a/x.sock")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    deep = Path("/" + "d" * MAX_SOCKET_PATH)
    short = socket_path(deep, "x.sock")
    assert short.parent.parent == tmp_path
    assert short == socket_path(deep, "x.sock") != socket_path(deep / "e", "x.sock")
    assert short.parent.stat().st_mode & 0o077 == 0
    short.parent.chmod(0o777)
    with pytest.raises(Denied):
        socket_path(deep, "x.sock")


def test_probes_fall_back_to_the_services_defaults() -> None:
    body = {"readiness_probe": {"initial_delay": 1, "period": 2, "failure_threshold": 3, "path": "/ready"}}
    probe = Probe.of(body, "startup_probe", "readiness_probe")
    assert (probe.path, probe.patience_s, probe.timeout_s) == ("/ready", 7.0, 2.0)
    assert Probe.of(body, "liveness_probe") == Probe()


@pytest.mark.parametrize(
    ("change", "new", "why"),
    [
        ({"tags": {"a": "b"}}, False, "labels"),
        ({"instance_count": 3}, False, "more of the same"),
        ({"request_settings": {"request_timeout_ms": 1}}, False, "the router's business"),
        ({"model": "azureml:m:2"}, True, "another model"),
        ({"environment_variables": {"A": "1"}}, True, "another process environment"),
        ({"environment_variables": {"A": {"$secret": "A", "digest": "x"}}}, True, "another secret"),
        ({"code_configuration": {"code": "content://b", "scoring_script": "s.py"}}, True, "other code"),
    ],
)
def test_what_needs_new_servers(change: dict[str, Any], new: bool, why: str) -> None:
    body = {"model": "azureml:m:1", "code_configuration": {"code": "content://a", "scoring_script": "s.py"}}
    before = release_of(Record("d", "d.x", body=json.loads(json.dumps(body))))
    assert (release_of(Record("d", "d.x", body={**body, **change})) != before) == new, why


def test_servers_of_the_place_a_workspace_was_moved_from_are_not_taken_over(tmp_path: Path) -> None:
    before, after = WorkspacePaths(tmp_path / "before"), WorkspacePaths(tmp_path / "after")
    before.create()
    files = DeploymentFiles(before, "hf", "blue")
    files.create()
    server = Server(files.folder / "a.sock", files.folder / "a.server.json", served=True)
    files.state.write_text(json.dumps({"release": "r1", "servers": [server.to_dict()], "strays": []}))
    assert kept_servers(before) == ["a.sock"]
    (tmp_path / "before").rename(tmp_path / "after")
    assert kept_servers(after) == [], "new ones are started here"


def kept_servers(paths: WorkspacePaths) -> list[str]:
    """Names of the sockets that a deployment takes over when its supervisor starts."""
    builder = ReleaseBuilder.__new__(ReleaseBuilder)  # nothing is built here
    current = Deployment(paths, "hf", "blue", builder)._current
    return [server.socket.name for server in current.servers] if current is not None else []
