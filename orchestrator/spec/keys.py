"""Names that follow the target: ``"taxi-${var.environment}":`` as the key of a resource or of a part of one."""

from __future__ import annotations

from orchestrator.core.kind import Kinds
from orchestrator.core.tree import LocatedDict
from orchestrator.core.value import Unknown
from orchestrator.spec.evaluate import Evaluator
from orchestrator.spec.problems import Problems


class Keys:
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

    def named(self, key: str, section: LocatedDict) -> LocatedDict:
        """A section whose keys, and those of mappings of parts inside its bodies, are resolved; the same object if they were.

        Args:
            key: of the section.
            section: name to body.
        """
        kind = self._kinds.get(key)
        parts = [field for child in kind.children for field in child.fields] if kind else []
        found = self._resolved(section)
        for name, body in list(found.items()):
            if not isinstance(body, LocatedDict):
                continue
            changed = {
                field: self._resolved(inner) for field in parts if isinstance(inner := body.get(field), LocatedDict)
            }
            changed = {field: inner for field, inner in changed.items() if inner is not body[field]}
            if changed:
                found = found.copy() if found is section else found
                found[name] = body.copy()
                found[name].update(changed)
        return found

    def _resolved(self, tree: LocatedDict) -> LocatedDict:
        if not any("${" in key for key in tree):
            return tree
        named = LocatedDict(mark=tree.mark)
        for key in tree:
            mark = tree.key_marks.get(key, tree.mark)
            name = self._evaluator.resolve(key, mark)
            if isinstance(name, Unknown):
                continue  # why it has no value has been said
            if not isinstance(name, str):
                detail = f"'{key}' gives no text, and a name is one."
                self._problems.error("invalid-setting", detail, "Use variables of type string.", mark)
            elif name in named:
                self._problems.error(
                    "duplicate-resource",
                    f"'{name}' is defined twice.",
                    "Rename one of them.",
                    mark,
                    related=[("first defined here", named.key_marks[name])],
                )
            else:
                named.put(name, tree[key], mark, tree.value_marks.get(key))
        return named
