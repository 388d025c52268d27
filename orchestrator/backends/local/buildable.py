"""Whether an environment can be built on this machine, told before anything is built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.errors import BackendError, Invalid
from orchestrator.core.refusal import Refusal
from orchestrator.core.value import LocalFiles, plain
from orchestrator.workspace.content import SCHEME, ContentStore

_OTHERWISE: Final = "Use an image with a conda_file, or run it in an Azure workspace."


class Buildable:
    """Looks at each conda file once.

    Args:
        content: the files of environments that are not in the spec.
    """

    def __init__(self, content: ContentStore) -> None:
        self._content = content
        self._read: dict[str, tuple[Refusal, ...]] = {}

    def problems(self, body: Mapping[str, Any]) -> tuple[Refusal, ...]:
        """Why an environment cannot be built here; paths are inside its body.

        Args:
            body: of an environment, from the spec or from a record.
        """
        if body.get("build"):
            reason = "the environment is built from a Dockerfile, which is recorded there and not run"
            return (Refusal(reason, ("build",), _OTHERWISE),)
        conda = body.get("conda_file")
        if conda is None:
            return ()
        key = conda.digest if isinstance(conda, LocalFiles) else json.dumps(plain(conda), sort_keys=True)
        if key not in self._read:
            self._read[key] = tuple(self._conda(conda))
        return self._read[key]

    def _conda(self, conda: Any) -> list[Refusal]:
        from orchestrator.workspace.conda import read_conda  # only specs with conda files need it

        if isinstance(conda, LocalFiles) and conda.path.is_dir():
            return [Refusal(f"{conda} is a folder", ("conda_file",), "Name the conda file in it.")]
        try:
            if isinstance(conda, Mapping):
                read_conda(json.dumps(plain(conda)), "conda_file", lines=False)
            elif (text := self._text(conda)) is not None:
                read_conda(text, str(conda))
        except Invalid as problem:
            return [Refusal(line, ("conda_file",), "Correct the conda file.") for line in problem.detail.splitlines()]
        return []

    def _text(self, conda: Any) -> str | None:
        """The text of a conda file; None if it cannot be read now, which who builds it will tell."""
        try:
            if isinstance(conda, LocalFiles):
                return conda.path.read_text(encoding="utf-8")
            if isinstance(conda, str) and conda.startswith(SCHEME):
                return self._content.path_of(conda.removeprefix(SCHEME)).read_text(encoding="utf-8")
        except (OSError, ValueError, BackendError):
            return None
        return None
