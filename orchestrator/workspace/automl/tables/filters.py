"""``filter``: expressions over columns, such as ``col("age") > 60 and not col("name").startswith("x")``."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from .unsupported import Mistake, Unsupported

_COMPARE: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}  # fmt: skip
_ARITHMETIC: Final[Mapping[type, Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_OF_TEXT: Final = ("startswith", "endswith", "contains")


def matching(frame: Any, expression: str) -> Any:
    """The rows for which an expression is true.

    Raises:
        Mistake: it is not an expression, or names a column that is not there.
        Unsupported: it uses more than comparisons, ``and``, ``or``, ``not``, arithmetic and tests of text.
    """
    try:
        tree = ast.parse(expression, mode="eval").body
    except SyntaxError as error:
        raise Mistake(f"filter {expression!r} is not an expression: {error.msg}") from error
    try:
        return frame[_value(tree, frame).fillna(value=False).astype(bool)]
    except (TypeError, AttributeError) as error:
        raise Mistake(f"filter {expression!r} does not fit the columns: {error}") from error


def _value(node: ast.expr, frame: Any) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.BoolOp):
        join = operator.and_ if isinstance(node.op, ast.And) else operator.or_
        found = _truth(node.values[0], frame)
        for each in node.values[1:]:
            found = join(found, _truth(each, frame))
        return found
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ~_truth(node.operand, frame)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, frame)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
        left, right = _value(node.left, frame), _value(node.comparators[0], frame)
        present = _present(left) & _present(right)
        return _COMPARE[type(node.ops[0])](left, right) & present
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        return _ARITHMETIC[type(node.op)](_value(node.left, frame), _value(node.right, frame))
    if isinstance(node, ast.Call):
        return _call(node, frame)
    raise Unsupported(f"the filter {ast.unparse(node)!r}")


def _truth(node: ast.expr, frame: Any) -> Any:
    return _value(node, frame).fillna(value=False).astype(bool)


def _present(value: Any) -> Any:
    return value.notna() if hasattr(value, "notna") else True


def _call(node: ast.Call, frame: Any) -> Any:
    given = [each.value for each in node.args if isinstance(each, ast.Constant)]
    if len(given) != len(node.args) or node.keywords:
        raise Unsupported(f"the filter {ast.unparse(node)!r}")
    if isinstance(node.func, ast.Name) and node.func.id == "col" and len(given) == 1:
        if given[0] not in frame.columns:
            raise Mistake(f"the filter names the column {given[0]!r}; there are {', '.join(map(str, frame.columns))}")
        return frame[given[0]]
    if isinstance(node.func, ast.Name) and node.func.id == "datetime":
        return datetime(*given)  # type: ignore[arg-type]  # noqa: DTZ001 - a column without zone is in UTC
    if isinstance(node.func, ast.Attribute) and node.func.attr in _OF_TEXT and len(given) == 1:
        text = _value(node.func.value, frame).astype("object").str
        if node.func.attr == "contains":
            return text.contains(given[0], regex=False)
        return getattr(text, node.func.attr)(given[0])
    raise Unsupported(f"the filter {ast.unparse(node)!r}")
