"""Texts that were meant to be ``azureml:`` names or addresses and are none: the nearest right form of each."""

from __future__ import annotations

import re
from typing import Final

from orchestrator.core.diagnostic import nearest
from orchestrator.spec.unseen import described, unseen, without

_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z_-]{2,12}):(?P<slashes>/*)(?P<rest>[^\s]*)")
_OTHER_SCHEMES: Final = frozenset({"https", "http", "file", "abfss", "abfs", "wasbs", "wasb", "adls", "runs", "models"})
_WITH_TWO_SLASHES: Final = ("https", "http", "abfss", "abfs", "wasbs", "wasb")
_PLACES: Final = ("datastores", "jobs", "registries", "subscriptions", "locations")
_NOT_SPOKEN_OF: Final = frozenset({
    "data", "models", "environments", "components", "codes", "workspaces", "resourcegroups", "feeds", "runs", "artifacts", "experiments",
})  # fmt: skip
"""First words of addresses that the service makes itself; what follows them is its own business."""

_SHAPES: Final = {
    "datastores": (re.compile(r"[^/]+(/paths(/.*)?|/*)"), "azureml://datastores/NAME/paths/PATH", "paths"),
    "jobs": (re.compile(r"[^/]+/outputs/.+"), "azureml://jobs/NAME/outputs/OUTPUT", "outputs"),
    "registries": (re.compile(r"[^/]+/[a-z]+/.+"), "azureml://registries/REGISTRY/SECTION/NAME/versions/VERSION", ""),
}
"""What follows the first word. Source: Azure ML documentation, core YAML syntax, references to resources."""


def mistyped(text: str) -> tuple[str, str] | None:
    """Why a text is no address though it was meant to be one, and the nearest right form.

    Args:
        text: a value of a field that takes addresses.

    Returns:
        None for what is right, for paths, and for addresses of other schemes.
    """
    found = _SCHEME.match(text)
    if found is None or "${{" in text:
        return None
    scheme, slashes, rest = found["scheme"], found["slashes"], found["rest"]
    if scheme != "azureml":
        if (elsewhere := _elsewhere(scheme.lower(), slashes, rest)) is not None:
            return elsewhere
        if scheme.lower() in _OTHER_SCHEMES or nearest(scheme, ["azureml"], cutoff=0.75) is None:
            return None
        right = f"azureml:{slashes}{rest}"
        also = mistyped(right)
        return f"'{scheme}:' is not 'azureml:'", also[1] if also else right
    first, _, after = rest.partition("/")
    if slashes != "//" and (signs := unseen(text)):
        return f"it has {described(signs)}", without(text, signs)
    if slashes != "//":
        place = nearest(first, _PLACES, cutoff=0.75) if after and "/" in rest else None
        if place in (None, "subscriptions") or "@" in first or ":" in first:
            return None
        return "an address begins with 'azureml://'", _address(place, after)
    if first.lower() in _NOT_SPOKEN_OF:
        return None
    if first not in _PLACES:
        place = nearest(first, _PLACES, cutoff=0.6) or ""
        return f"'azureml://{first}' is not one of azureml://{', azureml://'.join(_PLACES)}", _address(place, after)
    shape = _SHAPES.get(first)
    if shape is None or shape[0].fullmatch(after):
        return None
    return f"it is not of the form {shape[1]}", _address(first, after)


def _elsewhere(scheme: str, slashes: str, rest: str) -> tuple[str, str] | None:
    """The same for addresses of storage and the web; an unknown scheme that resembles none of them is let be."""
    if scheme == "runs" and not re.fullmatch(r"/[^/]+/.+", f"{slashes}{rest}"):
        return "a run's address names what the run has logged", f"runs:/{rest.strip('/') or 'RUN'}/model"
    if scheme in _WITH_TWO_SLASHES:
        wrong = slashes != "//" and "/" in slashes + rest
        return (f"'{scheme}:' is followed by two slashes", f"{scheme}://{rest}") if wrong else None
    if slashes != "//" or scheme in _OTHER_SCHEMES:
        return None
    right = nearest(scheme, _WITH_TWO_SLASHES, cutoff=0.75)
    return (f"'{scheme}://' is not a supported scheme", f"{right}://{rest}") if right else None


def _address(place: str, after: str) -> str:
    """The address with its fixed words in place; the general form where nothing can be told."""
    shape = _SHAPES.get(place)
    if shape is None:
        return "azureml://datastores/NAME/paths/PATH" if not place else f"azureml://{place}/{after}"
    pattern, form, word = shape
    if pattern.fullmatch(after):
        return f"azureml://{place}/{after}"
    name, _, rest = after.partition("/")
    middle, _, end = rest.partition("/")
    if not word or not name or not middle:
        return form
    near = middle if not end or nearest(middle, [word], cutoff=0.6) is None else ""
    tail = "/".join(filter(None, (near, end)))
    return f"azureml://{place}/{name}/{word}/{tail}"
