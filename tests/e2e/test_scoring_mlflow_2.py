"""Our scoring beside MLflow 2's own parser, in an environment that has MLflow 2."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.scoring_servers import MLFLOW_2, reference_python

pytestmark = pytest.mark.slow


def test_every_form_under_mlflow_2(request: pytest.FixtureRequest) -> None:
    python = reference_python(request.config, MLFLOW_2)
    root = Path(__file__).parents[2]
    environ = {**os.environ, "PYTHONPATH": str(root)}
    argv = [str(python), "-m", "tests.unit.workspace.mlflow_table"]
    done = subprocess.run(argv, cwd=root, env=environ, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    different, answered = json.loads(done.stdout)
    assert different == []
    assert answered > 300
