from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from orchestrator.core.diagnostic import SpecError
from orchestrator.reconcile.config import Config
from orchestrator.reconcile.config_read import parse_config, read_config
from orchestrator.reconcile.policy import Backoff, Override, Policy
from orchestrator.reconcile.ports import Trigger
from orchestrator.reconcile.source.settings import GitRef, GitSettings, RefKind
from orchestrator.reconcile.windows import Freeze

FILE = Path("/etc/amlctl/loop.yaml")
FULL = """
folder: /var/lib/amlctl
parallel_passes: 2
server: {port: 9000, token: {env: API_TOKEN}}
notifications:
  team: {url: {env: HOOK}, shape: slack, triggers: [failed, stalled], projects: [heart]}
projects:
  base:
    source: {folder: ../base}
  heart:
    source:
      git: {url: "https://git.example/heart.git", semver: ^1.2, path: specs/heart, token: {file: token}}
    target: prod
    variables: {size: 3, name: x, fast: true}
    interval: 5m
    jitter: 10
    auto_apply: false
    self_heal: {enabled: false, debounce: 2m}
    prune: {enabled: true, max_deletions: 3, allow_empty: true}
    suspend: true
    freeze:
      - {days: [fri], start: 18:00, end: "08:00", time_zone: Europe/Berlin, running: abort, reason: weekend}
      - {first: 2026-12-24, last: "2026-12-26"}
    depends_on: [base]
    backoff: {initial: 1m, cap: 1h}
    resources:
      "online_endpoints.*": {self_heal: true}
    parallelism: 4
    workspace: ws
    hook: {env: GIT_HOOK}
"""


def parsed(text: str) -> Config:
    return parse_config(text, FILE)


def test_everything_that_can_be_written() -> None:
    config = parsed(FULL)
    base, heart = config.projects
    assert (config.folder, config.parallel) == (Path("/var/lib/amlctl"), 2)
    assert config.listen is not None
    assert config.listen.port == 9000
    assert str(config.token) == "env:API_TOKEN"
    assert config.channels[0].triggers == {Trigger.FAILED, Trigger.STALLED}
    assert base.source == Path("/etc/amlctl/../base")
    assert base.policy == Policy(poll_s=5.0)
    assert isinstance(heart.source, GitSettings)
    assert heart.source.ref == GitRef(RefKind.SEMVER, "^1.2")
    assert str(heart.source.token) == "file:/etc/amlctl/token"
    assert heart.variables == {"size": "3", "name": "x", "fast": "true"}
    assert heart.policy == Policy(
        interval_s=300.0,
        jitter_s=10.0,
        poll_s=None,
        auto_apply=False,
        self_heal=False,
        debounce_s=120.0,
        prune=True,
        max_deletions=3,
        allow_empty=True,
        suspended=True,
        freezes=(
            Freeze(frozenset({4}), time(18), time(8), "Europe/Berlin", None, None, abort=True, reason="weekend"),
            Freeze(first=date(2026, 12, 24), last=date(2026, 12, 26)),
        ),
        depends_on=("base",),
        overrides=(Override("online_endpoints.*", self_heal=True),),
        backoff=Backoff(60.0, 3600.0),
    )
    assert (heart.target, heart.workspace, heart.parallelism) == ("prod", Path("/etc/amlctl/ws"), 4)


@pytest.mark.parametrize(
    ("line", "code", "place", "part", "why"),
    [
        ("intervall: 5m", "unknown-field", 4, "'interval'", "the nearest name is offered"),
        ("interval: soon", "invalid-value", 4, "30s, 5m", "not a duration"),
        ("interval: 0", "invalid-value", 4, "between 1 seconds", "would never rest"),
        ("interval: -5", "invalid-value", 4, "duration", "negative"),
        ("auto_apply: maybe", "wrong-type", 4, "true or false", "not a switch"),
        ("depends_on: [b]", "invalid-value", 4, "no project 'b'", "unknown project"),
        ("depends_on: [a]", "invalid-value", 4, "wait for each other", "itself"),
        ("freeze: [{time_zone: Europe/Berln}]", "invalid-value", 4, "Europe/Berlin", "the nearest zone is offered"),
        ("freeze: [{start: '24:30'}]", "invalid-value", 4, "not a time of day", "after midnight"),
        ("freeze: [{first: 2026-02-30}]", "invalid-value", 4, "not a date", "not in the calendar"),
        ("freeze: [{days: [sunday]}]", "invalid-value", 4, "'sun'", "days are short"),
        ("hook: {}", "invalid-value", 4, "environment or from a file", "a secret from nowhere"),
        ("hook: {env: A, file: B}", "invalid-value", 4, "environment or from a file", "a secret from two places"),
        ("prune: {max_deletions: -1}", "invalid-value", 4, "at least 0", "a negative bound"),
        ("parallelism: 0", "invalid-value", 4, "at least 1", "nothing could run"),
    ],
)
def test_a_mistake_is_told_at_its_place(line: str, code: str, place: int, part: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        parsed(f"projects:\n  a:\n    source: {{folder: x}}\n    {line}\n")
    (problem,) = caught.value.diagnostics
    assert problem.code == code, why
    assert problem.subject is not None
    assert (problem.subject.file, problem.subject.line) == (str(FILE), place)
    assert part in f"{problem.detail} {problem.fix}"


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("{}", "either a folder or a git repository"),
        ("{folder: x, git: {url: 'https://x/y', branch: main}}", "either a folder or a git repository"),
        ("{git: {url: 'https://x/y'}}", "Exactly one of"),
        ("{git: {url: 'https://x/y', branch: main, tag: v1}}", "Exactly one of"),
        ("{git: {url: 'https://me:pass@x/y', branch: main}}", "user name or password"),
        ("{git: {url: 'https://x/y', branch: main, path: ../z}}", "leaves the repository"),
    ],
)
def test_a_source_must_be_clear(source: str, part: str) -> None:
    with pytest.raises(SpecError) as caught:
        parsed(f"projects:\n  a:\n    source: {source}\n")
    assert part in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        parsed(
            "projects:\n  'a b':\n    source: {folder: x}\n    interval: soon\n  c:\n    source: {}\n    depends_on: [d]\n"
        )
    assert len(caught.value.diagnostics) == 4


def test_projects_must_not_wait_for_each_other() -> None:
    text = "projects:\n  a: {source: {folder: x}, depends_on: [b]}\n  b: {source: {folder: y}, depends_on: [a]}\n"
    with pytest.raises(SpecError, match="wait for each other"):
        parsed(text)


@pytest.mark.parametrize("text", ["", "[]", "projects", "projects: {a: {}}", "projects: [", "folder: x"])
def test_what_is_no_configuration(text: str) -> None:
    with pytest.raises(SpecError):
        parsed(text)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="No such file"):
        read_config(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match="not UTF-8"):
        read_config(tmp_path / "binary.yaml")
