"""Reads a conda file as a list of packages for pip: what can be had from the Python package index, and no guesses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import yaml

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.core.errors import Invalid
from orchestrator.workspace.environments.conda_names import IMPLIED, NOT_PYTHON, OTHER_NAMES, SAME_NAMES, normal

_ENTRY: Final = re.compile(r"(?:[^\s:]+::)?(?P<name>[A-Za-z0-9._-]+)\s*(?P<rest>.*)")
_EXACT: Final = re.compile(r"=?=?\s*(?P<version>[0-9][^=\s|,]*)=[^=\s]+")
_FUZZY: Final = re.compile(r"=\s*(?P<version>[0-9][^=\s|,]*)")
_BARE: Final = re.compile(r"[0-9][^=\s|,]*")
_RANGE: Final = re.compile(
    r"(?:(?:>=|<=|==|!=|~=|>|<)\s*[0-9][^\s|,=<>!]*)(?:\s*,\s*(?:>=|<=|==|!=|~=|>|<)\s*[0-9][^\s|,=<>!]*)*"
)
_LOCAL_OPTIONS: Final = (
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-f",
    "--find-links",
    ".",
    "/",
)
_LOCAL_PATH: Final = re.compile(r"\bfile:|@\s*[./~]|^~")
_BROKEN: Final = "has a line break or a control character. Write one package per item."
"""Nothing of such a line is quoted: it may be anything."""

_INSTALLERS: Final = frozenset({"pip", "setuptools", "wheel"})


@dataclass(frozen=True, slots=True)
class CondaFile:
    """A conda file, translated.

    Attributes:
        label: how to call the file in messages.
        requirements: lines for pip, sorted; the file's own pip section word by word.
        python: a version specifier (``==3.11.*``); empty means any.
        python_place: where that is written.
        seed: the file asks for pip itself.
    """

    label: str
    requirements: tuple[str, ...]
    python: str = ""
    python_place: str = ""
    seed: bool = False


def read_conda(text: str, label: str, *, lines: bool = True) -> CondaFile:
    """Translate a conda file.

    Args:
        text: YAML.
        label: the file's name, for messages.
        lines: whether the text's line numbers mean something to its author.

    Raises:
        Invalid: no conda file, or packages without a counterpart for pip: all of them in one message, with their lines.
    """
    return _Reader(label, lines=lines).read(text)


class _Reader:
    def __init__(self, label: str, *, lines: bool) -> None:
        self._label = label
        self._lines = lines
        self._requirements: list[str] = []
        self._problems: list[str] = []
        self._python = ("", "")
        self._seed = False

    def read(self, text: str) -> CondaFile:
        for node in self._dependencies(text):
            if isinstance(node, yaml.ScalarNode):
                self._package(str(node.value), self._place(node))
            elif isinstance(node, yaml.MappingNode):
                self._section(node)
            else:
                self._problems.append(f"{self._place(node)}: a dependency must be a string or a 'pip:' list.")
        if self._problems:
            raise Invalid("\n".join(self._problems), code="conda-package")
        python, place = self._python
        return CondaFile(self._label, tuple(sorted(set(self._requirements))), python, place, self._seed)

    def _dependencies(self, text: str) -> Iterator[yaml.Node]:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = f":{error.problem_mark.line + 1}" if self._lines and error.problem_mark is not None else ""
            raise Invalid(f"{self._label}{line}: this is not YAML: {error.problem}.", code="conda-package") from None
        except yaml.YAMLError:
            raise Invalid(f"{self._label} is not YAML: it is not UTF-8 text.", code="conda-package") from None
        if not isinstance(root, yaml.MappingNode):
            raise Invalid(f"{self._label} is not a conda file: it has no 'dependencies'.", code="conda-package")
        for key, value in root.value:
            if key.value == "dependencies" and isinstance(value, yaml.SequenceNode):
                yield from value.value
            elif key.value == "dependencies" and value.value:
                self._problems.append(f"{self._place(value)}: 'dependencies' must be a list of packages.")

    def _place(self, node: yaml.Node) -> str:
        return f"{self._label}:{node.start_mark.line + 1}" if self._lines else self._label

    def _section(self, node: yaml.MappingNode) -> None:
        for key, value in node.value:
            if key.value != "pip" or not isinstance(value, yaml.SequenceNode):
                self._problems.append(
                    f"{self._place(key)}: '{key.value}' is not a list of packages; only 'pip:' is supported."
                )
                continue
            for item in value.value:
                self._pip_line(str(item.value).strip(), self._place(item))

    def _pip_line(self, line: str, place: str) -> None:
        # Pip reads a file line by line: what follows a line break would be an option of its own.
        if _broken(line):
            self._problems.append(f"{place}: an item of 'pip:' {_BROKEN}")
        elif line.startswith(_LOCAL_OPTIONS) or _LOCAL_PATH.search(line):
            self._problems.append(
                f"{place}: '{line}' points to a file, which is not supported in a conda file. List the packages instead."
            )
        elif line:
            self._requirements.append(line)

    def _package(self, entry: str, place: str) -> None:
        if _broken(entry):
            self._problems.append(f"{place}: a package {_BROKEN}")
            return
        match = _ENTRY.fullmatch(entry.strip())
        if match is None:
            self._problems.append(f"{place}: '{entry}' is not a package.")
            return
        name = match["name"].lower()
        specifier = translate_version(match["rest"].strip())
        if specifier is None:
            self._problems.append(
                f"{place}: the version in '{entry}' has no pip equivalent. Use name=1.2 or name>=1.2,<2."
            )
        elif name == "python":
            self._python = (specifier, place)
        elif name in _INSTALLERS:
            self._seed = True
        elif name in NOT_PYTHON:
            self._problems.append(f"{place}: '{name}' is {NOT_PYTHON[name]}, which pip cannot install.")
        elif name in IMPLIED:
            return
        elif name in OTHER_NAMES or normal(name) in SAME_NAMES:
            self._requirements.append(OTHER_NAMES.get(name, name) + specifier)
        else:
            self._problems.append(f"{place}: {_unknown(name)}")


def _broken(line: str) -> bool:
    return not line.replace("\t", " ").isprintable() or line.endswith("\\")


def translate_version(text: str) -> str | None:
    """A conda version as a specifier of pip; None if there is no counterpart.

    ``=1.2`` is ``==1.2.*``, ``=1.2=py311_0`` and ``1.2`` are ``==1.2``. Source: conda documentation, package match
    specifications.
    """
    if not text or text == "*":
        return ""
    if match := _EXACT.fullmatch(text):
        return f"=={match['version']}"
    if match := _FUZZY.fullmatch(text):
        version = match["version"].removesuffix("*").removesuffix(".")
        return f"=={version}.*"
    if _BARE.fullmatch(text):
        return f"=={text}"
    if _RANGE.fullmatch(text):
        return re.sub(r"\s+", "", text)
    return None


def _unknown(name: str) -> str:
    # Installing a package of the same name from the index would run a stranger's code.
    fix = did_you_mean(name, [*SAME_NAMES, *OTHER_NAMES], "If the package index has it, move it to the 'pip:' list.")
    return f"the conda package '{name}' has no known pip equivalent. {fix}"
