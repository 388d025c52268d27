"""The command line's front door: finds the command, runs it, turns failures into messages and exit codes."""

from __future__ import annotations

import gc
import io
import sys
from importlib import import_module
from itertools import pairwise

import click

from orchestrator.cli.console import Console, OutputFailed
from orchestrator.cli.crash import tell_any
from orchestrator.cli.early import OUTPUT_OPTIONS, Early
from orchestrator.cli.exits import facts_of
from orchestrator.cli.overview import COMMANDS, overview, version_line
from orchestrator.cli.streams import abandon
from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import Invalid


class LazyGroup(click.Group):
    """Imports a command's module when it is called, not before: start-up stays short."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"orchestrator.cli.commands.{cmd_name}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"orchestrator.cli.commands.{cmd_name} has no click command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            fix = did_you_mean(args[0], COMMANDS, "Run `amlctl --help` for a list of commands.")
            ctx.fail(f"Unknown command '{args[0]}'. {fix}")
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        return overview()


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.option("--version", is_flag=True)
@OUTPUT_OPTIONS[3]
@OUTPUT_OPTIONS[2]
@OUTPUT_OPTIONS[1]
@OUTPUT_OPTIONS[0]
@click.pass_context
def cli(
    ctx: click.Context, *, version: bool, quiet: bool, verbose: bool, no_color: bool, log_format: str | None
) -> None:
    """Declarative orchestrator for Azure Machine Learning."""
    ctx.obj = Early(quiet, verbose, no_color, log_format)
    if version:
        click.echo(version_line())
    elif ctx.invoked_subcommand is None:
        click.echo(overview())


def _tell_wrong_line(problem: click.ClickException, arguments: list[str]) -> int:
    """Print what is wrong with a command line; for programs on stdout as well. Returns the exit code."""
    if _wants_json(arguments):
        fault = Invalid(problem.format_message(), code="usage", fix="Run the command with --help to see its options.")
        try:
            Console("json").document({"error": facts_of(fault)})
        except (OutputFailed, BrokenPipeError):
            abandon()
    if _wants_json(arguments, "--log-format"):
        Console(log_format="json").error(problem.format_message())
    else:
        shown = io.StringIO()
        problem.show(shown)
        Console().error(shown.getvalue().rstrip("\n"))
    return 1


def _wants_json(arguments: list[str], option: str = "--format") -> bool:
    """What the line says, read without click: it may be wrong anywhere."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return f"{option}=json" in options or (option, "json") in pairwise(options)


def _console(arguments: list[str]) -> Console:
    """The console of a command that never came so far as to have one."""
    return Console(
        "json" if _wants_json(arguments) else "text",
        color=False if "--no-color" in arguments else None,
        log_format="json" if _wants_json(arguments, "--log-format") else "text",
    )


def run(arguments: list[str] | None = None) -> None:
    """Entry point of the console script; always ends the process with one of `exits.Exit`."""
    # Nearly everything that a command makes lives until it ends; looking for garbage less often saves a tenth of a large plan.
    gc.set_threshold(200_000, 20, 100)
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        code = cli.main(args=arguments, prog_name="amlctl", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.ClickException as problem:
        # click's own code for a wrong command line is 2, which means "there are changes" here.
        code = _tell_wrong_line(problem, arguments)
    except (KeyboardInterrupt, click.Abort):
        _console(arguments).error("Interrupted.")
        code = 130
    except BrokenPipeError:
        # The reader of our output is gone (``| head``).
        abandon()
        code = 1
    except OutputFailed as problem:
        abandon()
        _console(arguments).error(f"Error: Standard output: {problem}.")
        code = 1
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as failure:
        # While the command line itself is read, or a module is imported.
        code = tell_any(failure, _console(arguments), "amlctl")
    sys.exit(int(code or 0))
