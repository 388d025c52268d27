"""The commands of a shell script, with what is known of its variables filled in. Nothing is run.

The grammar is that of tree-sitter-bash, which also reads scripts with mistakes in them. Every branch of an ``if`` counts, and a loop over
words is walked once for each word: an importer wants to know what a script may do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_OPEN: Final = "\ue100"
_CLOSE: Final = "\ue101"
_UNKNOWN: Final = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")
_PLACEHOLDER: Final = re.compile(r"<([A-Za-z][A-Za-z0-9_-]*)>|\{\{\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*\}\}")
_OF_WORKFLOWS: Final = re.compile(r"\$\{\{\s*(?:[a-z]+\.)*([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}")
_TEXT: Final = frozenset({"word", "number", "string_content", "heredoc_content"})
_DEEPEST: Final = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One command.

    Attributes:
        words: its name and arguments. Values that are not known stand in them as marks, see `unknown_names`.
        line: where it begins, 1-based.
    """

    words: tuple[str, ...]
    line: int


def unknown(name: str) -> str:
    """The mark of a value that is not known, in a word of a call."""
    return f"{_OPEN}{name}{_CLOSE}"


def unknown_names(text: str) -> tuple[str, ...]:
    """Names of the values in a word that are not known."""
    return tuple(_UNKNOWN.findall(text))


def replaced(text: str, values: Mapping[str, str]) -> str:
    """A word with its unknown values replaced; all of them must be given."""
    return _UNKNOWN.sub(lambda found: values[found[1]], text)


def calls(script: str, variables: Mapping[str, str]) -> Iterator[Call]:
    """All commands of a script, in order, those in substitutions and functions too.

    Args:
        script: its text.
        variables: what is known before it starts.
    """
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    prepared = _OF_WORKFLOWS.sub(lambda found: variables.get(found[1], unknown(found[1])), script)
    prepared = _PLACEHOLDER.sub(lambda found: unknown(found[1] or found[2]), prepared)
    tree = Parser(Language(tree_sitter_bash.language())).parse(prepared.encode())
    yield from _Walk(dict(variables)).node(tree.root_node, 0)


class _Walk:
    """Walks statements in order and remembers assignments."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._variables = variables

    def node(self, node: Any, depth: int) -> Iterator[Call]:
        if depth > _DEEPEST:
            return
        if node.type == "variable_assignment":
            yield from self._assignment(node, depth)
        elif any(child.type == "command_name" for child in node.named_children):
            yield from self._inside(node, depth)
            words = tuple(self._text(child) for child in node.named_children if child.type not in _NOT_WORDS)
            if words:
                yield Call(words, node.start_point[0] + 1)
        elif node.type == "command_substitution" and self._named(node):
            return
        elif node.type == "for_statement":
            yield from self._loop(node, depth)
        else:
            yield from self._inside(node, depth)

    def _inside(self, node: Any, depth: int) -> Iterator[Call]:
        for child in node.named_children:
            yield from self.node(child, depth + 1)

    def _assignment(self, node: Any, depth: int) -> Iterator[Call]:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if value is not None:
            yield from self.node(value, depth + 1)
        if name is not None:
            text = self._text(value) if value is not None else ""
            variable = name.text.decode()
            self._variables[variable] = unknown(variable) if _computed(text) else text

    def _loop(self, node: Any, depth: int) -> Iterator[Call]:
        variable, body = node.child_by_field_name("variable"), node.child_by_field_name("body")
        if variable is None or body is None:
            return
        name = variable.text.decode()
        values = [self._text(child) for child in node.children_by_field_name("value")]
        for value in values or [unknown(name)]:
            self._variables[name] = unknown(name) if _computed(value) else value
            yield from self.node(body, depth + 1)

    def _text(self, node: Any) -> str:
        """The value of a word; what is computed when the script runs is unknown."""
        if node.type in _TEXT:
            text: str = node.text.decode()
            return re.sub(r"\\(.)", r"\1", text) if "\\" in text else text
        if node.type in {"raw_string", "ansi_c_string"}:
            return str(node.text.decode()).lstrip("$")[1:-1]
        if node.type in {"simple_expansion", "expansion"}:
            return self._expanded(node)
        if node.type == "command_substitution":
            return self._substituted(node)
        if node.type in {"command_name", "string", "concatenation", "translated_string"}:
            return self._joined(node)
        return unknown("")

    def _joined(self, node: Any) -> str:
        """The parts of a word in a row, with the blanks between them that a quoted text may have."""
        text, end = "", node.start_byte + (node.type == "string")
        whole = node.text
        for child in node.named_children:
            text += (
                whole[end - node.start_byte : child.start_byte - node.start_byte].decode()
                if end < child.start_byte
                else ""
            )
            text += self._text(child)
            end = child.end_byte
        return text if node.named_children else whole.decode().strip('"')

    def _expanded(self, node: Any) -> str:
        names = [child.text.decode() for child in node.named_children if child.type == "variable_name"]
        if not names:
            return unknown("")
        default = next((child for child in node.named_children if child.type != "variable_name"), None)
        known = self._variables.get(names[0])
        if known is None and default is not None:
            return self._text(default)  # ${NAME:-default}
        return unknown(names[0]) if known is None else known

    def _substituted(self, node: Any) -> str:
        """The value of ``$(…)`` where it is a variable; anything else is not known."""
        found = re.fullmatch(r"\$\(([A-Za-z_][A-Za-z0-9_.]*)\)", node.text.decode())
        return self._named(node) or unknown(found[1] if found else "")

    def _named(self, node: Any) -> str:
        """The value of the variable that ``$(NAME)`` is in the YAML of Azure Pipelines; empty if it is none."""
        return self._variables.get(node.text.decode()[2:-1], "")


_NOT_WORDS: Final = frozenset(
    {"variable_assignment", "file_redirect", "heredoc_redirect", "herestring_redirect", "comment"}
)


def _computed(text: str) -> bool:
    """Whether a value depends on a substitution that has no name: it is known by its variable's name only."""
    return "" in unknown_names(text)
