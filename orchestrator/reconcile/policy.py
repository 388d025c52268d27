"""What one project wants of the loop: the settings in the form that decisions are made from."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from orchestrator.reconcile.windows import Freeze

_RETRY_S = 1.0
"""The pause before the automatic retry: a folder that changes all the time and always fails must not keep a core busy."""


@dataclass(frozen=True, slots=True)
class Override:
    """Switches of some resources; None leaves the project's own setting.

    Attributes:
        pattern: an address, or a glob such as ``online_endpoints.*``.
    """

    pattern: str
    auto_apply: bool | None = None
    self_heal: bool | None = None
    prune: bool | None = None


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to leave a failing revision alone.

    Attributes:
        initial_s: the pause before the second retry; the first comes after a second. Doubles with each further failure.
        cap_s: the longest pause.
    """

    initial_s: float = 30.0
    cap_s: float = 1800.0

    def delay(self, failures: int) -> float:
        """Seconds until the next try of the same revision, after so many failures of it."""
        if failures <= 1:
            return _RETRY_S if failures else 0.0
        return min(self.cap_s, self.initial_s * 2.0 ** min(failures - 2, 60))


@dataclass(frozen=True, slots=True)
class Policy:
    """The switches and times of one project.

    Attributes:
        interval_s: from the end of a pass to the start of the next one.
        jitter_s: at most this much is added, so that many projects do not look at once.
        poll_s: how often to ask the source for a newer revision between passes; None leaves that to the passes.
        auto_apply: off means that plans are shown and nothing is changed.
        self_heal: set back what others changed in the workspace.
        debounce_s: how long a drift must last before it is set back.
        prune: remove what left the spec.
        max_deletions: a pass that would remove more removes nothing; a person decides. None means no bound.
        allow_empty: prune even if the spec has no resource left.
        suspended: no passes at all.
        freezes: when nothing may be changed.
        depends_on: projects that must be ready first.
        overrides: switches of single resources; of several that match, the last counts.
    """

    interval_s: float = 180.0
    jitter_s: float = 60.0
    poll_s: float | None = None
    auto_apply: bool = True
    self_heal: bool = True
    debounce_s: float = 30.0
    prune: bool = False
    max_deletions: int | None = 10
    allow_empty: bool = False
    suspended: bool = False
    freezes: tuple[Freeze, ...] = ()
    depends_on: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    backoff: Backoff = Backoff()

    def applies(self, address: str) -> bool:
        """Whether changes of a resource are carried out."""
        return self._switch("auto_apply", address, default=self.auto_apply)

    def heals(self, address: str) -> bool:
        """Whether drift of a resource is set back."""
        return self._switch("self_heal", address, default=self.self_heal)

    def prunes(self, address: str) -> bool:
        """Whether a resource that left the spec is removed."""
        return self._switch("prune", address, default=self.prune)

    @property
    def prunes_any(self) -> bool:
        """Whether anything at all may be removed."""
        return self.prune or any(override.prune for override in self.overrides)

    def _switch(self, name: str, address: str, *, default: bool) -> bool:
        for override in reversed(self.overrides):
            said: bool | None = getattr(override, name)
            if said is not None and fnmatchcase(address, override.pattern):
                return said
        return default
