"""MLflow's database: built aside and put in place by one rename, so that no end of the process leaves half of it."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from orchestrator.core.disk import full_disk, is_full
from orchestrator.core.errors import Failed, Invalid
from orchestrator.workspace.folder.durable import sync
from orchestrator.workspace.folder.paths import PRIVATE_FILE

NAME: Final = "mlflow.db"
_DRAFT: Final = f".{NAME}."
_ADDRESSES: Final = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("trace_tags", "value"),
)
"""Columns with addresses of files. Source: mlflow/store/tracking/dbmodels/models.py of 3.17."""
_NEWS: Final = ("runs", "registered_models", "logged_models", "trace_info")
"""Tables that are empty in a database that nobody has used yet."""


def ensure_database(folder: Path) -> Path:
    """Make sure that there is a database with the tables of the installed MLflow.

    Args:
        folder: of the tracking server, which must be the only one that works in it.

    Returns:
        The database's path.

    Raises:
        Invalid: what is there cannot be used; the fix says what to do. It is left as it is.
        Failed: the disk does not take it.
    """
    place = folder / NAME
    for left in folder.glob(f"{_DRAFT}*"):
        left.unlink(missing_ok=True)
    head = _head()
    found = _revision(place) if place.is_file() and place.stat().st_size else ""
    if found == head:
        return place
    if not _used(place):
        # Not there yet, or left by a first start that was interrupted: nobody has written anything into it.
        _build(place, lambda draft: None)
    elif _known(found):
        shutil.copyfile(place, place.with_name(f"{NAME}.{found}.bak"))
        _build(place, lambda draft: _copy(place, draft))
    else:
        raise Invalid(f"{place} was made by another version of MLflow ({found or 'unknown'}).", fix=_fix(place))
    return place


def follow_the_folder(database: Path, artifacts: Path) -> None:
    """Where the workspace was moved or copied, let addresses of files that MLflow has written down lead to where they are now.

    Args:
        database: of `ensure_database`.
        artifacts: folder below which all files of runs lie.

    Raises:
        Failed: the disk does not take it.
    """
    mark = f"/{artifacts.parent.name}/{artifacts.name}/"
    try:
        with _opened(database) as connection, connection:
            for table, column in _ADDRESSES:
                found = connection.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} LIKE 'file:%'")  # noqa: S608
                for (address,) in found.fetchall():
                    before, there, rest = unquote(str(address)).rpartition(mark)
                    now = (artifacts / rest).as_uri() if there else address
                    if there and address != now and before != unquote(artifacts.parent.parent.as_uri()):
                        change = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"  # noqa: S608
                        connection.execute(change, (now, address))
    except sqlite3.Error as error:
        why = full_disk(database.parent) if is_full(error) else f"{_first_line(error)}."
        raise Failed(
            f"{database} cannot be changed. {why}", fix="Fix the cause; the next request tries again."
        ) from error


def _build(place: Path, fill: Callable[[Path], None]) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    draft = place.with_name(_DRAFT + secrets.token_hex(8))
    try:
        fill(draft)
        _migrate(draft)
        draft.chmod(PRIVATE_FILE)
        sync(draft)
        draft.replace(place)
        for suffix in ("-journal", "-wal", "-shm"):
            place.with_name(place.name + suffix).unlink(missing_ok=True)
        sync(place.parent)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        why = full_disk(place.parent) if is_full(error) else f"{_first_line(error)}."
        raise Failed(
            f"MLflow's database cannot be made. {why}",
            fix="Fix the cause; the tracking server retries at the next request.",
        ) from error
    finally:
        for left in place.parent.glob(f"{draft.name}*"):
            left.unlink(missing_ok=True)


def _migrate(draft: Path) -> None:
    from mlflow.store.db import utils
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{draft}")
    try:
        # All steps of the migration are one transaction of SQLAlchemy, not of SQLite: that is why the draft is needed.
        if utils._all_tables_exist(engine):
            utils._upgrade_db(engine)
        else:
            utils._initialize_tables(engine)
        utils._verify_schema(engine)
    finally:
        engine.dispose()


def _head() -> str:
    from mlflow.store.db import utils

    return str(utils._get_latest_schema_revision())


def _known(revision: str) -> bool:
    if not revision:
        return False
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError
    from mlflow.store.db import utils

    try:
        return ScriptDirectory.from_config(utils._get_alembic_config("")).get_revision(revision) is not None
    except CommandError:
        return False


def _revision(place: Path) -> str:
    """Version of a database's tables; empty if it has none."""
    rows = _ask(place, "SELECT version_num FROM alembic_version")
    return str(rows[0][0]) if rows else ""


def _used(place: Path) -> bool:
    return place.is_file() and any(_ask(place, f"SELECT 1 FROM {table} LIMIT 1") for table in _NEWS)  # noqa: S608


def _ask(place: Path, statement: str) -> list[Any]:
    try:
        with _opened(place) as connection:
            return connection.execute(statement).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return []
        raise Failed(f"{place} cannot be read: {error}.", fix="Check that the disk has free space.") from error
    except sqlite3.DatabaseError as error:
        raise Invalid(f"{place} is damaged: {error}.", fix=_fix(place)) from error


@contextlib.contextmanager
def _opened(place: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(place)
    try:
        yield connection
    finally:
        connection.close()


def _copy(place: Path, draft: Path) -> None:
    with _opened(place) as source, _opened(draft) as target:
        os.chmod(draft, PRIVATE_FILE)  # noqa: PTH101
        source.backup(target)


def _fix(place: Path) -> str:
    return f"Move it away ({place.name} to {place.name}.old) to begin with an empty one; jobs, models and their files stay."


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
