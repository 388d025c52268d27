"""``amlctl workspace``: the embedded workspace as a whole."""

from __future__ import annotations

import functools
import os
import shlex
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from orchestrator.cli.console import Console
from orchestrator.cli.options import DEFAULT_SPEC, spec_choice, with_console, with_variant
from orchestrator.core.diagnostic import SpecError
from orchestrator.report.workspace import sweep_json, sweep_text, workspace_json, workspace_text

if TYPE_CHECKING:
    from orchestrator.workspace.service import WorkspaceStatus

F = TypeVar("F", bound=Callable[..., Any])
_DEFAULT_FOLDER = ".amlctl"
_GRACE_S = 3600
_SHORTEST_GRACE_S = 60
"""Longer than the time between storing files and writing the record that refers to them."""


@click.group("workspace")
def command() -> None:
    """Operate the embedded workspace.

    It starts when it is first needed and runs until `amlctl workspace down`.
    """


def _with_folder(function: F) -> F:
    """Add SPEC, the options that choose its variant, and ``--path``; the command receives the folder as ``root``."""

    @functools.wraps(function)
    def wrapper(
        *args: Any,
        spec: Path | None,
        target: str | None,
        var: tuple[str, ...],
        var_file: tuple[Path, ...],
        path: Path | None,
        **kwargs: Any,
    ) -> Any:
        try:
            root = path.absolute() if path else _folder_of(spec, target, var, var_file)
        except SpecError:
            _offer_path(spec, kwargs["console"])
            raise
        return function(*args, root=root, **kwargs)

    kind = click.Path(path_type=Path)
    place = click.option("--path", type=kind, help="Folder of the workspace, instead of the one in the spec.")
    argument = click.argument("spec", type=kind, required=False)
    return argument(with_variant(place(wrapper)))  # type: ignore[return-value]


def _offer_path(spec: Path | None, console: Console) -> None:
    """Say how to go on without the spec, if its workspace is where workspaces are."""
    beside = spec.parent if spec is not None and not spec.is_dir() else spec or Path()
    if (beside / _DEFAULT_FOLDER).is_dir():
        name = click.get_current_context().info_name
        console.notice(
            f"To do this without the spec, run: amlctl workspace {name} --path {shlex.quote(str(beside / _DEFAULT_FOLDER))}"
        )


def _folder_of(spec: Path | None, target: str | None, var: tuple[str, ...], var_file: tuple[Path, ...]) -> Path:
    if spec is None and not Path(DEFAULT_SPEC).exists() and Path(_DEFAULT_FOLDER).is_dir():
        return Path(_DEFAULT_FOLDER).absolute()
    project = spec_choice((spec,) if spec else (), target, var, var_file).project(files=False)
    if project.workspace.kind != "local":
        what = f"The target '{project.target}' is" if project.target else "The spec's workspace is"
        raise click.UsageError(
            f"{what} not an embedded workspace. Choose another target with --target, or pass --path."
        )
    return Path(project.workspace.settings["path"])


@command.command("up")
@with_console()
@_with_folder
def up(root: Path, console: Console) -> None:
    """Start it: endpoints return at their addresses, jobs continue."""
    from orchestrator.workspace.service import Workspace

    _show(Workspace(root).up(console.notice), console)


@command.command("down")
@with_console()
@_with_folder
def down(root: Path, console: Console) -> None:
    """Stop all processes that it started. No data is lost."""
    from orchestrator.workspace.service import Workspace

    stopped = Workspace(root).down()
    if console.json:
        console.document({"path": str(root), "stopped": stopped})
    else:
        console.result("Stopped." if stopped else "The supervisor was not running.")


@command.command("status")
@with_console()
@_with_folder
def status(root: Path, console: Console) -> None:
    """Show the supervisor, runs, endpoints and disk usage."""
    from orchestrator.workspace.service import Workspace

    _show(Workspace(root).status(), console)


@command.command("tick")
@with_console()
@_with_folder
@click.option("--to", required=True, help="Time, such as 2026-04-01T00:00; UTC unless it says otherwise.")
@click.option("--no-wait", is_flag=True, help="Do not wait until the runs have ended.")
def tick(root: Path, console: Console, *, to: str, no_wait: bool) -> None:
    """Fire the schedules that are due until a time, as if it were that late."""
    from orchestrator.cli.ticking import tick_until

    tick_until(root, console, to, wait=not no_wait)


@command.command("serve")
@with_console()
@_with_folder
@click.option(
    "--arm",
    is_flag=True,
    required=True,
    help="Serve the Azure Resource Manager API, for programs that use azure-ai-ml.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port on the loopback interface (default: any free port)."
)
@click.option("--lenient", is_flag=True, help="Accept requests that Azure would refuse.")
@click.option("--any-workspace", is_flag=True, help="Accept any names of subscription, resource group and workspace.")
@click.option("--require-compute", is_flag=True, help="Reject jobs on computes that do not exist, as Azure does.")
@click.option(
    "--list-lag",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Let lists lag behind writes by this long, as in Azure (default: 0).",
)
def serve(
    root: Path,
    console: Console,
    list_lag: float,
    *,
    arm: bool,
    port: int,
    lenient: bool,
    any_workspace: bool,
    require_compute: bool,
) -> None:
    """Serve the workspace to programs written for Azure, until Ctrl-C."""
    from orchestrator.cli.wire import serve_until_stopped

    serve_until_stopped(
        root,
        port,
        console,
        lenient=lenient,
        any_workspace=any_workspace or lenient,
        known_computes=require_compute,
        list_lag_s=list_lag,
    )


@command.command("env")
@with_console()
@_with_folder
@click.option("--arm", is_flag=True, required=True, help="Print the variables for programs that use azure-ai-ml.")
def env(root: Path, console: Console, *, arm: bool) -> None:
    """Print the environment variables for Azure clients: eval "$(amlctl workspace env --arm)"."""
    from orchestrator.cli.wire import client_environment, export_lines

    settings = client_environment(root)
    if console.json:
        console.document(settings)
    else:
        console.result(export_lines(settings))


@command.command("gc")
@with_console()
@_with_folder
@click.option("--dry-run", is_flag=True, help="Show what would be removed; remove nothing.")
@click.option(
    "--grace",
    type=click.FloatRange(min=_SHORTEST_GRACE_S),
    default=_GRACE_S,
    metavar="SECONDS",
    show_default=True,
    help="Keep what was used within this time.",
)
def gc(root: Path, console: Console, *, dry_run: bool, grace: float) -> None:
    """Delete unused files. Running jobs and endpoints are not affected."""
    from orchestrator.workspace.service import Workspace

    with _no_apply_meanwhile(root, "amlctl workspace gc"):
        facts = sweep_json(Workspace(root).gc(grace, dry_run=dry_run))
    if console.json:
        console.document(facts)
    else:
        console.text(sweep_text(facts))


@command.command("reset")
@with_console()
@_with_folder
@click.option("--yes", "-y", is_flag=True, help="Skip the confirmation prompt.")
def reset(root: Path, console: Console, *, yes: bool) -> None:
    """Stop it and delete its folder, including records, state, runs and models."""
    from orchestrator.workspace.service import Workspace

    if not yes:
        if not sys.stdin.isatty() or console.log_lines:
            why = "--log-format json does not allow prompts" if console.log_lines else "stdin is not a terminal"
            raise click.UsageError(f"Cannot prompt: {why}. Use --yes to delete without confirmation.")
        click.confirm(f"Delete everything in {os.path.relpath(root)}?", abort=True, err=True)
    with _no_apply_meanwhile(root, "amlctl workspace reset"):
        deleted = Workspace(root).reset()
    if console.json:
        console.document({"path": str(root), "deleted": deleted})
    else:
        console.result("Deleted." if deleted else "Nothing to delete.")


def _no_apply_meanwhile(root: Path, command: str) -> AbstractContextManager[None]:
    from orchestrator.state.lock import hold_every

    return hold_every(root / "workspace.db", command)


def _show(found: WorkspaceStatus, console: Console) -> None:
    facts = workspace_json(found)
    if console.json:
        console.document(facts)
    else:
        console.text(workspace_text(facts, console.style))
