"""What the reader of ``MLTable`` files does not do itself."""

from __future__ import annotations


class Unsupported(Exception):
    """The file says something that only Microsoft's engine does. The text names it."""


class Mistake(Exception):
    """The file, or the data behind it, is not right. The text says how."""
