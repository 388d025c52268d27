"""What is imported when: the command line must start fast, and the core must do without the extras."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "aiohttp", "azure", "flaml", "lightgbm", "mlflow", "mltable", "networkx", "numpy", "pandas", "psutil", "rich", "sklearn",
    "sqlalchemy", "starlette", "structlog", "uvicorn", "xgboost",
)  # fmt: skip
SPEC = Path(__file__).parents[2] / "specs" / "heart-failure" / "spec.yaml"

PROBE = """
import json, sys
sys.argv = ["amlctl", *json.loads(sys.argv[1])]
from orchestrator.__main__ import main
code = 0
try:
    main()
except SystemExit as stop:
    code = stop.code
sys.stderr.write("\\n" + json.dumps([code, sorted({name.split(".")[0] for name in sys.modules})]))
"""


def modules_after(*arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(arguments)], capture_output=True, text=True, timeout=120, check=False
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    assert code in (0, None), done.stderr
    return set(modules)


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_start_up_loads_nothing_that_it_does_not_need(arguments: tuple[str, ...]) -> None:
    loaded = modules_after(*arguments)
    assert not loaded & {*HEAVY, "pydantic", "yaml"}


def test_validate_and_plan_load_no_extra(tmp_path: Path) -> None:
    assert not modules_after("validate", str(SPEC)) & set(HEAVY)
    spec = tmp_path / "spec.yaml"
    spec.write_text("project: small\ncompute: {cpu: {type: amlcompute, size: Standard_DS2_v2}}\n")
    assert not modules_after("plan", str(spec)) & set(HEAVY)


def test_the_package_itself_never_loads_azure() -> None:
    script = "import sys, orchestrator.engine; print(any(m == 'azure' or m.startswith('azure.') for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
