"""Options that many commands share, and what becomes of them."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from orchestrator.cli.console import Console
from orchestrator.cli.crash import Passing, spoken, tell_any
from orchestrator.cli.early import OUTPUT_OPTIONS, Early
from orchestrator.cli.exits import Exit
from orchestrator.core.project import LoadOptions, Project

DEFAULT_SPEC = "spec.yaml"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class SpecChoice:
    """Which spec to read, and how.

    Attributes:
        paths: files and folders as given.
        load: the rest.
    """

    paths: tuple[Path, ...]
    load: LoadOptions

    def project(self, *, files: bool = True) -> Project:
        """Load it.

        Args:
            files: look at local files too; without it a missing data file is no problem.

        Raises:
            SpecError: with every problem.
        """
        from orchestrator.engine import load_project

        return load_project(self.paths, replace(self.load, files=files))


_PATH = click.Path(path_type=Path)


def _offered(what: str) -> Callable[[click.Context, click.Parameter, str], Any]:
    """What a shell offers, of `orchestrator.cli.completing`, which reads the spec and is imported only then."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> Any:
        from orchestrator.cli import completing

        return getattr(completing, what)(context, incomplete)

    return complete


_VARIANT_OPTIONS = (
    click.option(
        "--target",
        "-t",
        metavar="NAME",
        shell_complete=_offered("targets"),
        help="Target of the spec (default: the spec's default target).",
    ),
    click.option(
        "--var",
        multiple=True,
        metavar="NAME=VALUE",
        shell_complete=_offered("variables"),
        help="Set a variable; overrides every other source.",
    ),
    click.option("--var-file", multiple=True, type=_PATH, help="YAML or JSON file with variables."),
)
"""What chooses among the variants of a spec: target and variables."""


def spec_choice(
    paths: tuple[Path, ...], target: str | None, var: tuple[str, ...], var_file: tuple[Path, ...]
) -> SpecChoice:
    """Turn the shared options into a choice; no path means `DEFAULT_SPEC` in the current folder."""
    if not paths:
        paths = (Path(DEFAULT_SPEC),)
        if not paths[0].exists():
            raise click.UsageError(
                f"No spec was specified and this folder has no {DEFAULT_SPEC}. Pass a spec file or a folder, or run `amlctl init`."
            )
    return SpecChoice(
        paths, LoadOptions(target=target, variables=_variables(var), variable_files=var_file, environ=dict(os.environ))
    )


def _variables(pairs: tuple[str, ...]) -> dict[str, str]:
    variables = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            # The text itself may be a secret, so it is not repeated.
            raise click.BadParameter("Write NAME=VALUE.", param_hint="--var")
        variables[name.strip()] = value
    return variables


def with_variant(function: F) -> F:
    """Add ``--target``, ``--var`` and ``--var-file``."""
    return _stack(function, _VARIANT_OPTIONS)  # type: ignore[return-value]


def with_spec() -> Callable[[F], F]:
    """Add SPEC, ``--target``, ``--var`` and ``--var-file``; the command receives one `SpecChoice` as ``spec``."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapper(
            *args: Any,
            spec: tuple[Path, ...],
            target: str | None,
            var: tuple[str, ...],
            var_file: tuple[Path, ...],
            **kwargs: Any,
        ) -> Any:
            return function(*args, spec=spec_choice(spec, target, var, var_file), **kwargs)

        return _stack(wrapper, (click.argument("spec", nargs=-1, type=_PATH), *_VARIANT_OPTIONS))  # type: ignore[return-value]

    return decorate


def with_spec_and_address(function: F) -> F:
    """Like `with_spec`, with at most one SPEC, and an ADDRESS; the command receives ``spec`` and ``address``."""

    @functools.wraps(function)
    def wrapper(
        *args: Any,
        place: tuple[str, ...],
        target: str | None,
        var: tuple[str, ...],
        var_file: tuple[Path, ...],
        **kwargs: Any,
    ) -> Any:
        if len(place) > 2:
            raise click.UsageError(f"Expected [SPEC] ADDRESS, got {len(place)} arguments.")
        *spec, address = place
        paths = tuple(Path(path) for path in spec)
        return function(*args, spec=spec_choice(paths, target, var, var_file), address=address, **kwargs)

    words = click.argument(
        "place", nargs=-1, required=True, metavar="[SPEC] ADDRESS", shell_complete=_offered("addresses")
    )
    return _stack(wrapper, (words, *_VARIANT_OPTIONS))  # type: ignore[return-value]


def with_console(*formats: str) -> Callable[[F], F]:
    """Add the output options; the command receives a `Console`. Expected failures are told and end the command."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapper(
            *args: Any, output: str, quiet: bool, verbose: bool, no_color: bool, log_format: str | None, **kwargs: Any
        ) -> Any:
            early = click.get_current_context().find_root().obj or Early()
            console = Console(
                output,
                quiet or early.quiet,
                verbose or early.verbose,
                False if no_color or early.no_color else None,
                log_format or early.log_format or "text",
            )
            try:
                with spoken(console):
                    code = function(*args, console=console, **kwargs)
            except KeyboardInterrupt:
                if console.log_lines:  # click writes an empty line for it
                    raise click.Abort from None
                raise
            except Passing:
                raise
            except BaseException as failure:
                code = tell_any(failure, console, click.get_current_context().command_path)
            raise click.exceptions.Exit(int(code or Exit.DONE))

        decorators = (
            click.option(
                "--format",
                "output",
                type=click.Choice(formats or ("text", "json")),
                default=(formats or ("text",))[0],
                show_default=True,
                help="Output format of the result.",
            ),
            *OUTPUT_OPTIONS,
        )
        return _stack(wrapper, decorators)  # type: ignore[return-value]

    return decorate


def with_plan(function: F) -> F:
    """Add the options that shape a plan; the command receives `PlanOptions` as ``options``."""

    @functools.wraps(function)
    def wrapper(*args: Any, prune: bool, adopt: bool, select: tuple[str, ...], **kwargs: Any) -> Any:
        from orchestrator.planning.options import PlanOptions

        return function(*args, options=PlanOptions(prune=prune, adopt=adopt, select=select), **kwargs)

    decorators = (
        click.option(
            "--prune", is_flag=True, help="Delete resources that the project owns and that were removed from the spec."
        ),
        click.option("--adopt", is_flag=True, help="Adopt existing resources that have no ownership tag."),
        click.option(
            "--select",
            "-s",
            multiple=True,
            metavar="EXPR",
            help="Limit to these resources: jobs.train, +jobs.train (with upstream), jobs.train+ (with downstream), data.*",
        ),
    )
    return _stack(wrapper, decorators)  # type: ignore[return-value]


def with_run(function: F) -> F:
    """Add the options of commands that change a workspace."""
    decorators = (
        click.option("--yes", "-y", is_flag=True, help="Skip the confirmation prompt."),
        click.option(
            "--parallelism",
            type=click.IntRange(1, 256),
            default=10,
            show_default=True,
            help="Number of concurrent operations.",
        ),
        click.option(
            "--lock-wait",
            type=click.FloatRange(0),
            default=0.0,
            metavar="SECONDS",
            help="How long to wait for the state lock.",
        ),
    )
    return _stack(function, decorators)  # type: ignore[return-value]


def _stack(function: Callable[..., Any], decorators: tuple[Callable[[Any], Any], ...]) -> Callable[..., Any]:
    """Decorate with the first on top, as if they were written above the function in this order."""
    for decorator in reversed(decorators):
        function = decorator(function)
    return function
