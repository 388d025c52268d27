"""The names of columns that are read without the table are those of the table when it is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.workspace.automl.data import read_table
from orchestrator.workspace.automl.tables.header import columns_at

ROWS = "a,b,c\n1,2,x\n3,4,y\n"
READ = "paths: [{pattern: './*.csv'}]\ntransformations:\n  - read_delimited: {OPTIONS}\n"


def mltable(options: str = "", *steps: str) -> str:
    return READ.replace("OPTIONS", options) + "".join(f"  - {step}\n" for step in steps)


TABLES: dict[str, dict[str, str]] = {
    "csv": {"t.csv": ROWS},
    "csv with a byte order mark": {"t.csv": "\ufeff" + ROWS},
    "csv with blank lines first": {"t.csv": "\n\n" + ROWS},
    "csv with an index": {"t.csv": ",a,b\n0,1,2\n1,3,4\n"},
    "csv with quotes": {"t.csv": '"a, b","c ""d""",e\n1,2,3\n'},
    "csv with a column twice": {"t.csv": "a,b,b2\n1,2,3\n"},
    "tsv": {"t.tsv": ROWS.replace(",", "\t")},
    "json": {"t.json": json.dumps([{"a": 1, "b": 2}, {"b": 3, "c": 4}])},
    "json lines": {"t.json": '{"a": 1}\n{"b": 2}\n'},
    "delimited": {"MLTable": mltable(), "t.csv": ROWS},
    "crlf": {"MLTable": mltable(), "t.csv": ROWS.replace("\n", "\r\n")},
    "semicolons": {"MLTable": mltable("delimiter: ';'"), "t.csv": ROWS.replace(",", ";")},
    "no header": {"MLTable": mltable("header: no_header"), "t.csv": ROWS},
    "other headers": {"MLTable": mltable("header: all_files_different_headers"), "t.csv": ROWS, "u.csv": "a,d\n1,2\n"},
    "from the first file": {"MLTable": mltable("header: from_first_file"), "t.csv": ROWS, "u.csv": "5,6,7\n"},
    "with the path": {"MLTable": mltable("include_path_column: true"), "t.csv": ROWS},
    "rows that are longer": {"MLTable": mltable(), "t.csv": "a,b\n1,2,3\n"},
    "names without text and twice": {"MLTable": mltable(), "t.csv": "a,,a\n1,2,3\n"},
    "kept": {"MLTable": mltable("", "keep_columns: [c, a]"), "t.csv": ROWS},
    "dropped": {"MLTable": mltable("", "drop_columns: b"), "t.csv": ROWS},
    "dropped by a pattern": {"MLTable": mltable("", "drop_columns: {pattern: '^[ab]$'}"), "t.csv": ROWS},
    "converted": {"MLTable": mltable("", "convert_column_types: [{columns: [a], column_type: string}]"), "t.csv": ROWS},
    "filtered": {"MLTable": mltable("", "filter: 'col(\"a\") > 1'", "take: 1"), "t.csv": ROWS},
    "several lines": {"MLTable": mltable("support_multi_line: true"), "t.csv": '"a\nb",c\n1,2\n'},
    "partitions": {
        "MLTable": "paths: [{pattern: './**/*.csv'}]\ntransformations:\n  - read_delimited: {}\n"
        "  - extract_columns_from_partition_format: {partition_format: '/{year}/{day:yyyy-MM-dd}.csv'}\n",
        "2024/2024-01-02.csv": ROWS,
    },
    "lines": {"MLTable": "paths: [{file: t.jsonl}]\ntransformations: [read_json_lines]\n", "t.jsonl": '{"a": 1}\n{"b": 2}\n'},
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_the_names_are_those_of_the_table(tmp_path: Path, name: str) -> None:
    for file, text in TABLES[name].items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(text.encode())
    assert columns_at(tmp_path) == tuple(read_table(tmp_path, "the table").columns)


def test_of_parquet_files(tmp_path: Path) -> None:
    import pandas

    frame = pandas.DataFrame({"a": [1], "b": ["x"]})
    frame.to_parquet(tmp_path / "one.parquet")
    frame.set_index("b").assign(c=1).to_parquet(tmp_path / "two.parquet")
    for file in ("one.parquet", "two.parquet"):
        assert columns_at(tmp_path / file) == tuple(pandas.read_parquet(tmp_path / file).columns)
    (tmp_path / "MLTable").write_text("paths: [{pattern: './*.parquet'}]\ntransformations: [read_parquet]\n")
    assert columns_at(tmp_path) == tuple(read_table(tmp_path, "the table").columns)


def test_a_long_file_is_not_read_through(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 100_000)
    (tmp_path / "u.csv").write_text("x" * 100_000)
    assert columns_at(tmp_path / "t.csv") == ("a", "b")
    assert columns_at(tmp_path / "u.csv") is None
    assert columns_at(tmp_path) is None
    assert columns_at(tmp_path / "no.csv") is None
