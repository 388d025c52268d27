"""Where a value stands in the text it came from."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A range of a file. Lines and columns are 1-based; the end is exclusive.

    A named tuple rather than a dataclass: a large spec makes several for every value, and this is three
    times cheaper to make.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Span("<command line>", 1, 1, 1, 1)
"""For values that came from no file: flags, environment variables, built-in defaults."""
