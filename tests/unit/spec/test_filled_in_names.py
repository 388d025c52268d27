"""Names that the service fills in when a job runs are no names of resources."""

from __future__ import annotations

import pytest

from orchestrator.spec.references import mention


@pytest.mark.parametrize(
    "text",
    [
        "azureml://datastores/${{default_datastore}}/paths/out",
        "azureml://datastores/${{default_datastore}}",
        "azureml://jobs/${{name}}/outputs/model",
        "azureml:${{parent.inputs.data}}",
    ],
)
def test_a_name_that_is_filled_in_later_is_no_reference(text: str) -> None:
    assert mention(text, "data", bare=False) is None


@pytest.mark.parametrize("text", ["azureml://datastores/store/paths/${{name}}/out", "azureml://datastores/store"])
def test_a_path_that_is_filled_in_later_still_names_its_datastore(text: str) -> None:
    found = mention(text, "", bare=False)
    assert found is not None
    assert (found.section, found.name) == ("datastores", "store")
