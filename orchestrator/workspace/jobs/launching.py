"""The processes of a distributed job on one machine: how many, what each is told, and which must end for the job to end.

Sources: torch.distributed, ``env://`` initialisation; tf.distribute, ``TF_CONFIG``; Open MPI, ``mpirun``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from orchestrator.core.errors import Invalid
from orchestrator.core.launchers import MPI, MPI_PROGRAM, TENSORFLOW, launcher_of, missing_launcher
from orchestrator.workspace.processes.ports import LOOPBACK, free_ports

Body = Mapping[str, Any]

_AS_ROOT: Final = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
_MORE_THAN_CORES: Final = {
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
    "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
}
"""A laptop has fewer cores than a cluster: Open MPI 4 and 5 start more processes than there are only if told so."""


class Launch(NamedTuple):
    """One process to start.

    Attributes:
        argv: its command line.
        environ: variables of its own.
        ends: the job ends when all of these have ended. Parameter servers never do.
    """

    argv: Sequence[str]
    environ: Mapping[str, str]
    ends: bool = True


def process_count(body: Body) -> int:
    """How many processes the command runs as.

    Raises:
        Invalid: it asks for several machines, or for a launcher that this machine does not have.
    """
    resources = body.get("resources") or {}
    nodes = int(resources.get("instance_count") or 1)
    if nodes > 1:
        raise Invalid(
            f"The job requests {nodes} nodes; the embedded workspace has one.", fix="Set resources.instance_count: 1."
        )
    launcher = launcher_of(body)
    if missing := missing_launcher(launcher):
        reason, fix = missing
        raise Invalid(f"The embedded workspace cannot start the job: {reason}.", fix=fix)
    distribution = body.get("distribution") or {}
    if launcher == TENSORFLOW:
        return sum(_tasks(distribution).values())
    return int(distribution.get("process_count_per_instance") or 1)


def on_one_node(body: Body) -> Body:
    """A body whose nodes are processes of one: as many processes as on all nodes together."""
    resources, distribution = body.get("resources") or {}, dict(body.get("distribution") or {})
    nodes = int(resources.get("instance_count") or 1)
    if nodes == 1:
        return body
    if launcher_of(body) == TENSORFLOW:
        distribution["worker_count"] = distribution.get("worker_count") or nodes
    elif distribution:
        distribution["process_count_per_instance"] = nodes * int(distribution.get("process_count_per_instance") or 1)
    return {**body, "resources": {**resources, "instance_count": 1}, "distribution": distribution or None}


def launches(argv: Sequence[str], body: Body, processes: int) -> list[Launch]:
    """The processes to start for a command, the one whose log is the job's first."""
    launcher = launcher_of(body)
    if launcher == MPI:
        return [Launch([MPI_PROGRAM, "-np", str(processes), *argv], {**_AS_ROOT, **_MORE_THAN_CORES})]
    if processes == 1:
        return [Launch(argv, {})]
    if launcher == TENSORFLOW:
        return _tensorflow(argv, _tasks(body.get("distribution") or {}))
    return [Launch(argv, _rank(rank, processes)) for rank in range(processes)]


def _rank(rank: int, world: int) -> dict[str, str]:
    return {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(world), "NODE_RANK": "0"}


def _tasks(distribution: Body) -> dict[str, int]:
    workers, servers = distribution.get("worker_count"), distribution.get("parameter_server_count")
    return {"worker": int(workers or 1), "ps": int(servers or 0)}


def _tensorflow(argv: Sequence[str], tasks: Mapping[str, int]) -> list[Launch]:
    ports = iter(free_ports(sum(tasks.values())))
    cluster = {name: [f"{LOOPBACK}:{next(ports)}" for _ in range(count)] for name, count in tasks.items() if count}
    return [
        Launch(
            argv,
            {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": name, "index": index}})},
            ends=name == "worker",
        )
        for name, places in cluster.items()
        for index in range(len(places))
    ]
