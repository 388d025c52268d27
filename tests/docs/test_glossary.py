"""The glossary is complete, and each word in it has one meaning."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path
from typing import Final

from tests.architecture.test_nouns import PRIVATE
from tests.docs.pages import PAGES, ROOT

GLOSSARY: Final = (ROOT / "docs" / "glossary.md").read_text()
ENTRIES: Final = re.findall(r"^\| ([^|]+?) \| ", GLOSSARY, re.MULTILINE)[1:]
CORE: Final = sorted((ROOT / "orchestrator" / "core").glob("*.py"))


def plain(word: str) -> str:
    return re.sub(r"[^a-z]", "", word.split(" (")[0].casefold())


def classes(path: Path) -> list[ast.ClassDef]:
    body = ast.parse(path.read_text()).body
    return [node for node in body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def test_each_word_has_one_entry_and_a_meaning() -> None:
    assert len(ENTRIES) > 50
    assert [word for word, count in Counter(map(plain, ENTRIES)).items() if count > 1] == []
    written = re.findall(r"^([a-z][^:]*):", (ROOT / "docs" / "words.yaml").read_text(), re.MULTILINE)
    assert [word for word, count in Counter(map(plain, written)).items() if count > 1] == []
    assert re.findall(r"^\| [^|]+ \|\s*\|", GLOSSARY, re.MULTILINE) == []


def test_no_two_classes_of_core_have_one_name() -> None:
    names = Counter(node.name for path in CORE for node in classes(path))
    assert [name for name, count in names.items() if count > 1] == []


def test_every_noun_of_core_is_in_it() -> None:
    """But parts of bodies: what derives from `Spec` is a piece of YAML, which the schemas describe."""
    nodes = {node.name: node for path in CORE for node in classes(path)}

    def is_body(name: str) -> bool:
        bases = [base.id for base in nodes[name].bases if isinstance(base, ast.Name)] if name in nodes else []
        return "Spec" in bases or any(is_body(base) for base in bases)

    assert [name for name in nodes if not is_body(name) and not re.search(rf"`{name}`", GLOSSARY)] == []


def test_what_a_page_defines_is_in_it() -> None:
    """A page defines a word by printing it bold after an article, or before "is"."""
    bold = re.compile(r"\b(?:An?|The) \*\*([A-Za-z -]+)\*\*|\*\*([A-Za-z-]+)\*\* is\b")
    known = set(map(plain, ENTRIES))
    found = {page.name: [one or two for one, two in bold.findall(page.read_text())] for page in PAGES}
    assert sum(map(len, found.values())) > 4
    assert {page: lost for page, words in found.items() if (lost := [w for w in words if plain(w) not in known])} == {}


def test_private_words_are_no_entries() -> None:
    assert [word for word in ENTRIES if PRIVATE.search(word)] == []
