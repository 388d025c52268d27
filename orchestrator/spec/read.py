"""YAML text to located trees, straight from the parser's events."""

from __future__ import annotations

import re
import warnings
from typing import Any, Final

import yaml

from orchestrator.spec.collector import collector_paused
from orchestrator.spec.problems import Problems
from orchestrator.spec.syntax import report_forbidden, report_syntax
from orchestrator.spec.tree_builder import Fill, Stop, TreeBuilder

_SURROGATES: Final = re.compile(r"(?<!\\)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def read_documents(text: str, name: str, problems: Problems, fill: Fill | None = None) -> list[Any] | None:
    """Read all YAML (or JSON) documents of a text.

    Args:
        text: the text.
        name: the file as it appears in marks.
        problems: receives every problem, each with its place.
        fill: fills holes in scalars.

    Returns:
        One tree per document, in order: `LocatedDict`, `LocatedList` or a scalar, None for an empty document. None if the
        text is not YAML.
    """
    with collector_paused():
        try:
            return TreeBuilder(_parser(_without_surrogates(text)), name, problems, fill).documents()
        except yaml.MarkedYAMLError as error:
            report_syntax(error, text, name, problems)
        except yaml.reader.ReaderError as error:
            report_forbidden(error, text, name, problems)
        except Stop:
            pass
    return None


def _parser(text: str) -> Any:
    if yaml.__with_libyaml__:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]  # exists only where libyaml does

        return CParser(text)
    warnings.warn("PyYAML was built without libyaml, so reading specs takes ten times as long", stacklevel=3)
    return yaml.Loader(text)


def _without_surrogates(text: str) -> str:
    """In JSON, write characters beyond the basic plane as YAML does: JSON escapes them as two halves."""
    if "\\u" not in text or not text.lstrip().startswith(("{", "[")):
        return text

    def whole(halves: re.Match[str]) -> str:
        high, low = int(halves.group(1), 16), int(halves.group(2), 16)
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + low - 0xDC00:08X}"

    return _SURROGATES.sub(whole, text)
