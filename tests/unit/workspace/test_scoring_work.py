"""The queue in front of model code: bounded, and nothing is done for those who left."""

from __future__ import annotations

import threading

from orchestrator.workspace.serving.scoring.answers import Answer
from orchestrator.workspace.serving.scoring.work import Call, WorkQueue


def counting(done: list[int], number: int, delivered: list[int]) -> Call:
    def work() -> Answer:
        done.append(number)
        return Answer(200, b"")

    return Call(work, lambda answer: delivered.append(number))


def test_work_is_done_in_order_and_only_for_those_who_wait() -> None:
    desk, done, delivered = WorkQueue(), [], []  # type: ignore[var-annotated]
    calls = [counting(done, number, delivered) for number in range(5)]
    assert all(desk.submit(call) for call in calls)
    for left in (1, 3):
        desk.abandon(calls[left])
    desk.close()
    desk.serve()
    assert done == delivered == [0, 2, 4]


def test_no_more_wait_than_the_limit_and_a_place_is_free_when_its_caller_leaves() -> None:
    desk, done = WorkQueue(limit=2), []  # type: ignore[var-annotated]
    first, second, third = (counting(done, number, []) for number in range(3))
    assert [desk.submit(call) for call in (first, second, third)] == [True, True, False]
    desk.abandon(first)
    assert desk.submit(third)
    desk.close()
    desk.serve()
    assert done == [1, 2]


def test_it_is_stuck_while_it_works_for_somebody_who_left() -> None:
    desk, started, release, delivered = WorkQueue(), threading.Event(), threading.Event(), []  # type: ignore[var-annotated]

    def work() -> Answer:
        started.set()
        assert release.wait(30)
        return Answer(200, b"")

    call = Call(work, delivered.append)
    assert desk.submit(call)
    thread = threading.Thread(target=desk.serve)
    thread.start()
    assert started.wait(30)
    assert not desk.stuck, "somebody waits"
    desk.abandon(call)
    assert desk.stuck
    release.set()
    desk.close()
    thread.join(30)
    assert not desk.stuck
    assert delivered == [], "nobody is there to take it"
