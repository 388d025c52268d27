"""A Python of its own for each job and deployment, on top of one that others use too.

A layer is a virtual environment that sees all packages of the Python below it and keeps for itself what is installed into it: a
command's ``pip install`` changes neither amlctl nor an environment that the next job gets.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import site
import stat
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from orchestrator.core import private_files
from orchestrator.core.errors import BackendError, Failed
from orchestrator.workspace.environments.templates import Templates
from orchestrator.workspace.environments.uv import Uv
from orchestrator.workspace.processes.process import child_environment

_LINK: Final = "below.pth"
_HEAD_BYTES: Final = 512
_LARGEST_SCRIPT: Final = 65_536
_NOT_COPIED: Final = ("python", "activate", "deactivate", "Activate", "pydoc", "idle", "2to3")
_SITES: Final = (
    "import json, site, sys; "
    "print(json.dumps(site.getsitepackages() + ([site.getusersitepackages()] if site.ENABLE_USER_SITE else [])))"
)
_KNOWN: Final = Templates()
_NO_PIP: Final = '#!/bin/sh\necho "pip is not in this environment; add it to its conda file" >&2\nexit 1\n'


def layer(below: Path, home: Path, uv: Uv) -> Path:
    """Make a layer, unless it is there.

    Args:
        below: the interpreter whose packages it sees.
        home: its folder; the one around it exists.

    Returns:
        Its interpreter.

    Raises:
        Failed: it cannot be made.
    """
    python = home / "bin" / "python"
    if python.exists():
        return python
    draft = home.with_name(f".{home.name}.{secrets.token_hex(4)}")

    def first(place: Path) -> None:
        _build(below, place, home, uv)

    try:
        _KNOWN.make(_state(below), draft, home, first)
        draft.rename(home)
    except (OSError, StopIteration) as error:
        if not python.exists():  # somebody else was first
            raise Failed(f"The environment in {home} cannot be made: {error}.", code="environment") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return python


def _build(below: Path, draft: Path, home: Path, uv: Uv) -> None:
    sites = _sites(below)
    uv.run("venv", "--quiet", "--no-project", "--relocatable", "--python", str(below), str(draft))
    own = next(draft.glob("lib/python*/site-packages"))
    # As a directive, so that the path files of the packages below count as well.
    links = "".join(f"import site; site.addsitedir({place!r})\n" for place in sites)
    private_files.create(own / _LINK, links)
    _programs(below.parent, draft / "bin", home / "bin")
    _give_pip(draft / "bin", sites, uv)


def _state(below: Path) -> tuple[object, ...]:
    """What a layer is made from, and changes when programs or packages come to the Python below."""
    places = [below.parent, *sorted(below.parent.parent.glob("lib/python*/site-packages"))]
    return (str(below), *(place.stat().st_mtime_ns for place in places), os.environ.get("PYTHONUSERBASE"))


def programs_first(python: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Variables for a process that runs in a Python: its programs come first, and those of amlctl's own environment only if it is that.

    Args:
        python: the interpreter, of a layer or our own.
        environ: what the process would have without it.
    """
    dropped = {"PYTHONHOME", "VIRTUAL_ENV", *(() if python == Path(sys.executable) else ("PYTHONPATH",))}
    kept = {name: value for name, value in environ.items() if name not in dropped}
    own = Path(sys.executable).parent
    path = kept.get("PATH", os.defpath).split(os.pathsep)
    if _virtual(own):
        path = [part for part in path if part != str(own)]
    if _virtual(python.parent):
        kept["VIRTUAL_ENV"] = str(python.parent.parent)
    return {**kept, "PATH": os.pathsep.join([str(python.parent), *path])}


def _virtual(programs: Path) -> bool:
    return (programs.parent / "pyvenv.cfg").is_file()


def _sites(python: Path) -> list[str]:
    """Folders with the packages of an interpreter."""
    if python == Path(sys.executable):
        user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
        found = [*site.getsitepackages(), *user]
    else:
        run = subprocess.run(
            [str(python), "-c", _SITES], capture_output=True, text=True, check=False, env=_clean(), timeout=60
        )
        if run.returncode:
            raise Failed(f"{python} does not work: {run.stderr.strip()}", code="environment")
        found = json.loads(run.stdout)
    return [place for place in found if Path(place).is_dir()]


def _clean() -> dict[str, str]:
    return {name: value for name, value in child_environment().items() if name not in ("PYTHONHOME", "PYTHONPATH")}


def _programs(below: Path, into: Path, final: Path) -> None:
    """Programs of the packages below, started by the layer's Python. Others of a virtual environment are linked."""
    virtual = _virtual(below)
    for file in sorted(below.iterdir()):
        target = into / file.name
        if file.name.startswith(_NOT_COPIED) or target.exists() or not os.access(file, os.X_OK) or file.is_dir():
            continue
        text = _script(file)
        if text is None:
            if virtual:
                target.symlink_to(file)
            continue
        head, _, rest = text.partition("\n")
        first, _, rest = rest.partition("\n")
        start = f"{head}\n{first}".replace(f"{below}/", f"{final}/")
        if start == f"{head}\n{first}" and not virtual:
            continue  # some other program that lies there too
        _write_program(target, f"{start}\n{rest}")


def _script(file: Path) -> str | None:
    """The text of a small script; None for any other file."""
    with contextlib.suppress(OSError, ValueError):
        if stat.S_ISREG(file.stat().st_mode) and file.stat().st_size <= _LARGEST_SCRIPT:
            with file.open("rb") as opened:
                if opened.read(2) == b"#!":
                    return file.read_text(encoding="utf-8")
    return None


def _give_pip(programs: Path, sites: Iterable[str], uv: Uv) -> None:
    """Without one of its own, ``pip`` would be the next one on the path, which installs somewhere else."""
    if any((Path(place) / "pip").is_dir() for place in sites):
        if not (programs / "pip").exists():
            _write_pip(programs, '#!/bin/sh\nexec "$(dirname "$0")/python" -m pip "$@"\n')
        return
    wheel = _bundled_pip()
    what = ["--no-index", "--no-deps", "--offline", str(wheel)] if wheel is not None else ["pip"]
    try:
        uv.run("pip", "install", "--quiet", "--python", str(programs / "python"), *what)
    except BackendError:
        _write_pip(programs, _NO_PIP)


def _write_pip(programs: Path, text: str) -> None:
    for name in ("pip", "pip3"):
        (programs / name).unlink(missing_ok=True)
        _write_program(programs / name, text)


def _write_program(file: Path, text: str) -> None:
    private_files.create(file, text)
    file.chmod(0o700)


def _bundled_pip() -> Path | None:
    """The pip that comes with this Python; None if its distributor took it out."""
    import ensurepip  # only layers without pip need it

    return next(iter(sorted((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl"))), None)
