"""Where the files of an MLflow model are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MODEL_FILE: Final = "MLmodel"


def mlflow_folder(model: Path) -> Path | None:
    """The folder with the file ``MLmodel``: a model's own, or one right inside it; None if there is none."""
    folders: list[Path] = [model, *(sorted(model.iterdir()) if model.is_dir() else ())]
    for folder in folders:
        if (folder / MODEL_FILE).is_file():
            return folder
    return None
