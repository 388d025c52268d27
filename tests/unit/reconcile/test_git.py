"""A git repository as a source: what is fetched, what is refused, what stays when the server is gone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest

from orchestrator.reconcile.ports import SourceError, SourceStalled, SourceUnavailable
from orchestrator.reconcile.source import command
from orchestrator.reconcile.source.git import GitSource
from orchestrator.reconcile.source.locking import locked
from orchestrator.reconcile.source.settings import GitRef, GitSettings, RefKind
from orchestrator.spec.ignore import ignore_rules
from tests.unit.reconcile.git_server import Upstream

MAIN = GitRef(RefKind.BRANCH, "main")


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def source(upstream: Upstream, cache: Path, ref: GitRef = MAIN, path: str = "spec.yaml", **more: object) -> GitSource:
    settings = GitSettings(str(upstream.folder), ref, path, **more)  # type: ignore[arg-type]
    assert settings.problems() == ()
    return GitSource(settings, cache)


def test_the_newest_commit_of_a_branch_is_checked_out(upstream: Upstream, cache: Path) -> None:
    commit = upstream.commit("First\n\nbody")
    git = source(upstream, cache)
    revision = git.fetch()
    assert (revision.id, revision.label) == (commit, f"main@{commit[:7]}")
    assert (revision.message, revision.author) == ("First", "Tester")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*", revision.committed_at)
    assert "project: p" in revision.path.read_text()
    assert git.fetch() == revision
    second = upstream.commit("Second")
    assert git.fetch().id == second
    assert git.recall(commit) == revision


def test_a_branch_that_was_rewritten_is_followed(upstream: Upstream, cache: Path) -> None:
    upstream.commit("First")
    git = source(upstream, cache)
    git.fetch()
    rewritten = upstream.commit("Other", "--amend")
    assert git.fetch().id == rewritten


@pytest.mark.parametrize("annotated", [False, True])
def test_a_tag_gives_its_commit(upstream: Upstream, cache: Path, annotated: bool) -> None:
    commit = upstream.commit()
    upstream.git("tag", *(["-a", "-m", "a tag"] if annotated else []), "stable")
    upstream.commit("Later")
    assert source(upstream, cache, GitRef(RefKind.TAG, "stable")).fetch().id == commit


def test_a_full_commit_is_fetched_once_and_then_needs_no_server(upstream: Upstream, cache: Path) -> None:
    commit = upstream.commit()
    upstream.commit("Later")
    git = source(upstream, cache, GitRef(RefKind.COMMIT, commit))
    revision = git.fetch()
    assert revision.id == commit
    shutil.rmtree(upstream.folder)
    assert git.fetch() == revision


def test_the_highest_version_of_a_range_wins(upstream: Upstream, cache: Path) -> None:
    commits = {}
    for tag in ("v1.9.0", "v1.10.0", "v2.0.0-rc.1", "v2.0.0", "nightly"):
        commits[tag] = upstream.commit(tag)
        upstream.git("tag", "-a", "-m", tag, tag)
    revision = source(upstream, cache, GitRef(RefKind.SEMVER, "^1.2")).fetch()
    assert (revision.id, revision.label) == (commits["v1.10.0"], f"v1.10.0@{commits['v1.10.0'][:7]}")


def test_a_deleted_branch_stalls_and_keeps_the_last_good_revision(upstream: Upstream, cache: Path) -> None:
    upstream.commit()
    upstream.git("branch", "release")
    git = source(upstream, cache, GitRef(RefKind.BRANCH, "release"))
    good = git.fetch()
    upstream.git("branch", "-D", "release")
    with pytest.raises(SourceStalled, match="no branch release") as caught:
        git.fetch()
    assert caught.value.code == "reference-missing"
    assert caught.value.last_good == good


def test_an_unreachable_server_leaves_the_last_good_revision_even_after_a_restart(
    upstream: Upstream, cache: Path
) -> None:
    upstream.commit()
    good = source(upstream, cache).fetch()
    upstream.folder.rename(upstream.folder.with_name("away"))
    with pytest.raises(SourceUnavailable) as caught:
        source(upstream, cache).fetch()
    assert caught.value.code == "source-unreachable"
    assert caught.value.last_good == good
    assert good.path.is_file()
    with pytest.raises(SourceUnavailable) as caught:
        source(upstream, cache, GitRef(RefKind.BRANCH, "other")).fetch()
    assert caught.value.last_good is None, "another branch's checkout is not this source's"


def test_hooks_filters_and_submodules_of_the_repository_do_not_run(
    upstream: Upstream, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "ran"
    home = tmp_path / "home"
    home.mkdir()
    evil = f"touch {marker}"
    hooks = home / "hooks"
    hooks.mkdir()
    for hook in ("post-checkout", "reference-transaction", "post-merge"):
        (hooks / hook).write_text(f"#!/bin/sh\n{evil}\n")
        (hooks / hook).chmod(0o755)
    (home / ".gitconfig").write_text(
        f'[core]\n\thooksPath = {hooks}\n[filter "evil"]\n\tsmudge = "{evil}; cat"\n\tclean = cat\n\trequired = true\n'
        f'[init]\n\ttemplateDir = {hooks.parent}\n[credential]\n\thelper = "!{evil}"\n'
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", evil)
    for hook in ("post-checkout", "pre-receive", "post-upload-pack"):
        path = upstream.folder / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{evil}\n")
        path.chmod(0o755)
    upstream.write(".gitattributes", "* filter=evil text eol=crlf ident\n")
    upstream.write(".gitmodules", f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "{evil}"\n')
    upstream.commit(spec="line\n# $Id$\n")
    upstream.git("update-index", "--add", "--cacheinfo", f"160000,{upstream.git('rev-parse', 'HEAD')},x")
    upstream.git("commit", "--quiet", "-m", "A submodule")
    git = source(upstream, cache)
    revision = git.fetch()
    upstream.commit("Next", spec="line\n# $Id$\n\n")
    git.fetch()
    git.keep([])
    assert not marker.exists()
    assert not revision.path.exists()


def test_files_are_exactly_the_committed_bytes(upstream: Upstream, cache: Path) -> None:
    upstream.write(".gitattributes", "* text eol=crlf ident\n")
    upstream.commit(spec="a: 1\n# $Id$\n")
    assert source(upstream, cache).fetch().path.read_bytes() == b"a: 1\n# $Id$\n"


@pytest.mark.parametrize(
    ("target", "allowed", "why"),
    [
        ("spec.yaml", True, "inside"),
        ("sub/../spec.yaml", True, "inside after all"),
        ("/etc/passwd", False, "absolute"),
        ("../../../outside", False, "climbs out"),
        ("missing.yaml", True, "inside, though nothing is there"),
    ],
)
def test_links_must_stay_inside(upstream: Upstream, cache: Path, target: str, allowed: bool, why: str) -> None:
    upstream.write("sub/file", "x")
    (upstream.folder / "link").symlink_to(target)
    upstream.commit()
    if allowed:
        assert source(upstream, cache).fetch().path.exists(), why
    else:
        for _ in range(2):
            with pytest.raises(SourceStalled, match="link, that points outside") as caught:
                source(upstream, cache).fetch()
            assert caught.value.code == "link-leaves-source"


def test_a_path_that_is_not_there_stalls(upstream: Upstream, cache: Path) -> None:
    commit = upstream.commit()
    for _ in range(2):
        with pytest.raises(SourceStalled, match=f"The commit {commit[:12]} has no ml/spec.yaml"):
            source(upstream, cache, path="ml/spec.yaml").fetch()


def test_what_a_killed_fetch_left_is_made_anew(upstream: Upstream, cache: Path) -> None:
    commit = upstream.commit()
    revision = source(upstream, cache).fetch()
    (cache / "records" / f"{commit}.json").unlink()
    revision.path.write_text("half")
    (cache / "repository.git" / "shallow.lock").write_text("")
    (cache / "repository.git" / "refs" / "amlctl" / "wanted.lock").write_text("")
    again = source(upstream, cache).fetch()
    assert again == revision
    assert "project: p" in again.path.read_text()


def test_checkouts_that_nobody_needs_are_removed(upstream: Upstream, cache: Path) -> None:
    git = source(upstream, cache)
    seen = []
    for number in range(4):
        upstream.commit(f"Number {number}")
        seen.append(git.fetch())
    git.keep([seen[1].id])
    assert [revision.path.exists() for revision in seen] == [False, True, False, True]
    assert git.recall(seen[0].id) is None
    assert git.recall(seen[1].id) == seen[1]


def test_a_cache_on_a_full_or_foreign_disk_is_reported(upstream: Upstream, tmp_path: Path) -> None:
    upstream.commit()
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SourceUnavailable) as caught:
        source(upstream, blocked / "cache").fetch()
    assert caught.value.code == "cache-unusable"


def test_the_file_that_makes_a_checkout_a_repository_is_no_content(upstream: Upstream, cache: Path) -> None:
    upstream.commit()
    folder = source(upstream, cache).fetch().path.parent
    ignored = ignore_rules(folder)
    assert (folder / ".git").is_file(), "so that a spec can ask for the commit"
    assert ignored is not None
    assert ignored(".git")


def test_two_loops_with_one_cache_take_turns(upstream: Upstream, cache: Path) -> None:
    commits = [upstream.commit(f"Number {number}") for number in range(3)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: source(upstream, cache).fetch().id, range(8)))
    assert found == [commits[-1]] * 8


def test_a_cache_that_somebody_holds_is_not_waited_for_without_end(upstream: Upstream, cache: Path) -> None:
    upstream.commit()
    source(upstream, cache).fetch()
    with locked(cache / "lock", wait_s=1), pytest.raises(SourceUnavailable, match="Another process") as caught:
        source(upstream, cache, timeout_s=0.3).fetch()
    assert caught.value.code == "cache-busy"


@pytest.mark.parametrize(
    "damage",
    ["objects", "HEAD", "config", "worktrees", "everything"],
)
def test_a_damaged_local_copy_is_fetched_anew(upstream: Upstream, cache: Path, damage: str) -> None:
    upstream.commit("First")
    git = source(upstream, cache)
    good = git.fetch()
    repository = cache / "repository.git"
    hurt = repository if damage == "everything" else repository / damage
    if damage == "objects":
        for file in hurt.rglob("*"):
            if file.is_file():
                file.chmod(0o600)
                file.write_bytes(b"")
    elif hurt.is_dir():
        shutil.rmtree(hurt)
    else:
        hurt.write_bytes(b"\0" * 64)
    second = upstream.commit("Second")
    tries = 0
    while True:
        tries += 1
        try:
            found = git.fetch()
            break
        except SourceUnavailable as error:
            assert tries < 3, error.detail
            assert error.last_good is None or error.last_good == good
            assert good.path.is_file(), "the last good files stay"
    assert found.id == second
    assert found.path.is_file()


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("error: file write error (No space left on device)", "disk-full"),
        ("fatal: unable to access 'https://x/': Could not resolve host: x", "source-unreachable"),
        (
            "fatal: unable to access 'https://x/': Failed to connect to x port 443: Connection refused",
            "source-unreachable",
        ),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 503", "source-unreachable"),
        ("ssh: connect to host x port 22: Connection timed out", "source-unreachable"),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 403", "source-denied"),
        ("git@x: Permission denied (publickey).", "source-denied"),
        ("remote: Repository not found.", "source-denied"),
        ("Host key verification failed.", "source-denied"),
        ("error: object file objects/ab/cd is empty", "local-copy-broken"),
    ],
)
def test_what_git_says_is_told_apart(
    upstream: Upstream, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: str, code: str
) -> None:
    upstream.commit()
    git = source(upstream, cache)
    good = git.fetch()
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    real = shutil.which("git")
    fake.write_text(f'#!/bin/sh\ncase "$*" in *ls-remote*) echo "{reason}" >&2; exit 128;; esac\nexec {real} "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    with pytest.raises(SourceError) as caught:
        git.fetch()
    assert caught.value.code == code
    assert isinstance(caught.value, SourceStalled) == (code == "source-denied")
    assert caught.value.last_good == good
    monkeypatch.undo()
    assert git.fetch() == good


def test_without_git_the_loop_says_so(upstream: Upstream, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SourceUnavailable, match="git is not installed"):
        GitSource(GitSettings(str(upstream.folder), MAIN), cache).fetch()


@pytest.mark.slow
def test_killed_at_any_moment_the_next_fetch_succeeds(upstream: Upstream, cache: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from orchestrator.reconcile.source.git import GitSource;"
        "from orchestrator.reconcile.source.settings import GitSettings, Ref, RefKind;"
        "source = GitSource(GitSettings(sys.argv[1], Ref(RefKind.BRANCH, 'main'), 'spec.yaml'), Path(sys.argv[2]));"
        "print('ready', flush=True); source.fetch(); source.keep([])"
    )
    random = Random(7)
    for number in range(12):
        for extra in range(30):
            upstream.write(f"data/{extra}.csv", f"{number} {extra}\n" * 200)
        commit = upstream.commit(f"Number {number}")
        with subprocess.Popen(
            [sys.executable, "-c", program, str(upstream.folder), str(cache)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            with suppress(subprocess.TimeoutExpired):
                process.wait(random.uniform(0.0, 0.3))
            process.kill()
        revision = source(upstream, cache).fetch()
        assert revision.id == commit
        assert len(list((revision.path.parent / "data").iterdir())) == 30
        assert revision.path.read_text() == f"project: p\n# Number {number}\n"


def test_a_name_that_is_not_there_is_answered_with_the_nearest_one(upstream: Upstream, cache: Path) -> None:
    upstream.commit(**{"ml/spec.yaml": "project: p\n"})
    upstream.git("branch", "release")
    upstream.git("tag", "stable")
    for ref, path, fix in (
        (GitRef(RefKind.BRANCH, "realease"), "ml/spec.yaml", "release"),
        (GitRef(RefKind.TAG, "stabel"), "ml/spec.yaml", "stable"),
        (GitRef(RefKind.SEMVER, "^1"), "ml/spec.yaml", "v1.2.3"),
        (MAIN, "ml/spec.yml", "ml/spec.yaml"),
    ):
        with pytest.raises(SourceStalled) as caught:
            source(upstream, cache, ref, path).fetch()
        assert fix in caught.value.fix


def test_a_commit_that_the_server_does_not_give_out_alone(
    upstream: Upstream, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = upstream.commit("Old")
    upstream.commit("New")
    # Version 0 of the protocol names single commits only where the server's settings say so.
    monkeypatch.setitem(command.SAFE_CONFIG, "protocol.version", "0")  # type: ignore[arg-type]
    assert source(upstream, cache, GitRef(RefKind.COMMIT, old)).fetch().id == old
    with pytest.raises(SourceStalled, match="no commit 1111"):
        source(upstream, cache, GitRef(RefKind.COMMIT, "1" * 40)).fetch()


def test_a_tag_of_something_else_than_a_commit(upstream: Upstream, cache: Path) -> None:
    upstream.commit()
    upstream.git("tag", "file", upstream.git("rev-parse", "HEAD:spec.yaml"))
    with pytest.raises(SourceStalled) as caught:
        source(upstream, cache, GitRef(RefKind.TAG, "file")).fetch()
    assert caught.value.code == "no-commit"
