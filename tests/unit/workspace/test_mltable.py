"""Our reader of MLTable files beside Microsoft's engine: the same columns, types and values."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.workspace.automl.data import read_table
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.automl.tables.table import read
from orchestrator.workspace.automl.tables.unsupported import Mistake, Unsupported

pytestmark = pytest.mark.filterwarnings("ignore")  # of the engine's own libraries
engine = pytest.mark.skipif(find_spec("mltable") is None, reason="needs the extra mltable")

Table = Mapping[str, tuple[str, list[Any]]]


def grow(folder: Path, files: Mapping[str, str | bytes], steps: Sequence[Any], paths: Any = None) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    body = {"paths": paths or [{"file": f"./{name}"} for name in files], "transformations": list(steps)}
    (folder / "MLTable").write_text(json.dumps(body))
    return folder


def shown(frame: Any) -> Table:
    """Columns with their types and values; nulls as None."""
    return {
        str(name): (
            str(frame[name].dtype).replace("[us]", "[ns]"),
            [
                None if not isinstance(value, list | dict) and pandas.isna(value) else value
                for value in frame[name].tolist()
            ],
        )
        for name in frame.columns
    }


def theirs(folder: Path) -> Table:
    os.environ.pop("AZUREML_RUN_ID", None)
    import mltable

    return shown(mltable.load(str(folder)).to_pandas_dataframe())


COLUMNS = [
    ("0", "1"), ("1", "1"), ("0", "2"), ("0", "1.0"), ("0", ""), ("0", "true"), ("yes", "no"), ("Yes", "1"), ("y", "n"), ("Y", "N"),
    ("t", "f"), ("T", "F"), ("True", "FALSE"), ("YES", "NO"), ("on", "off"), ("tRue", "false"), ("yes", "1"), ("true", "2"), ("true", ""),
    ("1", "x"), ("NaN", "1"), ("NaN", "x"), ("nan", "nan"), ("NA", "1"), ("null", "1"), ("None", "x"), ("N/A", "1"), ("inf", "1"),
    ("-inf", "1.0"), ("Infinity", "1"), ("+1", "2"), (" 1", " 2"), ("1 ", "0 "), (" true", "false "), ("1e3", "2"), ("1E-3", "2"),
    (".5", "2"), ("5.", "2"), ("007", "8"), ("-1", "0"), ("9223372036854775807", "1"), ("9223372036854775808", "1"), ("1_000", "2"),
    ("", ""), ("x", ""), ("2", ""), ("2.5", ""), ("1", "2", ""), ("0", "1", "", ""), ("0x1", "0x2"), ("5%", "6%"), ("  ", "1"),
    ("2020-01-02", ""), ("2020-01-02", "x"), ("2020-01-02", "2020-01-02 03:04"), ("13/02/2020", "03/04/2020"),
    ("12/25/2020", "01/02/2020"), ("13-02-2020", "14-02-2020"), ("2020/01/02", "2020/01/03"), ("2020-1-2", "2020-1-3"),
    ("20200102", "20200103"), ("2020-01-02T03:04:05Z", "2020-01-02 03:04:05"), ("2020-01-02T03:04:05+02:00",) * 2,
    ("2020-01-02 03:04:05+0200",) * 2, ("2020-01-02 03:04:05.123", "2020-01-02 03:04:05"), ("2020/01/02 03:04:05",) * 2,
    ("13/02/2020 03:04:05", "14/02/2020 03:04:05"), ("2020-01-02 3:04:05",) * 2, ("03:04:05", "04:05:06"), ("2020-01", "2020-02"),
    ("Jan 2 2020", "Feb 3 2020"), ("2020-13-01", "2020-01-01"), ("02.01.2020", "03.01.2020"), ("2020-01-02 03:04",) * 2,
    (" 2020-01-02", "2020-01-03 "), ('"1"', '"0"'), ('"a b"', "c"), ('""', "x"), ("' '", "x"), (" x", "x "), ("é", "ü"),
]  # fmt: skip


@engine
@pytest.mark.parametrize("cells", COLUMNS, ids=repr)
def test_types_are_told_as_the_engine_tells_them(cells: Sequence[str], tmp_path: Path) -> None:
    folder = grow(tmp_path, {"a.csv": "id,c\n" + "".join(f"k,{cell}\n" for cell in cells)}, [{"read_delimited": {}}])
    assert shown(read(folder)) == theirs(folder)


TOKENS = [
    "0",
    "1",
    "2",
    "-3",
    "1.5",
    "1e2",
    "true",
    "F",
    "No",
    "",
    "x",
    "NaN",
    "2020-01-02",
    "2020-01-02 03:04:05",
    '"q, ""x"""',
    '""',
]


@engine
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(*[st.sampled_from(TOKENS)] * 3), min_size=1, max_size=6))
def test_generated_tables_are_read_as_the_engine_reads_them(rows: list[tuple[str, ...]], tmp_path: Path) -> None:
    text = "id,a,b,c\n" + "".join(",".join(("k", *row)) + "\n" for row in rows)
    folder = grow(tmp_path, {"a.csv": text}, [{"read_delimited": {}}])
    assert shown(read(folder)) == theirs(folder)


PARQUET = io.BytesIO()
pandas.DataFrame({"x": [1, 0], "b": [True, None], "s": ["a", None], "f": [1.5, None]}).to_parquet(PARQUET)
TWO = {"a.csv": "x,y\n1,a\n", "b.csv": "x,z\n5,b\n"}
ROWS = {"a.csv": "x,y,z\n1,a,2020-01-02\n2,b,2020-01-03\n3,c,2020-01-04\n"}
BITS = {"a.csv": "x,y\n1,5\n0,6\n"}
DEEP = {"y=2020/m=1/a.csv": "x\n1\n2\n", "y=2021/m=2/b.csv": "x\n3\n"}
DEEP_PATHS = [{"pattern": "./**/*.csv"}]
FORMAT = {"extract_columns_from_partition_format": {"partition_format": "/y={year}/m={month}/{file}.csv"}}
READ: dict[str, Any] = {"read_delimited": {}}
DATES = {"datetime": {"formats": ["%d.%m.%Y"]}}
LISTS = {"true_values": ["a"], "false_values": ["b"]}


def delimited(**options: Any) -> list[Any]:
    return [{"read_delimited": options}]


def convert(columns: Any, column_type: Any) -> list[Any]:
    return [READ, {"convert_column_types": [{"columns": columns, "column_type": column_type}]}]


TABLES: list[tuple[str, Mapping[str, str | bytes], Sequence[Any], Any]] = [
    ("as text", ROWS, ["read_delimited"], None),
    ("same headers", {"a.csv": "x,y\n1,a\n", "b.csv": "x,y\n5,b\n"}, delimited(header="all_files_same_headers"), None),
    ("different headers", TWO, delimited(header="all_files_different_headers"), None),
    ("first header", {"a.csv": "x,y\n1,a\n", "b.csv": "3,b\n"}, delimited(header="from_first_file"), None),
    ("no header", TWO, delimited(header="no_header"), None),
    ("no types", ROWS, delimited(infer_column_types=False), None),
    ("some types", BITS, delimited(infer_column_types={
        "sample_size": 1, "column_type_overrides": [{"columns": "x", "column_type": "string"}]}), None),
    ("empty text", {"a.csv": "x,y\n1,\n2,a\n"}, delimited(empty_as_string=True), None),
    ("paths", ROWS, delimited(include_path_column=True), None),
    ("lines in cells", {"a.csv": 'x,y\n1,"a\nb"\n2,c\n'}, delimited(support_multi_line=True), None),
    ("lines cut", {"a.csv": 'x,y\n1,"a\nb"\n'}, delimited(), None),
    ("quotes", {"a.csv": 'x,y\n1,"a ""q"" b"\n2,"a,b"\n3,"a"b\n4,a"b\n'}, delimited(), None),
    ("tabs", {"a.csv": "x\ty\n1\t2\n"}, delimited(delimiter="\t"), None),
    *((encoding, {"a.csv": "x;y\n1;é\n".encode(codec)}, delimited(delimiter=";", encoding=encoding), None)
      for encoding, codec in [("iso88591", "latin1"), ("utf16", "utf-16"), ("windows1252", "cp1252"), ("utf8", "utf-8-sig")]),
    ("ragged", {"a.csv": "x,y\n1,2\n3\n4,5,6\n"}, delimited(), None),
    ("empty lines", {"a.csv": "x,y\n1,2\n\n3,4\n"}, delimited(), None),
    ("names twice", {"a.csv": "x,x\n1,2\n"}, delimited(), None),
    ("no name", {"a.csv": "x,\n1,2\n"}, delimited(), None),
    ("line ends", {"a.csv": "x,y\r\n1,a\r\n"}, delimited(), None),
    ("spaces in names", {"a.csv": " x , y\n1,a\n"}, delimited(), None),
    ("delimiter at the end", {"a.csv": "x,y,\n1,2,\n"}, delimited(), None),
    ("parquet", {"a.parquet": PARQUET.getvalue()}, ["read_parquet"], None),
    ("json", {"a.jsonl": '{"a":1,"b":true,"c":"x","e":1.5}\n{"a":0,"b":false,"c":"1","i":7}\n'}, ["read_json_lines"], None),
    ("json dropped", {"a.jsonl": '{"a":1}\nnope\n{"a":2}\n'}, [{"read_json_lines": {"invalid_lines": "drop"}}], None),
    ("pattern", {**DEEP, "c.csv": "x\n9\n"}, [READ], [{"pattern": "./*.csv"}]),
    ("deep pattern", DEEP, [READ], DEEP_PATHS),
    ("folder", DEEP, [READ], [{"folder": "./y=2020"}]),
    ("twice", {"a.csv": "x\n1\n"}, [READ], [{"file": "./a.csv"}, {"file": "./a.csv"}]),
    ("partitions ahead", DEEP, [FORMAT, READ], DEEP_PATHS),
    ("partitions behind", DEEP, [{"read_delimited": {"include_path_column": True}}, FORMAT], DEEP_PATHS),
    ("keep", ROWS, [READ, {"keep_columns": ["y", "x"]}], None),
    ("keep one", ROWS, [READ, {"keep_columns": "x"}], None),
    ("keep a pattern", {"a.csv": "x,xy,z\n1,2,3\n"}, [READ, {"keep_columns": {"pattern": "^x"}}], None),
    ("keep the others", {"a.csv": "x,xy,z\n1,2,3\n"}, [READ, {"keep_columns": {"pattern": "x", "invert": True}}], None),
    ("drop", ROWS, [READ, {"drop_columns": ["x", "nope"]}], None),
    ("take", ROWS, [READ, {"take": 2}], None),
    ("skip", ROWS, [READ, {"skip": 1}], None),
    *((f"filter {text}", ROWS, [READ, {"filter": text}], None) for text in [
        'col("x") > 1', 'col("x") == 2 and col("y") == "b"', 'col("x") > 2 or col("y") == "a"', 'not (col("x") > 1)',
        'col("y").startswith("a")']),
    ("filter of truth", BITS, [READ, {"filter": 'col("x") == True'}], None),
    ("filter of nulls", {"a.csv": "x,y\na,5\n,6\n"}, [READ, {"filter": 'col("x") == "a"'}], None),
    *((f"{name} to {kind}", ROWS, convert(name, kind), None) for name, kind in [
        ("x", "string"), ("x", "float"), ("x", "boolean"), ("x", "int"), ("y", "int"), ("z", "string"), ("nope", "int")]),
    ("truth to text", BITS, convert(["x"], "string"), None),
    ("numbers to whole ones", {"a.csv": "x,y\n1.7,a\n2.2,b\n"}, convert("x", "int"), None),
    ("numbers to text", {"a.csv": "x,y\n1.5,a\n2,b\n"}, convert("x", "string"), None),
    ("text to truth", {"a.csv": "x,y\na,a\ntrue,b\n"}, convert("x", "boolean"), None),
    ("dates", {"a.csv": "x,y\n02.01.2020,a\nz,b\n"}, convert("x", DATES), None),
    ("truth by lists", ROWS, convert("y", {"boolean": {**LISTS, "mismatch_as": "false"}}), None),
    ("truth by lists, or nothing", ROWS, convert("y", {"boolean": LISTS}), None),
]  # fmt: skip


@engine
@pytest.mark.parametrize(
    ("files", "steps", "paths"), [table[1:] for table in TABLES], ids=[table[0] for table in TABLES]
)
def test_tables_are_read_as_the_engine_reads_them(files: Any, steps: Any, paths: Any, tmp_path: Path) -> None:
    folder = grow(tmp_path, files, steps, paths)
    assert shown(read(folder)) == theirs(folder)


def test_a_sample_is_repeatable_and_has_about_its_size(tmp_path: Path) -> None:
    rows = {"a.csv": "x\n" + "".join(f"{number}\n" for number in range(1_000))}
    folder = grow(tmp_path, rows, [READ, {"take_random_sample": {"probability": 0.3, "seed": 1}}])
    found = read(folder)
    assert 200 < len(found) < 400
    assert shown(read(folder)) == shown(found)


def test_truth_as_numbers_is_what_it_says(tmp_path: Path) -> None:
    """The engine makes nulls of them, which nobody wants."""
    assert shown(read(grow(tmp_path, BITS, convert("x", "int"))))["x"] == ("int64", [1, 0])


WRONG: list[tuple[Sequence[Any], Any, str]] = [
    (delimited(nope=1), None, "no option nope"),
    (delimited(encoding="nope"), None, "encoding is 'nope'"),
    (delimited(header="nope"), None, "header is 'nope'"),
    ([READ, {"keep_columns": ["nope"]}], None, "keeps none of x, y, z"),
    ([READ, {"filter": 'col("nope") > 1'}], None, "there are x, y, z"),
    ([READ, {"filter": "col("}], None, "not an expression"),
    ([READ, {"filter": 'col("y") > 1'}], None, "does not fit"),
    ([READ, {"take": -1}], None, "number of rows"),
    (convert("x", "nope"), None, "no column type 'nope'"),
    ([READ], [{"file": "../a.csv"}], "outside of its folder"),
    ([READ], [{"file": "./b.csv"}], "there is no file './b.csv'"),
    ([READ], [{"file": "a", "folder": "b"}], "each of `paths`"),
    (["read_json_lines"], None, "line 1 of a.csv is not a JSON object"),
    ([FORMAT, READ], None, "not of the partition format"),
]


@pytest.mark.parametrize(("steps", "paths", "words"), WRONG, ids=[case[2] for case in WRONG])
def test_what_is_wrong_is_said(steps: Any, paths: Any, words: str, tmp_path: Path) -> None:
    folder = grow(tmp_path, ROWS, steps, paths)
    with pytest.raises(Mistake, match=words):
        read(folder)
    with pytest.raises(JobRefused, match=words):
        read_table(folder, "training_data")


MORE = [
    ([READ, {"nope": 1}], None),
    ([{"read_delta_lake": {}}], None),
    ([], None),
    (delimited(delimiter="||"), None),
    ([READ, {"filter": 'r["x"] > 1'}], None),
    (convert("y", "stream_info"), None),
    ([READ], [{"file": "https://example.org/a.csv"}]),
]


@pytest.mark.parametrize(("steps", "paths"), MORE, ids=str)
def test_what_only_the_engine_does_names_the_extra(
    steps: Any, paths: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = grow(tmp_path, ROWS, steps, paths)
    with pytest.raises(Unsupported):
        read(folder)
    monkeypatch.setattr("orchestrator.workspace.automl.data.find_spec", lambda name: None)
    with pytest.raises(JobRefused, match="install the extra 'mltable'"):
        read_table(folder, "training_data")
