"""How environments are had here: curated ones, images, what settings put in their place, and what models declare."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from orchestrator.core.errors import Invalid
from orchestrator.workspace.environments.declared import declared, read_declared
from orchestrator.workspace.environments.differences import differences
from orchestrator.workspace.environments.interpreters import OWN, Interpreter, Interpreters
from orchestrator.workspace.environments.recipes import Recipes
from orchestrator.workspace.environments.uv import Uv
from orchestrator.workspace.references.curated import PREFIX, catalogue, curated, hosted, python_of

PYTHONS = tuple(Interpreter(f"3.{minor}.4", Path(f"/p/3.{minor}")) for minor in (7, 8, 9, 10, 12))

SPELLINGS = [
    ("azureml:AzureML-{}@latest", "{}"),
    ("azureml:AzureML-{}:3", "{}"),
    ("azureml:AzureML-{}", "{}"),
    ("AzureML-{}@latest", "{}"),
    ("azureml://registries/azureml/environments/{}/labels/latest", "{}"),
    ("azureml://registries/azureml/environments/{}/versions/3", "{}"),
    ("azureml://registries/azureml/environments/{}", "{}"),
    ("mcr.microsoft.com/azureml/curated/{}:12", "{}"),
    ("mcr.microsoft.com/azureml/curated/{}", "{}"),
    ("azureml://registries/mine/environments/{}/versions/1", "mine/{}"),
    ("azureml:{}@latest", None),
    ("azureml:{}:1", None),
    ("python:3.9", None),
    ("mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04", None),
    ("azureml://registries/azureml/models/{}/versions/1", None),
]


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> Recipes:
    monkeypatch.setattr(Interpreters, "installed", lambda self: (OWN, *PYTHONS))
    return Recipes(Uv())


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Recipes:
    monkeypatch.setattr(Interpreters, "installed", lambda self: (OWN,))
    return Recipes(Uv())


@pytest.mark.parametrize("name", ["sklearn-1.5", "acpt-pytorch-2.2-cuda12.1", "sklearn-0.24-ubuntu18.04-py37-cpu"])
@pytest.mark.parametrize(("spelling", "means"), SPELLINGS, ids=[s[0] for s in SPELLINGS])
def test_every_way_to_write_a_curated_environment(name: str, spelling: str, means: str | None) -> None:
    assert hosted(spelling.format(name)) == (means.format(name) if means is not None else None)


READ = [
    ("sklearn-1.5", "3.10", "scikit-learn~=1.5.0", "in the catalogue"),
    ("AzureML-sklearn-1.5", "3.10", "scikit-learn~=1.5.0", "by its whole name"),
    ("sklearn-0.24.1-ubuntu18.04-py37-cpu-inference", "3.7", "scikit-learn~=0.24.1", "the name tells"),
    ("sklearn-1.0-ubuntu20.04-py39-gpu", "3.9", "scikit-learn~=1.0.0", "the name's Python wins over its sibling's"),
    ("lightgbm-3.3-ubuntu20.04-cpu", "3.10", "lightgbm~=3.3.0", "its sibling's Python"),
    ("acpt-pytorch-2.2-cuda11.8", "3.10", "torch~=2.2.0", "the same"),
    ("acpt-pytorch-3.9-py311", "3.11", "torch~=3.9.0", "one that is not out yet"),
    ("xgboost-0.9-ubuntu18.04-py37-cpu-inference", "3.7", "xgboost~=0.9.0", "another family"),
    ("tensorflow-2.4-ubuntu18.04-py37-cuda11-gpu", "3.7", "tensorflow~=2.4.0", "another family"),
]


@pytest.mark.parametrize(("name", "python", "package", "why"), READ, ids=[r[0] for r in READ])
def test_what_a_curated_environment_stands_for(name: str, python: str, package: str, why: str) -> None:
    found = curated(name)
    assert found is not None, why
    assert (found.python, found.packages[0]) == (python, package), why


@pytest.mark.parametrize("name", ["foo", "spark-3.4", "mine/sklearn-1.5", ""])
def test_what_nobody_knows_is_not_guessed(name: str) -> None:
    assert curated(name) is None


def test_an_inference_image_is_its_environment() -> None:
    assert hosted("mcr.microsoft.com/azureml/minimal-py311-inference:latest") == "minimal-py311-inference"


def test_environments_with_scikit_learn_save_its_models() -> None:
    """MLflow 3 writes them with skops, which `mlflow-skinny` does not bring along; the service's have MLflow 2."""
    known = [
        *catalogue(),
        *filter(None, map(curated, ("xgboost-1.7", "lightgbm-4.0", "sklearn-1.2-py39", "pytorch-2.6"))),
    ]
    skinny = [
        requirement
        for entry in known
        for requirement in map(Requirement, entry.packages)
        if requirement.name == "mlflow-skinny"
    ]
    assert len(skinny) > 15
    assert not any(one.specifier.contains("3.0.0") for one in skinny)
    assert all(one.specifier.contains("2.22.2") for one in skinny)


def test_the_catalogue_is_sound() -> None:
    for entry in catalogue():
        assert curated(PREFIX + entry.name) == entry
        own = entry.name.startswith(
            "responsibleai"
        )  # whatever Python amlctl has: it runs the components that load the model
        assert entry.python.startswith("3.") != own
        assert own or python_of(entry.name) in ("", entry.python)
        assert len({Requirement(line).name for line in entry.packages}) == len(entry.packages)


@pytest.mark.parametrize(
    "entry", [entry for entry in catalogue() if entry.python not in ("", f"3.{OWN.parts[1]}")], ids=lambda e: e.name
)
def test_a_curated_environments_versions_are_honoured_where_its_python_is(many: Recipes, entry: object) -> None:
    name: str = entry.name  # type: ignore[attr-defined]
    recipe = many.hosted(f"azureml:AzureML-{name}@latest", name)
    assert recipe.python == Path(f"/p/{entry.python}")  # type: ignore[attr-defined]
    assert recipe.packages is not None
    assert recipe.packages.seed, "old packages import pkg_resources, which the service's images have"
    assert recipe.packages.requirements == tuple(sorted(entry.packages))  # type: ignore[attr-defined]
    assert recipe.remarks == ()


@pytest.mark.parametrize(
    "entry", [entry for entry in catalogue() if entry.python not in ("", f"3.{OWN.parts[1]}")], ids=lambda e: e.name
)
def test_otherwise_one_line_says_which_versions_differ(alone: Recipes, entry: object) -> None:
    name: str = entry.name  # type: ignore[attr-defined]
    recipe = alone.hosted(f"azureml:AzureML-{name}@latest", name)
    assert (recipe.python, recipe.packages) == (OWN.path, None)
    (line,) = recipe.remarks
    assert line.startswith(f"azureml:AzureML-{name}@latest: this machine's Python {OWN.version} is used.")
    assert f"Python {entry.python} (here {OWN.version})" in line  # type: ignore[attr-defined]
    assert "\n" not in line


@pytest.mark.parametrize("name", ["responsibleai-tabular", "responsibleai-ubuntu20.04-py38-cpu"])
def test_models_for_responsible_ai_are_trained_with_the_python_that_looks_at_them(many: Recipes, name: str) -> None:
    recipe = many.hosted(f"azureml:AzureML-{name}@latest", name)
    assert (recipe.python, recipe.packages, recipe.remarks) == (OWN.path, None, ())


IMAGES = [
    ("some/image:1", "", "it says nothing"),
    ("python:3.99-slim", "Different: Python 3.99", "it says its Python"),
    (
        "mcr.microsoft.com/azureml/minimal-ubuntu20.04-py37-cpu-inference:latest",
        "Different: Python 3.7",
        "so does this",
    ),
    ("mcr.microsoft.com/azureml/curated/sklearn-1.5:3", "scikit-learn ~=1.5.0", "a curated one's image is that one"),
]


@pytest.mark.parametrize(("image", "told", "why"), IMAGES, ids=[i[0] for i in IMAGES])
def test_an_image_that_stands_in_gets_the_same_line(alone: Recipes, image: str, told: str, why: str) -> None:
    (line,) = alone.image(image).remarks
    assert image in line
    assert f"this machine's Python {OWN.version} is used" in line
    assert told in line, why


def test_differences_are_those_of_this_machine() -> None:
    numpy = metadata.version("numpy")
    assert differences("", ["numpy", f"numpy=={numpy}", "numpy>=1; python_version<'3'", "mlflow>=1"]) == []
    assert differences("", ["numpy==0.1"]) == [f"numpy ==0.1 (here {numpy})"]
    assert differences("", ["no-such-thing"]) == ["no-such-thing (not here)"]
    assert differences("", ["git+https://example.org/x.git"]) == ["git+https://example.org/x.git"]
    assert differences(f"==3.{OWN.parts[1]}.40", []) == [], "another patch is the same Python"


PLACES = {
    "env.yml": "dependencies: [numpy]",
    "requirements.txt": "numpy  # fast\n# nothing\n\nsix==1.0\n",
    "folder/conda.yaml": "dependencies: [numpy]",
    "other/requirements.txt": "numpy\n",
    "venv/bin/python": "",
    "python3.9": "",
}


@pytest.mark.parametrize("place", PLACES)
def test_what_stands_in_for_an_environment(many: Recipes, tmp_path: Path, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(PLACES[place])
    named = file if "/" not in place else tmp_path / place.split("/")[0]
    recipe = many.stand_in("azureml:e:1", named)
    if "python" in file.name:
        assert (recipe.python, recipe.packages) == (file, None)
    else:
        assert recipe.packages is not None
        assert "numpy" in recipe.packages.requirements


@pytest.mark.parametrize("place", [".", "missing", "weights.bin"])
def test_what_cannot_stand_in_for_an_environment(many: Recipes, tmp_path: Path, place: str) -> None:
    (tmp_path / "weights.bin").write_bytes(b"01")
    with pytest.raises(Invalid, match="which is neither a conda file"):
        many.stand_in("azureml:e:1", tmp_path / place)


MODEL = (
    "mlflow_version: 2.9.2\nflavors:\n  python_function:\n    env: {conda: conda.yaml, virtualenv: python_env.yaml}\n"
)
OLD_MODEL = "flavors: {python_function: {env: my.yaml}}\n"
OLD_PYTHON = "dependencies:\n- python=3.8.17\n- pip\n- pip: [mlflow==2.9.2, scikit-learn==1.0.2]\n"

DECLARED = [
    ({"MLmodel": MODEL, "conda.yaml": OLD_PYTHON}, "3.8", ("mlflow==2.9.2", "scikit-learn==1.0.2"), "conda.yaml"),
    ({"MLmodel": OLD_MODEL, "my.yaml": OLD_PYTHON}, "3.8", ("mlflow==2.9.2", "scikit-learn==1.0.2"), "another name"),
    (
        {"MLmodel": MODEL, "requirements.txt": "scikit-learn==1.0.2\n", "python_env.yaml": "python: 3.9.1\n"},
        "3.9",
        ("mlflow==2.9.2", "scikit-learn==1.0.2"),
        "requirements.txt beside python_env.yaml",
    ),
    ({"MLmodel": "{}", "requirements.txt": "six==0.1\n"}, "", ("mlflow", "six==0.1"), "nothing but requirements.txt"),
]  # fmt: skip


def model(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(("files", "python", "packages", "why"), DECLARED, ids=[d[3] for d in DECLARED])
def test_a_model_is_served_in_what_it_declares(
    many: Recipes, tmp_path: Path, files: dict[str, str], python: str, packages: tuple[str, ...], why: str
) -> None:
    recipe = declared(model(tmp_path, files), many)
    assert recipe.python == (Path(f"/p/{python}") if python else OWN.path), why
    assert recipe.packages is not None
    assert recipe.packages.requirements == packages


def test_a_model_that_this_machine_satisfies_is_served_by_it(alone: Recipes, tmp_path: Path) -> None:
    numpy, mlflow = metadata.version("numpy"), metadata.version("mlflow-skinny")
    conda = f"dependencies: [python={OWN.version}, pip, {{pip: [numpy=={numpy}, mlflow=={mlflow}]}}]\n"
    recipe = declared(model(tmp_path, {"MLmodel": MODEL, "conda.yaml": conda}), alone)
    assert (recipe.python, recipe.packages, recipe.remarks) == (OWN.path, None, ())


STANDING = [
    (OLD_PYTHON, ["Python 3.8.17 (here", "scikit-learn ==1.0.2 (here"], "its Python is not here"),
    ("dependencies: [python=3.8, cudatoolkit]", ["cudatoolkit"], "pip cannot install it"),
    ("dependencies: [{pip: ['-r other.txt']}]", ["points to a file"], "it points elsewhere"),
    ("{", ["this is not YAML"], "it is damaged"),
]  # fmt: skip


@pytest.mark.parametrize(("conda", "told", "why"), STANDING, ids=[s[2] for s in STANDING])
def test_otherwise_this_machine_stands_in_and_one_line_says_so(
    alone: Recipes, tmp_path: Path, conda: str, told: list[str], why: str
) -> None:
    recipe = declared(model(tmp_path, {"MLmodel": MODEL, "conda.yaml": conda}), alone)
    assert (recipe.python, recipe.packages) == (OWN.path, None)
    (line,) = recipe.remarks
    assert "\n" not in line
    assert "is used" in line
    for part in told:
        assert part in line, why


def test_a_model_that_declares_nothing(tmp_path: Path) -> None:
    assert read_declared(model(tmp_path, {"MLmodel": MODEL})) is None
