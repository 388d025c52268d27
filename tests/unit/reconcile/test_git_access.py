"""Tokens, keys and signatures: used where they belong, and seen nowhere."""

from __future__ import annotations

import base64
import os
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orchestrator.reconcile.ports import SourceStalled, SourceUnavailable
from orchestrator.reconcile.source.access import access_to
from orchestrator.reconcile.source.command import Access, GitCommand
from orchestrator.reconcile.source.git import GitSource
from orchestrator.reconcile.source.secret import SecretMissing, SecretReference
from orchestrator.reconcile.source.settings import GitRef, GitSettings, RefKind
from tests.unit.reconcile.git_http import git_server
from tests.unit.reconcile.git_server import Upstream

MAIN = GitRef(RefKind.BRANCH, "main")
TOKEN = "very-secret-token"


class _Denying(BaseHTTPRequestHandler):
    """A git server that wants a password, likes none, and repeats what it got; or sends everybody elsewhere."""

    def do_GET(self) -> None:
        self.server.seen.append(self.headers.get("Authorization", ""))  # type: ignore[attr-defined]
        elsewhere = self.server.elsewhere  # type: ignore[attr-defined]
        body = self.headers.get("Authorization", "").encode()
        self.send_response(302 if elsewhere else 401)
        if elsewhere:
            self.send_header("Location", f"{elsewhere}{self.path}")
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


@contextmanager
def _serve(elsewhere: str = "") -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Denying)
    server.seen = []  # type: ignore[attr-defined]
    server.elsewhere = elsewhere  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def denying() -> Iterator[ThreadingHTTPServer]:
    with _serve() as server:
        yield server


def _url(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def test_a_token_is_sent_and_never_told(
    denying: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TOKEN_OF_TEST", TOKEN)
    settings = GitSettings(f"{_url(denying)}/r.git", MAIN, token=SecretReference("env", "GIT_TOKEN_OF_TEST"))
    assert settings.problems() == ()
    with pytest.raises(SourceStalled) as caught:
        GitSource(settings, tmp_path / "cache").fetch()
    assert caught.value.code == "source-denied"
    expected = base64.b64encode(f"amlctl:{TOKEN}".encode()).decode()
    assert f"Basic {expected}" in denying.seen  # type: ignore[attr-defined]
    assert TOKEN not in caught.value.detail + repr(settings)
    for file in (tmp_path / "cache").rglob("*"):
        assert file.is_dir() or TOKEN.encode() not in file.read_bytes()


def test_a_private_repository_is_fetched_with_its_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = Upstream(tmp_path / "team" / "upstream")
    first = upstream.commit("First")
    monkeypatch.setenv("GIT_TOKEN_OF_TEST", TOKEN)
    token = SecretReference("env", "GIT_TOKEN_OF_TEST")
    with git_server(tmp_path / "team", "deploy", TOKEN) as server:
        settings = GitSettings(f"{server.url}/upstream/.git", MAIN, "spec.yaml", token=token, username="deploy")
        source = GitSource(settings, tmp_path / "cache")
        assert source.fetch().id == first
        second = upstream.commit("Second")
        good = source.fetch()
        assert good.id == second
        monkeypatch.setenv("GIT_TOKEN_OF_TEST", "revoked-token")
        with pytest.raises(SourceStalled, match="Authentication failed") as denied:
            source.fetch()
        assert denied.value.last_good == good
        monkeypatch.setenv("GIT_TOKEN_OF_TEST", TOKEN)
        assert source.fetch() == good
        assert server.exposed == [], "no command line held the token"
    with pytest.raises(SourceUnavailable) as gone:
        source.fetch()
    assert gone.value.last_good == good


def test_a_redirect_to_another_host_is_not_given_the_token(
    denying: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TOKEN_OF_TEST", TOKEN)
    with _serve(elsewhere=_url(denying)) as server:
        settings = GitSettings(f"{_url(server)}/r.git", MAIN, token=SecretReference("env", "GIT_TOKEN_OF_TEST"))
        with pytest.raises(SourceStalled):
            GitSource(settings, tmp_path / "cache").fetch()
    assert denying.seen  # type: ignore[attr-defined]
    assert set(denying.seen) == {""}  # type: ignore[attr-defined]


def test_no_command_line_holds_the_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TOKEN_OF_TEST", TOKEN)
    settings = GitSettings("https://git.example.com/r.git", MAIN, token=SecretReference("env", "GIT_TOKEN_OF_TEST"))
    with access_to(settings, tmp_path) as access:
        assert access.environ["AMLCTL_GIT_TOKEN"] == TOKEN
        assert TOKEN not in "".join(access.config.values())
        assert "credential.https://git.example.com.helper" in access.config
        assert TOKEN not in repr(access)


def test_a_missing_token_stalls_and_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_TOKEN_OF_TEST", raising=False)
    settings = GitSettings("https://git.example.com/r.git", MAIN, token=SecretReference("env", "GIT_TOKEN_OF_TEST"))
    with pytest.raises(SourceStalled, match="GIT_TOKEN_OF_TEST") as caught:
        GitSource(settings, tmp_path / "cache").fetch()
    assert caught.value.code == "secret-unavailable"


def test_an_ssh_key_from_the_environment_lies_in_a_private_file_only_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_TEST", "-----BEGIN-----\nxyz")
    settings = GitSettings(
        "git@git.example.com:team/r.git",
        MAIN,
        ssh_key=SecretReference("env", "KEY_OF_TEST"),
        known_hosts=tmp_path / "known hosts",
    )
    assert settings.problems() == ()
    with access_to(settings, tmp_path) as access:
        words = shlex.split(access.environ["GIT_SSH_COMMAND"])
        key = Path(words[words.index("-i") + 1])
        assert key.read_text() == "-----BEGIN-----\nxyz\n"
        assert key.stat().st_mode & 0o077 == 0
        assert f"UserKnownHostsFile={tmp_path / 'known hosts'}" in words
        assert "StrictHostKeyChecking=yes" in words
        assert access.protocol == "ssh"
    assert list(tmp_path.iterdir()) == []


def test_a_repository_over_ssh_is_fetched_with_its_key_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upstream = Upstream(tmp_path / "upstream")
    commit = upstream.commit()
    tools = tmp_path / "bin"
    tools.mkdir()
    ssh = (
        tools / "ssh"
    )  # stands for the client: notes how it was called, then runs on this machine what it was asked to
    ssh.write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$@\" >> {tmp_path}/called\nenv >> {tmp_path}/called\n"
        'while [ $# -gt 2 ]; do [ "$1" = -i ] && test -r "$2" && key=$2; shift; done\n[ -n "$key" ] || exit 255\nexec sh -c "$2"\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("KEY_OF_TEST", "the private key")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/agent")
    key = SecretReference("env", "KEY_OF_TEST")
    settings = GitSettings(f"git@git.example.com:{upstream.folder}", MAIN, "spec.yaml", ssh_key=key)
    assert settings.problems() == ()
    assert GitSource(settings, tmp_path / "cache").fetch().id == commit
    called = (tmp_path / "called").read_text()
    assert "git@git.example.com" in called
    assert "IdentitiesOnly=yes" in called
    assert "the private key" not in called
    assert "SSH_AUTH_SOCK" not in called
    assert list((tmp_path / "cache" / "keys").iterdir()) == []


def test_a_secret_file_that_everybody_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("abc\n")
    file.chmod(0o644)
    with pytest.raises(SecretMissing, match="world-readable"):
        SecretReference("file", str(file)).read()
    file.chmod(0o600)
    assert SecretReference("file", str(file)).read().reveal() == "abc"


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        (GitSettings("https://me:pw@example.com/r", MAIN), ["url"]),
        (GitSettings("https://token@example.com/r", MAIN), ["url"]),
        (GitSettings("ssh://git@example.com/r", MAIN), []),
        (GitSettings("ext::sh -c id", MAIN), []),  # a path of this machine that does not exist; never a protocol
        (GitSettings("ext://x", MAIN), ["url"]),
        (GitSettings("git://example.com/r", MAIN), ["url"]),
        (GitSettings("--upload-pack=id", MAIN), ["url"]),
        (GitSettings("http://example.com/r", MAIN, token=SecretReference("env", "T")), ["token"]),
        (GitSettings("/srv/r", MAIN, token=SecretReference("env", "T")), ["token"]),
        (GitSettings("https://example.com/r", MAIN, ssh_key=SecretReference("env", "K")), ["ssh_key"]),
        (GitSettings("https://example.com/r", MAIN, path="../other"), ["path"]),
        (GitSettings("https://example.com/r", MAIN, path="/etc"), ["path"]),
        (GitSettings("https://example.com/r", GitRef(RefKind.BRANCH, "-x")), ["branch"]),
        (GitSettings("https://example.com/r", GitRef(RefKind.BRANCH, "a..b")), ["branch"]),
        (GitSettings("https://example.com/r", GitRef(RefKind.TAG, "x^{}")), ["tag"]),
        (GitSettings("https://example.com/r", GitRef(RefKind.BRANCH, "feature/x-1")), []),
        (GitSettings("https://example.com/r", GitRef(RefKind.COMMIT, "abc123")), ["commit"]),
        (GitSettings("https://example.com/r", GitRef(RefKind.SEMVER, "newest")), ["semver"]),
        (GitSettings("", GitRef(RefKind.SEMVER, "newest"), path="/x"), ["url", "semver", "path"]),
    ],
)
def test_settings_are_checked_all_at_once(settings: GitSettings, fields: list[str]) -> None:
    assert [field for field, _, _ in settings.problems()] == fields


def test_a_protocol_that_runs_programs_is_never_spoken(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    settings = GitSettings(f"ext::sh -c 'touch {marker}'", MAIN)
    with pytest.raises(SourceUnavailable):
        GitSource(settings, tmp_path / "cache").fetch()
    assert not marker.exists()


def test_the_time_of_an_exchange_is_bounded_and_helpers_die_with_git(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    git = GitCommand(tmp_path / "r.git", tmp_path / "home")
    pid = tmp_path / "pid"
    slow = Access({"alias.slow": f"!echo $$ > {pid}; exec sleep 600"})
    # On a busy machine the time may be over before the helper runs at all; only then it gets more.
    for seconds in (1.0, 5.0, 60.0):
        assert git.run(["slow"], timeout_s=seconds, access=slow).timed_out
        if pid.exists() and pid.read_text().strip():
            break
    helper = Path(f"/proc/{pid.read_text().strip()}/stat")
    until = time.monotonic() + 60
    while helper.exists() and helper.read_text().split(")")[1].split()[0] != "Z":
        assert time.monotonic() < until, "the helper outlives git"
        time.sleep(0.01)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed")
    folder = tmp_path_factory.mktemp("keys")
    for name in ("trusted", "foreign"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    public = (folder / "trusted.pub").read_text()
    (folder / "allowed").write_text(f"tester@example.com {public}")
    return folder


def _sign(upstream: Upstream, key: Path) -> str:
    upstream.git("config", "gpg.format", "ssh")
    upstream.git("config", "user.signingKey", str(key))
    return upstream.commit(f"Signed with {key.name}", "-S")


def test_only_commits_of_allowed_signers_are_used(tmp_path: Path, keys: Path) -> None:
    upstream = Upstream(tmp_path / "upstream")
    git = GitSource(
        GitSettings(str(upstream.folder), MAIN, "spec.yaml", allowed_signers=keys / "allowed"), tmp_path / "cache"
    )
    good = _sign(upstream, keys / "trusted")
    assert git.fetch().id == good
    upstream.commit("Unsigned")
    with pytest.raises(SourceStalled, match="not signed by an allowed signer") as caught:
        git.fetch()
    assert caught.value.last_good is not None
    assert caught.value.last_good.id == good
    _sign(upstream, keys / "foreign")
    upstream.write("allowed", (keys / "foreign.pub").read_text())
    with pytest.raises(SourceStalled) as caught:
        git.fetch()
    assert caught.value.code == "signature-refused"
    assert len(os.listdir(tmp_path / "cache" / "trees")) == 1, "what is refused is not even checked out"  # noqa: PTH208
    better = _sign(upstream, keys / "trusted")
    assert git.fetch().id == better


def test_a_key_that_is_no_longer_trusted_takes_the_last_good_revision_with_it(tmp_path: Path, keys: Path) -> None:
    upstream = Upstream(tmp_path / "upstream")
    allowed = tmp_path / "allowed"
    shutil.copy(keys / "allowed", allowed)
    settings = GitSettings(str(upstream.folder), MAIN, "spec.yaml", allowed_signers=allowed)
    git = GitSource(settings, tmp_path / "cache")
    _sign(upstream, keys / "trusted")
    git.fetch()
    allowed.write_text(f"other@example.com {(keys / 'foreign.pub').read_text()}")
    with pytest.raises(SourceStalled) as caught:
        git.fetch()
    assert caught.value.last_good is None
    allowed.unlink()
    with pytest.raises(SourceStalled) as caught:
        git.fetch()
    assert caught.value.code == "signers-missing"


def test_a_forced_push_to_an_older_signed_commit_needs_a_person(tmp_path: Path, keys: Path) -> None:
    upstream = Upstream(tmp_path / "upstream")
    settings = GitSettings(str(upstream.folder), MAIN, "spec.yaml", allowed_signers=keys / "allowed")
    upstream.committed_at = "2026-01-01T00:00:00Z"
    old = _sign(upstream, keys / "trusted")
    assert GitSource(settings, tmp_path / "cache").fetch().id == old
    upstream.committed_at = "2026-01-02T00:00:00Z"
    new = _sign(upstream, keys / "trusted")
    assert GitSource(settings, tmp_path / "cache").fetch().id == new
    upstream.git("reset", "--quiet", "--hard", old)
    for _ in range(2):
        with pytest.raises(SourceStalled) as caught:
            GitSource(settings, tmp_path / "cache").fetch()
        assert caught.value.code == "rollback-refused"
        assert caught.value.last_good is not None
        assert caught.value.last_good.id == new, "what was in force stays"
    allowed = replace(settings, allow_rollback=True)
    assert GitSource(allowed, tmp_path / "cache").fetch().id == old
    assert GitSource(settings, tmp_path / "cache").fetch().id == old


@pytest.mark.parametrize(
    ("signed", "setting", "refuses"),
    [
        (True, None, True),
        (True, True, False),
        (True, False, True),
        (False, None, False),
        (False, False, True),
        (False, True, False),
    ],
)
def test_where_going_back_needs_a_person(tmp_path: Path, signed: bool, setting: bool | None, refuses: bool) -> None:
    signers = tmp_path / "allowed" if signed else None
    settings = GitSettings("/r", MAIN, "spec.yaml", allowed_signers=signers, allow_rollback=setting)
    assert settings.refuses_rollback is refuses
    assert not replace(settings, ref=GitRef(RefKind.COMMIT, "a" * 40)).refuses_rollback
