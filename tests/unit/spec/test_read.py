"""Text to located trees: what each scalar means, where everything stands, and what is refused."""

from __future__ import annotations

import gc
import json
from typing import Any

import pytest
import yaml

from orchestrator.core.span import Span
from orchestrator.core.tree import span_at
from orchestrator.spec.problems import Problems
from orchestrator.spec.read import read_documents
from orchestrator.spec.scalars import as_written, unspelled
from orchestrator.spec.text import decode
from orchestrator.spec.tree_builder import MAX_DEPTH


def read(text: str) -> Any:
    problems = Problems()
    found = read_documents(text, "f", problems)
    assert not problems.diagnostics
    assert found is not None
    return found[0]


def told(data: bytes) -> list[str]:
    """Code and place of each problem."""
    problems = Problems()
    text = decode(data, "f", problems)
    if text is not None:
        read_documents(text, "f", problems)
    return [
        f"{found.code} {found.subject and f'{found.subject.line}:{found.subject.column}'}"
        for found in problems.diagnostics
    ]


@pytest.mark.parametrize(
    ("written", "value", "why"),
    [
        ("yes", "yes", "YAML 1.1 made it true"),
        ("no", "no", "a country"),
        ("on", "on", "a key of workflows"),
        ("off", "off", "text"),
        ("y", "y", "text"),
        ("true", True, "one of two booleans"),
        ("True", True, "as Python writes it"),
        ("FALSE", False, "the core schema takes it"),
        ("tRUE", "tRUE", "no spelling of a boolean"),
        ("null", None, "null"),
        ("~", None, "null"),
        ("", None, "nothing is null"),
        ("none", "none", "text"),
        ("0", 0, "zero"),
        ("-3", -3, "negative"),
        ("+7", 7, "a sign"),
        ("010", "010", "not octal, and a leading zero means something to whoever wrote it"),
        ("0o17", 15, "octal as YAML 1.2 writes it"),
        ("0x1F", 31, "hexadecimal"),
        ("0b11", "0b11", "no binary numbers"),
        ("1_000", "1_000", "no digit groups"),
        ("1:30", "1:30", "not base sixty"),
        ("1.5", 1.5, "a number"),
        (".5", 0.5, "a number"),
        ("1.", 1.0, "a number"),
        ("1e3", 1000.0, "a number"),
        ("1.10", 1.1, "a number, with its spelling"),
        ("1.2.3", "1.2.3", "a version"),
        (".inf", ".inf", "no field takes it"),
        (".nan", ".nan", "JSON cannot hold it"),
        ("1e999", "1e999", "too large to be a number"),
        ("9" * 5000, "9" * 5000, "too long to be a number"),
        ("2020-01-01", "2020-01-01", "dates are text"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "times are text"),
        ("'5'", "5", "quoted"),
        ('"true"', "true", "quoted"),
        ('""', "", "quoted nothing is text"),
        ("!!str 5", "5", "said to be text"),
        ("!!int '5'", 5, "said to be a number"),
        ("!!float 3", 3.0, "said to be a float"),
        ("!!bool 'true'", True, "said to be a boolean"),
        ("!!null ''", None, "said to be null"),
        ("! 5", "5", "the tag that means: not plain"),
        ("!!timestamp 2020-01-01", "2020-01-01", "times are text"),
        ("azureml:name@latest", "azureml:name@latest", "a colon without a blank"),
        ("${var.x}", "${var.x}", "an expression"),
        ("-", None, "a list of nothing"),
    ],
)
def test_a_scalar_means_what_the_core_schema_says(written: str, value: Any, why: str) -> None:
    found = read(f"a: {written}\n" if written != "-" else "a:\n")["a"]
    assert (unspelled(found), type(unspelled(found))) == (value, type(value)), why
    if isinstance(value, int | float) and not written.startswith("!"):
        assert as_written(found, written) == written, "a field of text takes it as it is written"


@pytest.mark.parametrize("text", [json.dumps({"a": [1, True, None, {"b": "c"}], "d": 'é😀"\\/'}), "{}", '{"a": {}}'])
def test_json_is_read_as_json(text: str) -> None:
    assert read(text) == json.loads(text)


def test_json_indented_with_tabs_is_read() -> None:
    text = json.dumps({"a": {"b": [1, 2]}}, indent="\t")
    assert read(text) == json.loads(text)


def test_an_escaped_backslash_before_u_is_not_a_surrogate() -> None:
    text = json.dumps({"a": "\\ud83d\\ude00"})
    assert read(text) == json.loads(text)


@pytest.mark.parametrize(
    ("path", "key", "place"),
    [
        (("a",), False, (1, 4, 1, 5)),
        (("a",), True, (1, 1, 1, 2)),
        (("b",), False, (3, 3, 5, 8)),
        (("b", "c"), False, (3, 6, 3, 12)),
        (("b", "d", 1), False, (5, 5, 5, 7)),
        (("e", "f"), False, (6, 8, 6, 10)),
        (("g",), False, (7, 4, 9, 1)),
        (("b", "missing"), False, (3, 3, 5, 8)),
    ],
)
def test_everything_keeps_its_place(path: tuple[str | int, ...], key: bool, place: tuple[int, ...]) -> None:
    tree = read("a: 1\nb:\n  c: 'text'\n  d: [1,\n    20]\ne: {f: 10}\ng: |\n  one\n")
    assert span_at(tree, path, key=key) == Span("f", *place)


def test_columns_count_characters_not_bytes() -> None:
    assert read("é: {ü: 😀, x: y}")["é"].key_span("x") == Span("f", 1, 11, 1, 12)


def test_an_alias_stands_where_it_is_written_and_its_members_where_they_are() -> None:
    tree = read("a: &x {k: v}\nb: *x\n")
    assert tree.value_span("b").line == 2
    assert span_at(tree, ("b", "k")).line == 1


def test_a_merge_key_gives_what_the_mapping_has_not() -> None:
    tree = read("d: &d {x: 1, y: 2}\ne: {<<: *d, y: 3}\nf: {y: 0, <<: [{z: 1}, *d, {z: 2, w: 3}]}\n")
    assert tree["e"] == {"y": 3, "x": 1}
    assert tree["f"] == {"y": 0, "z": 1, "x": 1, "w": 3}
    assert tree["e"].value_span("x") == Span("f", 1, 11, 1, 12)


def test_a_quoted_merge_key_is_a_key() -> None:
    assert read("{'<<': {a: 1}}") == {"<<": {"a": 1}}


def test_keys_that_are_numbers_are_taken_as_written() -> None:
    assert read("{100: a, 1.50: b, true: c, yes: d, 010: e}") == {
        "100": "a",
        "1.50": "b",
        "true": "c",
        "yes": "d",
        "010": "e",
    }


def test_several_documents_are_several_trees() -> None:
    problems = Problems()
    assert read_documents("a: 1\n---\n# nothing\n---\nb: &x 2\n", "f", problems) == [{"a": 1}, None, {"b": 2}]
    assert read_documents("", "f", problems) == []
    assert read_documents("# only a comment\n", "f", problems) == []
    assert not problems.diagnostics


def test_line_ends_do_not_matter() -> None:
    text = "a: 1\nb: |\n  x\n  y\nc:\n- d\n"
    assert read(text.replace("\n", "\r\n")) == read(text)


@pytest.mark.parametrize("encode", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_with_a_mark_are_read(encode: str) -> None:
    assert decode("a: é😀\n".encode(encode), "f", Problems()) == "a: é😀\n"


_LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(8)
)


@pytest.mark.parametrize(
    ("data", "expected", "why"),
    [
        (b"a:\n\tb: 1\n", ["invalid-yaml 2:1"], "a tab as indentation"),
        (b"a:\n  b: 1\n\tc: 2\n", ["invalid-yaml 3:1"], "a tab further down"),
        (b"a: 1\nb: 2\na: 3\nb: 4\n", ["duplicate-key 3:1", "duplicate-key 4:1"], "one of two values would be lost"),
        (b"x: {a: 1, a: 1}\n", ["duplicate-key 1:11"], "equal values too: nobody writes this on purpose"),
        (b"a: !!binary aGk=\n", ["invalid-tag 1:4"], "bytes have no place in a spec"),
        (b"a: !python/object:os.system x\n", ["invalid-tag 1:4"], "nothing is ever constructed"),
        (b"a: !custom {b: 1}\n", ["invalid-tag 1:4"], "a tag of another tool"),
        (b"a: !set [b]\n", ["invalid-tag 1:4"], "on a list"),
        (b"a: !!int x\n", ["invalid-number 1:4"], "not what the tag says"),
        (_LAUGHS.encode(), ["alias-expansion 6:29"], "a thousand laughs"),
        (b"[" * 200 + b"]" * 200, ["too-deep 1:101"], "a hundred levels are enough"),
        (b"[" * 100_000, ["too-deep 1:101"], "told before the parser runs out"),
        (b"{a: " * 50_000, ["too-deep 1:401"], "mappings too"),
        (b"a: \0b\n", ["invalid-encoding 1:4"], "NUL"),
        ("a: é\n".encode("latin-1"), ["invalid-encoding 1:4"], "Latin-1"),
        ("a: b\n".encode("utf-16-le"), ["invalid-encoding 1:2"], "UTF-16 without its mark"),
        (b"\xff\xfea\0:\0 ", ["invalid-encoding 1:1"], "half a character of UTF-16"),
        (b"\x89PNG\r\n\x1a\n\0\0", ["invalid-encoding 1:1"], "a picture"),
        (b"a: 1\nb: x\x07y\n", ["invalid-encoding 2:5"], "a control character"),
        (b"a: &a [*a]\n", ["undefined-alias 1:8"], "a value inside itself"),
        (b"a: *nope\n", ["undefined-alias 1:4"], "nothing has that name"),
        (b"a: &x 1\n---\nb: *x\n", ["undefined-alias 3:4"], "names end with their document"),
        (b"a: {<<: 5}\n", ["invalid-key 1:9"], "only mappings merge"),
        (b"? [a]\n: b\n? {c: d}\n: e\n", ["invalid-key 1:3", "invalid-key 3:3"], "keys are text"),
        (b"null: d\n~: e\n", ["invalid-key 1:1", "invalid-key 2:1"], "an empty key"),
        (b"a: {b: 1\nc: 2\n", ["invalid-yaml 2:2"], "a brace not closed"),
        (b"a: b: c\n", ["invalid-yaml 1:5"], "a colon in text"),
        (b"x: 1\na: 'abc\nb: 1\n", ["invalid-yaml 2:4"], "told where the quote opens, not at the end of the file"),
        (b"a: @x\n", ["invalid-yaml 1:4"], "a reserved letter"),
        (b'a: "\\q"\n', ["invalid-yaml 1:5"], "no such escape"),
        (b"a:\n  b: 1\n c: 2\n", ["invalid-yaml 3:2"], "between two levels"),
        (b"a: {{X}}\n", ["invalid-key 1:5"], "what other tools fill in"),
        (b"%YAML 9.9\n---\na: 1\n", ["invalid-yaml 1:1"], "a version nobody knows"),
        (bytes(range(256)), ["invalid-encoding 2:118"], "every byte there is"),
    ],
)
def test_what_is_no_text_for_a_spec_is_told_with_its_place(data: bytes, expected: list[str], why: str) -> None:
    assert told(data) == expected, why


def test_every_problem_has_a_fix_and_a_known_summary() -> None:
    problems = Problems()
    for text in (
        "a: b: c",
        "a: @x",
        "a: [",
        "a: 'x",
        "a:\n\tb",
        "!x y",
        "*a",
        "{a: 1, a: 2}",
        "[" * 200,
        "? []",
        "&x",
        "%z",
    ):
        read_documents(text, "f", problems)
    assert len(problems.diagnostics) >= 10
    assert all(found.fix and found.summary and found.detail.endswith(".") for found in problems.diagnostics)


def test_a_duplicate_names_the_first_place() -> None:
    problems = Problems()
    read_documents("a: 1\nb: 2\na: 3\n", "f", problems)
    assert problems.diagnostics[0].related == (("first defined here", Span("f", 1, 1, 1, 2)),)


def test_what_is_not_closed_names_where_it_opened() -> None:
    problems = Problems()
    read_documents("a: {b: 1\nc: 2\n", "f", problems)
    assert problems.diagnostics[0].related == (("started here", Span("f", 1, 4, 1, 5)),)


def test_depth_just_within_the_limit_is_read() -> None:
    assert told(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) == []


def test_the_collector_is_left_as_it_was() -> None:
    read("a: 1")
    assert gc.isenabled()
    gc.disable()
    try:
        read("a: 1")
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_without_libyaml_the_same_is_read_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: [1, yes, '5']\nb: &x {c: 010}\nd: {<<: *x, e: 'é'}\n"
    fast = read(text)
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    with pytest.warns(UserWarning, match="without libyaml"):
        slow = read(text)
    assert slow == fast
    assert slow["d"].value_marks == fast["d"].value_marks
