"""Whether local files are what the body around them says: a table, a file, a folder, code with the named script."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.conda_file import conda_problems
from orchestrator.core.diagnostic import Diagnostic, did_you_mean
from orchestrator.core.field_mark import Files
from orchestrator.core.plain_files import read_plain_text
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict, Path, span_at
from orchestrator.core.value import LocalFiles
from orchestrator.spec.body_problems import error
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.table_file import table_problems


def misfits(files: LocalFiles, mark: Files, holder: LocatedDict, span: Span, address: Address) -> Iterator[Diagnostic]:
    """An error for each way in which files do not fit their body. Files that were not looked at fit.

    Args:
        files: what the path leads to.
        mark: of the field with the path.
        holder: the mapping with the field.
        span: of the path.
        address: of the resource, for the texts.
    """
    if not files.manifest:
        return
    kind = holder.get("type")
    if kind == "mltable":
        yield from _table(files, span, address)
    elif mark.asset:
        yield from _asset(files, str(kind or mark.asset), span, address, f"{address} is a")
    elif isinstance(kind, str) and not mark.table:
        yield from _asset(files, kind, span, address, f"An input of {address} is a")
    if isinstance(kind, str) and kind.lower() == "mlflow_model":
        yield from _mlflow(files, span, address)
    if mark.conda:
        yield from _conda(files, span, address)
    if mark.entry and isinstance(holder.get(mark.entry), str):
        yield from _entry(files, mark.entry, holder, address)
    elif mark.usual and holder.get(mark.entry) is None and mark.usual not in files.manifest:
        detail = f"{address} takes '{files.text}', which has no {mark.usual}."
        fix = did_you_mean(mark.usual, files.manifest, f"Add the file, or name another one: '{mark.entry}: …'.")
        yield error("missing-file", detail, fix, span, address)


def _table(files: LocalFiles, span: Span, address: Address) -> Iterator[Diagnostic]:
    """Source: Azure ML documentation, MLTable: the asset is a folder that holds a file of this very name."""
    if "MLTable" not in files.manifest:
        detail = f"{address} uses '{files.text}' as an mltable, but the folder has no file MLTable."
        fix = did_you_mean("MLTable", files.manifest, "Add the file, or change the type to uri_file or uri_folder.")
        yield error("missing-file", detail, fix, span, address)
        return
    folder = files.path if files.path.is_dir() else files.path.parent
    for problem in table_problems(folder, files.manifest):
        detail = f"The MLTable of {address} ('{files.text}') {problem.detail}."
        yield error(problem.code, detail, problem.fix, span, address)


def _mlflow(files: LocalFiles, span: Span, address: Address) -> Iterator[Diagnostic]:
    """Source: MLflow documentation, storage format: a model is a folder with a file of this very name; some lie one folder deeper."""
    if any(name.rpartition("/")[2] == "MLmodel" and name.count("/") <= 1 for name in files.manifest):
        return
    detail = f"{address} takes '{files.text}' as an MLflow model, which is a folder with a file named MLmodel; there is none."
    fix = did_you_mean("MLmodel", files.manifest, "Name the folder that holds it, or write `type: custom_model`.")
    yield error("missing-file", detail, fix, span, address)


def _conda(files: LocalFiles, span: Span, address: Address) -> Iterator[Diagnostic]:
    aside = Problems()
    try:
        documents = read_documents(read_plain_text(files.path), files.text, aside)
    except (OSError, UnicodeDecodeError):
        return  # said elsewhere
    for problem in aside.errors:
        detail = f"The conda file '{files.text}' of {address} is not valid YAML: {problem.detail.rstrip('.')}."
        yield error("invalid-value", detail, "Correct the file.", span, address)
    for found in conda_problems(documents[0] if documents else None) if not aside.errors else ():
        line = _line(documents, found.path)
        detail = f"The conda file '{files.text}' of {address} {found.detail}{line}."
        yield error("wrong-type", detail, found.fix, span, address)


def _line(documents: Any, path: Path) -> str:
    if not path or not documents:
        return ""
    at = span_at(documents[0], path)
    return f" (line {at.line}, column {at.column})"


def _asset(files: LocalFiles, kind: str, span: Span, address: Address, what: str) -> Iterator[Diagnostic]:
    """Source: azure-ai-ml, data operations: a local path that is not what the type says is refused."""
    folder = files.path.is_dir()
    if kind == "uri_file" and folder:
        detail = f"{what} uri_file, but '{files.text}' is a folder."
        yield error("invalid-value", detail, "Name a file in it, or set `type: uri_folder`.", span, address)
    elif kind == "uri_folder" and not folder:
        detail = f"{what} uri_folder, but '{files.text}' is a file."
        yield error("invalid-value", detail, "Name its folder, or set `type: uri_file`.", span, address)


def _entry(files: LocalFiles, field: str, holder: LocatedDict, address: Address) -> Iterator[Diagnostic]:
    name = posixpath.normpath(str(holder[field]))
    if name in files.manifest:
        return
    missing = f"'{files.text}' has no such file"
    fix = did_you_mean(
        name, files.manifest, f"Correct {field}; it is relative to the {'code ' if 'code' in holder else ''}folder."
    )
    if (files.path / name).is_file():
        missing = f".amlignore or .gitignore excludes it from '{files.text}'"
        fix = "Remove it from the ignore file."
    detail = f"{address} sets {field} to '{name}', but {missing}."
    yield error("missing-file", detail, fix, holder.value_span(field), address)
