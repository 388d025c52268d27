"""What a spec offers to be mentioned: its resources, their versions and their values."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any, Final

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, did_you_mean
from orchestrator.core.field_mark import Ref
from orchestrator.core.kind import Identity
from orchestrator.core.names import AS_WRITTEN, FollowingNames
from orchestrator.core.registration import DEFAULT_TYPE, Registration, registrations
from orchestrator.core.span import Span
from orchestrator.core.tree import value_at
from orchestrator.core.value import Unknown
from orchestrator.spec.body_problems import error
from orchestrator.spec.draft import Draft

MOST_COMPARISONS: Final = 50
"""Mentions of missing resources for which the nearest name is looked up. Comparing a name with 10,000 others takes a good part
of a second, and whoever broke more than this many mentions broke them all in the same way."""


_NO_ASSETS: Final[Mapping[str, str]] = {}


class Catalogue:
    """All resources by address.

    Args:
        drafts: of the whole spec.
        disabled: addresses (as text) that are off in this target, with the place that says so.
        names: of resources that stand under another key.
        assets: type of an asset to its section.
        plain: names of the files that are plain CLI v2 documents.
    """

    def __init__(
        self,
        drafts: Iterable[Draft],
        disabled: Mapping[str, Span],
        names: FollowingNames = AS_WRITTEN,
        assets: Mapping[str, str] = _NO_ASSETS,
        plain: Container[str] = (),
    ) -> None:
        self.plain = plain
        self._assets = assets
        self._names = names
        self._drafts = {draft.address: draft for draft in drafts}
        self._folded = {address.folded: address for address in self._drafts}
        self._disabled = disabled
        self._comparisons = MOST_COMPARISONS
        self._registered: dict[Address, list[tuple[Address, Registration]]] = {}
        for draft in self._drafts.values():
            for named_output in registrations(draft.body) if "outputs.*" in draft.kind.attributes else ():
                asset = Address(self.section_of(named_output.type), named_output.name)
                self._registered.setdefault(asset, []).append((draft.address, named_output))

    def section_of(self, type_: Any) -> str:
        """Where an asset of a type stands; one without a type, or with one that is none, is a folder of data."""
        return self._assets.get(str(type_)) or self._assets.get(DEFAULT_TYPE, "")

    def has(self, address: Address) -> bool:
        """Whether the spec has the resource."""
        return address in self._drafts

    def parts(self, parent: Address) -> list[Address]:
        """What a resource contains."""
        return list(self._drafts[parent].parts) if parent in self._drafts else []

    def is_off(self, address: Address) -> bool:
        """Whether the resource is in the spec, but not in this target."""
        return str(address) in self._disabled

    def parse(self, text: str) -> Address | None:
        """The resource that a printed address names."""
        try:
            address = Address.parse(text)
        except ValueError:
            return None
        address = self.meant(address)
        return address if address in self._drafts else None

    def meant(self, address: Address) -> Address:
        """The resource that an address names: by its name, by the key it is written under, or by either in another case."""
        if address in self._drafts:
            return address
        named = self._names.address(address)
        return named if named in self._drafts else self._folded.get(address.folded, named)

    def key(self, address: Address) -> str:
        """See `FollowingNames.key`."""
        return self._names.key(address)

    def yields(self, target: Address, version: str | None) -> bool:
        """Whether a mention means the resource of this spec.

        A name alone and ``@latest`` do. A fixed version means the spec's own resource only if that pins the same version: what this
        spec would number next is not known to who writes a number, so any other number is one that exists already.
        """
        draft = self._drafts.get(target)
        if draft is None:
            return False
        if version is None or version == "@latest" or draft.kind.identity is not Identity.VERSIONED:
            return True
        return str(draft.body.get("version")) == version

    def registered(self, asset: Address, version: str | None, by: Address) -> list[tuple[Address, str]]:
        """The jobs that register an asset as one of their outputs, each with the output's name.

        Args:
            version: as it was mentioned. A number means an output of that very version, no version and ``@latest`` any.
            by: who mentions it: a job that reads the asset which it makes reads what earlier runs have made.
        """
        return [
            (job, named_output.output)
            for job, named_output in self._registered.get(asset, ())
            if job != by and (version in (None, "@latest") or version == named_output.version)
        ]

    def field_value(self, target: Address, attribute: str) -> Any:
        """The value of a field of the target's own body, if the attribute is one; it may itself mention others. Else None."""
        draft = self._drafts[target]
        if attribute in draft.kind.attributes:
            return None
        value = value_at(draft.body, attribute.split("."))
        return value if not isinstance(value, dict | list | Unknown) else None

    def attribute_problem(self, target: Address, attribute: str, span: Span, address: Address) -> Diagnostic | None:
        """Why a target has no such value; None if it has."""
        draft = self._drafts[target]
        if attribute in draft.kind.attributes:
            return None
        if isinstance(value_at(draft.body, attribute.split(".")), Unknown):
            return None  # it is there; why it has no value has been said
        outputs = _outputs(draft)
        if attribute.split("/")[0] in outputs:
            return None
        known = [*(name for name in draft.kind.attributes if not name.endswith(".*")), *outputs]
        fields = [name for name, value in draft.body.items() if not isinstance(value, dict | list)]
        return error(
            "unknown-attribute",
            f"{address} refers to the attribute '{attribute}' of {target}, which does not exist.",
            did_you_mean(attribute, [*known, *fields], f"Available: {', '.join(known)}."),
            span,
            address,
            [("the resource", draft.span)],
        )

    def missing(self, text: str, span: Span, address: Address) -> Diagnostic:
        """A mention of a resource that the spec has not."""
        off = self._disabled.get(text)
        if off is not None:
            return error(
                "disabled-resource",
                f"{address} depends on {text}, which is disabled in this target by its lifecycle.",
                f"Enable {text} in this target, or disable {address} too.",
                span,
                address,
                [("disabled here", off)],
            )
        known = self._near(text.partition(".")[0])
        return error(
            "unknown-resource",
            f"{address} refers to {text}, which is not in this spec.",
            did_you_mean(text, known, "Use an address of this spec: section.name."),
            span,
            address,
        )

    def _near(self, section: str) -> list[str]:
        """Addresses to compare a misspelt one with: of its section, unless there is none of that name."""
        if self._comparisons <= 0:
            return []
        self._comparisons -= 1
        return [str(other) for other in self._drafts if other.section == section] or [str(o) for o in self._drafts]

    def unclear(self, why: str, text: str, ref: Ref, span: Span, address: Address) -> Diagnostic:
        """A text that must name a resource and does not."""
        names = [other.name for other in self._drafts if other.section == ref.kind and not other.part]
        match = text.removeprefix("azureml:").split(":")[0].split("@")[0]
        near = match if match in names else None
        fix = f"Write 'azureml:{near}@latest'." if near else "Write azureml:NAME@latest or azureml:NAME:VERSION."
        return error("invalid-reference", f"{address}: {why}.", fix, span, address)


def _outputs(draft: Draft) -> list[str]:
    """What of a job's outputs can be mentioned."""
    if "outputs.*" not in draft.kind.attributes:
        return []
    written = draft.body.get("outputs")
    names = [*(written if isinstance(written, dict) else ()), *draft.kind.unnamed_outputs(draft.variant)]
    return [f"outputs.{name}" for name in names]
