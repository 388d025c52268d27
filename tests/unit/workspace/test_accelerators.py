"""Who asks for a GPU on a machine without one is told once what happens instead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.workspace.environments import accelerators
from orchestrator.workspace.environments.accelerators import gpu_here, gpu_notice
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.record import Record
from orchestrator.workspace.records.store import RecordStore


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordStore]:
    monkeypatch.setattr(accelerators, "gpu_here", lambda: False)
    store = RecordStore(WorkspacePaths(tmp_path / "w"))
    sizes = {"cpu": "Standard_DS3_v2", "gpu": "STANDARD_NC6S_V3", "fpga": "Standard_NP10s"}
    for name, size in sizes.items():
        store.insert(Record("compute", f"compute.{name}", body={"size": size}))
    for version, image in (("1", "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"), ("2", "x/cuda11.8:latest")):
        store.insert(Record("environments", "environments.e", version, body={"image": image}))
    yield store
    store.close()


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ({}, ""),
        ({"compute": "azureml:cpu", "environment": {"image": "some/image"}}, ""),
        ({"compute": "azureml:fpga"}, ""),
        ({"compute": "azureml:nowhere"}, ""),
        ({"compute": "azureml:gpu"}, "compute gpu (STANDARD_NC6S_V3)"),
        ({"instance_type": "Standard_ND96asr_v4"}, "instance type Standard_ND96asr_v4"),
        ({"instance_type": "Standard_NCC40ads_H100_v5"}, "instance type Standard_NCC40ads_H100_v5"),
        ({"instance_type": "Standard_DS2_v2", "resources": {"requests": {"cpu": "1"}}}, ""),
        ({"resources": {"instance_type": ["Standard_D2", "Standard_NV6"]}}, "instance type Standard_NV6"),
        ({"resources": {"limits": {"nvidia.com/gpu": "1"}}}, "resources.limits"),
        ({"resources": {"docker_args": "--shm-size 2g --gpus all"}}, "resources.docker_args"),
        ({"resources": {"docker_args": ["--gpus", "all"]}}, "resources.docker_args"),
        ({"environment": {"image": "nvidia/cuda:12"}}, "image nvidia/cuda:12"),
        ({"environment": "azureml:e:1"}, ""),
        ({"environment": "azureml:e:2"}, "image x/cuda11.8:latest"),
        ({"environment": "azureml:e@latest"}, "image x/cuda11.8:latest"),
        ({"environment": "azureml:AzureML-acpt-pytorch-2.2-cuda12.1:1"}, "AzureML-acpt-pytorch-2.2-cuda12.1"),
    ],
)
def test_what_asks_for_a_gpu(store: RecordStore, body: dict[str, Any], asked: str) -> None:
    notice = gpu_notice(Record("jobs", "jobs.j", "j", body=body), store)
    if asked:
        assert asked in notice
        assert notice.endswith("the CPU is used")
    else:
        assert notice == ""


def test_where_there_is_a_gpu_there_is_nothing_to_tell(store: RecordStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerators, "gpu_here", lambda: True)
    assert gpu_notice(Record("jobs", "jobs.j", "j", body={"compute": "azureml:gpu"}), store) == ""


@pytest.mark.parametrize(
    ("names", "found"), [((), False), (("nvidiactl", "null"), False), (("nvidia0",), True), (("kfd",), True)]
)
def test_gpus_are_told_by_their_device_files(tmp_path: Path, names: tuple[str, ...], found: bool) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert gpu_here(tmp_path) is found
