"""Runs an entry script on the mini-batches that it is given, one after another. Started by ``parallel.py``."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import sys
import traceback
from pathlib import Path
from typing import Any, Iterator

NAMED = "AMLCTL_WORKER"
ROW_SEPARATOR = " "
"""Between the values of a row of a data frame. Source: Azure ML documentation, append_row of parallel runs."""


def load(script: str) -> Any:
    """The entry script as a module, ready to run. Its neighbours can be imported, as from a script that is started."""
    path = Path(os.path.expandvars(script)).resolve()
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ImportError(f"There is no entry script '{script}'.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.argv[0] = str(path)
    spec.loader.exec_module(module)
    if not hasattr(module, "run"):
        raise ImportError(f"The entry script '{script}' has no function run(mini_batch).")
    if hasattr(module, "init"):
        module.init()
    return module


def rows_of(result: Any) -> list[str]:
    """What ``run`` has returned, a text for each row."""
    if result is None:
        return []
    if hasattr(result, "to_csv"):
        text = str(result.to_csv(sep=ROW_SEPARATOR, header=False, index=False))
        return text.splitlines()
    return [str(row) for row in result]


def parts(question: dict[str, Any]) -> Iterator[Any]:
    """The mini-batches of a question: one with files, or those of a table."""
    if not question["size"]:
        yield question["files"]
        return
    frame = table(Path(question["files"][0]))
    width = max(1, int(frame.memory_usage(index=False, deep=True).sum() / max(1, len(frame))))
    step = max(1, question["size"] // width)
    for start in range(0, len(frame), step):
        yield frame.iloc[start : start + step].reset_index(drop=True)


def table(folder: Path) -> Any:
    """A table as a data frame: by the library of its format, or without one as files of separated values."""
    try:
        import mltable  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        import pandas

        files = sorted(path for path in folder.rglob("*") if path.suffix in (".csv", ".tsv", ".txt"))
        return pandas.concat([pandas.read_csv(path, sep=None, engine="python") for path in files], ignore_index=True)
    return mltable.load(str(folder)).to_pandas_dataframe()


def answer(module: Any, question: dict[str, Any]) -> dict[str, Any]:
    """What becomes of one question."""
    try:
        rows: list[str] = []
        items = 0
        for part in parts(question):
            rows += rows_of(module.run(part))
            items += len(part)
        return {"rows": rows, "items": items}
    except Exception as error:
        traceback.print_exc()
        failure = {"error": f"{type(error).__name__}: {error}"}
        return {**failure, "fatal": True} if getattr(error, "fatal", False) else failure


def main() -> None:
    """Answer until there are no more questions."""
    asked, answered, script, level = json.loads(os.environ.pop(NAMED))
    logging.basicConfig(level=level)
    with os.fdopen(asked, "r", encoding="utf-8") as questions, os.fdopen(answered, "w", encoding="utf-8") as answers:

        def give(found: dict[str, Any]) -> None:
            answers.write(json.dumps(found) + "\n")
            answers.flush()

        module = None
        for line in questions:
            if module is None:
                try:
                    module = load(script)
                except Exception as error:
                    traceback.print_exc()
                    give({"error": f"{type(error).__name__}: {error}", "fatal": True})
                    return
            give(answer(module, json.loads(line)))
        if module is not None and hasattr(module, "shutdown"):
            module.shutdown()


if __name__ == "__main__":
    main()
