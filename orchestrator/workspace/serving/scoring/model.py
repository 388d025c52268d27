"""What a scoring server serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answers import Answer
from .http import HttpRequest

if TYPE_CHECKING:
    from typing import Protocol
else:
    Protocol = object  # not in Python 3.7


class UnusableModel(Exception):
    """The model or its script cannot be served; the text says why, for the person who wrote it."""


class Model(Protocol):
    """What the server serves."""

    def load(self) -> None:
        """Get ready. Called once, in the thread that answers.

        Raises:
            UnusableModel: it cannot be served as it is.
            BaseException: whatever model code raises.
        """

    def answer(self, request: HttpRequest) -> Answer:
        """Answer one request.

        Raises:
            Rejected: the request is at fault.
            BaseException: the answer could not be made.
        """

    def swagger(self, request: HttpRequest) -> Answer:
        """Say what requests and answers are like. Called once it is loaded, from any thread."""
