"""Whether an environment can be had on this machine, and what of it is otherwise; told before anything is built."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orchestrator.backends.local.conda_text import conda_text
from orchestrator.core.errors import BackendError, Invalid
from orchestrator.core.refusal import Refusal
from orchestrator.core.value import LocalFiles, opened, plain
from orchestrator.workspace import service
from orchestrator.workspace.service import hosted

if TYPE_CHECKING:
    from orchestrator.workspace.service import Recipe, Recipes

_OTHERWISE: Final = "Use an image with a conda_file, or run it in an Azure workspace."
_REMARK: Final = "Name another environment, or choose another target."


class Buildable:
    """Looks at each conda file, reference and model once.

    Args:
        kept: where a kept file lies, by its digest; for environments that are not in the spec.
        downloads: whether Pythons that are not here may be fetched.
    """

    def __init__(self, kept: Callable[[str], Path], *, downloads: bool = False) -> None:
        self._kept = kept
        self._downloads = downloads
        self._known: dict[str, tuple[Refusal, ...]] = {}

    def problems(self, body: Mapping[str, Any]) -> tuple[Refusal, ...]:
        """Why an environment cannot be had here, and what is otherwise; paths are inside its body.

        Args:
            body: of an environment, from the spec or from a record.
        """
        if body.get("build"):
            reason = "the environment is built from a Dockerfile, which is not supported there"
            return (Refusal(reason, ("build",), _OTHERWISE),)
        conda = body.get("conda_file")
        if conda is None:
            image = body.get("image")
            return self._refusals_of(f"image {image}", lambda: self._recipes().image(str(image or "")), ("image",))
        key = conda.digest if isinstance(conda, LocalFiles) else json.dumps(plain(opened(conda)), sort_keys=True)
        if key not in self._known:
            self._known[key] = tuple(self._conda(conda))
        return self._known[key]

    def hosted(self, text: str) -> tuple[Refusal, ...]:
        """The same of a reference to a curated environment or one of a registry; nothing for any other text."""
        name = hosted(text)
        return () if name is None else self._refusals_of(text, lambda: self._recipes().hosted(text, name))

    def stand_in(self, text: str, path: Path) -> tuple[Refusal, ...]:
        """The same of what settings put in an environment's place."""
        return self._refusals_of(f"{text} {path}", lambda: self._recipes().stand_in(text, path))

    def model(self, folder: Path) -> tuple[Refusal, ...]:
        """The same of the environment that an MLflow model declares itself."""
        return self._refusals_of(f"model {folder}", lambda: service.model_recipe(folder, self._recipes()))

    def _recipes(self) -> Recipes:
        return service.recipes(downloads=self._downloads)

    def _refusals_of(self, key: str, recipe: Callable[[], Recipe], place: tuple[str, ...] = ()) -> tuple[Refusal, ...]:
        if key not in self._known:
            try:
                remarks = recipe().remarks
                self._known[key] = tuple(Refusal(remark, place, _REMARK, stops=False) for remark in remarks)
            except BackendError as problem:
                self._known[key] = (Refusal(problem.detail, place, problem.fix),)
        return self._known[key]

    def _conda(self, conda: Any) -> list[Refusal]:
        if isinstance(conda, LocalFiles) and conda.path.is_dir():
            return [Refusal(f"{conda} is a folder", ("conda_file",), "Name the conda file in it.")]
        try:
            if isinstance(conda, Mapping):
                read = service.read_conda(json.dumps(plain(opened(conda))), "conda_file", lines=False)
            elif (text := conda_text(conda, self._kept)) is not None:
                read = service.read_conda(text, str(conda))
            else:
                return []
        except Invalid as problem:
            return [Refusal(line, ("conda_file",), "Correct the conda file.") for line in problem.detail.splitlines()]
        return list(self._refusals_of(f"{read}", lambda: self._recipes().conda(read), ("conda_file",)))
