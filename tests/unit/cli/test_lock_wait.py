"""What somebody else has carried out while the lock was waited for is success for whoever agreed to everything."""

from __future__ import annotations

from typing import Any

import pytest

import orchestrator.engine.apply as stage
from tests.unit.cli.calling import SPEC, Shell


def meanwhile(demo: Shell, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Let another apply go between the plan that is agreed to and the lock."""
    real = stage.apply_agreed

    def late(*args: Any, **options: Any) -> Any:
        monkeypatch.setattr(stage, "apply_agreed", real)
        demo("apply", "-y", *arguments)
        return real(*args, **options)

    monkeypatch.setattr(stage, "apply_agreed", late)


@pytest.mark.parametrize("arguments", [("-s", "data.rows"), ()], ids=["a part", "all of it"])
def test_what_is_left_is_done(demo: Shell, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    meanwhile(demo, monkeypatch, *arguments)
    assert "Apply complete" in demo("apply", "-y", "--lock-wait", "5").out
    assert demo("plan", "--detailed-exitcode").code == 0


def test_what_was_not_agreed_to_is_not_done(demo: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    demo("apply", "-y")
    demo.write("other.yaml", SPEC.replace("max_instances: 2", "max_instances: 9"))
    demo.write("spec.yaml", SPEC.replace("team: a", "team: b"))
    real = stage.apply_agreed

    def late(*args: Any, **options: Any) -> Any:
        monkeypatch.setattr(stage, "apply_agreed", real)
        demo("destroy", "other.yaml", "-y")
        return real(*args, **options)

    monkeypatch.setattr(stage, "apply_agreed", late)
    assert "plan-outdated" in demo("apply", "-y", code=1).err
