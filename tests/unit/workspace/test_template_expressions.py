"""Expressions of templates, as the client's template of a workspace has them."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.workspace.arm.expressions import Expressions

GROUP = "/subscriptions/s/resourceGroups/g"
REGISTRY = "[resourceId(parameters('group'), 'Microsoft.ContainerRegistry/registries', parameters('name'))]"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("[[not one]", "[[not one]"),
        ("[parameters('name')]", "r"),
        ("[ parameters( 'list' ) ]", [1, 2]),
        ("[parameters('nothing')]", None),
        ("[variables('registry')]", "/subscriptions/s/resourceGroups/other/providers/Microsoft.ContainerRegistry/registries/r"),
        ("[if(not(equals(parameters('option'), 'none')), variables('registry'), json('null'))]", None),
        ("[if(equals(parameters('option'), 'none'), 'it''s', 3)]", "it's"),
        ("[if(or(empty(parameters('list')), and(true(), 1)), 1, 2)]", "[if(or(empty(parameters('list')), and(true(), 1)), 1, 2)]"),
        ("[concat(toLower('A'), '-', parameters('name'))]", "a-r"),
        ("[resourceId('M.N/a/b', 'x', 'y')]", f"{GROUP}/providers/M.N/a/x/b/y"),
        ("[resourceId('t', 'h', 'M.N/a', 'x')]", "/subscriptions/t/resourceGroups/h/providers/M.N/a/x"),
        ("[reference(variables('registry'), '2018').clientId]", "[reference(variables('registry'), '2018').clientId]"),
        ("[subscription().tenantId]", "[subscription().tenantId]"),
        ("[variables('tenant')]", "[variables('tenant')]"),
        ("[variables('unknown')]", "[variables('unknown')]"),
        ("[concat('a'", "[concat('a'"),
        ("[concat('a']", "[concat('a']"),
        ("[]", "[]"),
        ("[resourceId('M.N/a')]", "[resourceId('M.N/a')]"),
        ("[parameters()]", "[parameters()]"),
        ("[json('{}')]", "[json('{}')]"),
    ],
)  # fmt: skip
def test_what_an_expression_is_worth(text: str, value: Any) -> None:
    parameters = {"name": "r", "group": "other", "option": "none", "list": [1, 2]}
    variables = {"registry": REGISTRY, "tenant": "[subscription().tenantId]"}
    assert Expressions(parameters, variables, GROUP).value(text) == value
