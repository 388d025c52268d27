"""What happens to the resources of a kind: facts that a kind states, one object for each who acts on them.

Every attribute has to be given, or taken from one of the complete objects below: a kind that leaves one out does not import.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How resources come into being, in any workspace.

    Attributes:
        timeout_s: how long one create, update or run may take that does not say so itself; None means no bound. The end of hope,
            not an estimate: the service gives up earlier by itself.
        rank: the place among what one endpoint consists of, in the order in which that is made.
        instant: it is there as soon as it is written, unless the workspace says otherwise.
        tested_alone: requests that test it go to it alone, past the shares of its endpoint.
        sole: two of one content cannot be there at once, whatever their names: with another name, the old one goes first.
    """

    timeout_s: float | None
    rank: int
    instant: bool
    tested_alone: bool
    sole: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalBehaviour:
    """What the embedded workspace does with the resources of a kind.

    Attributes:
        processes: the supervisor has work with it; otherwise writing the record is all.
        served: whether it is healthy is a matter of its servers, which may be down with the whole workspace.
        runs: code of the user runs, so that environment, compute and data must be had on this machine.
        registers: named outputs become assets.
        serves: it puts a model behind HTTP.
        archivable: it can be taken out of lists and kept.
        labels_only: its record never changes in what it does; an update gives it other labels.
        reveals: the open values of secrets in its body are needed later.
        log: the file that it writes to, inside the workspace's folder, in parts: ``{name}``, ``{leaf}`` and ``{revision}`` stand for
            the resource's own; empty if it has none.
        log_is_news: who waits for it wants to read its log meanwhile.
        shares: it is told in a status how much each part of it answers.
        replaceable: the settings may name a local path in the place of one that the workspace does not have.
        ready_made: the service has some of its own, which are had here as far as they go.
        unknown_is: what one is here that is only mentioned, by nobody declared or mapped; empty if that is an error.
        inborn_is: what those are here that every workspace has from birth.
        reference: how one is mentioned in its shortest form, with ``{name}``.
    """

    processes: bool
    served: bool
    runs: bool
    registers: bool
    serves: bool
    archivable: bool
    labels_only: bool
    reveals: bool
    log: tuple[str, ...]
    log_is_news: bool
    shares: bool
    replaceable: bool
    ready_made: bool
    unknown_is: str
    inborn_is: str
    reference: str


WRITTEN: Final = Behaviour(timeout_s=30 * _MINUTE, rank=0, instant=True, tested_alone=False)
"""What only is written: computes that stand for sizes, datastores, connections, assets."""

LOCAL_RECORD: Final = LocalBehaviour(
    processes=False,
    served=False,
    runs=False,
    registers=False,
    serves=False,
    archivable=False,
    labels_only=False,
    reveals=False,
    log=(),
    log_is_news=False,
    shares=False,
    replaceable=False,
    ready_made=False,
    unknown_is="",
    inborn_is="",
    reference="azureml:{name}",
)
"""A record and nothing else."""

LOCAL_ASSET: Final = replace(LOCAL_RECORD, archivable=True, reveals=True, replaceable=True)
"""A version of content that is kept for good, and archived."""

LOCAL_PROCESSED: Final = replace(LOCAL_RECORD, processes=True)
"""A record that the supervisor has work with, and nothing else."""
