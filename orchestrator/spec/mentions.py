"""What one body mentions of other resources: checked against the catalogue, collected, followed to values."""

from __future__ import annotations

from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic, did_you_mean
from orchestrator.core.field_mark import PartNames, Ref
from orchestrator.core.fields import FieldNode
from orchestrator.core.span import Span
from orchestrator.core.tree import LocatedDict
from orchestrator.core.value import Reference, Secret, Template
from orchestrator.spec.body_problems import error
from orchestrator.spec.catalogue import Catalogue
from orchestrator.spec.draft import Draft
from orchestrator.spec.references import PREFIX, Mention


class Mentions:
    """Everything that one resource mentions, once, in document order.

    Args:
        catalogue: everything that can be mentioned.
        address: of the resource that mentions.

    Attributes:
        references: what was mentioned by text or expression.
        depends_on: the resources of this spec among them, and those that the lifecycle names.
        problems: mentions of what is not there.
    """

    __slots__ = ("_address", "_catalogue", "_following", "depends_on", "problems", "references")

    def __init__(self, catalogue: Catalogue, address: Address) -> None:
        self._catalogue = catalogue
        self._address = address
        self._following: list[tuple[Address, str]] = []
        self.references: list[Reference] = []
        self.depends_on: set[Address] = set()
        self.problems: list[Diagnostic] = []

    def need(self, text: str, span: Span) -> None:
        """An address under ``lifecycle.depends_on``."""
        found = self._catalogue.parse(text)
        if found is None:
            self.problems.append(self._catalogue.missing(text, span, self._address))
        else:
            self.depends_on.add(found)

    def text(self, found: Mention, text: str, span: Span, ref: Ref | None) -> Reference:
        """A text such as ``azureml:NAME@latest``.

        Args:
            ref: the mark of its field.
        """
        target = Address(found.section, found.name)
        target = target if found.elsewhere else self._catalogue.meant(target)
        cascades = ref.cascades if ref else True
        external = found.elsewhere or not self._catalogue.yields(target, found.version)
        if (
            external
            and not found.elsewhere
            and (jobs := self._catalogue.registered(target, found.version, self._address))
        ):
            return self._output(jobs, text, span, ref)
        if not external:
            self._check_attribute(target, found.attribute, span)
        elif not found.elsewhere and self._catalogue.is_off(target):
            self.problems.append(self._catalogue.missing(str(target), span, self._address))
        reference = Reference(
            target, found.attribute, version=found.version, text=text, span=span, external=external, cascades=cascades
        )
        self._add(reference)
        return reference

    def _output(self, jobs: list[tuple[Address, str]], text: str, span: Span, ref: Ref | None) -> Reference:
        """An asset that a job of this spec registers: what the job made, or the asset's name where a field takes only names."""
        job, output = jobs[0]
        if len(jobs) > 1:
            all_of_them = ", ".join(f"{address} (output {name})" for address, name in jobs)
            self.problems.append(
                error(
                    "invalid-reference",
                    f"{self._address}: '{text}' is registered by several outputs: {all_of_them}.",
                    f"Use the address of one of them: azureml://jobs/{job.name}/outputs/{output}.",
                    span,
                    self._address,
                )
            )
        attribute = text if ref is not None and ref.kind else f"outputs.{output}"
        if attribute is text and not text.startswith("azureml:"):
            attribute = f"azureml:{text}@latest"
        reference = Reference(
            job, attribute, version=None, text=text, span=span, cascades=ref.cascades if ref else True
        )
        self._add(reference)
        return reference

    def resolved(self, value: Any, span: Span, node: FieldNode | None) -> Any:
        """A value with its expressions, if it has any, followed as far as the spec knows them."""
        if isinstance(value, Reference):
            return self._expression(value, span, node)
        if isinstance(value, Template):
            parts: list[str | Reference | Secret] = []
            for part in value.parts:
                known = self._expression(part, span, node) if isinstance(part, Reference) else part
                parts.extend(_parts_of(known))
            if all(isinstance(part, str) for part in parts):
                return "".join(str(part) for part in parts)
            return Template(tuple(parts))
        return value

    def keys(self, tree: LocatedDict, names: PartNames, beside: Draft) -> None:
        """A mapping whose keys name parts beside this one, as traffic names deployments."""
        misshapen = beside.body.get(names.part)
        for key in tree:
            if not isinstance(misshapen, dict | None) or key in (misshapen or ()):
                continue  # validation has said so
            self.part(key, tree.key_span(key), names, beside.address)

    def part(self, name: str, span: Span, names: PartNames, parent: Address) -> None:
        """The name of a part beside this one."""
        target = Address(parent.section, parent.name, f"{names.part}.{name}")
        if self._catalogue.has(target):
            self.depends_on.add(target)
            return
        if span.file in self._catalogue.plain and not names.section:
            return  # `az ml … create -f` takes such a document alone: planning looks for the part in the workspace
        known = [part.leaf for part in self._catalogue.parts(parent) if part.kind.endswith(names.part)]
        self.problems.append(
            error(
                "unknown-resource",
                f"{self._address} names '{name}', but {parent} has no {names.part} of that name.",
                did_you_mean(
                    name,
                    known,
                    f"Available: {', '.join(known)}." if known else f"Add '{name}' under {names.part}.",
                ),
                span,
                self._address,
            )
        )

    def part_of(self, text: str, span: Span, names: PartNames) -> str:
        """A text ``azureml:PARENT:PART``, with the parent's name where it has its key. One that this spec lacks is in the workspace."""
        parent, _, part = text.removeprefix(PREFIX).partition(":")
        address = self._catalogue.meant(Address(names.section, parent))
        if not part or not self._catalogue.has(address):
            return text
        self.part(part, span, names, address)
        return f"{PREFIX}{address.name}:{part}"

    def _expression(self, written: Reference, span: Span, node: FieldNode | None) -> Any:
        """A ``${section.name.attribute}``: checked; a field of the other's body gives its value."""
        place = span if written.span.file.startswith("<") else written.span
        catalogue = self._catalogue
        target, attribute = catalogue.meant(written.target), written.attribute
        if not catalogue.has(target):
            self.problems.append(catalogue.missing(str(target), place, self._address))
            return written
        ref: Ref | None = node.mark(Ref) if node is not None else None
        given = catalogue.field_value(target, attribute)
        if given is not None:
            if not self._following:  # what lies further on is needed by the next, which says so itself
                self.depends_on.add(target)
            return self._followed(written, given, span, node)
        self._check_attribute(target, attribute, place)
        reference = Reference(
            target, attribute, version=None, text=str(written), span=place, cascades=ref.cascades if ref else True
        )
        self._add(reference)
        return reference

    def _followed(self, written: Reference, given: Any, span: Span, node: FieldNode | None) -> Any:
        """The value of another resource's field, which may mention a third. A cycle ends here: it is reported as one of resources."""
        if isinstance(given, Reference | Template):
            place = (written.target, written.attribute)
            if place in self._following:
                return written
            self._following.append(place)
            try:
                return self.resolved(given, span, node)
            finally:
                self._following.pop()
        return given

    def _check_attribute(self, target: Address, attribute: str, span: Span) -> None:
        problem = self._catalogue.attribute_problem(target, attribute, span, self._address)
        if problem is not None:
            self.problems.append(problem)

    def _add(self, reference: Reference) -> None:
        self.references.append(reference)
        if not reference.external:
            self.depends_on.add(reference.target)


def _parts_of(value: Any) -> tuple[str | Reference | Secret, ...]:
    """A value as it stands inside a longer text."""
    if isinstance(value, Template):
        return value.parts
    return (value,) if isinstance(value, Reference | Secret) else (_text_of(value),)


def _text_of(value: Any) -> str:
    """How a value is written inside a text: as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
