"""Cohorts: parts of the test rows by conditions on their columns.

Source: Azure ML documentation, "Use Responsible AI scorecard": ``cohort_filter_list`` with ``method``, ``arg`` and ``column``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from orchestrator.core.diagnostic import did_you_mean
from orchestrator.workspace.automl.refusal import JobRefused
from orchestrator.workspace.responsible_ai.frames import need_columns

if TYPE_CHECKING:
    import pandas

_METHODS: Final[Mapping[str, Callable[[Any, list[Any]], Any]]] = {
    "greater": lambda column, arg: column.astype(float) > float(arg[0]),
    "greater and equal": lambda column, arg: column.astype(float) >= float(arg[0]),
    "less": lambda column, arg: column.astype(float) < float(arg[0]),
    "less and equal": lambda column, arg: column.astype(float) <= float(arg[0]),
    "equal": lambda column, arg: column.map(str) == str(arg[0]),
    "in the range of": lambda column, arg: column.astype(float).between(float(min(arg)), float(max(arg))),
    "includes": lambda column, arg: column.map(str).isin([str(one) for one in arg]),
    "excludes": lambda column, arg: ~column.map(str).isin([str(one) for one in arg]),
}


def members(cohort: Any, table: pandas.DataFrame) -> tuple[str, Any]:
    """The name of a cohort, and for each row whether it belongs to it.

    Args:
        cohort: a mapping with ``name`` and ``cohort_filter_list``.

    Raises:
        JobRefused: it is none, or names what is not there.
    """
    import numpy

    if not isinstance(cohort, Mapping) or "name" not in cohort:
        raise JobRefused("A cohort has a 'name' and a 'cohort_filter_list'.")
    name, inside = str(cohort["name"]), numpy.ones(len(table), dtype=bool)
    for condition in cohort.get("cohort_filter_list") or []:
        method, argument = str(condition.get("method", "")), condition.get("arg")
        test = _METHODS.get(method)
        if test is None:
            hint = did_you_mean(method, _METHODS, f"Use one of {', '.join(_METHODS)}.")
            raise JobRefused(f"Cohort '{name}' has the method '{method}', which is not known. {hint}")
        column = str(condition.get("column", ""))
        need_columns(table, [column], f"For cohort '{name}' the test data")
        values = argument if isinstance(argument, list) else [argument]
        try:
            inside &= test(table[column], values).to_numpy()
        except (TypeError, ValueError, IndexError):
            raise JobRefused(f"Cohort '{name}': {column} cannot be compared with {argument}.") from None
    return name, inside
