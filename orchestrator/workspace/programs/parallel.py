"""Cuts an input into mini-batches and gives them to worker processes. ``python parallel.py SETTINGS INPUT [APPEND_TO] -- ARGUMENTS``.

What has been done is kept in the file that AMLCTL_PROGRESS names, so that a run that is begun again does the rest only.

Source: Azure ML documentation, parallel jobs in pipelines: entry script, mini-batches, retries, error thresholds.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

WORKER = Path(__file__).with_name("parallel_worker.py")
NO_LIMIT = -1
UNITS = {"b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3}
DEFAULT_ROWS_FILE = "parallel_run_step.txt"
PROGRESS = "AMLCTL_PROGRESS"
NEWS = 20
"""So many lines of the log tell how far it is."""
TABLE = "MLTable"


class ItemFailed(Exception):
    """The step cannot go on; the text says why."""


class Settings(NamedTuple):
    """What the step says.

    Attributes:
        script: the entry script, below the working folder.
        size: files, or bytes as in ``10kb``, of a mini-batch.
        workers: how many processes work side by side.
        retries: so often a mini-batch is tried again.
        timeout_s: for one mini-batch.
        error_threshold: so many failed items are tolerated; -1 is any number.
        batch_threshold: so many failed mini-batches are tolerated; -1 is any number.
        level: of what is logged.
        file: where the rows go, if the place for them is a folder.
    """

    script: str
    size: str
    workers: int
    retries: int
    timeout_s: float
    error_threshold: int
    batch_threshold: int
    level: str
    file: str = DEFAULT_ROWS_FILE


class Batch(NamedTuple):
    """Some of the input.

    Attributes:
        number: from 0.
        files: absolute paths.
        table: the files are one table, which the worker reads and cuts by itself.
    """

    number: int
    files: list[str]
    table: bool = False


def batches_of(place: Path, size: str) -> list[Batch]:
    """The mini-batches of a file, a folder or a table, in the order of names."""
    if place.is_dir() and (place / TABLE).is_file():
        return [Batch(0, [str(place)], table=True)]
    found = sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]
    if not found:
        raise ItemFailed(f"The input {place.name} has no files.")
    groups: list[list[str]] = [[]]
    left = limit = bytes_of(size)
    for path in found:
        need = 1 if size.strip().isdigit() else path.stat().st_size
        if groups[-1] and need > left:
            groups.append([])
            left = limit
        groups[-1].append(str(path))
        left -= need
    return [Batch(number, files) for number, files in enumerate(groups)]


def bytes_of(size: str) -> int:
    """``10kb`` in bytes; a plain number stays one."""
    text = size.strip().lower()
    unit = next((name for name in ("kb", "mb", "gb", "b") if text.endswith(name)), "")
    try:
        return max(1, int(float(text[: len(text) - len(unit)]) * UNITS.get(unit, 1)))
    except ValueError:
        raise ItemFailed(f"mini_batch_size '{size}' is not a number of files, or a size such as 10kb.") from None


class Worker:
    """A process with the entry script, which does one mini-batch after another."""

    def __init__(self, settings: Settings, arguments: list[str]) -> None:
        asked, ask = os.pipe()
        answers, answer = os.pipe()
        environ = {**os.environ, "AMLCTL_WORKER": json.dumps([asked, answer, settings.script, settings.level])}
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), *arguments], env=environ, pass_fds=(asked, answer), stdin=subprocess.DEVNULL
        )
        os.close(asked)
        os.close(answer)
        self._ask = os.fdopen(ask, "w", encoding="utf-8")
        self._answers = os.fdopen(answers, "r", encoding="utf-8")

    def do(self, batch: Batch, size: str, timeout_s: float) -> dict[str, Any]:
        """Have a mini-batch done. The answer has ``rows`` and ``items``, or ``error``; ``fatal`` if the script itself is of no use."""
        try:
            self._ask.write(json.dumps({"files": batch.files, "size": bytes_of(size) if batch.table else 0}) + "\n")
            self._ask.flush()
            ready, _, _ = select.select([self._answers], [], [], timeout_s)
            line = self._answers.readline() if ready else ""
        except OSError:
            line, ready = "", [self._answers]
        if not ready:
            self.end()
            return {"error": f"It took longer than {timeout_s:g} s."}
        if not line:
            code = self._process.wait()
            self.end()
            return {"error": f"The worker ended with exit code {code}."}
        answer: dict[str, Any] = json.loads(line)
        return answer

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """End the process, if it has not ended."""
        self._process.kill()
        self._process.wait()

    def finish(self) -> None:
        """Let the script close what it has opened."""
        self._ask.close()
        self._process.wait()


class Journal:
    """A line of JSON for each mini-batch that has ended.

    Args:
        path: of the file; empty for none.
    """

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None

    def ended(self, batches: list[Batch]) -> dict[int, dict[str, Any]]:
        """What became of the mini-batches that have ended, by their numbers. A last line that is cut off does not count."""
        known = {batch.number: batch.files for batch in batches}
        found: dict[int, dict[str, Any]] = {}
        text = self._path.read_text(encoding="utf-8") if self._path and self._path.is_file() else ""
        for line in text.splitlines():
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if "batch" in said and known.get(said["batch"]) == said["files"]:
                    found[said["batch"]] = said["answer"]
        return found

    def note(self, **said: Any) -> None:
        """Note how many there are (``total``), or that one has ended (``batch``, ``files``, ``answer``)."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(said) + "\n")


class Run:
    """All mini-batches, done."""

    def __init__(self, settings: Settings, arguments: list[str], journal: Journal) -> None:
        self._settings = settings
        self._arguments = arguments
        self._journal = journal
        self._total = self._ended = 0
        self._lock = threading.Lock()
        self._rows: dict[int, list[str]] = {}
        self._failed_items = 0
        self._failed_batches = 0
        self._why: str | None = None

    def all(self, batches: list[Batch]) -> list[str]:
        """Do all. Returns the rows, in the order of the mini-batches.

        Raises:
            ItemFailed: more has failed than may.
        """
        waiting: queue.Queue[Batch] = queue.Queue()
        self._total = len(batches)
        before = self._journal.ended(batches)
        self._journal.note(total=len(batches))
        for batch in batches:
            if batch.number in before:
                self._take(batch, before[batch.number])
            else:
                waiting.put(batch)
        if before:
            say(f"resumed: {len(before)} of {self._total} mini-batches have ended before")
        count = max(1, min(self._settings.workers, waiting.qsize()))
        threads = [threading.Thread(target=self._work, args=(waiting,)) for _ in range(count)]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._why is not None:
            raise ItemFailed(self._why)
        took = time.monotonic() - started
        failed = f", {self._failed_batches} of them failed" if self._failed_batches else ""
        say(f"{len(batches)} mini-batches{failed}, {count} workers, {took:.1f} s")
        return [row for number in sorted(self._rows) for row in self._rows[number]]

    def _work(self, waiting: queue.Queue[Batch]) -> None:
        worker: Worker | None = None
        while self._why is None:
            try:
                batch = waiting.get_nowait()
            except queue.Empty:
                break
            for attempt in range(self._settings.retries + 1):
                if worker is None or not worker.alive:
                    worker = Worker(self._settings, self._arguments)
                answer = worker.do(batch, self._settings.size, self._settings.timeout_s)
                if "error" not in answer or "fatal" in answer:
                    break
                say(
                    f"mini-batch {batch.number}, attempt {attempt + 1} of {self._settings.retries + 1}: {answer['error']}"
                )
            with self._lock:
                self._journal.note(batch=batch.number, files=batch.files, answer=answer)
                self._take(batch, answer)
                self._tell()
        if worker is not None and worker.alive:
            worker.finish()

    def _take(self, batch: Batch, answer: dict[str, Any]) -> None:
        settings = self._settings
        self._ended += 1
        if "fatal" in answer:
            self._why = str(answer["error"])
        elif "error" in answer:
            self._failed_batches += 1
            self._failed_items += len(batch.files)
        else:
            rows = answer["rows"]
            self._rows[batch.number] = rows
            self._failed_items += max(0, int(answer["items"]) - len(rows))
        for what, count, most in (
            ("items", self._failed_items, settings.error_threshold),
            ("mini-batches", self._failed_batches, settings.batch_threshold),
        ):
            if self._why is None and most != NO_LIMIT and count > most:
                self._why = f"{count} {what} failed; {most} may fail. The last error: {answer.get('error', 'fewer rows than items')}"

    def _tell(self) -> None:
        if self._ended * NEWS // self._total > (self._ended - 1) * NEWS // self._total:
            say(f"{self._ended} of {self._total} mini-batches done")


def say(line: str) -> None:
    """A line of the log, at once."""
    print(line, flush=True)


def main(arguments: list[str]) -> int:
    """Do the step. Returns the exit code."""
    cut = arguments.index("--")
    said, place, *append = arguments[:cut]
    settings = Settings(**json.loads(said))
    try:
        run = Run(settings, arguments[cut + 1 :], Journal(os.environ.pop(PROGRESS, "")))
        rows = run.all(batches_of(Path(place), settings.size))
    except ItemFailed as error:
        say(f"error: {error}")
        return 1
    if append:
        target = Path(append[0])
        if target.is_dir():
            target = target / settings.file
        target.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
