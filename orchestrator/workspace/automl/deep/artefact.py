"""The model's folder: an MLflow model that loads its network with the file `deep_model` beside it."""

from __future__ import annotations

import json
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

from . import deep_model

_TEXT = ("torch", "transformers", "safetensors")
_IMAGE = ("torch", "torchvision", "pillow")
_ALWAYS = ("mlflow-skinny", "numpy", "pandas")


def save_model(network: Path, folder: Path) -> None:
    """Write the model folder.

    Args:
        network: the folder that a trial wrote.
        folder: is replaced if it is there.
    """
    from mlflow import pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    about = json.loads((network / deep_model.ABOUT).read_text(encoding="utf-8"))
    folder.parent.mkdir(parents=True, exist_ok=True)
    signature = ModelSignature(inputs=Schema([ColSpec("string", name) for name in about["columns"]]))
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "model"
        pyfunc.save_model(
            str(made),
            loader_module="deep_model",
            data_path=str(network),
            code_paths=[str(deep_model.__file__)],
            pip_requirements=requirements(about["task"]),
            signature=signature,
        )
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)


def requirements(task: str) -> list[str]:
    """The pinned packages that loading the model needs. What follows a ``+`` names a build that no index may have."""
    names = (*_ALWAYS, *(_IMAGE if task.startswith("image_") else _TEXT))
    return [f"{name}=={version(name).partition('+')[0]}" for name in names]
