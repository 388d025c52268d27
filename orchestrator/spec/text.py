"""From bytes to text: encodings, sizes, and files that are not text at all."""

from __future__ import annotations

import codecs
import errno
from pathlib import Path
from typing import Final

from orchestrator.core.plain_files import LARGEST, read_plain
from orchestrator.core.tree import Mark
from orchestrator.spec.problems import Problems

MAX_BYTES: Final = LARGEST
"""Largest file that is read."""


def read_text(path: Path, name: str, problems: Problems, at: Mark | None = None) -> str | None:
    """Read a file as text: UTF-8 with or without byte order mark, or UTF-16 with one.

    Args:
        path: the file.
        name: how to call it in messages.
        problems: where to tell why it cannot be read.
        at: the place that asked for the file, if there is one.

    Returns:
        The text; None if it cannot be read.
    """
    try:
        data = read_plain(path, MAX_BYTES)
    except FileNotFoundError:
        problems.error("file-not-found", f"There is no file {name}.", "Correct the path.", at)
        return None
    except OSError as error:
        if error.errno == errno.EFBIG:
            detail = f"{name} is larger than the {MAX_BYTES:,} bytes that are read at most."
            problems.error("too-large", detail, "Split the file and `include` the parts.", at or beginning(name))
            return None
        reason = error.strerror or str(error)
        problems.error("unreadable-file", f"{name} cannot be read: {reason}.", "Name a readable file.", at)
        return None
    return decode(data, name, problems)


def decode(data: bytes, name: str, problems: Problems) -> str | None:
    """Turn bytes into text; see `read_text`."""
    encoding = "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, errors="replace") if encoding != "utf-16" else ""
        problems.error(
            "invalid-encoding",
            f"{name} is not {encoding.removesuffix('-sig').upper()} text: byte {error.start} cannot be decoded.",
            "Save the file as UTF-8.",
            place(name, before, len(before)),
        )
        return None
    zero = text.find("\0")
    if zero >= 0:
        problems.error(
            "invalid-encoding",
            f"{name} contains a NUL character: it is a binary file, or UTF-16 without a byte order mark.",
            "Save the file as UTF-8 text.",
            place(name, text, zero),
        )
        return None
    return text


def place(name: str, text: str, index: int) -> Mark:
    """The mark of one character of a text."""
    line = text.count("\n", 0, index) + 1
    column = index - (text.rfind("\n", 0, index) + 1) + 1
    return (name, line, column, line, column + 1)


def beginning(name: str) -> Mark:
    """The mark of a file's first character."""
    return (name, 1, 1, 1, 1)
