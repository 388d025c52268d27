"""Damage done at random to specs, command lines, saved plans and state files, and what must hold whatever it was.

Used by the bounded tests (`tests/unit/cli/test_fuzz.py`) and by the long run (``python -m benchmarks.fuzz``).
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, Final

import yaml

from orchestrator.cli.main import run
from orchestrator.cli.overview import COMMANDS

ROOT: Final = Path(__file__).parents[1]
PYTHON: Final = re.compile(
    r"Traceback|internal-error|<[\w.]+ object at|PosixPath\("
    r"|\b(Reference|Unknown|Template|Secret|Span|LocatedDict|LocatedList|LocalFiles)\("
)
TOKENS: Final = (
    "${data.rows.id}", "${jobs.train.outputs.model}", "${secret.s}", "\\0", "\x00", "\ud800", "a" * 5000, "&a", "*a", "!!binary", "null",
    "[", "]", "{", "}", ":", "- ", "'", '"', "1e999", ".nan", "0x10", "~", "azureml:", "azureml://jobs/", "\u200b", "\t", "|", "<<:", "${",
    "$${", "${var.x}", "../../x", "file:", "2020-01-01", "${env.HOME}", "-1", "99999999999999999999", "true", "/dev/zero", "/",
)  # fmt: skip
VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1e308, float("nan"), "", " ", "a" * 300, [], {}, [[]], {"a": {}}, {"file": "x.yaml"}, "${data.x.id}",
    "${jobs.x.outputs.y}", "azureml:a:1", "azureml:a@latest", "\u202e", 10**30, "rows.csv", ".", "..", {1: 2}, [None], "${var.x}", "@", "*",
)  # fmt: skip
READING: Final = (
    ("validate",), ("plan",), ("status",), ("graph",), ("explain", "data.rows"), ("plan", "--format", "markdown"),
    ("plan", "--destroy"), ("plan", "--prune", "--adopt"), ("validate", "--log-format", "json"),
)  # fmt: skip
PLACELESS: Final = frozenset({"no-spec"})
"""Problems of a call rather than of a spec."""

LONGEST_S: Final = 60
"""How long a command may take. A hang is a failure."""

SMALL: Final = """project: demo
tags: {team: a}
data:
  rows: {type: uri_file, path: rows.csv}
compute:
  cpu: {type: amlcompute, size: Standard_DS3_v2, max_instances: 2}
environments:
  py: {image: host}
"""


class Hang(Exception):
    """A command took too long."""


def tokens_mutated(chance: random.Random, text: str) -> str:
    """One to four tokens replaced, swapped or put in anywhere."""
    for _ in range(chance.randint(1, 4)):
        tokens = [found.span() for found in re.finditer(r"[^\s{}\[\],:]+", text)] or [(0, 0)]
        start, end = chance.choice(tokens)
        kind = chance.random()
        if kind < 0.6:
            text = text[:start] + chance.choice(TOKENS) + text[end:]
        elif kind < 0.8:
            first, last = chance.choice(tokens)
            text = text[:start] + text[first:last] + text[end:]
        else:
            place = chance.randrange(len(text) + 1)
            text = text[:place] + chance.choice(TOKENS) + text[place + chance.randint(0, 3) :]
    return text


def tree_mutated(chance: random.Random, text: str) -> str:
    """The document with one to three nodes replaced, moved, renamed, doubled or removed: still YAML, so that it goes deeper."""
    tree = yaml.safe_load(text)
    for _ in range(chance.randint(1, 3)):
        spots = list(_spots(tree))
        if not spots:
            break
        holder, key = chance.choice(spots)
        kind = chance.random()
        if kind < 0.4:
            holder[key] = chance.choice(VALUES)
        elif kind < 0.6:
            other, name = chance.choice(spots)
            holder[key] = json.loads(json.dumps(other[name], default=str))
        elif kind < 0.75 and isinstance(holder, dict):
            holder[chance.choice(["x", "a b", "a" * 200, "name", "type", 1, True, "\u0130", f"{key}_"])] = holder.pop(
                key
            )
        elif kind < 0.85 and isinstance(holder, dict):
            holder[f"{key}2"] = holder[key]
        else:
            del holder[key]
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)


def _spots(node: Any) -> Iterator[tuple[Any, Any]]:
    pairs = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    for key, item in pairs:
        yield node, key
        yield from _spots(item)


def bytes_mutated(chance: random.Random, data: bytes) -> bytes:
    """A few bytes flipped, cut out or repeated, or the end cut off."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(changed) + 1)
        match chance.randrange(4):
            case 0 if place < len(changed):
                changed[place] = chance.randrange(256)
            case 1:
                del changed[place : place + chance.randint(1, 64)]
            case 2:
                changed[place:place] = changed[place : place + chance.randint(1, 64)]
            case _ if chance.random() < 0.2:
                del changed[place:]
    return bytes(changed)


class Fuzzer:
    """One folder, one chance. Each round damages something and calls commands.

    Args:
        folder: empty; the caller's to remove.
        seed: makes the same rounds again.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.chance = random.Random(seed)
        self.calls = 0
        self._folder = folder
        self._number = 0
        self._kinds: dict[str, Callable[[], None]] = {
            "spec": self._spec,
            "example": self._example,
            "arguments": self._arguments,
            "saved plan": self._saved_plan,
            "state": self._state,
        }

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can be damaged."""
        return tuple(self._kinds)

    def round(self, kind: str) -> None:
        """Damage something of a kind.

        Raises:
            AssertionError: with what was damaged and what was printed.
        """
        self._number += 1
        place = self._folder / str(self._number)
        place.mkdir()
        try:
            with contextlib.chdir(place):
                self._kinds[kind]()
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _mutated(self, text: str) -> bytes:
        kind = self.chance.random()
        if kind < 0.5:
            return tree_mutated(self.chance, text).encode("utf-8", "surrogatepass")
        if kind < 0.9:
            return tokens_mutated(self.chance, text).encode("utf-8", "surrogatepass")
        return bytes_mutated(self.chance, text.encode())

    def _spec(self) -> None:
        self._small()
        spec = Path("spec.yaml")
        spec.write_bytes(self._mutated(SMALL))
        self._read(spec.read_bytes())

    def _example(self) -> None:
        specs = sorted([*(ROOT / "specs").glob("*/spec.yaml"), *(ROOT / "examples").glob("*/spec.yaml")])
        source = self.chance.choice(specs).parent
        shutil.copytree(source, ".", dirs_exist_ok=True, ignore=shutil.ignore_patterns(".amlctl*"))
        chosen = self.chance.choice(sorted(Path().glob("*.yaml")))
        chosen.write_bytes(self._mutated(chosen.read_text()))
        self._read(chosen.read_bytes())

    def _read(self, damaged: object) -> None:
        self.call(*self.chance.choice(READING), why=damaged)
        out = self.call("plan", "--format", "json", why=damaged)
        for found in json.loads(out).get("diagnostics", ()) if out else ():
            assert found["file"] or found["severity"] == "warning" or found["code"] in PLACELESS, (damaged, found)

    def _arguments(self) -> None:
        self._small()
        words = [
            *COMMANDS, "--format", "json", "--select", "--var", "--target", "-o", "--yes", "-v", "--no-color", "--log-format", "text",
            "spec.yaml", "data.rows", "jobs.train", "x=1", "x=", "", "-", "--", "\udcff", "a" * 5000, "/", "/dev/zero", ".", "rows.csv",
            "--format=json", "down", "status", "env", "--arm", "--path", "*", "+data.rows+", "--prune", "--status", "--once", "\x1b[2J",
        ]  # fmt: skip
        left_out = {"serve", "up", "reset", "init", "ui"}
        line = [word for word in self.chance.choices(words, k=self.chance.randint(1, 6)) if word not in left_out]
        if "reconcile" in line and not {"--once", "--status"} & set(line):
            line.append("--status")
        self.call(*line, why=line)

    def _saved_plan(self) -> None:
        self._small()
        self.call("plan", "-o", "plan.json", why="a sound plan")
        plan = Path("plan.json")
        text = plan.read_text()
        kind = self.chance.random()
        plan.write_bytes(self._mutated(text) if kind < 0.3 else json.dumps(self._json(text)).encode("utf-8", "replace"))
        self.call("apply", "plan.json", why=plan.read_bytes())

    def _json(self, text: str) -> Any:
        return yaml.safe_load(tree_mutated(self.chance, text))

    def _state(self) -> None:
        self._prepared()
        database = Path(".amlctl/workspace.db")
        for left in Path(".amlctl").glob("workspace.db-*"):
            left.unlink()
        self._look(self._damage(database))

    def damaged_cell(self, table: str, column: str, value: Any) -> None:
        """Every row of a table with one value in a column, and all commands upon it; the place is made anew."""
        self._prepared()
        connection = sqlite3.connect(".amlctl/workspace.db")
        with contextlib.suppress(sqlite3.IntegrityError):
            connection.execute(
                f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) FROM {table})", (value,)
            )
        connection.commit()
        connection.close()
        self._look(f"{table}.{column} = {value!r}")

    def _prepared(self) -> None:
        self._small()
        shutil.rmtree(".amlctl", ignore_errors=True)
        self.call("apply", "-y", why="a sound spec")

    def _look(self, why: object) -> None:
        for line in (("plan",), ("status",), ("apply", "-y"), ("plan", "--format", "json"), ("workspace", "status")):
            self.call(*line, why=why)

    def _damage(self, database: Path) -> object:
        if self.chance.random() < 0.3:
            database.write_bytes(bytes_mutated(self.chance, database.read_bytes()))
            return "bytes"
        connection = sqlite3.connect(database)
        try:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            table = self.chance.choice(sorted(name for name in names if not name.startswith("sqlite_")))
            if self.chance.random() < 0.15:
                connection.execute(f"DROP TABLE {table}")
                connection.commit()
                return f"{table} dropped"
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            column = self.chance.choice(columns)
            value = self.chance.choice(
                [None, "", "x", b"\xff\x00", -1, 1e308, "{", "[]", "{}", "null", '{"a": null}', 2**62]
            )
            with contextlib.suppress(sqlite3.IntegrityError):
                connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
            connection.commit()
            return f"{table}.{column} = {value!r}"
        finally:
            connection.close()

    def _small(self) -> None:
        Path("spec.yaml").write_text(SMALL)
        Path("rows.csv").write_text("x,y\n1,2\n")

    def call(self, *line: str, why: object) -> str:
        """Call a command in process; what it printed on stdout."""
        self.calls += 1
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), _bounded():
            try:
                run(list(line))
            except SystemExit as end:
                code = end.code
        said = out.getvalue() + err.getvalue()
        assert code in (0, 1, 2, 3), (line, why, code)
        found = PYTHON.search(said)
        assert not found, f"{line}: {found and found[0]!r}\n{why!r}\n{said[-3000:]}"
        if code == 1:
            assert said.strip(), (line, why)
        return out.getvalue()


@contextlib.contextmanager
def _bounded() -> Iterator[None]:
    def late(number: int, frame: FrameType | None) -> None:
        raise Hang(f"more than {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONGEST_S)
    try:
        with Path(os.devnull).open() as nothing, contextlib.ExitStack() as stack:
            was, sys.stdin = sys.stdin, nothing
            stack.callback(setattr, sys, "stdin", was)
            yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
