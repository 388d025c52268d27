"""Nobody whose text is shown can forge what we say: keys, file names, commit messages, what jobs and models print."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.cli.console import Console
from orchestrator.cli.progress import progress
from orchestrator.core.address import Address
from orchestrator.core.change import Action, Change, FieldChange, Registered
from orchestrator.core.diagnostic import Diagnostic, Severity
from orchestrator.core.explanation import Explanation, Link
from orchestrator.core.health import Health, Sync
from orchestrator.core.plan import Plan, PlanBase
from orchestrator.core.reason import Cause, CulpritKind, Reason, because
from orchestrator.core.run import CheckResult, Event, EventKind, Outcome, RunReport, StepResult
from orchestrator.core.span import Span
from orchestrator.core.status import ResourceStatus
from orchestrator.reconcile.events import logging_watch
from orchestrator.reconcile.notify.channel import Shape
from orchestrator.reconcile.notify.shapes import body_of
from orchestrator.reconcile.ports import Notice, Trigger
from orchestrator.report.diagnostics import diagnostics_text
from orchestrator.report.explain import explanation_text
from orchestrator.report.graph import Drawing, dot, mermaid, svg
from orchestrator.report.plan import plan_markdown, plan_text
from orchestrator.report.reconcile import reconcile_text
from orchestrator.report.run import result_line, run_text
from orchestrator.report.status import status_text
from orchestrator.report.style import Style, markdown, markdown_code, one_line

FORGED = "FORGED"
ESCAPES = (
    "\x1b]0;title\x07",
    "\x1b[2J",
    "\x1b[1A\x1b[2K",
    "\x9b31m",
    "\x1b[8m",
    "\r",
    "\x08\x08",
    "\u202e",
    "\u2066",
    "\x00",
    "\x1b[32m",
    "\u2028",
)
LINE = f"x\n{FORGED}: Apply complete"


def address(text: str) -> Address:
    return Address("jobs", text)


def plan(text: str) -> Plan:
    why = because(Cause.IMMUTABLE, CulpritKind.RULE, text)
    fields = (
        FieldChange(
            path=("a", text), applied=text, desired=text + "1", observed=text, action=Action.UPDATE, reason=why
        ),
    )
    registered = (Registered(text, text),)
    changes = (
        Change(
            address=address(text),
            action=Action.UPDATE,
            reasons=(why,),
            fields=fields,
            before=text,
            after=text,
            registered=registered,
        ),
        Change(address=address(text + "2"), action=Action.REVISE, reasons=(why,), before=text, after=text),
        Change(address=address(text + "3"), action=Action.NOOP, reasons=(why,), orphaned=True),
        Change(address=address(text + "4"), action=Action.NOOP, reasons=(Reason(Cause.UNCHANGED),)),
    )
    warning = Diagnostic(
        Severity.WARNING, "code", summary="summary", detail=text, fix=text, subject=Span(text, 1, 1, 1, 2)
    )
    return Plan(
        project=text,
        target="dev",
        base=PlanBase("l", 1, "d", text),
        changes=changes,
        targets=(warning,),
        workspace_label=text,
    )


def result(text: str) -> StepResult:
    answers = (
        CheckResult(name=text, url=text, deployment=text, status=200, body=text, problem=""),
        CheckResult(name=text, url=text, deployment=text, status=0, body=text, problem=text),
    )
    return StepResult(
        address(text),
        Outcome.FAILED,
        revision=text,
        duration_s=1.0,
        error=text,
        answers=answers,
        span=Span(text, 1, 1, 1, 2),
    )


def document(text: str) -> dict[str, Any]:
    tried = {"id": text, "at": text, "message": text}
    return {
        "conditions": [{"type": "Ready", "status": False, "reason": text, "message": text}], "suspended": False, "applied": tried,
        "attempted": {**tried, "id": text + "x"}, "retry_at": text, "failures": 1, "drift": {text: text}, "orphaned": [text],
        "pending": [{"action": text, "address": text, "reason": text}], "waiting": 1,
        "history": [{"changed": 1, "healed": [text], "times": 1, "message": text, "until": text, "outcome": text}],
    }  # fmt: skip


TEXTS: dict[str, Callable[[str, Style], str]] = {
    "plan": lambda t, s: plan_text(plan(t), s),
    "plan, all": lambda t, s: plan_text(plan(t), s, verbose=True),
    "result": lambda t, s: result_line(result(t), s),
    "run": lambda t, s: run_text(RunReport((result(t),), 1), s),
    "status": lambda t, s: status_text(
        [
            ResourceStatus(
                address=address(t), health=Health.DEGRADED, sync=Sync.SYNCED, revision=t, message=t, urls={t: t}
            )
        ],
        s,
    ),
    "loop": lambda t, s: reconcile_text({t: document(t)}, s),
    "problems": lambda t, s: diagnostics_text(
        [
            Diagnostic(
                Severity.ERROR,
                "c",
                summary="s",
                detail=t,
                fix=t,
                subject=Span(t, 1, 1, 1, 2),
                related=((t, Span(t, 1, 1, 1, 2)),),
            )
        ],
        lambda f, n: t,
        s,
    ),
    "explanation": lambda t, s: explanation_text(
        Explanation(plan(t).changes[0], (Link(plan(t).changes[0], root=True),) * 2, (address(t),)), s
    ),
    "mermaid": lambda t, s: mermaid(Drawing({address(t): ()})),
    "dot": lambda t, s: dot(Drawing({address(t): (), address(t + "1"): (address(t),)})),
}


def said(write: Callable[[], None]) -> str:
    """What reaches the terminal."""
    out = StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        write()
    return out.getvalue()


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("show", TEXTS.values(), ids=TEXTS)
def test_nothing_steers_the_terminal_and_nothing_begins_a_line(show: Callable[[str, Style], str], color: bool) -> None:
    style = Style(color=color)
    plainly = show("harmless", style)
    for escape in ESCAPES:
        text = show(f"a{escape}b", style)
        ours = re.findall(r"\x1b\[[0-9;]*m", plainly)
        assert re.findall(r"\x1b\[[0-9;]*m", text) == ours, "only our own colours"
        assert not set(re.sub(r"\x1b\[[0-9;]*m", "", text)) & (set("".join(ESCAPES)) - set("]0;title[2J1AKm38"))
    assert not re.search(rf"^{FORGED}", show(LINE, style), re.MULTILINE)
    assert "canary" not in show("https://user:canary@example.org", style)


def test_the_console_is_the_last_guard() -> None:
    text = said(lambda: Console(color=True).result("\x1b[32mgood\x1b[0m \x1b]0;t\x07 \x1b[2Kx"))
    assert text == "\x1b[32mgood\x1b[0m \ufffd]0;t\ufffd \ufffd[2Kx\n"


def test_progress_of_workloads_is_harmless() -> None:
    def write() -> None:
        with progress(Console(color=False), set()) as listen:
            listen(Event(kind=EventKind.PROGRESS, address=address("train"), message="\x1b[2Jdone https://u:canary@h"))

    assert "\x1b" not in said(write)
    assert "canary" not in said(write)


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_events_of_the_loop_are_one_line_each(log_format: str) -> None:
    def write() -> None:
        logging_watch(log_format)("pass.end", {"message": f"{LINE}\x1b[2J", "revision": "a\nb"})

    lines = said(write).splitlines()
    assert len(lines) == 1
    assert "\x1b[2J" not in lines[0]


MARKUP = (
    "`x`", "```\n# Approved", "<script>x</script>", "<details>", "</details>", "<!-- x -->",
    "@everyone", "@team/owners", "[a](https://x)", "![a](https://x)",
    "a | b | c", "**bold**", "https://evil.example", "\n\n# Approved", "&lt;b&gt;", "www.evil.example",
    "| `+` | `jobs.x` | create | ok |\n",
)  # fmt: skip


@pytest.mark.parametrize("text", MARKUP)
def test_markdown_shows_texts_and_obeys_none(text: str) -> None:
    lines = plan_markdown(plan(text)).splitlines()
    shape = plan_markdown(plan("x")).splitlines()
    assert len(lines) == len(shape), "no line more"
    fences = [line for line in lines if re.fullmatch(r"`{3,}(diff)?", line)]
    assert len(fences) == 2
    assert len(fences[1]) == len(fences[0]) - len("diff")
    before = lines[: lines.index(fences[0])]
    for line in before:
        outside = re.sub(r"`[^`]*`", "", line)
        assert not re.search(r"<(?!/?(details|summary)>)|(?<![\w&])@\w|\]\(|https?://|\bwww\.", outside), line
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 5
    inside = lines[lines.index(fences[0]) + 1 : lines.index(fences[1])]
    longest = max((len(run) for line in inside for run in re.findall("`+", line)), default=0)
    assert len(fences[1]) > longest


@given(st.text(max_size=60))
def test_any_text_is_one_line_and_closed_in_itself(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert not set(one_line(text)) & {chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))}
    assert re.fullmatch(r"`[^`|\n]*`", markdown_code(text))
    assert not set("`<>[]|@*") & set(markdown(text))


def test_pictures_hold_texts_as_texts() -> None:
    picture = svg(Drawing({address("</text><script>x</script>"): ()}))
    assert "<script>" not in picture
    assert "<b>" not in mermaid(Drawing({address('"]; click n0 "javascript:x" <b>'): ()}))
    assert mermaid(Drawing({address('"]; click n0'): ()})).count('"') == 2


@pytest.mark.parametrize("shape", Shape)
@pytest.mark.parametrize(
    "text", ["<!channel>", "<@U1>", "<https://x|y>", "*b*", "`c`", "@here", "\x1b[2J", "https://u:canary@h"]
)
def test_notices_mention_nobody(shape: Shape, text: str) -> None:
    sent = json.loads(body_of(Notice(Trigger.FAILED, "p", "r", summary=text, label=text, details=(text,)), shape))
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', json.dumps(sent, ensure_ascii=False))
    assert not any("canary" in each or "\x1b" in each for each in strings)
    if shape is Shape.SLACK:
        block = sent["blocks"][0]["text"]["text"]
        assert not re.search(r"<[!@]|<http|@here|`c`|(?<!^)\*b\*", block)
