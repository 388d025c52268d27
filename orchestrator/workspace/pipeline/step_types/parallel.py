"""Parallel steps: a script over mini-batches, as a command that starts worker processes.

Source: Azure ML CLI v2 YAML reference: parallel job; azure-ai-ml 1.35, ``ParallelComponent``.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.errors import Invalid
from orchestrator.workspace.job_types.command import EXECUTION as COMMAND
from orchestrator.workspace.jobs.execution import Body, StepForm

PROGRAM: Final = '"$AMLCTL_PROGRAMS"/parallel.py'

_RETRIES: Final = 2
_TIMEOUT_S: Final = 60
_NO_LIMIT: Final = -1
"""Source: CLI v2 YAML reference: retry_settings, error_threshold, mini_batch_error_threshold."""

_MENTION: Final = re.compile(r"\$\{\{\s*(inputs|outputs)\.(\w+)(?:\.path)?\s*\}\}")


def _job(step: Body, component: Body) -> tuple[str, dict[str, Any]]:
    said = {**component, **{name: value for name, value in step.items() if value is not None}}
    task = {**(component.get("task") or {}), **(step.get("task") or {})}
    if not task.get("entry_script") or not task.get("environment"):
        raise Invalid("A parallel step needs 'task.entry_script' and 'task.environment'.", fix="Add them.")
    if said.get("partition_keys"):
        raise Invalid(
            "The embedded workspace does not cut data by 'partition_keys'.", fix="Use 'mini_batch_size' instead."
        )
    source = _place(said.get("input_data"), "input_data") or ""
    target = _place(task.get("append_row_to"), "task.append_row_to")
    settings = settings_of(said, str(task["entry_script"]), step)
    return COMMAND.key, {
        "type": COMMAND.key,
        "command": program(settings, source, target or "", str(task.get("program_arguments") or "")),
        "code": task.get("code"),
        "environment": task["environment"],
        "environment_variables": said.get("environment_variables"),
    }


def _place(text: Any, field: str) -> str | None:
    if text is None and field != "input_data":
        return None
    match = _MENTION.search(str(text))
    if match is None:
        raise Invalid(f"'{field}' of a parallel step must be an expression.", fix="Write for example ${{inputs.NAME}}.")
    return f"${{{{{match[1]}.{match[2]}}}}}"


def program(settings: Mapping[str, Any], source: str, target: str, arguments: str) -> str:
    """The command that works on mini-batches.

    Args:
        settings: see `programs.parallel.Settings`.
        source: the placeholder of what is cut into mini-batches.
        target: that of the file or folder that gets the rows; empty if none does.
        arguments: of the script.
    """
    said = shlex.quote(json.dumps(settings, sort_keys=True))
    return " ".join(part for part in ("python", PROGRAM, said, source, target, "--", arguments) if part)


def settings_of(said: Mapping[str, Any], script: str, step: Body) -> dict[str, Any]:
    """What a step says of its mini-batches, as `programs.parallel.Settings`.

    Args:
        said: the step's fields, over those of its component.
        script: the entry script.
        step: in whose inputs a number may stand.
    """
    retry = {**(said.get("retry_settings") or {})}
    nodes = _number((said.get("resources") or {}).get("instance_count"), 1, step)
    each = _number(said.get("max_concurrency_per_instance"), os.cpu_count() or 1, step)
    return {
        "script": script,
        "size": str(_value(said.get("mini_batch_size"), step) or "1"),
        "workers": nodes * each,
        "retries": _number(retry.get("max_retries"), _RETRIES, step),
        "timeout_s": _number(retry.get("timeout"), _TIMEOUT_S, step),
        "error_threshold": _number(said.get("error_threshold"), _NO_LIMIT, step),
        "batch_threshold": _number(said.get("mini_batch_error_threshold"), _NO_LIMIT, step),
        "level": str(said.get("logging_level") or "INFO").upper(),
    }


def _value(value: Any, step: Body) -> Any:
    """A number may stand in an input of the step."""
    match = _MENTION.fullmatch(value.strip()) if isinstance(value, str) else None
    return value if match is None else (step.get("inputs") or {}).get(match[2])


def _number(value: Any, default: int, step: Body) -> int:
    found = _value(value, step)
    return default if found is None else int(found)


FORM: Final = StepForm(tells=(), component="component", job=_job, reused=True)
