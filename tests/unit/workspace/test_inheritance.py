"""Other people's code gets the machine's variables and nobody's rights."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.workspace.processes.inheritance import SETTING, handed_on, inherited
from orchestrator.workspace.processes.process import child_environment, exit_code, spawn
from tests.waiting import wait_for

TOKENS = (
    "AMLCTL_API_TOKEN", "AMLCTL_GIT_TOKEN", "GIT_TOKEN", "TEAM_WEBHOOK", "HEART_WEBHOOK_SECRET", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID",
    "AZURE_FEDERATED_TOKEN_FILE", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN", "GITHUB_TOKEN",
    "GH_TOKEN", "AWS_SECRET_ACCESS_KEY",
    "OPENAI_API_KEY", "HF_TOKEN", "KUBECONFIG", "SSH_AUTH_SOCK", "IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_SECRET",
    "ARM_CLOUD_METADATA_URL",
    "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_PASSWORD", "UV_PUBLISH_TOKEN", "UV_INDEX_OURS_PASSWORD", "DATABASE_URL",
    "PYTHONSTARTUP", "LD_PRELOAD",
    "BASH_ENV", "ENV", "NETRC", "OTEL_EXPORTER_OTLP_HEADERS", "STORAGE_KEY", "GPU_API_KEY", "LC_SECRET",
)  # fmt: skip
MACHINE = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "http_proxy", "HTTPS_PROXY", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "OMP_NUM_THREADS", "LD_LIBRARY_PATH",
    "UV_CACHE_DIR", "UV_INDEX_URL", "PIP_INDEX_URL", "PYTHONPATH",
)  # fmt: skip


@pytest.mark.parametrize("name", TOKENS)
def test_a_right_is_not_passed_on(name: str) -> None:
    assert inherited({name: "canary"}) == {}


@pytest.mark.parametrize("name", MACHINE)
def test_what_any_program_needs_is_passed_on(name: str) -> None:
    assert inherited({name: "/some/value"}) == {name: "/some/value"}


@pytest.mark.parametrize("name", ["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_the_address_of_an_index_is_passed_on_unless_it_holds_a_password(name: str) -> None:
    assert inherited({name: "https://packages.example.org/index"})
    assert not inherited({name: "https://user:canary@packages.example.org/index"})
    assert not inherited({name: "https://canary@packages.example.org/index"})


@given(
    st.text(
        alphabet=st.characters(codec="ascii", categories=["Lu", "Nd"], include_characters="_"), min_size=1, max_size=30
    )
)
def test_a_name_that_nobody_listed_is_not_passed_on(name: str) -> None:
    unlisted = f"X{name}"  # no listed name or pattern begins so, but *_NUM_THREADS
    assert (unlisted in inherited({unlisted: "v"})) == unlisted.endswith("_NUM_THREADS")


def test_whoever_runs_this_may_name_more() -> None:
    environ = {
        SETTING: " OPENAI_*, HF_TOKEN,",
        "OPENAI_API_KEY": "a",
        "HF_TOKEN": "b",
        "HF_TOKEN_2": "c",
        "PATH": "/bin",
    }
    assert inherited(environ) == {"OPENAI_API_KEY": "a", "HF_TOKEN": "b", "PATH": "/bin"}
    assert handed_on(environ) == {**inherited(environ), SETTING: environ[SETTING]}
    assert inherited(handed_on(environ)) == inherited(environ), "through the supervisor, down to the job"


def test_a_pattern_for_everything_is_possible_and_leaves_the_setting_itself_out() -> None:
    assert inherited({SETTING: "*", "ANY": "1"}) == {"ANY": "1"}


def test_processes_are_started_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_TOKEN", "canary")
    monkeypatch.setenv("OPENAI_API_BASE", "https://models.example.org")
    monkeypatch.setenv(SETTING, "OPENAI_*")
    code = "import json, os; print(json.dumps(dict(os.environ)))"
    seen = {}
    for who, environ in (("ours", None), ("theirs", child_environment())):
        process = spawn([sys.executable, "-c", code], cwd=tmp_path, log=tmp_path / who, environ=environ)
        wait_for(lambda process=process: exit_code(process) is not None)  # type: ignore[misc]
        seen[who] = json.loads((tmp_path / who).read_text())
    for environ in seen.values():
        assert "canary" not in environ.values()
        assert environ["OPENAI_API_BASE"] == "https://models.example.org"
    assert (SETTING in seen["ours"], SETTING in seen["theirs"]) == (True, False)


def test_the_guide_names_the_setting_and_the_patterns() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "guide" / "embedded-workspace.md").read_text()
    assert SETTING in guide
