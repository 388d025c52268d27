"""Keeps secrets out of what a process prints, on its way from the process to its log."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from typing import IO, Final

SHORTEST_LINE: Final = 8
"""Lines of a secret of several lines, such as a private key, are hidden one by one if they have this many characters. Ours."""

_CHUNK: Final = 1 << 16


def secret_mark(name: str) -> str:
    """What stands in a secret's place; the same as in plans and events."""
    return f"(secret {name})" if name else "(secret)"


class StreamMask:
    """Replaces secrets in a stream of bytes, also those that arrive in several pieces.

    All is passed on at once but an end that may be the beginning of a secret.

    Args:
        secrets: value to name. Empty values are nothing to hide.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._marks = _spellings(secrets)
        # The longest first: one secret may be the beginning of another.
        longest_first = sorted(self._marks, key=len, reverse=True)
        self._any = re.compile(b"|".join(re.escape(value) for value in longest_first)) if longest_first else None
        self._longest = len(longest_first[0]) if longest_first else 0
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next piece. Returns what can be passed on."""
        if self._any is None:
            return data
        text = self._rest + data
        held = len(text) - self._unsure(text)
        done, masked = 0, []
        for match in self._any.finditer(text):
            if match.start() >= held:
                break  # it may yet turn out to be a longer one
            masked += [text[done : match.start()], self._marks[match[0]]]
            done = match.end()
        if done < held:
            masked.append(text[done:held])
            done = held
        self._rest = text[done:]
        return b"".join(masked)

    def finish(self) -> bytes:
        """The stream is over. Returns what was held back."""
        rest, self._rest = self._rest, b""
        return self._any.sub(lambda match: self._marks[match[0]], rest) if self._any is not None else rest

    def text(self, text: str) -> str:
        """A whole text without secrets."""
        return os.fsdecode(self.feed(os.fsencode(text)) + self.finish())

    def _unsure(self, text: bytes) -> int:
        """Length of the longest end of a text that a secret begins with, without being that secret's whole."""
        for length in range(min(self._longest - 1, len(text)), 0, -1):
            end = text[-length:]
            if any(len(value) > length and value.startswith(end) for value in self._marks):
                return length
        return 0


def _spellings(secrets: Mapping[str, str]) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for value, name in secrets.items():
        lines = [line for line in value.splitlines() if len(line) >= SHORTEST_LINE]
        for spelling in (value, value.strip(), *lines):
            if spelling.strip():
                # What a process prints need not be text that can be encoded: a variable may hold any bytes.
                found.setdefault(os.fsencode(spelling), secret_mark(name).encode())
    return found


class MaskedPipe:
    """A pipe whose reader writes what comes out of it to a file, without secrets. Close it once nothing writes any more.

    Args:
        sink: an unbuffered file; closed when the pipe has run dry.
        secrets: see `StreamMask`.
    """

    def __init__(self, sink: IO[bytes], secrets: Mapping[str, str]) -> None:
        self._sink = sink
        self._mask = StreamMask(secrets)
        self._source, self.end = os.pipe()
        self._thread = threading.Thread(target=self._pump, name="masked-log", daemon=True)
        self._thread.start()

    def close(self, patience_s: float) -> None:
        """Wait until everything that was written has been passed on, or until somebody who holds the pipe has had his time.

        Args:
            patience_s: bound on the waiting, seconds.
        """
        os.close(self.end)
        self.join(patience_s)

    def join(self, patience_s: float | None = None) -> None:
        """Wait until the pipe has run dry, at most so many seconds."""
        self._thread.join(patience_s)

    def _pump(self) -> None:
        with self._sink, os.fdopen(self._source, "rb", buffering=0) as source:
            while data := source.read(_CHUNK):
                self._write(self._mask.feed(data))
            self._write(self._mask.finish())

    def _write(self, data: bytes) -> None:
        try:
            self._sink.write(data)
        except OSError:
            return  # a full disk: the log has a gap, the job goes on
