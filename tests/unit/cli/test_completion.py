"""What a shell gets when it asks how a command line may go on."""

from __future__ import annotations

import pytest

from orchestrator.__main__ import main

ASKED = [
    ("amlctl pl", 1, ["plan"], "a command"),
    ("amlctl plan --de", 2, ["--detailed-exitcode", "--destroy"], "options of a command"),
    ("amlctl workspace re", 2, ["reset"], "a command of a group"),
    ("amlctl plan --format m", 3, ["markdown"], "a choice"),
    ("amlctl completion ", 2, ["bash", "zsh", "fish"], "an argument"),
    ("amlctl xyz", 1, [], "nothing fits"),
]


@pytest.mark.parametrize(("words", "number", "expected", "why"), ASKED, ids=[a[3] for a in ASKED])
def test_a_shell_is_told_how_to_go_on(
    words: str,
    number: int,
    expected: list[str],
    why: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["amlctl"])
    for name, value in {"_AMLCTL_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    told = capsys.readouterr().out.splitlines()
    assert [line.partition(",")[2] for line in told if line] == expected, why


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_what_the_shell_asks_for(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["amlctl", "completion", shell])
    with pytest.raises(SystemExit):
        main()
    script = capsys.readouterr().out
    assert f"_AMLCTL_COMPLETE={shell}_complete" in script
