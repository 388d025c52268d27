"""Names that follow the target: ``"taxi-${var.environment}":`` as the key of a resource or of a part of one, or ``name:`` in its body."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from orchestrator.core.address import Address
from orchestrator.core.kind import Kind, Kinds
from orchestrator.core.names import FollowingNames
from orchestrator.core.tree import LocatedDict, Mark
from orchestrator.core.value import Unknown
from orchestrator.spec.evaluate import Evaluator
from orchestrator.spec.problems import Problems


class KeyNames:
    """Resolves keys with what is known before any resource: variables, the target, the environment.

    Args:
        evaluator: of such expressions; it tells those that cannot stand there.
        kinds: tell which fields of a body hold parts under their names.
        problems: receives keys that are no text, or are one name.
    """

    def __init__(self, evaluator: Evaluator, kinds: Kinds, problems: Problems) -> None:
        self._evaluator = evaluator
        self._kinds = kinds
        self._problems = problems
        self._written: dict[Address, str] = {}
        self._meant: dict[Address, Address] = {}

    @property
    def names(self) -> FollowingNames:
        """What was resolved so far."""
        return FollowingNames(self._written, self._meant)

    def keys_of(self, section: str) -> set[str]:
        """The keys of resources whose bodies say another name."""
        return {address.name for address in self._meant if address.section == section and not address.part}

    def named(self, key: str, section: LocatedDict) -> LocatedDict:
        """A section whose keys, and those of mappings of parts inside its bodies, are resolved; the same object if they were.

        Args:
            key: of the section.
            section: name to body.
        """
        parts = _part_fields(self._kinds.get(key))
        found = self._resolved(section, Address(key, ""))
        for name, body in list(found.items()):
            if not isinstance(body, LocatedDict):
                continue
            changed = {
                field: self._resolved(inner, Address(key, name, f"{field}."))
                for field in parts
                if isinstance(inner := body.get(field), LocatedDict)
            }
            changed = {field: inner for field, inner in changed.items() if inner is not body[field]}
            if changed:
                found = found.copy() if found is section else found
                found[name] = body.copy()
                found[name].update(changed)
        return found

    def _resolved(self, tree: LocatedDict, where: Address) -> LocatedDict:
        if not any("${" in key for key in tree):
            return tree
        named = LocatedDict(mark=tree.mark)
        for key in tree:
            mark = tree.key_marks.get(key, tree.mark)
            name = self._evaluator.resolve(key, mark)
            if isinstance(name, Unknown):
                continue  # why it has no value has been said
            if not isinstance(name, str):
                detail = f"'{key}' is not a string, and a name must be one."
                self._problems.error("invalid-setting", detail, "Use variables of type string.", mark)
            elif self._put(named, name, tree, key, mark) and "${" in key:
                self._written[_below(where, name)] = f"{where.part}{key}"
        return named

    def _put(self, named: LocatedDict, name: str, tree: LocatedDict, key: str, mark: Mark) -> bool:
        if name in named:
            self._problems.error(
                "duplicate-resource",
                f"'{name}' is defined twice.",
                "Rename one of them.",
                mark,
                related=[("first defined here", named.key_marks[name])],
            )
            return False
        named.put(name, tree[key], tree.key_marks.get(key), tree.value_marks.get(key))
        return True

    def bodies(
        self, sections: Mapping[str, LocatedDict], target: LocatedDict, guests: Collection[str]
    ) -> dict[str, LocatedDict]:
        """The sections with each resource under the name that its body says.

        A name that has no expression and does not come from the target must be the key.

        Args:
            sections: of the spec with the target laid over, under their keys.
            target: the target's own part.
            guests: names of files that are documents of other tools: the key counts, whatever they say.
        """
        return {key: self._section(key, tree, target.get(key), guests) for key, tree in sections.items()}

    def _section(self, section: str, tree: LocatedDict, over: Any, guests: Collection[str]) -> LocatedDict:
        kind = self._kinds.get(section)
        found = self._renamed(tree, Address(section, ""), over, guests)
        fields = _part_fields(kind)
        if not fields:
            return found
        for name, body in list(found.items()):
            if not isinstance(body, LocatedDict):
                continue
            above = over.get(name) if isinstance(over, LocatedDict) else None
            whole = self._parts(kind, body, Address(section, name), above, guests)
            if whole is not body:
                found = found.copy() if found is tree else found
                found[name] = whole
        return found

    def _parts(
        self, kind: Kind | None, body: LocatedDict, whole: Address, over: Any, guests: Collection[str]
    ) -> LocatedDict:
        """A body whose parts stand under their names, wherever it names them."""
        result, names = body, dict[str, str]()
        children = sorted(kind.children, key=lambda child: not child.keyed) if kind else ()
        for child in children:
            for field in child.fields:
                inner = body.get(field)
                if not isinstance(inner, LocatedDict):
                    continue
                if child.keyed:
                    above = over.get(field) if isinstance(over, LocatedDict) else None
                    place = Address(whole.section, whole.name, f"{field}.")
                    changed = self._renamed(inner, place, above, guests)
                    names = {
                        key.part.removeprefix(place.part): meant.part.removeprefix(place.part)
                        for key, meant in self._meant.items()
                        if key[:2] == whole[:2] and key.part.startswith(place.part)
                    }
                else:
                    changed = _under_names(inner, names)
                if changed is not inner:
                    result = result.copy() if result is body else result
                    result[field] = changed
        return result

    def _renamed(self, tree: LocatedDict, where: Address, over: Any, guests: Collection[str]) -> LocatedDict:
        names = {
            key: name
            for key, body in tree.items()
            if isinstance(body, LocatedDict)
            and (name := self._said(key, body, over.get(key) if isinstance(over, LocatedDict) else None, guests))
        }
        if not names:
            return tree
        named = LocatedDict(mark=tree.mark)
        for key in tree:
            name = names.get(key, key)
            self._put(named, name, tree, key, tree.key_marks.get(key, tree.mark))
        self._follow({_below(where, key): _below(where, name) for key, name in names.items()})
        return named

    def _follow(self, moved: Mapping[Address, Address]) -> None:
        """Note new names. All at once, for two names may change places."""
        self._meant.update(moved)
        written = {name: self._written.pop(key, key.part or key.name) for key, name in moved.items()}
        for part in [part for part in self._written if part.part and Address(*part[:2]) in moved]:
            whole = moved[Address(*part[:2])]
            written[Address(whole.section, whole.name, part.part)] = self._written.pop(part)
        self._written.update(written)

    def _said(self, key: str, body: LocatedDict, over: Any, guests: Collection[str]) -> str:
        """The name that a body says, if it is another than its key; empty if it says none."""
        written, mark = body.get("name"), body.value_marks.get("name", body.mark)
        if not isinstance(written, str) or mark[0] in guests:
            return ""
        name = self._evaluator.resolve(written, mark)
        if name == key or isinstance(name, Unknown):
            return ""
        if not isinstance(name, str) or not name:
            detail = f"'name: {written}' is not a string, and a name must be one."
            self._problems.error("invalid-setting", detail, "Use variables of type string.", mark)
            return ""
        if "${" in written or (isinstance(over, LocatedDict) and "name" in over):
            return name
        self._problems.error(
            "contradictory-name",
            f"The key is '{key}', but the body has 'name: {name}'.",
            f"Remove 'name', or use '{name}' as the key. A name that depends on the target is written as "
            "'name: text-${var.NAME}', or in the target itself.",
            mark,
        )
        return ""


def _below(where: Address, name: str) -> Address:
    return Address(where.section, where.name, f"{where.part}{name}") if where.part else Address(where.section, name)


def _part_fields(kind: Kind | None) -> list[str]:
    return [field for child in kind.children for field in child.fields] if kind else []


def _under_names(tree: LocatedDict, names: Mapping[str, str]) -> LocatedDict:
    """A mapping that names parts by their keys, as traffic does, with their names in place of the keys."""
    if not any(key in names and names[key] not in tree for key in tree):
        return tree
    named = LocatedDict(mark=tree.mark)
    for key in tree:
        name = names.get(key, key)
        named.put(name if name not in tree else key, tree[key], tree.key_marks.get(key), tree.value_marks.get(key))
    return named
