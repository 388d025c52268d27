"""Pretrained weights that are on this machine. Nothing is downloaded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "AMLCTL_PRETRAINED"
"""Environment variable: a folder with a folder for each language model by its name, and files of image networks (``*.pth``)."""


def may_be_here(task: str, name: str) -> bool:
    """Whether the weights of a network look as if they were on this machine; for plans, without any library."""
    if task.startswith("text_"):
        return folder_of(name) is not None
    cache = Path(os.environ.get("TORCH_HOME", Path.home() / ".cache" / "torch")) / "hub" / "checkpoints"
    places = (cache, Path(os.environ.get(FOLDER, "-")))
    return any(file.name.startswith(f"{name}-") for place in places if place.is_dir() for file in place.iterdir())


def folder_of(name: str) -> str | None:
    """The folder of a language model: below `FOLDER`, or in the cache of ``transformers``; None if it is in neither.

    Source: huggingface_hub documentation, "Understand caching": ``models--NAME/snapshots/REVISION``.
    """
    home = os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface")
    snapshots = Path(home) / "hub" / f"models--{name.replace('/', '--')}" / "snapshots"
    found = [Path(os.environ[FOLDER]) / name] if os.environ.get(FOLDER) else []
    found += sorted(snapshots.iterdir()) if snapshots.is_dir() else []
    whole = (place for place in found if (place / "config.json").is_file() and any(place.glob("*.safetensors")))
    return next(map(str, whole), None)


def weights_of(network: str) -> Any:
    """The weights of a network of ``torchvision``; None if their file is neither below `FOLDER` nor in the cache of ``torch``."""
    import torch
    from torchvision import models

    try:
        weights = models.get_model_weights(network).DEFAULT
    except (ValueError, AttributeError):
        return None
    file = Path(weights.url).name
    cache = Path(torch.hub.get_dir()) / "checkpoints"
    given = os.environ.get(FOLDER)
    if given and (Path(given) / file).is_file() and not (cache / file).exists():
        cache.mkdir(parents=True, exist_ok=True)
        (cache / file).symlink_to(Path(given).absolute() / file)
    return weights if (cache / file).is_file() else None
