"""Valid documents of every kind, broken at random, and what azure-ai-ml's own loaders and we say of each.

Used by a bounded test (`tests/contract/azure/test_mutants.py`) and by the long run (``python -m benchmarks.document_mutants``).
"""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from orchestrator.backends.azure.loader_body import for_loader
from orchestrator.core.diagnostic import SpecError
from orchestrator.core.kind import Identity
from orchestrator.core.tree import span_at
from orchestrator.kinds import discover
from tests.contract.azure.pipeline_documents import DOCUMENTS, FILES
from tests.unit.kinds.cases import Case, all_cases
from tests.unit.spec.building import project, tree

Place = tuple[str | int, ...]

KINDS: Final = discover()
OURS: Final = ("tests", "deployments", "traffic", "lifecycle")
"""Fields that only specs have."""


@dataclass(frozen=True)
class Document:
    """A valid document.

    Attributes:
        case: where its files and neighbours come from.
        variant: of its kind.
        body: plain data.
    """

    case: Case
    variant: str
    body: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.case.kind}.{self.variant}" if self.variant else self.case.kind

    @property
    def text(self) -> str:
        """As a document that the client's loader reads."""
        kind = KINDS[self.case.kind]
        head: dict[str, Any] = {"name": "thing"}
        if kind.identity is Identity.VERSIONED:
            head["version"] = "1"
        if kind.key.endswith(".deployments"):
            head["endpoint_name"] = "whole"
        return yaml.safe_dump({**head, **self.body}, sort_keys=False)


@dataclass(frozen=True)
class Mutant:
    """A document with one mistake.

    Attributes:
        document: with the mistake.
        what: the kind of mistake.
        place: of the field that was changed.
        value: what stands there now; None if it was taken away.
    """

    document: Document
    what: str
    place: Place
    value: Any = None

    def __str__(self) -> str:
        place = ".".join(map(str, self.place))
        return f"{self.document}: {self.what} at {place}" + ("" if self.value is None else f" = {self.value!r}")


@dataclass(frozen=True)
class Verdict:
    """What both say of a mutant.

    Attributes:
        mutant: judged.
        theirs: why the client refuses it; empty if it takes it.
        ours: why we refuse it, one ``code: detail`` each; empty if we take it.
        here: one of ours is at the line of the mistake.
    """

    mutant: Mutant
    theirs: str
    ours: tuple[str, ...]
    here: bool


@dataclass
class Judge:
    """Asks both readers.

    Args:
        folder: empty; files of documents are written there.
    """

    folder: Path
    _written: dict[int, Path] = field(default_factory=dict)

    def place_of(self, case: Case) -> Path:
        """The folder with a case's files."""
        key = hash(tuple(sorted(case.files.items())))
        if key not in self._written:
            place = self.folder / str(len(self._written))
            place.mkdir()
            case.write(place)
            self._written[key] = place
        return self._written[key]

    def judge(self, mutant: Mutant) -> Verdict:
        """What both say."""
        ours, here = self.ours(mutant)
        return Verdict(mutant, self.theirs(mutant.document), ours, here)

    def theirs(self, document: Document) -> str:
        """Why the client refuses a document: when it is read, or by the client's own checks before anything is sent."""
        from azure.ai import ml
        from azure.ai.ml.entities import _load_functions

        binding = KINDS[document.case.kind].azure
        name = binding.loaders.get(document.variant, binding.loader)
        load: Callable[[Path], Any] = getattr(ml, name, None) or getattr(_load_functions, name)
        folder = self.place_of(document.case)
        path = folder / "document.yml"
        path.write_text(document.text)
        try:
            with warnings.catch_warnings(), chdir(folder):
                warnings.simplefilter("ignore")
                entity = load(path)
                checked = getattr(entity, "_validate", None)
                result = checked() if checked is not None else None
        except Exception as failure:  # its readers raise many things
            return f"{type(failure).__name__}: {failure}"
        messages = getattr(result, "error_messages", None)
        return f"checks: {messages}" if messages else ""

    def ours(self, mutant: Mutant) -> tuple[tuple[str, ...], bool]:
        """Why we refuse a document, and whether one reason is at the line of the mistake."""
        case = mutant.document.case
        text = case.text(mutant.document.body)
        try:
            project(text, self.place_of(case))
        except SpecError as failure:
            found = failure.diagnostics
        else:
            return (), False
        lines = _lines(text, case, mutant.place)
        here = any(one.subject is not None and one.subject.line in lines for one in found)
        return tuple(f"{one.code}: {one.detail}" for one in found), here


def _lines(text: str, case: Case, place: Place) -> frozenset[int]:
    """Lines at which a mistake may be told: of the field, of what is inside, and of what it stands in."""
    located = tree(text)
    full: Place = (*case.place(), *place)
    spans = [span_at(located, full), span_at(located, full, key=True), span_at(located, full[:-1])]
    spans.append(span_at(located, full[:-1], key=True))
    lines = {span.line for span in spans}
    inner = spans[0]
    return frozenset(lines | set(range(inner.line, (inner.end_line or inner.line) + 1)))


@cache
def documents(folder: Path, few: int = 0, seed: int = 7) -> tuple[Document, ...]:
    """Valid documents that both readers take.

    Args:
        folder: empty; files of documents are written there.
        few: so many, chosen at random; 0 means all.
        seed: of the choice.
    """
    judge = Judge(folder)
    found = []
    written = list(_written())
    for document in random.Random(seed).sample(written, few) if few else written:
        untouched = Mutant(document, "nothing", ())
        if not judge.theirs(document) and not judge.ours(untouched)[0]:
            found.append(document)
    return tuple(found)


def _written() -> Iterator[Document]:
    for case in all_cases():
        kind = KINDS[case.kind]
        if not kind.azure.loader.startswith("load_"):
            continue
        for body in (case.minimal, case.full):
            plain = json.loads(json.dumps({name: value for name, value in body.items() if name not in OURS}))
            yield Document(case, case.variant, for_loader(kind, plain))
    for what, text in DOCUMENTS.items():
        body = yaml.safe_load(text)
        case = Case("jobs", FILES, _AROUND, None, "thing", "pipeline", body, body, alike=what)
        yield Document(case, "pipeline", {"type": "pipeline", **body})


_AROUND: Final = {"environments": {"packages": {"image": "example/base"}}}

MISTAKES: Final = ("type", "key", "enum", "range", "missing", "reference", "file")


def mutants(chance: random.Random, found: tuple[Document, ...]) -> Iterator[Mutant]:
    """Mutants without end: a document of a random kind, with a random mistake at a random place."""
    by_variant: dict[str, list[Document]] = {}
    for document in found:
        by_variant.setdefault(str(document), []).append(document)
    names = sorted(by_variant)
    while True:
        document = chance.choice(by_variant[chance.choice(names)])
        made = _broken(chance, document, chance.choice(MISTAKES))
        if made is not None:
            yield made


def _broken(chance: random.Random, document: Document, what: str) -> Mutant | None:
    spots = [spot for spot in _spots(document.body) if _FITS[what](spot)]
    if not spots:
        return None
    place, before = chance.choice(spots)
    if what == "key":
        place, after = (*place, chance.choice(("no_such_field", "typ", "descripton"))), chance.choice((1, "x"))
    elif what == "missing":
        after = _GONE
    else:
        after = _WRONG[what](chance, before)
    body = json.loads(json.dumps(document.body))
    holder = body
    for part in place[:-1]:
        holder = holder[part]
    if after is _GONE:
        del holder[place[-1]]
        place = place[:-1]
    else:
        holder[place[-1]] = after
    return Mutant(Document(document.case, document.variant, body), what, place, None if after is _GONE else after)


_GONE: Final = object()


def _spots(node: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    yield place, node
    pairs = node.items() if isinstance(node, Mapping) else enumerate(node) if isinstance(node, list) else ()
    for name, value in pairs:
        yield from _spots(value, (*place, name))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wrong_type(chance: random.Random, before: Any) -> Any:
    if isinstance(before, Mapping):
        return chance.choice(("strange text", [["strange"]], 3))
    if isinstance(before, list):
        return chance.choice(("strange text", {"strange": {"deep": 1}}))
    if isinstance(before, bool) or _is_number(before):
        return chance.choice(("strange text", {"strange": 1}, [1]))
    return chance.choice(({"strange": {"deep": 1}}, [["strange"]]))


def _wrong_reference(chance: random.Random, before: str) -> str:
    """An expression that names something that is not there."""
    start, _, rest = before.partition("${{")
    inner, _, end = rest.partition("}}")
    head, _, _ = inner.rpartition(".")
    return f"{start}${{{{{head}.no_such_name}}}}{end}"


_WRONG: Final[Mapping[str, Callable[[random.Random, Any], Any]]] = {
    "type": _wrong_type,
    "enum": lambda chance, before: chance.choice(("strange_value", f"{before}s")),
    "range": lambda chance, before: chance.choice((-1, 0, -before or -1, 10**7, before + 0.5)),
    "reference": _wrong_reference,
    "file": lambda chance, before: "./no/such/file.txt",
}
_FITS: Final[Mapping[str, Callable[[tuple[Place, Any]], bool]]] = {
    "type": lambda spot: bool(spot[0]),
    "key": lambda spot: isinstance(spot[1], Mapping),
    "enum": lambda spot: bool(spot[0]) and isinstance(spot[1], str) and "${" not in spot[1],
    "range": lambda spot: _is_number(spot[1]),
    "missing": lambda spot: bool(spot[0]) and isinstance(spot[0][-1], str),
    "reference": lambda spot: isinstance(spot[1], str) and "${{" in spot[1],
    "file": lambda spot: bool(spot[0]) and isinstance(spot[1], str) and spot[0][-1] in _OF_FILES,
}
_OF_FILES: Final = frozenset(
    {"path", "code", "conda_file", "local_path", "component", "training_data", "validation_data"}
)
