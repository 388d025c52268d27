"""Notices in the shapes that receivers understand. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.reconcile.notify.channel import Shape
from orchestrator.reconcile.ports import Notice, Trigger
from orchestrator.report.style import harmless, one_line

_MOST_DETAILS: Final = 20
_LONGEST_LINE: Final = 300
"""Together well below the 3,000 characters of a Slack section and the 28 KB of a Teams message."""

_TITLES: Final[Mapping[Trigger, str]] = {
    Trigger.APPLIED: "applied",
    Trigger.FAILED: "failed",
    Trigger.DRIFT: "drifted",
    Trigger.HEALED: "healed",
    Trigger.STALLED: "stalled",
    Trigger.PENDING: "requires approval",
}


_SLACK_MARKUP: Final = re.compile(r"[*_~`@]|https?(?=:)")


def body_of(notice: Notice, shape: Shape) -> bytes:
    """The body of the request that tells of a notice, as UTF-8 JSON."""
    return json.dumps(_SHAPES[shape](_harmless(notice)), ensure_ascii=False, sort_keys=True).encode(errors="replace")


def _harmless(notice: Notice) -> Notice:
    return replace(
        notice,
        label=one_line(notice.label),
        summary=harmless(notice.summary),
        details=tuple(one_line(line) for line in notice.details),
    )


def _json(notice: Notice) -> dict[str, Any]:
    return {
        "format": 1,
        "trigger": notice.trigger.value,
        "project": notice.project,
        "revision": notice.revision,
        "label": notice.label,
        "summary": notice.summary,
        "details": list(notice.details),
        "at": notice.at,
        "pass_id": notice.pass_id,
    }


def _slack(notice: Notice) -> dict[str, Any]:
    """Source: Slack's incoming webhooks; ``text`` is what notifications on phones show. Only &, < and > are escaped there."""
    lines = [f"*{_escaped(_title(notice))}*", _escaped(_cut(notice.summary))]
    lines += [f"• {_escaped(line)}" for line in _details(notice)]
    return {
        "text": _escaped(f"{_title(notice)}: {_cut(notice.summary)}"),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": _within("\n".join(lines), 3000)}},
            {"type": "context", "elements": [{"type": "plain_text", "text": _footer(notice)}]},
        ],
    }


def _teams(notice: Notice) -> dict[str, Any]:
    """Source: webhooks of Teams workflows, which take Adaptive Cards. Text runs are shown as they are, without Markdown."""
    body = [_block(_title(notice), weight="Bolder"), _block(_cut(notice.summary))]
    body += [_block(f"• {line}") for line in _details(notice)]
    body.append(_block(_footer(notice), isSubtle=True))
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": body,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


_SHAPES: Final[Mapping[Shape, Callable[[Notice], dict[str, Any]]]] = {
    Shape.JSON: _json,
    Shape.SLACK: _slack,
    Shape.TEAMS: _teams,
}


def _block(text: str, **style: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **style}]}


def _title(notice: Notice) -> str:
    return f"{notice.project} {_TITLES[notice.trigger]}"


def _footer(notice: Notice) -> str:
    return " · ".join(part for part in (notice.label or notice.revision[:12], notice.at, notice.pass_id) if part) or "-"


def _details(notice: Notice) -> list[str]:
    shown = [_cut(line) for line in notice.details[:_MOST_DETAILS]]
    more = len(notice.details) - len(shown)
    return [*shown, f"and {more} more"] if more else shown


def _cut(line: str) -> str:
    return _within(line, _LONGEST_LINE)


def _within(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # Markup, mentions and links begin with these; a joiner of no width keeps them from being read as such.
    return _SLACK_MARKUP.sub(lambda found: f"{found[0]}\N{WORD JOINER}", text)
