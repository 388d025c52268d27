"""A job that cannot be done as it is asked for."""

from __future__ import annotations


class JobRefused(Exception):
    """The job is refused; the text is one line for the person who wrote it, and ends the log."""
