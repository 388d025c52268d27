"""Why a model did not load: the exception first, then the lines of the user's own code, and nothing of ours."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.workspace.serving.scoring.failure import report_file
from orchestrator.workspace.serving.scoring.script import MODULE_NAME
from orchestrator.workspace.serving.scoring.server import LOAD_FAILED, UNUSABLE, main

HELPER = "def load(name):\n    with open(name) as file:\n        return file.read()\n"


@pytest.fixture(autouse=True)
def _path() -> Iterator[None]:
    before = list(sys.path)
    yield
    sys.path[:] = before
    sys.modules.pop(MODULE_NAME, None)
    sys.modules.pop("helper_of_this_test", None)


@pytest.mark.parametrize(
    ("script", "code", "report", "why"),
    [
        (
            "import helper_of_this_test as helper\ndef init():\n    helper.load('weights.bin')\ndef run(data):\n    return 1\n",
            LOAD_FAILED,
            [
                "FileNotFoundError: [Errno 2] No such file or directory: 'weights.bin'",
                "  score.py, line 3, in init: helper.load('weights.bin')",
                "  helper_of_this_test.py, line 2, in load: with open(name) as file:",
            ],
            "init() fails in a module beside it",
        ),
        (
            "raise ValueError('first\\nsecond')\n",
            LOAD_FAILED,
            ["ValueError: first", "second", "  score.py, line 1, in <module>: raise ValueError('first\\nsecond')"],
            "importing it fails",
        ),
        (
            "def run(data)\n    return 1\n",
            LOAD_FAILED,
            ["SyntaxError: expected ':' (score.py, line 1)", "  score.py, line 1: def run(data)"],
            "it is no Python",
        ),
        (
            "import json\njson.loads('{')\n",
            LOAD_FAILED,
            [
                "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
                "  score.py, line 2, in <module>: json.loads('{')",
            ],
            "the library's frames are left out",
        ),
        (
            "import sys\nsys.exit(7)\n",
            LOAD_FAILED,
            ["SystemExit: 7", "  score.py, line 2, in <module>: sys.exit(7)"],
            "it ends the process",
        ),
        (
            "class Panic(BaseException):\n    pass\nraise Panic('in Rust')\n",
            LOAD_FAILED,
            ["Panic: in Rust", "  score.py, line 3, in <module>: raise Panic('in Rust')"],
            "it raises what is no exception",
        ),
        (
            "def init(): pass\n",
            UNUSABLE,
            ["score.py has no function run(); a scoring script needs init() and run(data)."],
            "it is no scoring script",
        ),
    ],
)
def test_reports(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, script: str, code: int, report: list[str], why: str
) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "helper_of_this_test.py").write_text(HELPER)
    (tmp_path / "code" / "score.py").write_text(script)
    configuration = tmp_path / "a.server.json"
    settings = {"socket": str(tmp_path / "s"), "deployment": "blue", "model": None}
    configuration.write_text(json.dumps({**settings, "script": str(tmp_path / "code" / "score.py")}))
    with caplog.at_level(logging.ERROR):
        assert main([str(configuration)]) == code, why
    assert report_file(configuration).read_text().splitlines() == report, why
    assert report_file(configuration).stat().st_mode & 0o077 == 0
    assert (code == UNUSABLE) == ("Traceback" not in caplog.text), "the log has the whole traceback"
