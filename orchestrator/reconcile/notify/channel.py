"""Where notices go, and which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from orchestrator.reconcile.ports import Notice, Trigger
from orchestrator.reconcile.source.secret import SecretReference


class Shape(StrEnum):
    """How the receiver wants to be told."""

    JSON = "json"
    SLACK = "slack"
    TEAMS = "teams"


@dataclass(frozen=True, slots=True)
class Channel:
    """A receiver of notices.

    Attributes:
        name: tells channels apart; shown in logs, which never show the address.
        url: an https:// address, or http:// for receivers on this machine or network. A secret: who has it can write there.
        triggers: what this channel wants to hear of.
        projects: names or patterns (``prod-*``); empty means all.
        signing_secret: signs the body of the JSON shape, so that the receiver can tell that it came from us.
    """

    name: str
    url: SecretReference
    shape: Shape = Shape.JSON
    triggers: frozenset[Trigger] = frozenset(Trigger)
    projects: tuple[str, ...] = ()
    signing_secret: SecretReference | None = None

    def wants(self, notice: Notice) -> bool:
        """Whether this channel wants to hear of it."""
        known = not self.projects or any(fnmatchcase(notice.project, pattern) for pattern in self.projects)
        return known and notice.trigger in self.triggers

    def key(self, notice: Notice) -> str:
        """The same key twice is the same news on the same channel."""
        return f"{self.name} {notice.key}"
