"""Warnings that the libraries of azure-ai-ml raise against each other, which are not ours to mend."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

OF_OTHERS = (
    "ignore::marshmallow.warnings.RemovedInMarshmallow4Warning",
    "ignore::DeprecationWarning:azure.*",
    "ignore::DeprecationWarning:msal.*",
)


def let_pass(items: Iterable[pytest.Item], below: Path) -> None:
    """Let them pass in the tests of a folder."""
    for item in items:
        if below in item.path.parents:
            for rule in OF_OTHERS:
                item.add_marker(pytest.mark.filterwarnings(rule))
