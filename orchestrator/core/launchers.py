"""Which launchers of distributed jobs one machine has: PyTorch's and TensorFlow's processes always, MPI where it is installed."""

from __future__ import annotations

from collections.abc import Mapping
from shutil import which
from typing import Any, Final

PYTORCH: Final = "pytorch"
TENSORFLOW: Final = "tensorflow"
MPI: Final = "mpi"
MPI_PROGRAM: Final = "mpirun"
NO_MPI_FIX: Final = (
    "Install Open MPI (Debian: openmpi-bin), use distribution pytorch, or run the job in an Azure workspace."
)


def launcher_of(body: Mapping[str, Any]) -> str:
    """The launcher that a job's ``distribution`` asks for; empty for a single process."""
    return str((body.get("distribution") or {}).get("type") or "").lower()


def missing_launcher(launcher: str) -> tuple[str, str] | None:
    """Why one machine cannot start it, as the end of a sentence, and what to do; None if it can."""
    if launcher in ("", PYTORCH, TENSORFLOW) or (launcher == MPI and which(MPI_PROGRAM)):
        return None
    if launcher == MPI:
        return f"distribution mpi needs '{MPI_PROGRAM}', which is not installed", NO_MPI_FIX
    return (
        f"it does not support distribution '{launcher}'",
        "Use distribution pytorch or tensorflow, which run as several local processes, or run the job in an Azure workspace.",
    )
