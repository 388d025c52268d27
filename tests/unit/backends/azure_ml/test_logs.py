"""Which log people want, and what of it is new."""

from __future__ import annotations

import pytest

from orchestrator.backends.azure.logs import primary_log, unseen


@pytest.mark.parametrize(
    ("files", "wanted", "why"),
    [
        (["system_logs/x.txt", "user_logs/std_log.txt"], "user_logs/std_log.txt", "what the code prints"),
        (["user_logs/std_log_process_1.txt", "user_logs/std_log_process_0.txt"], "user_logs/std_log_process_0.txt", "first"),
        (["user_logs/other.txt"], "user_logs/other.txt", "any other of the user's"),
        (["system_logs/x.txt"], None, "the service's own are not wanted"),
        ([], None, "there is none yet"),
    ],
)  # fmt: skip
def test_the_log_that_people_want(files: list[str], wanted: str | None, why: str) -> None:
    assert primary_log(dict.fromkeys(files, "https://x")) == wanted, why


@pytest.mark.parametrize(
    ("before", "now", "wanted", "why"),
    [
        ([], ["a"], ["a"], "all is new"),
        (["a", "b"], ["a", "b", "c"], ["c"], "one was added"),
        (["a", "b", "c"], ["b", "c", "d"], ["d"], "the window has moved"),
        (["a"], ["x"], ["x"], "nothing in common"),
        (["a", "a"], ["a", "a"], [], "nothing was added"),
    ],
)
def test_only_new_lines_are_told(before: list[str], now: list[str], wanted: list[str], why: str) -> None:
    assert unseen(before, now) == wanted, why
