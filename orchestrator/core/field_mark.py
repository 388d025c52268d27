"""What can be special about a field of a body. A mark is put into the field's ``Annotated`` type, and every stage reads it there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldMark:
    """Special behavior of a field, in its ``Annotated`` type. `reason` is printed by plans and docs."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class AsWritten(FieldMark):
    """The field is text: ``1.10``, ``true`` and ``0x1F`` in it are the very text that stands in the file.

    Attributes:
        blank: an empty text is as good as none.
    """

    blank: bool = False


class Metadata(FieldMark):
    """A label: changed in place, never reruns work."""


class RunSetting(FieldMark):
    """Part of the body, not of the content: where or for how long work runs, not what it does. Taken into account at the next run."""


class LabelsKept(FieldMark):
    """Labels inside are run settings: they belong to parts of a run, which cannot be changed."""


class Immutable(FieldMark):
    """The service cannot change it in place: a change replaces the resource."""


class Computed(FieldMark):
    """Set by the service; never compared."""


class WriteOnly(FieldMark):
    """Never returned by the service: compared with what was last written."""


class Sensitive(FieldMark):
    """A secret: the spec must give it as ``${secret.X}``; write-only as well."""


@dataclass(frozen=True, slots=True)
class Files(FieldMark):
    """A local path (unless it is a URL or a reference) whose bytes join the content.

    Attributes:
        text: a text file of which line ends never matter.
        gitignore: ``.gitignore`` holds where there is no ``.amlignore``: source code, not data.
        entry: field beside it that names a file inside; empty if none does.
        usual: the file inside where that field is silent; empty if there need not be one.
        conda: a conda file.
        asset: they are the asset itself; this is its type where none is beside them.
        table: only a table fits; a type beside it that says otherwise is wrong by itself.
    """

    _: KW_ONLY
    text: bool = False
    gitignore: bool = False
    entry: str = ""
    usual: str = ""
    conda: bool = False
    table: bool = False
    asset: str = ""


@dataclass(frozen=True, slots=True)
class BodyFile(FieldMark):
    """The field takes a name, a body, or the path of a document with the body. Without this mark such a path begins with ``file:``.

    Attributes:
        beside: the member of a body that names the file instead; the other members override it. Empty if there is none.
    """

    beside: str = ""


class ServiceValue(FieldMark):
    """The service may set another value if the spec has none, or one of `values`."""


@dataclass(frozen=True, slots=True)
class Ref(FieldMark):
    """The field names another resource.

    Attributes:
        kind: the section it is looked up in.
        cascades: whether the target's content is part of what depends on it.
        bare: a name without ``azureml:`` is a reference too.
    """

    kind: str = ""
    cascades: bool = True
    bare: bool = False


@dataclass(frozen=True, slots=True)
class PartNames(FieldMark):
    """The mapping's keys, or the text, are names of parts of the same parent, as traffic refers to deployments; or a part of any.

    Attributes:
        part: ``deployments``.
        section: of the parent, where the text is ``azureml:PARENT:PART`` and may name any; empty for the parent beside it.
    """

    part: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Alias(FieldMark):
    """Two texts mean the same value: both are folded by `fold` before they are compared."""

    fold: Callable[[Any], Any] = lambda value: value


@dataclass(frozen=True, slots=True)
class Keyed(FieldMark):
    """A list without order; items are identified by this field (empty: by their value)."""

    key: str = ""


@dataclass(frozen=True, slots=True)
class Spelling(FieldMark):
    """How a field of a few words may be spelt, as the service's own loader reads it. Without this mark, in any case.

    Attributes:
        camel: as ``systemAssigned`` too.
        exact: as it stands only.
    """

    camel: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Columns(FieldMark):
    """The field names columns of a table in the same body.

    Attributes:
        table: the body's field with the table.
        also: further tables that have them too.
        keys: the names are the keys of the mapping.
    """

    table: str = ""
    also: tuple[str, ...] = ()
    keys: bool = False
