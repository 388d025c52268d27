"""What kinds say of azure-ai-ml is there in the installed one: a name that went with a new version fails here, and names the kind."""

from __future__ import annotations

import importlib
import inspect
import warnings
from importlib.util import find_spec
from pkgutil import resolve_name
from typing import Any

import pytest

from orchestrator.backends.azure.drivers.driver import Driver
from orchestrator.core.kind import Kind
from orchestrator.kinds import discover

if find_spec("azure") is None or find_spec("azure.ai") is None:
    pytest.skip("needs the azure extra", allow_module_level=True)

KINDS = discover()
THROUGH_THE_CLIENT = [kind for kind in KINDS.values() if kind.azure.loader]
"""Kinds without a loader go past the client, by plain requests."""


@pytest.fixture(scope="module")
def client() -> Any:
    """A client that asks nobody anything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import azure.ai.ml as ml
        from azure.core.credentials import AccessToken

        class Nobody:
            def get_token(self, *scopes: str, **more: Any) -> AccessToken:
                raise AssertionError("asked for a token")

        yield ml.MLClient(Nobody(), "subscription", "group", "workspace")


@pytest.mark.parametrize("kind", THROUGH_THE_CLIENT, ids=lambda kind: kind.key)
def test_collections_methods_and_loaders_are_there(client: Any, kind: Kind) -> None:
    import azure.ai.ml as ml
    from azure.ai.ml.entities import _load_functions

    binding = kind.azure
    collection = getattr(client, binding.collection)
    assert callable(getattr(ml, binding.loader, None) or getattr(_load_functions, binding.loader))
    for method in (binding.create, binding.remove):
        assert callable(getattr(collection, method)), method
    operations, entity = binding.versions
    if operations:
        assert hasattr(getattr(collection, operations), "list")
        assert hasattr(resolve_name(f"azure.ai.ml.entities:{entity}"), "_from_rest_object")
    parameters = inspect.signature(collection.list).parameters
    assert binding.listing.keys() <= parameters.keys()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_each_variant_has_a_reader_if_any_has(kind: Kind) -> None:
    if not kind.azure.readers:
        pytest.skip(f"{kind.key} names no readers")
    assert kind.azure.readers.keys() == set(kind.variants) - kind.azure.rest.keys()
    models = importlib.import_module("azure.ai.ml._restclient.arm_ml_service.models") if kind.azure.rest else None
    assert all(hasattr(models, name) for name in kind.azure.rest.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert all(resolve_name(f"azure.ai.ml._schema.{place}") for place in kind.azure.readers.values())


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_each_driver_is_a_module_that_makes_one(kind: Kind) -> None:
    module = importlib.import_module(f"orchestrator.backends.azure.drivers.{kind.azure.driver}")
    made = inspect.signature(module.driver, eval_str=True).return_annotation
    members = {name for name in vars(Driver) if not name.startswith("_")}
    assert {name for name in members if not callable(getattr(made, name, None))} == set()
