"""The name of a resource inside a project."""

from __future__ import annotations

from typing import Final, NamedTuple

_WITHOUT_PARTS: Final = "serverless"


class Address(NamedTuple):
    """``section.name`` or, for what an endpoint contains, ``section.name.part``.

    Examples: ``compute.cpu``, ``online_endpoints.hf``, ``online_endpoints.hf.deployments.blue``,
    ``online_endpoints.hf.traffic``. Resource names hold no dot (the service refuses them in every kind that
    has parts), so the text form can be parsed back.
    """

    section: str
    name: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.section}.{self.name}.{self.part}" if self.part else f"{self.section}.{self.name}"

    @property
    def kind(self) -> str:
        """The key of the resource's kind: ``compute``, ``online_endpoints.deployments``, …"""
        return f"{self.section}.{self.part.split('.', 1)[0]}" if self.part else self.section

    @property
    def folded(self) -> Address:
        """The same for all that differ in upper and lower case only."""
        return Address(self.section, self.name.casefold(), self.part.casefold())

    @property
    def parent(self) -> Address | None:
        """The endpoint that contains this resource, if there is one."""
        return Address(self.section, self.name) if self.part else None

    @property
    def leaf(self) -> str:
        """The resource's own name: ``blue`` of ``online_endpoints.hf.deployments.blue``."""
        return self.part.rsplit(".", 1)[-1] if self.part else self.name

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read the printed form back.

        Asset names may hold dots (``data.iris.v1`` is the data asset ``iris.v1``); only sections whose kinds
        have parts (`has_parts`) are split further.

        Raises:
            ValueError: the text has no section or no name.
        """
        section, _, rest = text.partition(".")
        if not section or not rest:
            raise ValueError(f"{text!r} is not an address; expected section.name")
        if has_parts(section):
            name, _, part = rest.partition(".")
            return cls(section, name, part)
        return cls(section, rest)


def has_parts(section: str) -> bool:
    """Whether resources of a section contain resources of their own: endpoints do (deployments, traffic), except serverless
    ones, and nothing else does.

    A printed address is read where no kinds are known; a test sees that the kinds with parts are called so.
    """
    return section.endswith("_endpoints") and not section.startswith(_WITHOUT_PARTS)
