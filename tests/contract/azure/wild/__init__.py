"""Documents of CLI v2 in the variety in which people write them, one file of text for each group.

``=== NAME`` begins a document; ``files.txt`` holds what they mention. Written for this project from the published schema reference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
FILES: Final = "files.txt"
_HEAD: Final = re.compile(r"^=== (\S+)\n", re.MULTILINE)


def _texts(file: Path) -> dict[str, str]:
    _, *parts = _HEAD.split(file.read_text(encoding="utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def documents() -> Mapping[str, str]:
    """File name to text, of all groups."""
    found: dict[str, str] = {}
    for file in sorted(HERE.glob("*.txt")):
        if file.name != FILES:
            texts = _texts(file)
            assert found.keys().isdisjoint(texts), file
            found |= texts
    return found


def write(folder: Path) -> None:
    """Write all documents and what they mention."""
    for name, text in {**_texts(HERE / FILES), **documents()}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())


_JOB: Final = {
    "type": "command",
    "command": "echo",
    "environment": {"image": "example/base"},
    "compute": "azureml:cpu-cluster",
}

AROUND: Final[Mapping[str, Any]] = {
    "project": "wild",
    "secrets": {"key": {"env": "KEY"}},
    "compute": {
        name: {"type": "amlcompute", "size": "Standard_DS3_v2"}
        for name in ("cpu-cluster", "gpu-cluster", "batch-cluster", "k8s-compute", "adf")
    },
    "environments": {name: {"image": "example/base", "version": "3"} for name in ("my-env",)}
    | {name: {"image": "example/base", "version": "1"} for name in ("e", "my-package")},
    "data": {
        "my-data": {"type": "uri_folder", "path": "./data", "version": "1"},
        "my-table": {"type": "mltable", "path": "./table", "version": "1"},
        "my-endpoint-blue-model_inputs": {"type": "uri_folder", "path": "./data", "version": "1"},
    },
    "models": {"my-model": {"type": "mlflow_model", "path": "./model", "version": "2"}},
    "jobs": {
        "earlier_job": {**_JOB, "outputs": {"model": {"type": "mlflow_model"}}},
        "earlier_pipeline": {"file": "parts/pipe.yml"},
    },
    "components": {
        "pre": {"file": "parts/pre.yml"},
        **{name: {"file": f"parts/{file}"} for name, file in (("prep_data", "prep.yml"), ("whole", "whole.yml"))},
    },
}
"""The project that the documents belong to: what they mention by name, and their secrets."""
