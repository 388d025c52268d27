"""What a process prints reaches its log without secrets, however it is cut on the way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.workspace.logs.masking import MaskedPipe, StreamMask

KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n"


def masked(secrets: dict[str, str], pieces: list[bytes]) -> bytes:
    mask = StreamMask(secrets)
    return b"".join([*(mask.feed(piece) for piece in pieces), mask.finish()])


@pytest.mark.parametrize("at", range(len(b"x hunter2 y") + 1))
def test_a_secret_is_found_wherever_it_is_cut(at: int) -> None:
    text = b"x hunter2 y"
    assert masked({"hunter2": "token"}, [text[:at], text[at:]]) == b"x (secret token) y"


def test_one_byte_at_a_time() -> None:
    text = "hunter2 hunterhunter2 hunter2-long\n"
    pieces = [bytes([byte]) for byte in text.encode()]
    wanted = b"(secret one) hunter(secret one) (secret two)\n"
    assert masked({"hunter2": "one", "hunter2-long": "two"}, pieces) == wanted


def test_what_cannot_be_a_secret_is_passed_on_at_once() -> None:
    mask = StreamMask({"hunter2": "token"})
    assert mask.feed(b"epoch 1\nhun") == b"epoch 1\n"
    assert mask.feed(b"dred\n") == b"hundred\n"
    assert mask.feed(b"hunter") == b""
    assert mask.finish() == b"hunter"


def test_the_lines_of_a_key_are_hidden_one_by_one() -> None:
    text = KEY.replace("\n", "\r\n").encode() + b"log: MIIEvQIBADANBgkq\n"
    found = masked({KEY: "key"}, [text])
    assert b"MIIE" not in found
    assert b"hkiG" not in found
    assert masked({KEY: "key"}, [KEY.encode(), b"next\n"]) == b"(secret key)next\n"


def test_bytes_that_are_no_text_come_through() -> None:
    assert masked({"hünter": "t"}, [b"\xff\x00 h\xc3", b"\xbcnter \xfe"]) == b"\xff\x00 (secret t) \xfe"


def test_empty_secrets_hide_nothing() -> None:
    assert masked({"": "a", " \n": "b"}, [b"a  b \n"]) == b"a  b \n"


@given(
    st.lists(st.text("ab\n", min_size=1, max_size=5), min_size=1, max_size=3),
    st.lists(st.text("abc\n", max_size=12).map(str.encode), max_size=6),
)
def test_cutting_changes_nothing(secrets: list[str], pieces: list[bytes]) -> None:
    hidden = dict.fromkeys(secrets, "S")
    assert masked(hidden, pieces) == masked(hidden, [b"".join(pieces)])


def test_a_pipe_leads_to_the_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pipe = MaskedPipe(log.open("ab", buffering=0), {"hunter2": "token"})
    os.write(pipe.end, b"a hun")
    os.write(pipe.end, b"ter2\n" + b"x" * 200_000)
    pipe.close(60.0)
    assert log.read_bytes() == b"a (secret token)\n" + b"x" * 200_000


def test_somebody_who_keeps_the_pipe_open_does_not_hold_up_the_end(tmp_path: Path) -> None:
    log = tmp_path / "log"
    pipe = MaskedPipe(log.open("ab", buffering=0), {"hunter2": "token"})
    other = os.dup(pipe.end)
    os.write(other, b"said\n")
    pipe.close(0.0)
    os.close(other)
    pipe.join()
    assert log.read_bytes() == b"said\n"
