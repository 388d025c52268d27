"""What an importer understands of a shell script."""

from __future__ import annotations

import pytest

from orchestrator.importing.shell import calls, unknown, unknown_names

SCRIPTS = [
    ("az ml job create \\\n  -f a.yml", [("az", "ml", "job", "create", "-f", "a.yml")]),
    ("N=a; M=$N-b\nx \"$M c\" '$N' ${N}/d", [("x", "a-b c", "$N", "a/d")]),
    ("x ${UNSET:-fallback} $OTHER", [("x", "fallback", unknown("OTHER"))]),
    ("N=`date +%s`\nx run-$N", [("date", "+%s"), ("x", f"run-{unknown('N')}")]),
    ("id=$(az ml job create -f j.yml)\nx $id", [("az", "ml", "job", "create", "-f", "j.yml"), ("x", unknown("id"))]),
    ("for f in a b; do x $f.yml; done", [("x", "a.yml"), ("x", "b.yml")]),
    ('if [ -z "$a" ]; then x 1; else x 2; fi', [("x", "1"), ("x", "2")]),
    ("f() { x in; }", [("x", "in")]),
    ("x --name <MY_NAME> {{ slot }}", [("x", "--name", unknown("MY_NAME"), unknown("slot"))]),
    ("x ${{ env.KNOWN }} ${{ secrets.HIDDEN }} $(KNOWN)", [("x", "value", unknown("HIDDEN"), "value")]),
    ("a && b || c | d > /dev/null 2>&1", [("a",), ("b",), ("c",), ("d",)]),
    ("# az ml job create\nx # tail", [("x",)]),
]


@pytest.mark.parametrize(("script", "expected"), SCRIPTS, ids=[script for script, _ in SCRIPTS])
def test_commands_of_scripts(script: str, expected: list[tuple[str, ...]]) -> None:
    found = [call.words for call in calls(script, {"KNOWN": "value"}) if call.words[0] != "["]
    assert found == expected


def test_lines_are_those_of_the_script() -> None:
    assert [call.line for call in calls("a\n\nb \\\n  c\nd", {})] == [1, 3, 5]


def test_names_of_unknown_values() -> None:
    assert unknown_names(f"a{unknown('x')}b{unknown('y')}") == ("x", "y")


def test_a_script_with_mistakes_is_read_as_far_as_it_goes() -> None:
    assert [call.words for call in calls('a\nx "unfinished', {})] == [("a",), ("x",)]
