"""One request of a round, and where it is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

USUAL: Final = "usual"
"""Stands for the ``api-version`` that the installed client uses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStep:
    """One request.

    Texts may contain ``{w}`` (ARM path of the workspace), ``{p}`` (a name that nobody else has), ``{u}`` (the same with underscores)
    and ``{location}``.

    Attributes:
        name: of its file.
        shows: what is known after it, as a sentence.
        method: in upper case.
        path: below the workspace.
        body: JSON; None if there is none.
        query: beside ``api-version``.
        version: ``api-version``; empty leaves it out.
        makes: path of what has to be deleted at the end; empty if nothing comes into being.
        needs: name of the step without whose success it says nothing.
        waits: until what it makes is in a state that lasts.
        minutes: longest wait.
        refused: the service is expected to refuse it.
        cost: what it costs, for people; empty if nothing.
        row: first cell of the row of the parity tables that it is evidence for; empty if there is none.
    """

    name: str
    shows: str
    method: str
    path: str = ""
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    version: str = USUAL
    makes: str = ""
    needs: str = ""
    waits: bool = False
    minutes: float = 10.0
    refused: bool = False
    cost: str = ""
    row: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace, and the names that a round uses in it.

    Attributes:
        workspace: its ARM path.
        api_version: of requests that do not name another.
        prefix: of the names of all that is made.
        location: of the workspace.
    """

    workspace: str
    api_version: str
    prefix: str
    location: str = ""

    def filled(self, tree: Any) -> Any:
        """A template with the names of this place."""
        if isinstance(tree, Mapping):
            return {self.filled(name): self.filled(value) for name, value in tree.items()}
        if isinstance(tree, list | tuple):
            return [self.filled(each) for each in tree]
        return self._text(tree) if isinstance(tree, str) else tree

    def address(self, path: str) -> str:
        """The whole path of something below the workspace."""
        return self._text("/".join(part for part in (self.workspace, path) if part))

    def query(self, step: RecordingStep) -> dict[str, str]:
        """The query of a step."""
        version = self.api_version if step.version == USUAL else step.version
        return {**({"api-version": version} if version else {}), **step.query}

    def _text(self, text: str) -> str:
        names = {"w": self.workspace, "p": self.prefix, "u": self.prefix.replace("-", "_"), "location": self.location}
        for name, value in names.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.

    Attributes:
        status: HTTP status.
        headers: by name in lower case.
        body: JSON; text if it is none; None if it is empty.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def taken(self) -> bool:
        """Whether the request was not refused."""
        return self.status < 400


Send = Callable[[str, str, Mapping[str, str], Any], Reply]
"""Sends method, path or whole address, query and JSON body (None: no body). Raises `BackendError` if no answer comes."""
