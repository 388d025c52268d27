"""A Python of one's own on top of another: it sees everything, and keeps what is installed to itself."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from orchestrator.core.errors import Failed
from orchestrator.workspace.environments import layers
from orchestrator.workspace.environments.layers import layer, programs_first
from orchestrator.workspace.environments.uv import Uv
from tests.wheels import wheel

OWN = Path(sys.executable)


def run(python: Path, command: str) -> str:
    """What a shell command prints in a Python; it must succeed."""
    environ = programs_first(python, os.environ)
    done = subprocess.run(["bash", "-c", command], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module", params=["the first", "a later one"])
def own(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layer that was built, and one that was made from what is known of that."""
    return layer(OWN, tmp_path_factory.mktemp("layers") / request.param.replace(" ", "-"), Uv())


def test_it_sees_the_packages_below(own: Path) -> None:
    told = run(own, "python -c 'import yaml, numpy, orchestrator; print(numpy.__version__)'")
    assert told == metadata.version("numpy")
    assert run(own, "command -v python") == str(own)


@pytest.mark.parametrize(
    "way", ["pip install", "pip3 install", "python -m pip install", "python3 -m pip install --upgrade"]
)
def test_what_is_installed_stays_in_it(tmp_path: Path, way: str) -> None:
    before = {dist.metadata["Name"]: dist.version for dist in metadata.distributions()}
    python = layer(OWN, tmp_path / "own", Uv())
    new, other = wheel(tmp_path, "brandnewthing", "1.0"), wheel(tmp_path, "yaml", "99.0")
    run(python, f"{way} --no-index --quiet {new} {other}")
    told = run(python, "python -c 'import brandnewthing, yaml; print(brandnewthing.__version__, yaml.__version__)'")
    assert told == "1.0 99.0", "its own come first"
    assert run(OWN, "python -c 'import yaml; print(yaml.__version__)'") != "99.0"
    found = subprocess.run([str(OWN), "-c", "import brandnewthing"], capture_output=True, check=False)
    assert found.returncode != 0
    assert {dist.metadata["Name"]: dist.version for dist in metadata.distributions()} == before
    beside = layer(OWN, tmp_path / "beside", Uv())
    assert run(beside, "python -c 'import yaml; print(yaml.__version__)'") != "99.0", "the next one starts afresh"


def test_packages_below_cannot_be_uninstalled(tmp_path: Path) -> None:
    python = layer(OWN, tmp_path / "own", Uv())
    run(python, "pip uninstall --yes --quiet PyYAML || true")
    assert run(OWN, "python -c 'import yaml; print(yaml.__name__)'") == "yaml"


def test_programs_of_the_packages_below_run_in_it(own: Path) -> None:
    program = run(own, "command -v mlflow")
    assert Path(program).parent == own.parent
    assert str(own) in Path(program).read_text().splitlines()[0]


def test_no_program_of_our_own_environment_is_on_the_path(own: Path) -> None:
    environ = programs_first(
        own, {"PATH": os.pathsep.join([str(OWN.parent), "/usr/bin"]), "PYTHONHOME": "/x", "A": "b"}
    )
    parts = environ["PATH"].split(os.pathsep)
    assert parts[0] == str(own.parent)
    assert str(OWN.parent) not in parts or not (OWN.parent.parent / "pyvenv.cfg").exists()
    assert "PYTHONHOME" not in environ
    assert environ["A"] == "b"
    assert environ["VIRTUAL_ENV"] == str(own.parent.parent)


def test_a_layer_is_made_once(own: Path) -> None:
    marker = own.parent.parent / "marker"
    marker.write_text("")
    assert layer(OWN, own.parent.parent, Uv()) == own
    assert marker.exists()


def test_a_layer_is_built_once_for_a_python_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next ones cost no program. Another package or program in the Python below makes it another Python."""
    below = layer(OWN, tmp_path / "below", Uv())
    built: list[Path] = []
    build = layers._build
    monkeypatch.setattr(
        layers, "_build", lambda python, draft, *rest: [built.append(draft), build(python, draft, *rest)]
    )
    first, second = (layer(below, tmp_path / name, Uv()) for name in ("one", "two"))
    assert len(built) == 1
    trees = [
        {
            path.relative_to(home): path.readlink() if path.is_symlink() else path.stat().st_mode
            for path in home.rglob("*")
        }
        for home in (first.parent.parent, second.parent.parent)
    ]
    assert trees[0] == trees[1]
    assert not [path for path in second.parent.parent.rglob("*") if path.is_file() and b"/one/" in path.read_bytes()]
    (below.parent / "new").write_text(f"#!{below}\nprint('new')\n")
    (below.parent / "new").chmod(0o755)
    assert run(layer(below, tmp_path / "three", Uv()), "new") == "new" and len(built) == 2


def test_a_layer_on_an_environment_without_pip_gets_one(tmp_path: Path) -> None:
    uv = Uv()
    uv.run("venv", "--quiet", "--python", str(OWN), str(tmp_path / "below"))
    python = layer(tmp_path / "below" / "bin" / "python", tmp_path / "own", uv)
    run(python, f"pip install --no-index --quiet {wheel(tmp_path, 'brandnewthing', '2.0')}")
    assert run(python, "python -c 'import brandnewthing; print(brandnewthing.__version__)'") == "2.0"
    assert not list((tmp_path / "below").rglob("brandnewthing"))


def test_without_any_pip_none_of_the_machine_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uv = Uv()
    uv.run("venv", "--quiet", "--python", str(OWN), str(tmp_path / "below"))
    monkeypatch.setattr(layers, "_bundled_pip", lambda: tmp_path / "pip-0-py3-none-any.whl")
    python = layer(tmp_path / "below" / "bin" / "python", tmp_path / "own", uv)
    environ = programs_first(python, os.environ)
    done = subprocess.run(["pip", "install", "x"], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip is not in this environment" in done.stderr


def test_a_python_that_does_not_work_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    broken.chmod(0o700)
    with pytest.raises(Failed, match="broken"):
        layer(broken, tmp_path / "own", Uv())
    assert not (tmp_path / "own").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["python"]
