"""What is hashed, copied into the embedded workspace and uploaded by azure-ai-ml is the same, byte for byte."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from orchestrator.backends.azure.backend import AzureBackend
from orchestrator.core.address import Address
from orchestrator.core.bodies import CODE_FILES, DATA_FILES
from orchestrator.core.errors import Conflict
from orchestrator.core.fingerprint import Fingerprint, digest_text
from orchestrator.core.ports import Request, SystemClock
from orchestrator.core.span import NOWHERE
from orchestrator.core.value import LocalFiles
from orchestrator.kinds import discover
from orchestrator.spec.file_hashes import PlainHasher
from orchestrator.spec.local_files import LocalFileReader
from orchestrator.workspace.files.content import SCHEME, ContentStore
from orchestrator.workspace.folder.paths import WorkspacePaths
from orchestrator.workspace.records.store import RecordStore
from tests.contract.kinds.azure_world import AzureWorld

pytest.importorskip("azure.ai.ml", reason="needs the azure extra")

NAMES = ["a", "b", "B", "deep", "x.py", "y.py", "é ü.txt", "per%20cent", "a#b", "a+b", ".hidden", "q=1&r", "MLTable"]
SEGMENTS = [*NAMES, "*", "**", "*.py", "[ab]", "?"]
RULES = st.lists(
    st.tuples(st.sampled_from(["", "!", "/", "!/"]), st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=3),
              st.sampled_from(["", "/"])).map(lambda rule: rule[0] + "/".join(rule[1]) + rule[2]),
    max_size=4,
).map(lambda lines: "\n".join(lines).encode())  # fmt: skip
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
BYTES = st.sampled_from([b"", b"one\n", b"two\r\n", b"three\rfour\n", b"\0\r\n", b"# c\nx = 1\n"])
TREES = st.fixed_dictionaries(
    {
        "files": st.dictionaries(PATHS, BYTES, min_size=1, max_size=8),
        "empty": st.lists(PATHS, max_size=2),
        "links": st.dictionaries(PATHS, PATHS, max_size=3),
        "rules": st.dictionaries(st.sampled_from([".amlignore", ".gitignore", "deep/.gitignore"]), RULES, max_size=2),
    }
)
IDIOM = {"files": {"data.csv": b"1\n"}, "empty": [], "links": {}, "rules": {".gitignore": b"*\n!.gitignore\n"}}
AGAIN = {
    "files": {"train.py": b"1\n", "lib/deep/b.py": b"2\n", "lib/c.py": b"3\n"}, "empty": ["lib/none"],
    "links": {"other": "lib"}, "rules": {".amlignore": b"*\n!lib/deep/b.py\n!train.py\n"},
}  # fmt: skip
NUMBERS = itertools.count()


def grow(root: Path, tree: Mapping[str, Any]) -> Path:
    """Make the folder; what does not fit together is left out."""
    for name, data in [*tree["files"].items(), *tree["rules"].items()]:
        path = root / name
        if not path.is_dir() and not any(above.is_file() for above in path.parents):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    for name in tree["empty"]:
        if not any(place.exists() and not place.is_dir() for place in (root / name, *(root / name).parents)):
            (root / name).mkdir(parents=True, exist_ok=True)
    for name, target in tree["links"].items():
        if (root / name).parent.is_dir() and not (root / name).exists() and (root / target).exists():
            (root / name).symlink_to((root / target).absolute())
    return root


def taken(root: Path, *, code: bool) -> LocalFiles:
    """What a spec takes; a folder that is refused is of no interest here."""
    found = LocalFileReader({}, root, PlainHasher()).read(
        str(root), NOWHERE, CODE_FILES if code else DATA_FILES, Address("data", "d")
    )
    if not isinstance(found, LocalFiles):
        reject()
    return found


def held(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


BODIES: list[tuple[str, bool, Any]] = [
    ("data", False, lambda files: {"type": "uri_folder", "path": files}),
    ("models", False, lambda files: {"type": "custom_model", "path": files}),
    ("environments", True, lambda files: {"build": {"path": files, "dockerfile_path": "x.py"}}),
    ("jobs", True, lambda files: {"type": "command", "command": "true", "code": files, "environment": {"image": "i"}}),
]


@pytest.fixture
def backend(azure: AzureWorld) -> Iterator[AzureBackend]:
    backend = AzureBackend(azure.choice, discover(), SystemClock())
    yield backend
    backend.close()


def uploaded(root: Path, kind: str, name: str) -> dict[str, bytes]:
    """What lies in the workspace behind the wire under an asset's address."""
    paths = WorkspacePaths(root)
    with closing(RecordStore(paths)) as store:
        body = next(r for r in store.list(kind) if r.address == f"{kind}.{name}" or r.revision == name).body
        path = str(body.get("code") or body.get("path") or body["build"]["path"])
        if path.startswith(SCHEME):
            return held(ContentStore(paths).path_of(path.removeprefix(SCHEME)))
        place = "LocalUpload" + path.partition("LocalUpload")[2]
        return held(paths.datastore("workspaceblobstore") / place)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "code", "body"), BODIES, ids=[case[0] for case in BODIES])
def test_digest_copy_and_upload_agree(
    kind: str, code: bool, body: Any, azure: AzureWorld, backend: AzureBackend, tmp_path: Path
) -> None:
    @settings(
        max_examples=12, deadline=None, derandomize=True,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )  # fmt: skip
    @example(IDIOM)
    @example(AGAIN)
    @given(TREES)
    def agree(tree: Mapping[str, Any]) -> None:
        name = f"n{next(NUMBERS)}"
        root = grow(tmp_path / name, tree)
        files = taken(root, code=code)
        wanted = {path: (root / path).read_bytes() for path in files.manifest}
        local = ContentStore(WorkspacePaths(tmp_path / "other"))
        assert held(local.path_of(local.put(files))) == wanted
        address = Address(kind, name)
        revision = name if kind == "jobs" else "1"
        backend.create(
            Request(
                address,
                revision=revision,
                properties=body(files),
                fingerprint=Fingerprint(digest_text(name)),
                owner="p",
                key=name,
                variant=kind,
            )
        )
        assert uploaded(azure.root, kind, name) == wanted
        for path in sorted(held(root)):
            before = (root / path).read_bytes()
            (root / path).write_bytes(before + b"\0more")
            if Path(path).name not in (".gitignore", ".amlignore"):
                assert (taken(root, code=code).digest != files.digest) == (path in wanted), path
            (root / path).write_bytes(before)
        shutil.rmtree(root)

    agree()


@settings(max_examples=150, deadline=None)
@example(tree=AGAIN)
@given(tree=TREES)
def test_code_is_what_the_client_would_take(tree: Mapping[str, Any], tmp_path_factory: pytest.TempPathFactory) -> None:
    from azure.ai.ml._utils._asset_utils import get_ignore_file, get_upload_files_from_folder

    root = grow(tmp_path_factory.mktemp("code"), tree)
    theirs = {name for _, name in get_upload_files_from_folder(root, ignore_file=get_ignore_file(root))}
    ours = set(taken(root, code=True).manifest)
    ignore_files = {name for name in theirs if Path(name).name in (".amlignore", ".gitignore")}
    assert ours - ignore_files == theirs - ignore_files, "ignore files themselves are no code of ours"


@pytest.mark.slow
def test_what_changed_after_the_plan_is_not_uploaded(azure: AzureWorld, backend: AzureBackend, tmp_path: Path) -> None:
    root = grow(tmp_path / "d", IDIOM)
    files = taken(root, code=False)
    (root / "new.csv").write_text("not planned")
    request = Request(
        Address("data", "d"),
        revision="1",
        properties=BODIES[0][2](files),
        fingerprint=Fingerprint(digest_text("d")),
        owner="p",
        key="d",
        variant="data",
    )
    backend.create(request)
    assert sorted(uploaded(azure.root, "data", "d")) == [".gitignore", "data.csv"]
    (root / "data.csv").write_text("changed")
    with pytest.raises(Conflict, match="changed after the plan was created"):
        backend.create(
            Request(
                Address("data", "d"),
                revision="2",
                properties=request.properties,
                fingerprint=request.fingerprint,
                owner="p",
                key="d",
                variant="data",
            )
        )
