from __future__ import annotations

import pytest

from orchestrator.core.kind import Identity
from orchestrator.core.mention import value_from_name


@pytest.mark.parametrize(
    ("attribute", "identity", "revision", "expected", "why"),
    [
        ("id", Identity.NAMED, "", "azureml:n", "a named resource has no version"),
        ("id", Identity.VERSIONED, "7", "azureml:n:7", "an asset is meant in exactly this version"),
        ("id", Identity.RUN, "n-ab12", "azureml:n-ab12", "a run's own name"),
        ("name", Identity.VERSIONED, "7", "n", "the name alone"),
        ("name", Identity.RUN, "n-ab12", "n-ab12", "a run is called as its revision"),
        ("version", Identity.VERSIONED, "7", "7", "the version alone"),
        ("version", Identity.NAMED, "", "", "there is none"),
        ("outputs.model/sub", Identity.RUN, "n-ab12", "azureml://jobs/n-ab12/outputs/model/sub", "a path in an output"),
        ("outputs.model", Identity.NAMED, "", None, "only runs have outputs"),
        ("paths/in/store", Identity.NAMED, "", "azureml://datastores/n/paths/in/store", "a path in a datastore"),
        ("scoring_uri", Identity.NAMED, "", None, "only the live object can tell"),
    ],
)
def test_what_a_name_and_a_revision_tell(
    attribute: str, identity: Identity, revision: str, expected: str | None, why: str
) -> None:
    assert value_from_name(attribute, identity, "n", revision) == expected, why
