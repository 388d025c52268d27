"""What the reference says about one field of a kind's body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDoc:
    """A field, or a whole body, with the fields inside it.

    Attributes:
        path: as a person writes it: ``jobs.sweep.limits``.
        type: what may stand there, in short: ``integer (≥ 1)``, ``list of string``; empty for a whole body.
        required: whether a body must have it.
        default: as JSON; empty if the schema has none.
        sentence: what it is, with its unit.
        notes: what is special about a change of it, each with the reason.
        forms: for a kind or type with several forms, their names.
        fields: the fields inside, required ones first; these have no fields.
    """

    path: str
    type: str
    required: bool
    default: str
    sentence: str
    notes: tuple[str, ...]
    forms: tuple[str, ...]
    fields: tuple[FieldDoc, ...]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]
