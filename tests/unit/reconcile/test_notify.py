"""Notifications: who is told what, in which shape, how often, and what happens when nobody listens."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from orchestrator.reconcile.notify.channel import Channel, Shape
from orchestrator.reconcile.notify.shapes import body_of
from orchestrator.reconcile.notify.webhooks import Patience, Webhooks
from orchestrator.reconcile.ports import Notice, Notifier, Trigger
from orchestrator.reconcile.source.secret import SecretReference
from tests.unit.reconcile.receiver import Receiver, receiving

QUICK = Patience(first_s=0.01, longest_s=0.05, tries=4, timeout_s=5.0, queue=3)
URL = SecretReference("env", "WEBHOOK_OF_TEST")


def notice(trigger: Trigger = Trigger.APPLIED, revision: str = "abc", project: str = "heart", **more: Any) -> Notice:
    return Notice(trigger, project, revision, more.pop("summary", "2 resources changed"), **more)


class Told:
    """Remembers events and waits for them."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, object]]] = []
        self._changed = threading.Condition()

    def __call__(self, event: str, facts: Mapping[str, object]) -> None:
        with self._changed:
            self.events.append((event, facts))
            self._changed.notify_all()

    def wait_for(self, event: str, count: int = 1) -> Mapping[str, object]:
        def found() -> list[Mapping[str, object]]:
            return [facts for name, facts in self.events if name == event]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, timeout=20), self.events
            return found()[-1]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as server:
        monkeypatch.setenv("WEBHOOK_OF_TEST", f"{server.url}/secret-part-of-the-address")
        yield server


@pytest.fixture
def told() -> Told:
    return Told()


def test_a_notice_is_told_once_for_each_revision_and_trigger(receiver: Receiver, told: Told) -> None:
    webhooks: Notifier = Webhooks([Channel("team", URL)], told, QUICK)
    for _ in range(3):
        webhooks.notify(notice())
    told.wait_for("notify.delivered")
    webhooks.notify(notice())
    webhooks.notify(notice(revision="def"))
    webhooks.notify(notice(Trigger.FAILED))
    webhooks.notify(notice(project="other"))
    webhooks.close(wait_s=20)  # type: ignore[attr-defined]
    bodies = [json.loads(request.body) for request in receiver.received]
    assert [(b["project"], b["trigger"], b["revision"]) for b in bodies] == [
        ("heart", "applied", "abc"),
        ("heart", "applied", "def"),
        ("heart", "failed", "abc"),
        ("other", "applied", "abc"),
    ]
    assert webhooks.delivered("other") == ("team applied:abc",)


def test_what_an_earlier_process_told_is_not_told_again(receiver: Receiver, told: Told) -> None:
    first = Webhooks([Channel("team", URL)], told, QUICK)
    first.notify(notice())
    first.close(wait_s=20)
    second = Webhooks([Channel("team", URL), Channel("new", URL)], told, QUICK)
    second.restore("heart", first.delivered("heart"))
    second.notify(notice())
    second.close(wait_s=20)
    assert len(receiver.received) == 2, "once for each channel"


@pytest.mark.parametrize(
    ("channel", "wanted"),
    [
        (Channel("c", URL), True),
        (Channel("c", URL, triggers=frozenset({Trigger.FAILED})), False),
        (Channel("c", URL, triggers=frozenset({Trigger.FAILED, Trigger.APPLIED})), True),
        (Channel("c", URL, projects=("other",)), False),
        (Channel("c", URL, projects=("other", "he*")), True),
    ],
)
def test_a_channel_hears_what_it_asked_for(channel: Channel, wanted: bool) -> None:
    assert channel.wants(notice()) == wanted


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_receiver_that_is_busy_is_asked_again(receiver: Receiver, told: Told, status: int) -> None:
    receiver.answers = [(status, {"Retry-After": "0"}), (status, {})]
    webhooks = Webhooks([Channel("team", URL)], told, QUICK)
    webhooks.notify(notice())
    told.wait_for("notify.delivered")
    webhooks.close()
    assert len({request.body for request in receiver.received}) == 1
    assert len({request.headers["X-Amlctl-Delivery"] for request in receiver.received}) == 1
    assert [name for name, _ in told.events] == ["notify.retry", "notify.retry", "notify.delivered"]


@pytest.mark.parametrize(("status", "headers"), [(400, {}), (404, {}), (302, {"Location": "/elsewhere"})])
def test_a_refused_notice_is_given_up_and_the_next_one_told(
    receiver: Receiver, told: Told, status: int, headers: dict[str, str]
) -> None:
    receiver.answers = [(status, headers)]
    webhooks = Webhooks([Channel("team", URL)], told, QUICK)
    webhooks.notify(notice())
    webhooks.notify(notice(revision="def"))
    webhooks.close(wait_s=20)
    assert told.events[0][0] == "notify.failed"
    assert told.events[0][1]["reason"] == f"HTTP {status}"
    assert webhooks.delivered("heart") == ("team applied:def",)
    assert len(receiver.received) == 2, "no redirect was followed"


def test_a_dead_receiver_is_given_up_after_all_tries_and_told_by_a_later_pass(
    monkeypatch: pytest.MonkeyPatch, told: Told
) -> None:
    with receiving() as gone:
        url = gone.url
    monkeypatch.setenv("WEBHOOK_OF_TEST", f"{url}/secret-part")
    webhooks = Webhooks([Channel("team", URL)], told, QUICK)
    webhooks.notify(notice())
    told.wait_for("notify.failed")
    with receiving() as back:
        monkeypatch.setenv("WEBHOOK_OF_TEST", back.url)
        webhooks.notify(notice())
        back.wait_for(1)
        webhooks.close(wait_s=20)
    assert "secret-part" not in repr(told.events)
    assert [name for name, _ in told.events].count("notify.retry") == QUICK.tries


def test_a_slow_receiver_stops_neither_a_pass_nor_another_channel(
    receiver: Receiver, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as other:
        monkeypatch.setenv("OTHER_WEBHOOK_OF_TEST", other.url)
        receiver.let_through.clear()
        webhooks = Webhooks(
            [Channel("slow", URL), Channel("quick", SecretReference("env", "OTHER_WEBHOOK_OF_TEST"))], told, QUICK
        )
        began = time.monotonic()
        webhooks.notify(notice())
        assert time.monotonic() - began < 1.0
        other.wait_for(1)
        assert receiver.received == []
        receiver.let_through.set()
        webhooks.close(wait_s=20)
    assert len(receiver.received) == 1


def test_a_full_queue_gives_up_its_oldest_notice(receiver: Receiver, told: Told) -> None:
    receiver.let_through.clear()
    webhooks = Webhooks([Channel("team", URL)], told, QUICK)
    for number in range(6):
        webhooks.notify(notice(revision=str(number)))
    told.wait_for("notify.dropped", 3)
    receiver.let_through.set()
    webhooks.close(wait_s=20)
    assert [key.rpartition(":")[2] for key in webhooks.delivered("heart")][-3:] == ["3", "4", "5"]


def test_what_is_remembered_is_bounded(told: Told) -> None:
    webhooks = Webhooks([], told, QUICK)
    webhooks.restore("heart", [f"team applied:{number}" for number in range(1000)])
    assert len(webhooks.delivered("heart")) == 200
    assert webhooks.delivered("heart")[-1] == "team applied:999"


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://127.0.0.1/x", "not an address"])
def test_an_address_that_is_none_is_reported_without_being_shown(
    url: str, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_OF_TEST", url)
    webhooks = Webhooks([Channel("team", URL)], told, QUICK)
    webhooks.notify(notice())
    told.wait_for("notify.failed")
    webhooks.close()
    assert not url or url not in repr(told.events)


def test_the_json_shape_is_signed(receiver: Receiver, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNING_OF_TEST", "shared")
    webhooks = Webhooks([Channel("team", URL, signing_secret=SecretReference("env", "SIGNING_OF_TEST"))], told, QUICK)
    webhooks.notify(notice(label="main@abc", details=("jobs.train: ran",), at="2026-01-01T00:00:00+00:00"))
    webhooks.close(wait_s=20)
    request = receiver.received[0]
    digest = hmac.new(b"shared", request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Amlctl-Signature-256"] == f"sha256={digest}"
    assert request.headers["X-Amlctl-Event"] == "applied"
    assert json.loads(request.body) == {
        "format": 1,
        "trigger": "applied",
        "project": "heart",
        "revision": "abc",
        "label": "main@abc",
        "summary": "2 resources changed",
        "details": ["jobs.train: ran"],
        "at": "2026-01-01T00:00:00+00:00",
        "pass_id": "",
    }


def test_slack_gets_text_that_cannot_be_taken_for_markup() -> None:
    message = json.loads(body_of(notice(summary="<!channel> & more", details=("a <b>",)), Shape.SLACK))
    text = message["blocks"][0]["text"]["text"]
    assert text == "*heart applied*\n&lt;!channel&gt; &amp; more\n• a &lt;b&gt;"
    assert message["text"] == "heart applied: &lt;!channel&gt; &amp; more"


def test_teams_gets_an_adaptive_card_of_plain_text() -> None:
    message = json.loads(body_of(notice(summary="[click](https://x)", label="main@abc"), Shape.TEAMS))
    attachment = message["attachments"][0]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert [block["type"] for block in attachment["content"]["body"]] == ["RichTextBlock"] * 3
    assert attachment["content"]["body"][1]["inlines"] == [{"type": "TextRun", "text": "[click](https://x)"}]


@pytest.mark.parametrize(("shape", "most"), [(Shape.SLACK, 3000), (Shape.TEAMS, 28_000)])
def test_long_news_is_cut_to_what_the_receiver_takes(shape: Shape, most: int) -> None:
    long = notice(summary="s" * 5000, details=tuple("d" * 1000 for _ in range(500)))
    document = json.loads(body_of(long, shape))
    if shape is Shape.SLACK:
        assert len(document["blocks"][0]["text"]["text"]) <= most
    else:
        assert len(json.dumps(document)) <= most
        assert "and 480 more" in json.dumps(document)


@pytest.mark.parametrize("trigger", list(Trigger))
@pytest.mark.parametrize("shape", list(Shape))
def test_every_trigger_has_every_shape(trigger: Trigger, shape: Shape) -> None:
    assert "heart" in body_of(notice(trigger), shape).decode()
