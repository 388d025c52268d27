"""Adds what treatments bring about, by double machine learning. It looks at the data alone, never at the model.

Source: Azure ML documentation, "Understand the causal inference component"; EconML, ``CausalAnalysis``, which Azure's component uses.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Final

from orchestrator.core.extras import install_extra
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.references.curated import OWN_REGISTRY
from orchestrator.workspace.references.hosted import component_named
from orchestrator.workspace.responsible_ai.arguments import Arguments
from orchestrator.workspace.responsible_ai.frames import label, need_columns
from orchestrator.workspace.responsible_ai.insights import CLASSIFICATION, Insights, write_insight

_COMPONENT: Final = "rai_tabular_causal"
_LOCAL_ROWS: Final = 100
_NUMERIC: Final = "num"
"""EconML's word for a treatment that is a number and grows by one."""


def run(arguments: Arguments) -> None:
    """Write the causal analysis.

    Raises:
        JobRefused: EconML is not installed, there are more than two classes, or a feature is none.
    """
    insights = Insights(arguments.path("rai_insights_dashboard"))
    facts = insights.facts
    treatments = arguments.names("treatment_features")
    if not treatments:
        raise JobRefused("'treatment_features' is empty: name at least one feature, as '[\"age\"]'.")
    features = insights.train[list(facts.features)]
    need_columns(features, treatments, "The dashboard")
    if facts.task == CLASSIFICATION and len(facts.classes) != 2:
        raise JobRefused(f"The causal analysis takes two classes; there are {len(facts.classes)}.")
    alpha = arguments.number("alpha", 0.05)
    analysis = _fitted(arguments, insights, treatments)
    tests = insights.test[list(facts.features)]
    content = {
        "alpha": alpha,
        "nuisance_model": arguments.text("nuisance_model", "linear"),
        "heterogeneity_model": arguments.text("heterogeneity_model", "linear"),
        "treatments": list(treatments),
        "effects": _rows(analysis.global_causal_effect(alpha=alpha), ("feature", "value"), insights),
        "local": _rows(
            analysis.local_causal_effect(tests[:_LOCAL_ROWS], alpha=alpha), ("row", "feature", "value"), insights
        ),
        "policies": [
            policy for name in treatments if (policy := _policy(analysis, tests, name, treatments, arguments))
        ],
    }
    write_insight(arguments.path("output"), "causal", facts, content)
    for effect in content["effects"]:  # type: ignore[attr-defined]
        print(f"{effect['feature']} {effect['change']}: {effect['point']:.4g} (p = {effect['p_value']:.3g})")


def _fitted(arguments: Arguments, insights: Insights, treatments: Sequence[str]) -> Any:
    try:
        from econml.solutions.causal_analysis import CausalAnalysis
    except ImportError as missing:
        raise JobRefused(f"The causal analysis requires econml. {install_extra('local', 'rai')}") from missing
    facts = insights.facts
    heterogeneity = arguments.names("heterogeneity_features") or None
    need_columns(insights.train[list(facts.features)], heterogeneity or (), "The dashboard")
    categories = arguments.optional("categories") or "auto"
    seed = arguments.optional("random_state")
    analysis = CausalAnalysis(
        feature_inds=list(treatments),
        categorical=list(facts.categorical),
        heterogeneity_inds=None if heterogeneity is None else [list(heterogeneity)] * len(treatments),
        feature_names=list(facts.features),
        classification=facts.task == CLASSIFICATION,
        upper_bound_on_cat_expansion=arguments.whole("upper_bound_on_cat_expansion", 50),
        nuisance_models=arguments.choice("nuisance_model", _words("nuisance_model"), "linear"),
        heterogeneity_model=arguments.choice("heterogeneity_model", _words("heterogeneity_model"), "linear"),
        categories=categories if categories == "auto" else arguments.json("categories"),
        n_jobs=arguments.whole("n_jobs", 1),
        skip_cat_limit_checks=arguments.flag("skip_cat_limit_checks", default=False),
        random_state=arguments.whole("random_state", 0) if seed is not None else 0,
    )
    outcome = insights.train[facts.target]
    if facts.task == CLASSIFICATION:
        outcome = (outcome.map(label) == facts.classes[1]).astype(int)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of EconML's estimators about the shape of their own tables
            return analysis.fit(insights.train[list(facts.features)], outcome)
    except (ValueError, AssertionError) as error:
        raise JobRefused(f"EconML refuses the data: {' '.join(str(error).split())[:300]}") from error


def _words(name: str) -> tuple[str, ...]:
    """What an input may be, as the catalogue says."""
    component = component_named(OWN_REGISTRY, _COMPONENT)
    return tuple(component.body["inputs"][name]["enum"]) if component is not None else ()


def _rows(table: Any, names: Sequence[str], insights: Insights) -> list[dict[str, Any]]:
    """A table of effects as rows: its index tells the feature, and the treatment's value."""
    found = []
    for index, values in zip(table.index, table.to_dict("records"), strict=True):
        keys = dict(zip(names, index if isinstance(index, tuple) else (index,), strict=False))
        described = _change(str(keys.get("feature", "")), str(keys.pop("value", _NUMERIC)), insights)
        numbers = {name: float(values[name]) for name in ("point", "stderr", "p_value", "ci_lower", "ci_upper")}
        found.append({**keys, "change": described, **numbers})
    return found


def _change(name: str, text: str, insights: Insights) -> str:
    """What a treatment changes, in words. EconML writes ``AvB`` for category A instead of B."""
    if text == _NUMERIC or name not in insights.facts.categorical:
        return "+1" if text == _NUMERIC else text
    values = {str(value) for value in insights.train[name].unique()}
    pairs = (text[: -len(value) - 1] for value in values if text.endswith(f"v{value}"))
    first = next((one for one in pairs if one in values), None)
    return text if first is None else f"{first} instead of {text[len(first) + 1 :]}"


def _policy(
    analysis: Any, tests: Any, name: str, treatments: Sequence[str], arguments: Arguments
) -> dict[str, Any] | None:
    """Who should be treated, as the leaves of a small tree; None if EconML makes none of these data."""
    cost = arguments.json("treatment_cost") or 0
    costs = cost[list(treatments).index(name)] if isinstance(cost, list) else cost
    try:
        made = analysis._policy_tree_output(
            tests,
            name,
            treatment_costs=costs,
            max_depth=arguments.whole("max_tree_depth", 2),
            min_samples_leaf=arguments.whole("min_tree_leaf_samples", 2),
        )
    except (ValueError, AssertionError, AttributeError) as error:
        print(f"no policy for {name}: {' '.join(str(error).split())[:200]}")
        return None
    rules: list[dict[str, Any]] = []
    _leaves(made.tree_dictionary, "", rules)
    return {"feature": name, "gain": float(made.policy_value), "rules": rules}


def _leaves(node: Any, path: str, found: list[dict[str, Any]]) -> None:
    if node.get("leaf"):
        found.append({"path": path, "treatment": str(node.get("treatment")), "size": int(node.get("n_samples", 0))})
        return
    for side, sign in (("left", "≤"), ("right", ">")):
        said = f"{node['feature']} {sign} {node['threshold']:.4g}"
        _leaves(node[side], f"{path} and {said}" if path else said, found)
