"""What a text mentions: ``azureml:`` names and addresses, as references."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from orchestrator.core.field_mark import Ref

PREFIX: Final = "azureml:"
NOT_COMPUTES: Final = frozenset({"local", "serverless", "azureml:local", "azureml:serverless"})
"""Values of ``compute`` that are no names. Source: Azure ML documentation, serverless compute."""

_REGISTRY: Final = re.compile(
    r"azureml://registries/(?P<registry>[^/]+)/(?P<section>[a-z]+)/(?P<name>[^/]+)(/(?P<by>versions|labels)/(?P<version>[^/]+))?"
)
_JOB: Final = re.compile(r"azureml://(?P<section>jobs)/(?P<name>[^/]+)/outputs/(?P<path>.+?)/*")
_NAMED: Final = 4
"""Parts of an ``azureml://SECTION/NAME`` between slashes."""
_DATASTORE: Final = re.compile(r"azureml://(?P<section>datastores)/(?P<name>[^/]+)(/paths/.*|/*)")
_NAME: Final = re.compile(r"azureml:(?P<name>[^:@/]+)(?P<version>[:@][^:@/]+)?")


class Mention(NamedTuple):
    """A resource that a text names.

    Attributes:
        section: where it would stand in a spec.
        attribute: what of it is meant (see `core.value.Reference`).
        version: a version, or a label with its ``@``.
        elsewhere: it is in a registry, never in a spec.
        whole: the text names the resource itself, so that it can be replaced by the revision in force.
    """

    section: str
    name: str
    attribute: str = "id"
    version: str | None = None
    elsewhere: bool = False
    whole: bool = True


def mention(text: str, section: str, *, bare: bool) -> Mention | None:
    """Read a text that may name a resource.

    Args:
        text: a value of a field that can hold a reference.
        section: where a short name is looked up; empty if the field takes no short names.
        bare: whether a name without ``azureml:`` is one too.

    Returns:
        None for anything else: a path, a URL, a long Azure id, an expression of Azure ML.
    """
    if text.startswith("azureml://"):
        return _address(text)
    if not section or "${{" in text:
        return None
    if text.startswith(PREFIX):
        found = _NAME.fullmatch(text)
        if found is None or text in NOT_COMPUTES:
            return None
        version = found["version"]
        return Mention(section, found["name"], version=version[1:] if version and version[0] == ":" else version)
    if bare and "/" not in text and text not in NOT_COMPUTES:
        return Mention(section, text)
    return None


def _address(text: str) -> Mention | None:
    if "${{" in "/".join(text.split("/")[:_NAMED]):
        return None  # the service fills in the name when it runs: ${{default_datastore}}
    if found := _JOB.fullmatch(text):
        return Mention(found["section"], found["name"], f"outputs.{found['path']}")
    if found := _DATASTORE.fullmatch(text):
        return Mention(found["section"], found["name"], "name", whole=False)
    if found := _REGISTRY.fullmatch(text):
        version = found["version"]
        version = f"@{version}" if found["by"] == "labels" else version
        return Mention(found["section"], found["name"], version=version, elsewhere=True)
    return None


def malformed(text: str, mark: Ref) -> str | None:
    """Why a text of a field that must name a resource does not.

    Returns:
        The reason in words; None if the text is fine or is no reference at all.
    """
    if "${{" in text or text.startswith("/subscriptions/"):
        return None
    if text.startswith(PREFIX):
        rest = text.removeprefix(PREFIX)
        if rest.startswith(("/subscriptions/", "//")) or _NAME.fullmatch(text):
            return None
        return f"'{text}' is not azureml:NAME, azureml:NAME:VERSION or azureml:NAME@LABEL"
    if mark.bare:
        return None
    return f"'{text}' does not start with 'azureml:'"
