"""An embedded workspace as a whole, as text and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestrator.report.schedules import schedules_json, schedules_lines
from orchestrator.report.style import PLAIN, Style, one_line

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def workspace_json(status: DataclassInstance) -> dict[str, Any]:
    """The facts as plain data: path, whether it exists, supervisor, records, runs, endpoints, disk use in bytes."""
    facts = asdict(status)
    since = facts.pop("since", None)
    facts["since"] = datetime.fromtimestamp(since, UTC).isoformat(timespec="seconds") if since else None
    facts["path"] = str(facts["path"])
    facts["firings"] = schedules_json(getattr(status, "firings", ()))
    return facts


def workspace_text(facts: dict[str, Any], style: Style = PLAIN) -> str:
    """The same for people.

    Args:
        facts: what `workspace_json` gives.
        style: colours.
    """
    if not facts["exists"]:
        return f"{facts['path']}: no workspace yet."
    running = (
        style(f"running since {facts['since']} (process {facts['pid']})", "green")
        if facts["pid"]
        else style("stopped", "yellow")
    )
    lines = [style(facts["path"], "bold"), f"  supervisor   {running}"]
    if facts["tracking"]:
        lines.append(f"  tracking     {facts['tracking']}")
    lines += [style(one_line(f"  problem      {part}: {problem}"), "red") for part, problem in facts["broken"].items()]
    for title, items in (("run", facts["jobs"]), ("endpoint", facts["endpoints"])):
        for item in items:
            tail = " ".join(text for text in (item["phase"], item["url"], item["message"]) if text)
            lines.append(one_line(f"  {title:<12} {item['name']}   {item['health']}   {tail}").rstrip())
    lines += schedules_lines(facts.get("firings", ()))
    for endpoint, deployments in facts.get("requests", {}).items():
        lines += [f"  answered     {endpoint} {name}   {_counted(numbers)}" for name, numbers in deployments.items()]
    records = ", ".join(f"{number} {kind}" for kind, number in facts["records"].items())
    lines.append(f"  records      {records or 'none'}")
    total = sum(facts["disk"].values())
    lines.append(f"  disk         {show_bytes(total)}")
    return "\n".join(lines)


def sweep_json(sweep: DataclassInstance) -> dict[str, Any]:
    """What `amlctl workspace gc` removed, as plain data: path, whether it only told, and count and bytes of each part."""
    facts = asdict(sweep)
    facts["path"] = str(facts["path"])
    facts["bytes"] = sum(part["bytes"] for part in facts["parts"].values())
    return facts


def sweep_text(facts: dict[str, Any]) -> str:
    """The same for people. `facts` is what `sweep_json` gives."""
    if not facts["parts"]:
        return "Nothing to remove."
    lines = [f"  {part:<12} {one['count']:>6}   {show_bytes(one['bytes'])}" for part, one in facts["parts"].items()]
    done = "Would free" if facts["dry_run"] else "Freed"
    return "\n".join([*lines, f"{done} {show_bytes(facts['bytes'])}."])


def _counted(numbers: dict[str, Any]) -> str:
    words = [f"{numbers['requests']} requests, {numbers['errors']} errors"]
    words += [f"{numbers[name]} {name}" for name in ("mirrored", "dropped", "waiting") if numbers.get(name)]
    return ", ".join(words)


def show_bytes(count: int) -> str:
    """``512 B``, ``14 KiB``, ``2.1 MiB``."""
    size, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
