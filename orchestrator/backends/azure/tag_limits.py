"""Tags that Azure Resource Manager would refuse, found when planning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from orchestrator.backends.azure.specification.documented import TAG_NAME, TAG_VALUE, TAGS, forbidden_in_tag
from orchestrator.core.refusal import Refusal
from orchestrator.core.resource import MARK_TAGS

MOST: Final = TAGS - len(MARK_TAGS)


def refused_tags(body: Mapping[str, Any]) -> Iterator[Refusal]:
    """What of the tags of a tracked resource breaks a limit.

    Source: learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
    """
    tags = body.get("tags")
    if not isinstance(tags, Mapping):
        return
    if len(tags) > MOST:
        yield Refusal(
            f"it has {len(tags)} tags; Azure allows {TAGS}, of which amlctl needs up to {len(MARK_TAGS)}",
            ("tags",),
            f"Remove {len(tags) - MOST} of the tags.",
        )
    for name, value in tags.items():
        if not name:
            yield Refusal("the name of a tag is empty", ("tags",), "Give it a name, or remove it.")
        if len(name) > TAG_NAME:
            yield _too_long("name of a tag", len(name), TAG_NAME, ("tags", name))
        if found := forbidden_in_tag(name):
            yield Refusal(
                f"the name of a tag contains '{found}'; Azure allows none of < > % & \\ ? /",
                ("tags", name),
                f"Rename the tag without '{found}'.",
            )
        if isinstance(value, str) and len(value) > TAG_VALUE:
            yield _too_long("value of a tag", len(value), TAG_VALUE, ("tags", name))


def _too_long(what: str, length: int, most: int, path: tuple[str, ...]) -> Refusal:
    return Refusal(
        f"the {what} has {length} characters; Azure allows {most}", path, f"Shorten it to {most} characters."
    )
