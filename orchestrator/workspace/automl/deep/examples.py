"""The examples of a job on texts or images, read from its tables. Needs no deep library."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import numpy as np

from orchestrator.workspace.automl.refusal import JobRefused

IMAGE: Final = "image_url"
_DATASTORE: Final = "/datastores/"
_OUTSIDE: Final = "O"


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts, words or images with what is known of them.

    Attributes:
        inputs: texts; lists of words; or paths of images.
        labels: of each: a label, a list of labels, a list of tags, or a list of objects.
    """

    inputs: Sequence[Any]
    labels: Sequence[Any]

    def part(self, rows: Iterable[int]) -> Examples:
        """Some of them."""
        chosen = list(rows)
        return Examples([self.inputs[row] for row in chosen], [self.labels[row] for row in chosen])


def split(examples: Examples, share: float, seed: int) -> tuple[Examples, Examples]:
    """Examples to learn from and to check with.

    Raises:
        JobRefused: there are too few.
    """
    count = len(examples.inputs)
    if count < 2:
        raise JobRefused(f"training_data has {count} examples: give at least 2, or validation_data.")
    order = np.random.default_rng(seed).permutation(count)
    held = min(max(1, round(share * count)), count - 1)
    return examples.part(order[held:]), examples.part(order[:held])


def texts(table: Any, target: str, *, several: bool) -> Examples:
    """The texts of a table: its other columns, joined.

    Args:
        table: a pandas frame.
        target: the column of the labels.
        several: whether a text has any number of labels.

    Raises:
        JobRefused: there is no such column, or no other.
    """
    others = [name for name in table.columns if name != target]
    _has(table, target)
    if not others:
        raise JobRefused(f"training_data has no column other than {target!r}; a column of texts is required.")
    rows = table.dropna(subset=[target])
    joined = (
        rows[others].fillna("").astype(str).agg(". ".join, axis=1)
        if len(others) > 1
        else rows[others[0]].fillna("").astype(str)
    )
    read = label_list if several else str
    return Examples(joined.tolist(), [read(value) for value in rows[target]])


def label_list(value: Any) -> list[str]:
    """Labels as a table has them: a list, ``"['a', 'b']"`` or ``"a,b"``."""
    if isinstance(value, (list, tuple, np.ndarray)):
        return [str(each) for each in value]
    text = str(value).strip()
    if text.startswith("["):
        try:
            return [str(each) for each in ast.literal_eval(text)]
        except (ValueError, SyntaxError):
            text = text.strip("[]")
    return [part.strip().strip("'\"") for part in text.split(",") if part.strip()]


def words(path: Path) -> Examples:
    """Words with their tags, from files in CoNLL format: a word and a tag on each line, an empty line between texts.

    Args:
        path: a file, or a folder with files (and perhaps an MLTable file).

    Raises:
        JobRefused: there is none.
    """
    files = (
        [path]
        if path.is_file()
        else sorted(each for each in path.rglob("*") if each.is_file() and each.name != "MLTable")
    )
    inputs: list[list[str]] = [[]]
    labels: list[list[str]] = [[]]
    for file in files:
        for line in [*file.read_text(encoding="utf-8").splitlines(), ""]:
            parts = line.split()
            if not parts or parts[0] == "-DOCSTART-":
                inputs.append([])
                labels.append([])
                continue
            inputs[-1].append(parts[0])
            labels[-1].append(parts[-1] if len(parts) > 1 else _OUTSIDE)
    full = [row for row, each in enumerate(inputs) if each]
    if not full:
        raise JobRefused(f"{path.name} has no text in CoNLL format: a word and its tag on each line.")
    return Examples(inputs, labels).part(full)


def images(table: Any, target: str, folder: Path, datastores: Path) -> Examples:
    """The images of a table with JSON lines.

    Args:
        folder: that relative paths begin at.
        datastores: the folder with one folder for each datastore of the workspace.

    Raises:
        JobRefused: a column or an image is missing.
    """
    _has(table, target)
    _has(table, IMAGE)
    found = [image_place(str(url), folder, datastores) for url in table[IMAGE]]
    gone = [url for url, place in zip(table[IMAGE], found, strict=True) if not place.is_file()]
    if gone:
        raise JobRefused(f"{len(gone)} of {len(found)} images are not there, the first is {gone[0]}.")
    return Examples([str(place) for place in found], list(table[target]))


def image_place(url: str, folder: Path, datastores: Path) -> Path:
    """The file of an image.

    Raises:
        JobRefused: its address is of no kind that is read here.
    """
    if url.startswith("azureml://") and _DATASTORE in url:
        name, _, path = url.partition(_DATASTORE)[2].partition("/paths/")
        return datastores / name / path
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        return folder / unquote(parts.path)
    raise JobRefused(
        f"The image {url} lies elsewhere: images are read from files and from the workspace's own datastores."
    )


def classes_of(labels: Iterable[Any]) -> tuple[str, ...]:
    """All labels, in order. A list of labels or of objects has several."""
    found: set[str] = set()
    for label in labels:
        for each in label if isinstance(label, (list, tuple, np.ndarray)) else (label,):
            found.add(str(each["label"] if isinstance(each, Mapping) else each))
    return tuple(sorted(found))


def _has(table: Any, column: str) -> None:
    if column not in table.columns:
        raise JobRefused(f"training_data has no column {column!r}; it has {', '.join(map(str, table.columns))}.")
