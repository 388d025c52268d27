"""Endpoints with real processes: answers, switches, updates, crashes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket as socket_module
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.core.health import Health
from orchestrator.workspace.processes.process import identity_of
from orchestrator.workspace.records.record import UNSERVED
from orchestrator.workspace.serving import worker
from orchestrator.workspace.serving.keys import regenerate
from orchestrator.workspace.serving.numbers import endpoint_counters
from orchestrator.workspace.serving.probing import answers
from tests.e2e.serving import DEPLOYMENTS, ENDPOINTS, Load, Serving, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    project = Serving(tmp_path)
    stop = project.start()
    yield project
    stop()
    assert [pid for pid in pids_of(project) if identity_of(pid)] == []
    project.store.close()


def pids_of(serving: Serving) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if str(serving.paths.root).encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def blue_green(serving: Serving, blue: int = 100, green: int = 0) -> None:
    serving.endpoint()
    serving.deploy("blue")
    serving.deploy("green")
    serving.traffic(blue=blue, green=green)
    serving.wait(serving.settled)


def test_an_endpoint_answers_with_its_key_and_names_the_deployment(serving: Serving) -> None:
    blue_green(serving)
    answer = serving.ask()
    assert (answer.status, answer.body["name"]) == (200, "blue")
    assert answer.headers["azureml-model-deployment"] == "blue"
    assert answer.headers["x-ms-request-id"]
    assert serving.ask(azureml_model_deployment="green").body["name"] == "green"
    assert serving.ask(azureml_model_deployment="pink").status == 404
    assert serving.ask(Authorization="Bearer wrong").status == 401
    failed = serving.ask({"fail": True})
    assert failed.status == 500
    assert "Check the logs" in failed.body["message"]
    assert "Traceback" not in str(failed.body)
    log = serving.paths.endpoint("hf") / "deployments" / "blue" / "deployment.log"
    assert "Traceback" in log.read_text()
    assert "no such patient" in log.read_text(), "for the log only, as on Azure"


def test_keys_are_for_the_owner_only_and_can_be_changed(serving: Serving) -> None:
    blue_green(serving)
    assert (serving.paths.endpoint("hf") / "keys.json").stat().st_mode & 0o077 == 0
    old = serving.key()
    assert serving.ask(Authorization=f"Bearer {serving.key('secondary')}").status == 200
    regenerate(serving.paths, "hf", "primary")
    serving.wait(lambda: serving.ask(Authorization=f"Bearer {old}").status == 401)
    assert serving.ask().status == 200


def test_all_traffic_moves_under_load_and_back_and_no_request_fails(serving: Serving) -> None:
    blue_green(serving)
    with Load(serving) as one, Load(serving) as two:
        for shares in ({"blue": 0, "green": 100}, {"blue": 100, "green": 0}, {"blue": 0, "green": 100}):
            before = len(one.answers)
            serving.traffic(**shares)
            serving.wait(serving.settled)
            serving.wait(lambda before=before: len(one.answers) > before + 20)
    assert one.failures + two.failures == []
    assert {name for _, name in one.answers} == {"blue", "green"}
    assert one.answers[-1] == (200, "green")


def test_weights_are_kept_exactly(serving: Serving) -> None:
    blue_green(serving, 80, 20)
    counted = Counter(serving.ask().body["name"] for _ in range(100))
    assert counted == {"blue": 80, "green": 20}


def test_mirrored_requests_reach_the_other_deployment_and_change_no_answer(serving: Serving, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.touch()
    serving.endpoint()
    serving.deploy("blue", environment_variables={"MARKS": os.devnull})
    serving.deploy("green", environment_variables={"MARKS": str(marks)})
    serving.traffic(blue=100, mirror={"green": 50})
    serving.wait(serving.settled)
    names = {serving.ask({"mark": 1}).body["name"] for _ in range(20)}
    assert names == {"blue"}
    serving.wait(lambda: len(marks.read_text().split()) == 10)


def test_a_new_release_replaces_the_old_one_under_load_without_a_failed_request(serving: Serving) -> None:
    blue_green(serving)
    (before,) = serving.pids("blue")
    with Load(serving) as one, Load(serving) as two:
        serving.wait(lambda: len(one.answers) > 10)
        serving.deploy("blue", environment_variables={"GREETING": "new"})
        serving.wait(serving.settled)
        serving.wait(lambda: identity_of(before) is None)
    assert one.failures + two.failures == []
    assert serving.ask().body["mark"] == "new"


def test_a_release_that_fails_leaves_the_old_one_in_force(serving: Serving) -> None:
    blue_green(serving)
    serving.deploy("blue", {"broken": True})
    serving.wait(lambda: serving.record("hf.deployments.blue").health is Health.DEGRADED)
    first, line, *_ = serving.record("hf.deployments.blue").message.splitlines()
    assert first == "RuntimeError: the model is broken"
    assert line.strip() == 'score.py, line 9, in init: raise RuntimeError("the model is broken")'
    log = (serving.paths.endpoint("hf") / "deployments" / "blue" / "deployment.log").read_text()
    assert "Traceback" in log
    assert serving.ask().body["name"] == "blue"
    serving.deploy("blue", environment_variables={"GREETING": "repaired"})
    serving.wait(serving.settled)
    assert serving.ask().body["mark"] == "repaired"


def test_labels_and_settings_change_without_new_processes(serving: Serving) -> None:
    blue_green(serving)
    before = serving.pids("blue")
    body = {**serving.record("hf.deployments.blue").body, "tags": {"a": "b"}, "instance_count": 2}
    body["request_settings"] = {"request_timeout_ms": 300}
    serving.write(
        serving.record("hf.deployments.blue").__class__(DEPLOYMENTS, f"{ENDPOINTS}.hf.deployments.blue", body=body)
    )
    serving.wait(lambda: serving.settled() and len(serving.pids("blue")) == 2)
    assert set(before) < set(serving.pids("blue"))
    assert {serving.ask().body["pid"] for _ in range(6)} == set(serving.pids("blue"))
    assert serving.ask({"sleep": 2}).status == 408


def test_a_scoring_server_killed_under_load_comes_back(serving: Serving) -> None:
    blue_green(serving)
    (victim,) = serving.pids("blue")
    with Load(serving) as load:
        serving.wait(lambda: len(load.answers) > 10)
        os.kill(victim, signal.SIGKILL)
        serving.wait(lambda: serving.pids("blue") and victim not in serving.pids("blue") and serving.settled())
        after = len(load.answers)
        serving.wait(lambda: len(load.answers) > after + 20)
    # The request that the server held when it died may be lost; those after it wait for the next server.
    assert len(load.failures) <= 1
    assert load.answers[-1] == (200, "blue")


def test_the_router_killed_under_load_comes_back_at_the_same_address(serving: Serving) -> None:
    blue_green(serving)
    uri, victim = serving.record("hf").attributes["scoring_uri"], serving.router_pid()
    os.kill(victim, signal.SIGKILL)
    serving.wait(lambda: serving.router_pid() != victim)
    serving.wait(serving.answers)
    assert serving.record("hf").attributes["scoring_uri"] == uri


def test_endpoints_answer_while_nobody_manages_them_and_are_taken_over_afterwards(tmp_path: Path) -> None:
    serving = Serving(tmp_path)
    stop = serving.start(down=False)
    blue_green(serving)
    processes = [*serving.pids("blue"), serving.router_pid()]
    with Load(serving) as load:
        stop()
        before = len(load.answers)
        serving.wait(lambda: len(load.answers) > before + 20)
        stop = serving.start()
        serving.wait(serving.settled)
        serving.traffic(blue=0, green=100)
        serving.wait(serving.settled)
        after = len(load.answers)
        serving.wait(lambda: len(load.answers) > after + 20)
    assert load.failures == []
    assert [*serving.pids("blue"), serving.router_pid()] == processes
    stop()
    serving.store.close()


def test_until_a_server_is_up_callers_are_told_to_come_back(serving: Serving) -> None:
    serving.endpoint()
    serving.wait(serving.settled)
    serving.deploy("blue", {"slow": 1})
    serving.traffic(blue=100)
    serving.wait(lambda: serving.record("hf").attributes.get(UNSERVED))
    assert serving.record("hf").attributes[UNSERVED]["message"] == "no scoring server of blue answers yet"
    answer = serving.ask()
    assert (answer.status, answer.body["error"]["code"], answer.headers["retry-after"]) == (503, "NotReady", "2")
    serving.wait(serving.settled)
    serving.wait(lambda: UNSERVED not in serving.record("hf").attributes)
    assert serving.ask().status == 200


def test_after_a_restart_requests_wait_for_their_server_and_the_endpoint_is_not_healthy_before(tmp_path: Path) -> None:
    serving = Serving(tmp_path)
    stop = serving.start()
    try:
        blue_green(serving)
        stop()
        assert serving.record("hf").health is Health.SUSPENDED
        stop = serving.start()
        serving.wait(lambda: serving.record("hf").attributes.get(UNSERVED))
        assert serving.ask().status == 200
        serving.wait(lambda: serving.settled() and UNSERVED not in serving.record("hf").attributes)
    finally:
        stop()
        serving.store.close()


def test_an_update_that_was_left_half_way_is_finished_by_the_next_manager(tmp_path: Path) -> None:
    serving = Serving(tmp_path)
    stop = serving.start(down=False)
    blue_green(serving)
    old = serving.pids("blue")
    serving.deploy("blue", {"slow": 1}, environment_variables={"GREETING": "new"})
    serving.wait(lambda: serving.record("hf.deployments.blue").phase == "updating")
    stop()
    half_way = set(pids_of(serving))
    stop = serving.start()
    serving.wait(serving.settled)
    assert serving.ask().body["mark"] == "new"
    wanted = {*serving.pids("blue"), *serving.pids("green"), serving.router_pid()}
    serving.wait(lambda: set(pids_of(serving)) == wanted)
    assert len(half_way - wanted) == 2, "the old server, and the one that was half ready"
    assert not set(old) & wanted
    stop()
    assert pids_of(serving) == []
    serving.store.close()


def test_what_was_answered_can_be_read(serving: Serving) -> None:
    blue_green(serving)
    for body in ({}, {}, {"fail": True}):
        serving.ask(body)
    blue = endpoint_counters(serving.paths)["hf"]["blue"]
    assert (blue["requests"], blue["errors"], sum(blue["latency_ms"].values())) == (3, 1, 3)
    os.kill(serving.router_pid(), signal.SIGSTOP)
    try:
        assert endpoint_counters(serving.paths, timeout_s=0.1) == {}, "a router that does not answer has no numbers"
    finally:
        os.kill(serving.router_pid(), signal.SIGCONT)


def test_what_is_deleted_stops_and_leaves_nothing(serving: Serving) -> None:
    blue_green(serving)
    (victim,) = serving.pids("green")
    serving.store.mark_deleting(serving.record("hf.deployments.green").key)
    serving.wait(lambda: serving.store.get(DEPLOYMENTS, f"{ENDPOINTS}.hf.deployments.green") is None)
    assert identity_of(victim) is None
    assert serving.ask().body["name"] == "blue"
    serving.store.mark_deleting(serving.record("hf").key)
    serving.wait(lambda: serving.store.list() == [])
    assert not serving.paths.endpoint("hf").exists()


def test_traffic_to_a_deployment_that_does_not_exist_is_not_put_in_force(serving: Serving) -> None:
    blue_green(serving)
    serving.traffic(blue=0, pink=100)
    serving.wait(lambda: serving.record("hf.traffic").health is Health.DEGRADED)
    assert "pink" in serving.record("hf.traffic").message
    assert serving.ask().body["name"] == "blue"


def test_a_request_that_kills_its_server_is_answered_and_not_tried_again_and_again(serving: Serving) -> None:
    blue_green(serving)
    serving.deploy("blue", code_configuration={"code": str(deadly(serving)), "scoring_script": "score.py"})
    serving.wait(serving.settled)
    assert serving.ask({"die": True}).status == 502
    assert (serving.ask().status, serving.ask().body["name"]) == (200, "blue")


def test_a_server_whose_model_hangs_is_replaced_and_one_that_ends_by_itself_goes_on(serving: Serving) -> None:
    serving.endpoint()
    probe = {"period": 0.2, "timeout": 1, "failure_threshold": 3, "initial_delay": 0}
    serving.deploy("blue", request_settings={"request_timeout_ms": 500}, liveness_probe=probe)
    serving.traffic(blue=100)
    serving.wait(serving.settled)
    (victim,) = serving.pids("blue")
    assert serving.ask({"exit": 3}).status == 500
    assert serving.ask().body["pid"] == victim
    assert serving.ask({"sleep": 3600}).status == 408
    serving.wait(lambda: serving.pids("blue") not in ([], [victim]) and serving.settled())
    assert serving.ask().body["pid"] != victim
    log = serving.paths.endpoint("hf") / "deployments" / "blue" / "deployment.log"
    assert "SystemExit: 3" in log.read_text()


def deadly(serving: Serving) -> Path:
    folder = serving.folder / "deadly"
    folder.mkdir()
    text = (serving.code / "score.py").read_text()
    (folder / "score.py").write_text(
        text.replace(
            '    if request.get("fail")', '    if request.get("die"):\n        os._exit(9)\n    if request.get("fail")'
        )
    )
    return folder


def test_a_server_that_keeps_ending_counts_as_broken_and_says_how(serving: Serving) -> None:
    blue_green(serving)
    folder = next((serving.paths.endpoint("hf") / "deployments" / "blue" / "releases").iterdir())
    (folder / "code" / "score.py").write_text("raise SystemExit('gone wrong')\n")
    os.kill(serving.pids("blue")[0], signal.SIGKILL)
    serving.wait(lambda: serving.record("hf.deployments.blue").health is Health.DEGRADED)
    assert "times in a row" in serving.record("hf.deployments.blue").message
    (folder / "code" / "score.py").write_text((serving.code / "score.py").read_text())
    serving.wait(serving.settled)
    assert serving.ask().body["name"] == "blue"


def test_what_a_body_lacks_is_told_and_can_be_repaired(serving: Serving) -> None:
    serving.endpoint()
    serving.deploy("blue", code_configuration={"code": str(serving.code), "scoring_script": "absent.py"})
    serving.wait(lambda: serving.record("hf.deployments.blue").health is Health.DEGRADED)
    assert "absent.py" in serving.record("hf.deployments.blue").message
    assert serving.pids("blue") == []
    serving.deploy("blue", code_configuration=None)
    serving.wait(lambda: "scoring script" in serving.record("hf.deployments.blue").message)
    serving.deploy("blue")
    serving.wait(serving.settled)
    assert serving.ask(azureml_model_deployment="blue").status == 200


def test_the_server_needs_nothing_but_python(tmp_path: Path) -> None:
    (tmp_path / "score.py").write_text("import sys\ndef init(): pass\ndef run(raw):\n    return sorted(sys.modules)\n")
    config = tmp_path / "config.json"
    socket = tmp_path / "s"
    content = {"socket": str(socket), "deployment": "blue", "script": str(tmp_path / "score.py"), "model": None}
    config.write_text(json.dumps(content))
    process = subprocess.Popen([sys.executable, "-I", "-S", worker.__file__, str(config)], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: asyncio.run(answers(str(socket), "/", 1.0)))
        with closing(socket_module.socket(socket_module.AF_UNIX)) as connection:
            connection.connect(str(socket))
            connection.sendall(b"POST /score HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        modules = {name.split(".")[0] for name in json.loads(answer.partition(b"\r\n\r\n")[2])}
        assert not modules & {"orchestrator", "uvloop", "httptools", "aiohttp"}
        config.unlink()
        assert process.wait(10) == 0, "a server whose configuration is gone ends by itself"
    finally:
        process.kill()
        process.wait()


def test_an_mlflow_model_is_served_without_code(serving: Serving) -> None:
    folder = serving.folder / "mlflow-model"
    script = (
        "import sys, numpy, mlflow.sklearn\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "import pandas\n"
        "table = pandas.DataFrame({'a': [0.0, 1.0, 2.0, 3.0], 'b': [1.0, 1.0, 0.0, 0.0]})\n"
        "model = LogisticRegression().fit(table, [0, 0, 1, 1])\n"
        "mlflow.sklearn.save_model(model, sys.argv[1], pip_requirements=[], serialization_format='cloudpickle')\n"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=True, capture_output=True)
    serving.endpoint()
    serving.deploy("blue", model={"path": str(folder), "type": "mlflow_model"}, code_configuration=None)
    serving.traffic(blue=100)
    serving.wait(serving.settled, 60)
    answer = serving.ask({"input_data": {"columns": ["a", "b"], "index": [0, 1], "data": [[0, 1], [3, 0]]}})
    assert (answer.status, answer.body) == (200, [0, 1])
    assert serving.ask({"data": []}).status == 400
