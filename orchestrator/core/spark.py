"""What Spark jobs and components have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import Field

from orchestrator.core.kind import BodyProblem, Spec
from orchestrator.core.tree import value_at

_FILES: Final = ("py_files", "jars", "files", "archives")


class SparkEntry(Spec):
    """The entry point of a Spark program: a file or a class."""

    file: str | None = Field(None, description="Python file in the code folder. Set this or class_name.")
    class_name: str | None = Field(None, description="Class in one of the jars. Set this or file.")


def spark_problems(body: Mapping[str, Any]) -> Iterator[BodyProblem]:
    """What is wrong with a Spark program across its fields.

    Source: azure-ai-ml, ``SparkEntryFileSchema``, ``SparkEntryClassSchema``, ``ParameterizedSparkSchema``.
    """
    given = [name for name in ("file", "class_name") if value_at(body, ("entry", name)) is not None]
    if isinstance(body.get("entry"), Mapping) and len(given) != 1:
        yield BodyProblem(
            ("entry",),
            "invalid-value" if given else "missing-field",
            "'entry' is a file of the code or a class: one of 'file' and 'class_name'.",
            "Write 'entry: {file: main.py}'.",
        )
    for name in _FILES:
        files = body.get(name)
        if isinstance(files, list) and len({str(file) for file in files}) < len(files):
            yield BodyProblem((name,), "invalid-value", f"'{name}' names a file twice.", "Keep one of them.")
