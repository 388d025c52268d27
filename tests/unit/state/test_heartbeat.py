"""A claim that expires is renewed while its holder works."""

from __future__ import annotations

import threading

from orchestrator.core.errors import StateError
from orchestrator.state.heartbeat import beating

EVERY_S = 0.001


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "state-heartbeat"]


def test_it_renews_again_and_again_until_the_block_ends() -> None:
    beats, enough = [0], threading.Event()

    def renew() -> bool:
        beats[0] += 1
        if beats[0] == 3:
            enough.set()
        return True

    with beating(renew, EVERY_S):
        assert enough.wait(20)
    assert workers() == []


def test_a_beat_that_fails_is_made_up_for_by_the_next() -> None:
    answers, renewed = iter([StateError("away"), StateError("still away")]), threading.Event()

    def renew() -> bool:
        for problem in answers:
            raise problem
        renewed.set()
        return True

    with beating(renew, EVERY_S):
        assert renewed.wait(20)


def test_a_claim_that_is_lost_is_left_alone() -> None:
    beats = [0]

    def renew() -> bool:
        beats[0] += 1
        return False

    with beating(renew, EVERY_S):
        for worker in workers():
            worker.join(20)
        assert workers() == []
    assert beats == [1]


def test_what_the_block_raises_comes_out_and_the_beats_end() -> None:
    try:
        with beating(lambda: True, EVERY_S):
            raise KeyError("ours")
    except KeyError:
        pass
    assert workers() == []
