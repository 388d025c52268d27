"""GPUs that are asked for where there are none: work goes on the processor, and says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore

_DEVICES: Final = ("nvidia[0-9]*", "dxg", "kfd")
"""Device files of GPUs: NVIDIA's on Linux, any on WSL, AMD's on Linux."""

_SIZE: Final = re.compile(r"(?:standard_)?n[cdgv]c?\d\w*", re.IGNORECASE)
"""Azure's sizes with GPUs: families NC, ND, NG and NV. Source: Azure documentation, virtual machine size families, N."""

_IMAGE: Final = re.compile(r"cuda|gpu|rocm", re.IGNORECASE)
_DOCKER: Final = re.compile(r"--gpus\b|--device[= ]nvidia")


def gpu_here(devices: Path = Path("/dev")) -> bool:
    """Whether this machine has a GPU that programs can open."""
    return any(next(devices.glob(pattern), None) is not None for pattern in _DEVICES)


def gpu_notice(record: Record, store: RecordStore) -> str:
    """What to tell about a job or deployment that asks for a GPU on a machine that has none; empty otherwise.

    Args:
        record: of the job or deployment.
        store: for the compute and environment that it names.
    """
    asked = next(_asking(record.body, store), "")
    return f"{asked} requests a GPU, but this machine has none; the CPU is used" if asked else ""


def _asking(body: Mapping[str, Any], store: RecordStore) -> Iterator[str]:
    if gpu_here():
        return
    compute = str(body.get("compute") or "").removeprefix("azureml:")
    found = store.get(record_kinds.COMPUTE, f"{record_kinds.COMPUTE}.{compute}") if compute else None
    if found is not None and _has_gpu(found.body.get("size")):
        yield f"compute {compute} ({found.body['size']})"
    resources = body.get("resources") or {}
    for sizes in (body.get("instance_type"), resources.get("instance_type")):
        yield from (
            f"instance type {size}" for size in (sizes if isinstance(sizes, list) else [sizes]) if _has_gpu(size)
        )
    if _DOCKER.search(str(resources.get("docker_args") or "")):
        yield "resources.docker_args"
    for bound in ("requests", "limits"):
        if any("gpu" in name for name in resources.get(bound) or ()):
            yield f"resources.{bound}"
    image = _image(body.get("environment"), store)
    if _IMAGE.search(image):
        yield f"image {image}"


def _has_gpu(size: Any) -> bool:
    return isinstance(size, str) and _SIZE.fullmatch(size) is not None


def _image(environment: Any, store: RecordStore) -> str:
    if isinstance(environment, str):
        name, _, version = environment.removeprefix("azureml:").partition(":")
        address = f"{record_kinds.ENVIRONMENTS}.{name.removesuffix('@latest')}"
        record = (
            store.get(record_kinds.ENVIRONMENTS, address, version)
            if version
            else store.latest(record_kinds.ENVIRONMENTS, address)
        )
        # A curated environment is in no workspace; its name says what it is for.
        environment = record.body if record is not None else {"image": environment}
    return str(environment.get("image") or "") if isinstance(environment, Mapping) else ""
