"""References, local files and digests: drafts become desired resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.concealed import concealed
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.fields import root_node
from orchestrator.core.resource import Check, Desired
from orchestrator.core.value import Reference
from orchestrator.spec import content
from orchestrator.spec.body_walk import BodyWalk
from orchestrator.spec.catalogue import Catalogue
from orchestrator.spec.draft import Draft
from orchestrator.spec.lifecycle import read_lifecycle
from orchestrator.spec.local_files import LocalFileReader
from orchestrator.spec.scalars import as_written


class Resolver:
    """Resolves the drafts of one composition.

    Args:
        catalogue: everything that can be mentioned.
        files: reads local files.
        tags: of the whole project.
        target: the chosen target's name.
    """

    def __init__(self, catalogue: Catalogue, files: LocalFileReader, tags: Mapping[str, Any], target: str = "") -> None:
        self._target = target
        self._catalogue = catalogue
        self._files = files
        spellings = getattr(tags, "spellings", {})
        self._tags = {name: as_written(value, spellings.get(name, "")) for name, value in tags.items()}

    def resolve(self, draft: Draft, checks: tuple[Check, ...]) -> tuple[Desired, list[Diagnostic]]:
        """Make the desired resource of a draft; mistakes are left out of it and returned beside it."""
        walk = BodyWalk(draft, self._catalogue, self._files)
        mentions = walk.mentions
        node = root_node(draft.kind, draft.variant)
        properties = walk.body(draft.body, node)
        if self._tags and draft.kind.taggable and "tags" in (node.fields or {}):
            own = properties.get("tags")
            properties["tags"] = {**self._tags, **own} if isinstance(own, dict) else dict(self._tags)
        properties = concealed(properties)
        lifecycle, needs, wrong = read_lifecycle(draft)
        walk.problems.extend(wrong)
        for text, span in needs:
            mentions.need(text, span)
        if draft.parent is not None:
            mentions.depends_on.add(draft.parent.address)
        digest, parts = content.split(draft.kind, draft.variant, properties, node)
        labels = parts.labels
        if checks:
            labels["tests"] = [_check_label(check) for check in checks]
        version, key = draft.body.get("version"), self._catalogue.key(draft.address)
        desired = Desired(
            address=draft.address,
            properties=properties,
            content=digest,
            metadata=content.digest_of(labels),
            references=tuple(mentions.references),
            depends_on=frozenset(mentions.depends_on),
            files=walk.files,
            lifecycle=lifecycle,
            version=None if version is None else str(version),
            checks=checks,
            span=draft.span,
            source=draft.body,
            variant=draft.variant,
            run_settings=content.digest_of(parts.run_settings),
            key=key,
            target=self._target if key else "",
        )
        return desired, walk.problems


def _check_label(check: Check) -> list[Any]:
    return [check.name, check.body, sorted(check.headers), check.status, check.has_expect, check.expect, check.match]


def externals(resources: Iterable[Desired]) -> tuple[Reference, ...]:
    """References to what is not in the spec, each text once."""
    seen: dict[tuple[Address, str], Reference] = {}
    for desired in resources:
        for reference in desired.references:
            if reference.external:
                seen.setdefault((reference.target, reference.text), reference)
    return tuple(seen.values())
