"""Conda files become lists for pip, or an error with the line of what cannot."""

from __future__ import annotations

import pytest

from orchestrator.core.errors import Invalid
from orchestrator.workspace.conda import read_conda, translate_version
from orchestrator.workspace.conda_names import NOT_PYTHON, OTHER_NAMES, SAME_NAMES


@pytest.mark.parametrize(
    ("conda", "pip", "why"),
    [
        ("", "", "any version"),
        ("*", "", "any version"),
        ("=1.26", "==1.26.*", "one sign of equality means: begins with"),
        ("=1.26.*", "==1.26.*", "the same, spelt out"),
        ("==1.26.4", "==1.26.4", "exactly"),
        ("1.26.4", "==1.26.4", "after a blank: exactly"),
        ("=1.26.4=py311h1", "==1.26.4", "the build says nothing to pip"),
        (">=1.2,<2", ">=1.2,<2", "a range"),
        (">= 1.2, < 2", ">=1.2,<2", "a range with blanks"),
        ("!=1.3", "!=1.3", "an exception"),
        (">=1.2|<1", None, "alternatives: pip has none"),
        ("=abc", None, "no version at all"),
    ],
)
def test_versions(conda: str, pip: str | None, why: str) -> None:
    assert translate_version(conda) == pip, why


def test_a_whole_file() -> None:
    text = """
name: env
channels: [conda-forge]
dependencies:
  - python=3.11
  - pip
  - numpy=1.26
  - conda-forge::scikit-learn>=1.4,<2
  - pytorch==2.1.0
  - pip:
      - mlflow-skinny==3.17.2
      - --prefer-binary
"""
    conda = read_conda(text, "env.yaml")
    assert conda.requirements == (
        "--prefer-binary",
        "mlflow-skinny==3.17.2",
        "numpy==1.26.*",
        "scikit-learn>=1.4,<2",
        "torch==2.1.0",
    )
    assert (conda.python, conda.python_place, conda.seed) == ("==3.11.*", "env.yaml:5", True)


def test_the_order_of_lines_is_no_difference() -> None:
    one = read_conda("dependencies: [numpy, pandas]", "a")
    other = read_conda("dependencies: [pandas, numpy, numpy]", "a")
    assert one == other


def test_all_problems_at_once_each_with_its_line() -> None:
    text = """dependencies:
  - numpi
  - cudatoolkit=11.8
  - pandas=1|2
  - pip:
    - -r requirements.txt
  - conda: [x]
"""
    with pytest.raises(Invalid) as caught:
        read_conda(text, "env.yaml")
    lines = caught.value.detail.splitlines()
    assert [line.split(" ")[0] for line in lines] == [f"env.yaml:{number}:" for number in (2, 3, 4, 6, 7)]
    assert "Did you mean 'numpy'?" in lines[0]
    assert "GPU toolkit" in lines[1]


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "just text", "dependencies: 5", "a: \x01"])
def test_what_is_no_conda_file(text: str) -> None:
    with pytest.raises(Invalid, match=r"\Aenv\.yaml[^\n]+\Z"):
        read_conda(text, "env.yaml")


def test_no_name_is_in_two_tables() -> None:
    assert not SAME_NAMES & OTHER_NAMES.keys()
    assert not SAME_NAMES & NOT_PYTHON.keys()
    assert not OTHER_NAMES.keys() & NOT_PYTHON.keys()
