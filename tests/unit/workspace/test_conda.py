"""Conda files become lists for pip, or an error with the line of what cannot."""

from __future__ import annotations

import json

import pytest

from orchestrator.core.errors import Invalid
from orchestrator.workspace.environments.conda import read_conda, translate_version
from orchestrator.workspace.environments.conda_names import NOT_PYTHON, OTHER_NAMES, SAME_NAMES


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


SAME = [
    "absl-py",
    "accelerate",
    "adlfs",
    "aiohttp",
    "altair",
    "arviz",
    "bokeh",
    "category_encoders",
    "cftime",
    "cvxpy",
    "dask-ml",
    "datashader",
    "distributed",
    "fiona",
    "folium",
    "fsspec",
    "gcsfs",
    "geopandas",
    "great-expectations",
    "h5netcdf",
    "huggingface_hub",
    "imbalanced-learn",
    "interpret",
    "joblib",
    "kornia",
    "lifelines",
    "mne",
    "netcdf4",
    "numba",
    "onnxmltools",
    "papermill",
    "plotnine",
    "pmdarima",
    "pycaret",
    "pymc",
    "pynndescent",
    "pyproj",
    "python-levenshtein",
    "pyvis",
    "rasterio",
    "ruamel.yaml",
    "s3fs",
    "scikit-plot",
    "scikit_learn",
    "sentence-transformers",
    "shap",
    "shapely",
    "skorch",
    "sktime",
    "textblob",
    "toolz",
    "tpot",
    "tsfresh",
    "umap-learn",
    "xarray",
    "yfinance",
    "zarr",
    "zict",
]


@pytest.mark.parametrize("name", SAME)
def test_a_name_that_both_sides_know_is_taken(name: str) -> None:
    assert read_conda(f"dependencies: ['{name}=1.2']", "env.yaml").requirements == (f"{name}==1.2.*",)


def test_an_environment_as_conda_exports_it() -> None:
    text = """name: old
channels: [defaults]
dependencies:
  - _libgcc_mutex=0.1=main
  - _openmp_mutex=5.1=1_gnu
  - blas=1.0=mkl
  - ca-certificates=2021.10.26=h06a4308_2
  - intel-openmp=2021.4.0=h06a4308_3561
  - ld_impl_linux-64=2.35.1=h7274673_9
  - libffi=3.3=he6710b0_2
  - libgcc-ng=9.3.0=h5101ec6_17
  - mkl=2021.4.0=h06a4308_640
  - mkl_fft=1.3.1=py38hd3c417c_0
  - ncurses=6.3=h7f8727e_2
  - numpy=1.21.2=py38h20f2e39_0
  - numpy-base=1.21.2=py38h79a1101_0
  - openssl=1.1.1l=h7f8727e_0
  - pip=21.2.4=py38h06a4308_0
  - python=3.8.12=h12debd9_0
  - readline=8.1=h27cfd23_0
  - sqlite=3.36.0=hc218d9a_0
  - tk=8.6.11=h1ccaba5_0
  - xz=5.2.5=h7b6447c_0
  - zlib=1.2.11=h7f8727e_4
prefix: /home/somebody/conda/envs/old
"""
    conda = read_conda(text, "env.yaml")
    assert (conda.requirements, conda.python, conda.seed) == (("numpy==1.21.2",), "==3.8.12", True)


@pytest.mark.parametrize("name", ["cudatoolkit", "graphviz", "r-base", "wget", "pandoc", "openjdk"])
def test_programs_are_not_taken_for_packages_of_the_same_name(name: str) -> None:
    with pytest.raises(Invalid, match="which pip cannot install"):
        read_conda(f"dependencies: [{name}]", "env.yaml")


BREAKS = ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00", "\x1b[2K"]


@pytest.mark.parametrize(
    "item", [{"pip": ["six{}-r /any/file"]}, {"pip": ["{}-r /any/file{}six"]}, "six{}-r /any/file"]
)
@pytest.mark.parametrize("mark", BREAKS, ids=[ascii(mark) for mark in BREAKS])
def test_a_line_that_is_two_lines_is_refused_and_not_quoted(item: object, mark: str) -> None:
    text = json.dumps({"dependencies": [item]}).replace("{}", json.dumps(mark)[1:-1])
    with pytest.raises(Invalid) as caught:
        read_conda(text, "conda_file", lines=False)
    assert "any" not in caught.value.detail
    assert len(caught.value.detail.splitlines()) == 1


FILES = [
    "-r x",
    "--requirement=x",
    "-c x",
    "-e .",
    "./x.whl",
    "/x.whl",
    "~/x.whl",
    "x @ file:///x",
    "x @ ./x",
    "file:x.whl",
    "six \\",
]


@pytest.mark.parametrize("line", FILES)
def test_a_line_that_points_to_a_file_is_refused(line: str) -> None:
    with pytest.raises(Invalid):
        read_conda(json.dumps({"dependencies": [{"pip": [line]}]}), "conda_file", lines=False)


@pytest.mark.parametrize(
    "line", ["six\t>=1", "x @ https://example.org/x.whl", "--extra-index-url https://example.org", "é-package"]
)
def test_other_lines_are_pips_own_business(line: str) -> None:
    text = json.dumps({"dependencies": [{"pip": [line]}]})
    assert read_conda(text, "conda_file", lines=False).requirements == (line,)
