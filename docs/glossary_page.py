"""Makes the glossary: words of ``docs/words.yaml``, and every noun of ``orchestrator/core`` with the first sentence of its docstring."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import yaml
from pydantic import BaseModel

import orchestrator.core

_WORDS = Path(__file__).parent / "words.yaml"


def nouns() -> Iterator[tuple[str, str, str]]:
    """Name, module and first sentence of each public class of core that is no part of a body: those are fields, and in the schemas."""
    for module in pkgutil.iter_modules(orchestrator.core.__path__, "orchestrator.core."):
        for name, found in vars(import_module(module.name)).items():
            own = inspect.isclass(found) and found.__module__ == module.name and not name.startswith("_")
            if own and not (issubclass(found, BaseModel) and name != "Spec"):
                text = " ".join((found.__doc__ or "").split())
                sentence = re.split(r"(?<=[^.])\.(?= |$)", text, maxsplit=1)[0]
                yield name, f"core/{module.name.rpartition('.')[2]}.py", sentence.replace("``", "`")


def plain(word: str) -> str:
    """A word without what tells it from others: ``identity (of a kind)`` and ``Identity`` are one entry."""
    return re.sub(r"[^a-z]", "", word.split(" (")[0].casefold())


def glossary() -> str:
    """The page, without its first line."""
    words: dict[str, str] = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
    entries = {plain(word): (word, meaning, "") for word, meaning in words.items()}
    for name, place, meaning in nouns():
        if plain(name) in entries:
            entries[plain(name)] = (*entries[plain(name)][:2], f"`{name}` in `{place}`")
        else:
            entries[plain(name)] = (f"`{name}`", meaning[:1].lower() + meaning[1:], f"`{place}`")
    rows = [f"| {word} | {meaning.replace('|', chr(92) + '|')} | {place} |" for word, meaning, place in
            (entries[key] for key in sorted(entries))]  # fmt: skip
    intro = "Each word has one meaning. Words in `code` are classes that need no word in a text for people.\n"
    return "\n".join(["# Glossary\n", intro, "| word | meaning | in the code |\n|---|---|---|", *rows]) + "\n"
