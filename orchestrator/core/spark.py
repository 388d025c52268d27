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


class SparkFiles(Spec):
    """What a Spark application has besides its entry point, in each of its forms."""

    py_files: list[str] | None = Field(None, description=".zip, .egg or .py files placed on the PYTHONPATH.")
    jars: list[str] | None = Field(None, description=".jar files placed on the class path of driver and executors.")
    files: list[str] | None = Field(None, description="Files placed in the working directory of each executor.")
    archives: list[str] | None = Field(
        None, description="Archives extracted in the working directory of each executor."
    )
    conf: dict[str, Any] | None = Field(None, description="Spark configuration, such as spark.driver.cores.")
