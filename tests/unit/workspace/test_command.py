"""Placeholders of a command become paths and values, and never commands."""

from __future__ import annotations

import os
import subprocess

import pytest

from orchestrator.core.errors import Invalid
from orchestrator.workspace.jobs.command import render

INPUTS = {
    "data": "/data/rows.csv",
    "spaced": "/my data/rows.csv",
    "rate": "0.1",
    "text": "two words",
    "evil": "a; touch $(echo evil) `echo evil` 'q' \"d\"",
    "empty": "",
}
OUTPUTS = {"model": "/jobs/run/outputs/model"}
LITERALS = ("rate", "text", "evil", "empty")


def words(command: str) -> list[str]:
    """What a program would get as its arguments."""
    script = render(f"printf '%s\\n' {command}", INPUTS, OUTPUTS, LITERALS)
    environ = {**os.environ, **script.environ}
    done = subprocess.run(["bash", "-c", script.text], env=environ, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("command", "expected", "why"),
    [
        ("${{inputs.data}}", ["/data/rows.csv"], "a path as it is"),
        ("${{ inputs.data }}", ["/data/rows.csv"], "blanks inside of the braces mean nothing"),
        ("${{inputs.data.path}}", ["/data/rows.csv"], "the longer spelling of the same"),
        ("${{inputs.data}}/x", ["/data/rows.csv/x"], "something may follow"),
        ("--rate=${{inputs.rate}}", ["--rate=0.1"], "a number"),
        ("${{outputs.model}}", ["/jobs/run/outputs/model"], "an output's path"),
        ("${{inputs.spaced}}", ["/my data/rows.csv"], "a path stays one word"),
        ('"${{inputs.spaced}}"', ["/my data/rows.csv"], "also in double quotes"),
        ("'${{inputs.spaced}}'", ["/my data/rows.csv"], "also in single quotes"),
        ("${{inputs.text}}", ["two", "words"], "a text outside of quotes is split, as the service does"),
        ('"${{inputs.text}}"', ["two words"], "and is not inside of them"),
        ('"${{inputs.evil}}"', [INPUTS["evil"]], "no command in a value is run"),
        ("'${{inputs.evil}}'", [INPUTS["evil"]], "in single quotes neither"),
        ("'it'\\''s' \"${{inputs.evil}}\"", ["it's", INPUTS["evil"]], "quotes before it are followed"),
        ('"${{inputs.empty}}"', [""], "an empty text"),
        ("a $[[--rate ${{inputs.rate}}]]", ["a", "--rate", "0.1"], "a group whose input has a value stays"),
        ("a $[[--rate ${{inputs.absent}}]]", ["a"], "a group whose input has none goes"),
        ("a $[[--x ${{inputs.rate}} ${{inputs.absent}}]]", ["a"], "one without a value is enough"),
    ],
)
def test_what_a_program_gets(command: str, expected: list[str], why: str) -> None:
    assert words(command) == expected, why


def test_an_apostrophe_in_a_comment_opens_no_quote() -> None:
    script = render("# don't mind\nprintf '%s' ${{inputs.spaced}}", INPUTS, OUTPUTS, LITERALS)
    done = subprocess.run(
        ["bash", "-c", script.text], env={**os.environ, **script.environ}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "/my data/rows.csv"


@pytest.mark.parametrize(
    ("command", "words_of_the_message"),
    [
        ("${{inputs.dat}}", "inputs.dat"),
        ("${{outputs.data}}", "outputs.data"),
        ("${{search_space.lr}}", "search_space.lr"),
        ("${{}}", "${{}}"),
    ],
)
def test_a_placeholder_that_names_nothing_is_an_error(command: str, words_of_the_message: str) -> None:
    with pytest.raises(Invalid) as caught:
        render(command, INPUTS, OUTPUTS, LITERALS)
    assert words_of_the_message in caught.value.detail
    assert caught.value.fix


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(Invalid) as caught:
        render("${{inputs.dat}}", INPUTS, OUTPUTS, LITERALS)
    assert caught.value.fix == "Did you mean 'data'?"
