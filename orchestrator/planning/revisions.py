"""Names of versions and runs, all derived from content, so that "did it happen?" is a read."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.core.fingerprint import Fingerprint
from orchestrator.core.kind import Kind
from orchestrator.core.resource import Observed

LONGEST_RUN = 255
"""Source: the service's limit on a job's name."""

_ROOM_FOR_ATTEMPT = 6
_DIGEST = 12


def version_name(kind: Kind, fingerprint: Fingerprint, live: Iterable[Observed], last: str) -> str:
    """The name of a version to be published.

    Args:
        kind: of what is published.
        fingerprint: of the content.
        live: everything at the address, archived versions included: their names stay taken.
        last: the version that the state names; it may be gone from the workspace and is not used twice.
    """
    if not kind.numbered:
        return _free(fingerprint.short, {observed.revision for observed in live})
    taken = [int(version) for version in (last, *(observed.revision for observed in live)) if version.isdecimal()]
    return str(max(taken, default=0) + 1)


def _free(name: str, taken: set[str]) -> str:
    """The name itself, unless something without a mark, whose content nobody knows, stands under it."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def run_name(job: str, fingerprint: Fingerprint, attempt: int) -> str:
    """The name of a run: the job, its content, and from the second attempt on the attempt."""
    room = LONGEST_RUN - _DIGEST - 1 - _ROOM_FOR_ATTEMPT
    base = f"{job[:room]}-{fingerprint.short}"
    return base if attempt == 1 else f"{base}-{attempt}"


def attempts(job: str, fingerprint: Fingerprint, live: Iterable[Observed]) -> int:
    """How many attempts at this content have left a name behind, whoever made them."""
    base = run_name(job, fingerprint, 1)
    made = 0
    for observed in live:
        if observed.revision == base:
            made = max(made, 1)
        elif observed.revision.startswith(f"{base}-"):
            number = observed.revision[len(base) + 1 :]
            made = max(made, int(number) if number.isdecimal() else 0)
    return made


def is_named_after(fingerprint: Fingerprint, revision: str) -> bool:
    """Whether a version's or run's name was made from this content."""
    return revision == fingerprint.short or f"-{fingerprint.short}" in revision
