"""MLflow's database after every way in which its making can have ended before."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.core.errors import Failed, Invalid
from orchestrator.workspace.tracking.tracker import database

# What MLflow's migrations do that is deprecated is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database made from nothing, once: it takes seconds."""
    folder = tmp_path_factory.mktemp("built")
    place = database.ensure_database(folder)
    assert [path.name for path in folder.iterdir()] == [database.NAME], "no draft is left"
    assert place.stat().st_mode & 0o077 == 0
    return place


@pytest.fixture
def folder(tmp_path: Path, built: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the migration costs nothing: what it makes of nothing is known, and of an old one as well."""

    def migrate(draft: Path) -> None:
        if not draft.exists():
            shutil.copyfile(built, draft)
            return
        with sqlite3.connect(draft) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (database._head(),))

    monkeypatch.setattr(database, "_migrate", migrate)
    return tmp_path


def _execute(place: Path, *statements: str) -> None:
    connection = sqlite3.connect(place)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


_RUN = "INSERT INTO runs (run_uuid, experiment_id, lifecycle_stage) VALUES ('r', 0, 'active')"
_OLD = "UPDATE alembic_version SET version_num = '728d730b5ebd'"  # an early step of MLflow's migrations


def _runs(place: Path) -> int:
    connection = sqlite3.connect(place)
    try:
        return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
    finally:
        connection.close()


def _killed_at(folder: Path, point: int) -> None:
    """Make a database, and be killed before the statement with this number; at -1 when the draft has just taken its place."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    seen = itertools.count()

    def look(*_: object) -> None:
        if next(seen) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", look)
    if point < 0:
        database.sync = lambda place: os.kill(os.getpid(), signal.SIGKILL) if place.is_dir() else None  # type: ignore[assignment]
    database.ensure_database(folder)


@pytest.mark.parametrize("point", [0, 1, 20, 90, 200, -1])
def test_a_first_migration_that_is_killed_bricks_nothing(
    tmp_path: Path, built: Path, point: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real process, a real migration, ended by SIGKILL at a point of its own, not of the clock's."""
    child = multiprocessing.get_context("fork").Process(target=_killed_at, args=(tmp_path, point))
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    left = sorted(path.name for path in tmp_path.iterdir())
    assert (database.NAME in left) == (point < 0), "it comes into being as a whole"

    monkeypatch.setattr(database, "_migrate", lambda draft: shutil.copyfile(built, draft))
    place = database.ensure_database(tmp_path)
    assert database._revision(place) == database._head()
    assert [path.name for path in tmp_path.iterdir()] == [database.NAME], "no draft is left"


@pytest.mark.parametrize(
    ("written", "now"),
    [
        ("file:///old/ws/{t}/artifacts/1/r/artifacts", "1/r/artifacts"),
        ("file:///old%20place/%C3%BC/{t}/artifacts/0", "0"),
        ("file:///old/{t}/artifacts/x/{t}/artifacts/1", "1"),
        ("file:///elsewhere/1/r", None),
        ("mlflow-artifacts:/1/r", None),
        ("s3://bucket/{t}/artifacts/1", None),
    ],
)
def test_addresses_follow_the_folder(tmp_path: Path, built: Path, written: str, now: str | None) -> None:
    folder = tmp_path / "new pläce" / "mlflow"
    folder.mkdir(parents=True)
    place, artifacts = folder / database.NAME, folder / "artifacts"
    shutil.copyfile(built, place)
    written = written.format(t=folder.name)
    _execute(
        place,
        _RUN,
        f"UPDATE runs SET artifact_uri = '{written}'",
        f"INSERT INTO experiments (experiment_id, name, artifact_location) VALUES (7, 'e', '{written}')",
        "INSERT INTO logged_models (model_id, experiment_id, name, artifact_location, creation_timestamp_ms, "
        f"last_updated_timestamp_ms, status, lifecycle_stage) VALUES ('m', 0, 'n', '{written}', 0, 0, 2, 'active')",
    )
    for _ in range(2):
        database.follow_the_folder(place, artifacts)
        connection = sqlite3.connect(place)
        found = {
            connection.execute(f"SELECT {column} FROM {table}").fetchone()[0]
            for table, column in database._ADDRESSES[:3]
        }
        connection.close()
        assert found == {written if now is None else (artifacts / now).as_uri()}


def _empty(place: Path, built: Path) -> None:
    place.touch()


def _half_of_the_tables(place: Path, built: Path) -> None:
    _execute(place, "CREATE TABLE experiments (experiment_id INTEGER)", "CREATE TABLE runs (run_uuid TEXT)")


def _stopped_at_a_step(place: Path, built: Path) -> None:
    shutil.copyfile(built, place)
    _execute(place, _OLD, "DROP TABLE logged_models")


def _no_version(place: Path, built: Path) -> None:
    shutil.copyfile(built, place)
    _execute(place, "DELETE FROM alembic_version")


@pytest.mark.parametrize("left", [_empty, _half_of_the_tables, _stopped_at_a_step, _no_version])
def test_what_an_interrupted_first_start_left_is_built_anew(
    folder: Path, built: Path, left: Callable[[Path, Path], None]
) -> None:
    left(folder / database.NAME, built)
    (folder / f".{database.NAME}.0123").write_bytes(b"half")

    place = database.ensure_database(folder)

    assert database._revision(place) == database._head()
    assert [path.name for path in folder.iterdir()] == [database.NAME]


def test_one_that_fits_is_left_alone(folder: Path, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copyfile(built, folder / database.NAME)
    monkeypatch.setattr(database, "_migrate", lambda draft: pytest.fail("touched"))
    database.ensure_database(folder)


def test_an_older_one_is_brought_up_to_date_with_its_runs_and_kept_as_it_was(folder: Path, built: Path) -> None:
    shutil.copyfile(built, folder / database.NAME)
    _execute(folder / database.NAME, _RUN, _OLD)

    place = database.ensure_database(folder)

    assert database._revision(place) == database._head()
    assert _runs(place) == 1
    assert _runs(folder / f"{database.NAME}.728d730b5ebd.bak") == 1


@pytest.mark.parametrize(
    "version", ["UPDATE alembic_version SET version_num = 'feedc0ffee00'", "DELETE FROM alembic_version"]
)
def test_runs_of_an_unknown_version_are_never_thrown_away(folder: Path, built: Path, version: str) -> None:
    shutil.copyfile(built, folder / database.NAME)
    _execute(folder / database.NAME, _RUN, version)
    with pytest.raises(Invalid, match="another version of MLflow") as caught:
        database.ensure_database(folder)
    assert "Move it away" in caught.value.fix
    assert _runs(folder / database.NAME) == 1


def test_a_damaged_one_is_named(folder: Path) -> None:
    (folder / database.NAME).write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(Invalid, match="is damaged"):
        database.ensure_database(folder)


def test_a_full_disk_is_named_and_the_next_attempt_succeeds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate = database._migrate

    def full(draft: Path) -> None:
        draft.write_bytes(b"half")
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(database, "_migrate", full)
    with pytest.raises(Failed, match="is full"):
        database.ensure_database(folder)
    assert not list(folder.iterdir())

    monkeypatch.setattr(database, "_migrate", migrate)
    assert database.ensure_database(folder).is_file()
