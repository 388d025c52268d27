"""The digest of one file, by what of it counts: its bytes, its text, or what it says as Python."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from orchestrator.core.plain_files import read_plain
from orchestrator.core.plan import SAVED_PLAN_KEYS

PYTHON_SUFFIX: Final = ".py"

DIGITS: Final = 64
"""Hex digits of a digest; what follows them, after a colon, is a note."""

LFS_POINTER: Final = "lfs"
"""Note: the file only stands for one that Git LFS has not fetched."""

SAVED_PLAN: Final = "plan"
"""Note: the file is a plan that amlctl wrote."""

_BLOCK: Final = 1 << 20
_HEAD: Final = 8_192
"""A file without a zero byte in its beginning is text. Source: git, ``buffer_is_binary``."""

_LFS: Final = b"version https://git-lfs.github.com/spec/v1\n"
_PLAN: Final = re.compile(rb'\s*\{\s*"format":\s*\d+,\s*"project":\s*"')


class Compare(StrEnum):
    """What of a file counts."""

    BYTES = "bytes"
    TEXT = "text"
    SYNTAX = "syntax"


def digest_of(path: str, how: Compare) -> str:
    """SHA-256 of what counts of a file, in hex, and a note if the file is not what it seems: ``<digest>:<note>``.

    Never holds more than a block in memory, except of Python compared by its syntax.

    Args:
        path: the file.
        how: BYTES; TEXT: line ends do not count, unless the file is binary; SYNTAX: of ``*.py``, comments and layout do not either.

    Raises:
        OSError: it cannot be read.
    """
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123  # a Path for each of 100,000 files costs
        head = stream.read(_HEAD)
        stream.seek(0)
        digest = _digest(path, stream, how, binary=b"\0" in head)
    note = _note(path, head)
    return f"{digest}:{note}" if note else digest


def text_digest(path: str) -> str:
    """SHA-256 of a file in which every line ends with a line feed, whatever it holds."""
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123
        return _of_text(stream)


def agrees(path: Path, planned: str, suffix: str) -> bool:
    """Whether a file is what was planned, by one of the ways to compare.

    Args:
        path: the bytes; perhaps kept under another name.
        planned: a digest from a manifest.
        suffix: the ending of the file's own name.

    Raises:
        OSError: it cannot be read.
    """
    plain = str(path)
    if planned in (digest_of(plain, Compare.BYTES)[:DIGITS], text_digest(plain)):
        return True
    return suffix == PYTHON_SUFFIX and python_digest(read_plain(path)) == planned


def python_digest(source: bytes) -> str | None:
    """SHA-256 of what a Python module does: comments, blank lines and layout left out, docstrings kept; None if it does not parse.

    The same for every version of Python that reads it: empty fields, which some versions add, do not count.
    """
    try:
        tree = ast.parse(source)
        text = json.dumps(_shape(tree), separators=(",", ":"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    first = source[:_HEAD].splitlines()[0].strip() if source else b""
    run_by = first if first.startswith(b"#!") else b""  # a comment that says what runs the file
    return hashlib.sha256(b"python\n" + run_by + b"\n" + text.encode()).hexdigest()


def _digest(path: str, stream: Any, how: Compare, *, binary: bool) -> str:
    if how is Compare.SYNTAX and path.endswith(PYTHON_SUFFIX):
        found = python_digest(stream.read())
        if found is not None:
            return found
        stream.seek(0)
    if how is Compare.BYTES or binary:
        return hashlib.file_digest(stream, "sha256").hexdigest()
    return _of_text(stream)


def _of_text(stream: Any) -> str:
    sha = hashlib.sha256()
    for block in _unix_lines(stream):
        sha.update(block)
    return sha.hexdigest()


def _unix_lines(stream: Any) -> Iterator[bytes]:
    held = b""
    while block := stream.read(_BLOCK):
        whole = held + block
        held = b"\r" if whole.endswith(b"\r") else b""  # half of a line end, perhaps
        yield whole[: len(whole) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    yield held.replace(b"\r", b"\n")


def _note(path: str, head: bytes) -> str:
    if head.startswith(_LFS) and len(head) < 1_024:
        return LFS_POINTER
    return SAVED_PLAN if _PLAN.match(head) and _is_plan(path) else ""


def _is_plan(path: str) -> bool:
    try:
        document = json.loads(Path(path).read_bytes())
    except ValueError:
        return False
    return isinstance(document, dict) and document.keys() >= SAVED_PLAN_KEYS


def _shape(value: Any) -> Any:
    if isinstance(value, ast.AST):
        fields = {name: _shape(item) for name, item in ast.iter_fields(value) if item is not None and item != []}
        return [type(value).__name__, fields]
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return f"{type(value).__name__} {value!r}"
