"""Traffic: weights, a switch under load, mirroring, a deployment that fails its tests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

from tests.e2e.project import Caller, Project
from tests.e2e.specs import two_colours

Make = Callable[[str], Project]
ENDPOINT = "online_endpoints.colours"


def test_all_traffic_moves_under_load_and_no_request_fails(projects: Make) -> None:
    project = two_colours(projects(""), 100, 0)
    project.apply()
    url, key = project.status()[ENDPOINT]["urls"]["scoring"], project.key("colours")
    callers = [Caller(url, key, b"{}") for _ in range(4)]
    for caller in callers:
        caller.start()
    two_colours(project, 0, 100)
    changes = project.plan()
    assert {address: change["action"] for address, change in changes.items()} == {f"{ENDPOINT}.traffic": "update"}
    project.apply()
    two_colours(project, 100, 0)
    project.apply()
    two_colours(project, 0, 100)
    project.apply()
    for caller in callers:
        caller.__exit__()
    assert [caller.failures for caller in callers] == [[], [], [], []]
    totals = [json.loads(body)["total"] for caller in callers for _, _, body in caller.answers]
    assert set(totals) == {1, 2}
    assert json.loads(Caller(url, key, b"{}").ask()[1])["total"] == 2


def test_weights_are_kept(projects: Make) -> None:
    project = two_colours(projects(""), 80, 20)
    project.apply()
    caller = Caller(project.status()[ENDPOINT]["urls"]["scoring"], project.key("colours"), b"{}")
    totals = Counter(json.loads(caller.ask()[1])["total"] for _ in range(300))
    # Four standard deviations of a binomial with n = 300, p = 0.2.
    assert abs(totals[2] - 60) <= 28


def test_a_deployment_that_fails_its_test_gets_no_traffic(projects: Make) -> None:
    project = two_colours(projects(""), 100, 0)
    with (project.folder / "spec.yaml").open("a") as spec:
        spec.write(
            "    tests:\n      - {name: small, request: {json: {}}, expect: {match: subset, json: {total: 1}}}\n"
        )
    outcomes = project.apply(code=3)
    assert outcomes[f"{ENDPOINT}.deployments.blue"]["outcome"] == "created"
    assert outcomes[f"{ENDPOINT}.deployments.green"]["outcome"] == "failed"
    assert outcomes[f"{ENDPOINT}.traffic"]["outcome"] == "skipped"
    (problem,) = [a["problem"] for a in outcomes[f"{ENDPOINT}.deployments.green"]["answers"] if a["problem"]]
    assert "2" in problem
