"""Why a resource will, or will not, change, as text and as JSON."""

from __future__ import annotations

from typing import Any

from orchestrator.core.explanation import Explanation
from orchestrator.report.plan import SYMBOLS, verb_phrase
from orchestrator.report.style import PLAIN, Style, one_line


def explanation_text(explanation: Explanation, style: Style = PLAIN) -> str:
    """The decision, why, the chain up to its root causes, and what follows from it."""
    change = explanation.change
    head = one_line(f"{SYMBOLS[change.action]} {change.address}   {verb_phrase(change)}")
    lines = [style(head, "bold"), ""]
    lines += [f"  {one_line(sentence)}" for sentence in explanation.sentences]
    if len(explanation.chain) > 1:
        lines += ["", "  Because of:"]
        for depth, cause in enumerate(explanation.chain):
            root = style("  ← the root", "dim") if cause.root else ""
            lines.append(f"  {'  ' * depth}{one_line(cause.address)}   {style(one_line(cause.reason), 'dim')}{root}")
    if explanation.consequences:
        names = ", ".join(str(address) for address in explanation.consequences)
        lines += ["", one_line(f"  From it follows: {names}")]
    return "\n".join(lines)


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    """The same as data, as ``explain --format json`` prints it."""
    change = explanation.change
    return {
        "address": str(change.address),
        "action": change.action.value,
        "reason": change.reason,
        "sentences": list(explanation.sentences),
        "chain": [
            {"address": str(cause.address), "reason": cause.reason, "root": cause.root} for cause in explanation.chain
        ],
        "consequences": [str(address) for address in explanation.consequences],
    }
