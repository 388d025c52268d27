"""What Microsoft's documentation forbids beside the specification. Each rule names its page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from orchestrator.backends.azure.specification.refusals import OPEN, change
from orchestrator.core.kind import Kinds, NameRule
from orchestrator.core.service_rules import Asked, BrokenRule, RuleSource
from orchestrator.core.tree import value_at
from orchestrator.core.wire import folded

# learn.microsoft.com/azure/templates/microsoft.machinelearningservices/change-log/workspaces
_API_VERSIONS: Final = (
    "2018-03-01-preview 2018-11-19 2019-05-01 2019-06-01 2019-11-01 2020-01-01 2020-02-18-preview 2020-03-01 2020-04-01 "
    "2020-05-01-preview 2020-05-15-preview 2020-06-01 2020-08-01 2020-09-01-preview 2021-01-01 2021-03-01-preview 2021-04-01 2021-07-01 "
    "2022-01-01-preview 2022-02-01-preview 2022-05-01 2022-06-01-preview 2022-10-01 2022-10-01-preview 2022-12-01-preview "
    "2023-02-01-preview 2023-04-01 2023-04-01-preview 2023-06-01-preview 2023-08-01-preview 2023-10-01 2024-01-01-preview 2024-04-01 "
    "2024-04-01-preview 2024-07-01-preview 2024-10-01 2024-10-01-preview 2025-01-01-preview 2025-04-01 2025-04-01-preview 2025-06-01 "
    "2025-07-01-preview 2025-09-01 2025-10-01-preview 2025-12-01"
)
API_VERSIONS: Final = tuple(_API_VERSIONS.split())

# learn.microsoft.com/azure/azure-resource-manager/management/tag-resources#limitations
TAGS: Final = 50
TAG_NAME: Final = 512
TAG_VALUE: Final = 256
_NOT_IN_TAGS: Final = re.compile(r"[<>%&\\?/]")

# learn.microsoft.com/azure/machine-learning/how-to-safely-rollout-online-endpoints
ALL_TRAFFIC: Final = 100
ALL_MIRRORED: Final = 50

_FIXED_OF_CLUSTERS: Final = (
    "vmSize",
    "osType",
    "vmPriority",
    "isolatedNetwork",
    "enableNodePublicIp",
    "remoteLoginPortPublicAccess",
)
"""learn.microsoft.com/azure/machine-learning/how-to-create-attach-compute-cluster: scale settings and identity can be updated."""

NAMED: Final = 2
"""Parts of the path of a resource right below a workspace: its collection and its name."""

Rule = Callable[[Mapping[str, Any]], Iterator[BrokenRule]]


def broken_version(query: Mapping[str, str], newest: str = "") -> Iterator[BrokenRule]:
    """The ``api-version`` of a request. Source: Azure Resource Manager, common API details.

    Args:
        newest: one more that is known, such as that of the installed client.
    """
    version = query.get("api-version", "")
    if not version:
        yield _broken(
            "The api-version query parameter (?api-version=) is required for all requests.",
            arm_code="MissingApiVersionParameter",
        )
    elif version not in (*API_VERSIONS, newest):
        yield _broken(
            f"No registered resource provider found for API version '{version}' of type 'Microsoft.MachineLearningServices/workspaces'. "
            f"The supported api-versions are '{', '.join(API_VERSIONS)}'.",
            arm_code="NoRegisteredProviderFound",
        )


def broken_names(asked: Asked, kinds: Kinds) -> Iterator[BrokenRule]:
    """Names of what a request makes. Source: of each rule, see `NameRule.source`."""
    if asked.method != "PUT" or len(asked.parts) not in (NAMED, NAMED + 2):
        return
    collection, name = asked.parts[0], asked.parts[-1]
    part = asked.parts[2] if len(asked.parts) > NAMED else ""
    if part == "versions":
        part, name = "", asked.parts[1]
    for kind in kinds.values():
        whole = kinds[kind.section] if kind.part else kind
        if kind.part == part and _plural(whole.azure.collection) == _plural(collection):
            rule = kind.variant_names.get(_variant(asked.body or {}), kind.name)
            if not re.fullmatch(rule.pattern, name):
                yield _wrong_name(name, rule)


def forbidden_in_tag(name: str) -> str:
    """The first character that the name of a tag may not have; empty if there is none."""
    found = _NOT_IN_TAGS.search(name)
    return found[0] if found else ""


def broken_tags(body: Mapping[str, Any]) -> Iterator[BrokenRule]:
    """Tags of a resource of Azure Resource Manager. Those of assets stand among their properties and have no such limits."""
    tags = body.get("tags")
    if not isinstance(tags, Mapping):
        return
    if len(tags) > TAGS:
        yield _broken(f"A resource has at most {TAGS} tags, not {len(tags)}.", "tags", "InvalidTags")
    for name, value in tags.items():
        if not name or len(name) > TAG_NAME or forbidden_in_tag(name):
            yield _broken(
                f"The tag name '{name}' must have 1 to {TAG_NAME} characters and none of <>%&\\?/.",
                "tags",
                "InvalidTagNameCharacters",
            )
        if value is not None and len(str(value)) > TAG_VALUE:
            yield _broken(
                f"The value of the tag '{name}' is longer than {TAG_VALUE} characters.", "tags", "InvalidTagValueLength"
            )


def broken_scale(body: Mapping[str, Any]) -> Iterator[BrokenRule]:
    """Node counts of a cluster. Source: learn.microsoft.com/azure/machine-learning/reference-yaml-compute-aml."""
    scale = _inside(body, "properties", "properties", "scaleSettings")
    least, most = _whole(scale.get("minNodeCount")), _whole(scale.get("maxNodeCount"))
    at = "properties.properties.scaleSettings"
    for name, value in (("minNodeCount", least), ("maxNodeCount", most)):
        if value is not None and value < 0:
            yield _broken(f"'{at}.{name}' ({value}) is less than 0.", f"{at}.{name}")
    if least is not None and most is not None and least > most:
        yield _broken(f"'{at}.minNodeCount' ({least}) is greater than maxNodeCount ({most}).", f"{at}.minNodeCount")


def broken_traffic(body: Mapping[str, Any]) -> Iterator[BrokenRule]:
    """Shares of the traffic of an endpoint."""
    for name, bound, exact in (("traffic", ALL_TRAFFIC, True), ("mirrorTraffic", ALL_MIRRORED, False)):
        at = f"properties.{name}"
        shares = {key: _whole(value) for key, value in _inside(body, "properties", name).items()}
        whole = [share for share in shares.values() if share is not None]
        for key, share in shares.items():
            if share is not None and not 0 <= share <= bound:
                yield _broken(f"'{at}.{key}' ({share}) must be between 0 and {bound}.", f"{at}.{key}")
        if exact and sum(whole) not in (0, bound):
            yield _broken(f"'{at}' adds up to {sum(whole)}; it must add up to {bound}, or to 0.", at)
        elif sum(whole) > bound:
            yield _broken(f"'{at}' adds up to {sum(whole)}, more than {bound}.", at)


def changed_computes(sent: Mapping[str, Any], present: Mapping[str, Any]) -> Iterator[BrokenRule]:
    """What cannot be changed about a compute. Source: learn.microsoft.com/rest/api/azureml/compute/create-or-update."""
    new, old = _inside(sent, "properties"), _inside(present, "properties")
    if str(new.get("computeType")).lower() != str(old.get("computeType")).lower():
        yield change("properties.computeType", old.get("computeType"), new.get("computeType"), RuleSource.DOCUMENTED)
    else:
        inner_new, inner_old = _inside(new, "properties"), _inside(old, "properties")
        for name in _FIXED_OF_CLUSTERS:
            before, after = inner_old.get(name), inner_new.get(name)
            if not {None, OPEN} & {before, after} and str(before).lower() != str(after).lower():
                yield change(f"properties.properties.{name}", before, after, RuleSource.DOCUMENTED)


BY_COLLECTION: Final[Mapping[str, Sequence[Rule]]] = {
    "computes": (broken_scale,),
    "onlineendpoints": (broken_traffic,),
}
"""Rules about a body, by the collection that it is put into."""

CHANGES: Final[Mapping[str, Sequence[Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[BrokenRule]]]]] = {
    "computes": (changed_computes,),
}
"""Rules about a body and what is there already."""


def _wrong_name(name: str, rule: NameRule) -> BrokenRule:
    return _broken(f"The name '{name}' is not valid: {rule.text}.", arm_code="InvalidResourceName")


def _broken(message: str, target: str = "", arm_code: str = "ValidationError") -> BrokenRule:
    return BrokenRule(arm_code=arm_code, message=message, target=target, source=RuleSource.DOCUMENTED)


def _plural(collection: str) -> str:
    return folded(collection).removesuffix("s")


def _variant(body: Mapping[str, Any]) -> str:
    return folded(_inside(body, "properties").get("computeType", ""))


def _inside(tree: Any, *names: str) -> Mapping[str, Any]:
    found = value_at(tree, names)
    return found if isinstance(found, Mapping) else {}


def _whole(value: Any) -> int | None:
    try:
        return None if value is None else int(value)
    except (TypeError, ValueError):
        return None  # the specification's own check tells
