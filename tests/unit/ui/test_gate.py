"""Who may look at the pages, and what every answer says to a browser."""

from __future__ import annotations

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from orchestrator.ui.gate import HEADERS, Gate

TOKEN = "a-token"
HOST = "http://127.0.0.1:8643"


def visitor(*, writing: bool = False, host: str = HOST) -> TestClient:
    return TestClient(
        Gate(PlainTextResponse("in"), TOKEN, ("box.example",), writing=writing), host, follow_redirects=False
    )


def test_the_token_is_said_once_and_leaves_the_address() -> None:
    client = visitor()
    assert client.get("/runs").status_code == 401
    assert client.get("/runs?token=another").status_code == 401
    welcome = client.get(f"/runs?a=1&token={TOKEN}")
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/runs?a=1")
    cookie = welcome.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert TOKEN not in cookie
    assert client.get("/runs").text == "in"
    assert client.get(f"{HOST}//elsewhere.example/?token={TOKEN}").headers["location"].startswith("/elsewhere")


@pytest.mark.parametrize(
    ("host", "known"),
    [("http://127.0.0.1:1", True), ("http://localhost", True), ("http://[::1]:9", True), ("http://box.example", True),
     ("http://evil.example", False), ("http://127.0.0.1.evil.example", False)],
)  # fmt: skip
def test_a_name_of_another_machine_is_refused(host: str, known: bool) -> None:
    answer = visitor(host=host).get(f"/?token={TOKEN}")
    assert answer.status_code == (303 if known else 421)


def test_changes_need_the_right_and_a_page_of_ours() -> None:
    for writing, origin, status in (
        (False, HOST, 403), (True, "http://evil.example", 403), (True, None, 403), (True, "null", 403), (True, HOST, 200),
    ):  # fmt: skip
        client = visitor(writing=writing)
        client.get(f"/?token={TOKEN}")
        answer = client.post("/apply", headers={"origin": origin} if origin else {})
        assert answer.status_code == status, (writing, origin)
    stranger = visitor(writing=True).post(f"/apply?token={TOKEN}", headers={"origin": HOST})
    assert stranger.status_code == 401  # a link with the token is no consent to a change


def test_every_answer_says_what_pages_may_do() -> None:
    client = visitor()
    for path in ("/", f"/?token={TOKEN}", "/static/none"):
        answer = client.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "http" not in policy
