"""How Azure writes what a resource is called, and how a spec does: both the client's side and the served side have to agree."""

from __future__ import annotations

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"

LONG_AND_SHORT = [
    (f"{WORKSPACE}/environments/py/versions/3", "azureml:py:3", "the id of a version"),
    (f"azureml:{WORKSPACE}/environments/py/versions/3", "azureml:py:3", "with the prefix of the client"),
    (WORKSPACE.replace("resourceGroups", "resourcegroups") + "/models/m/versions/1", "azureml:m:1", "in either case"),
    (f"{WORKSPACE}/environments/py/labels/latest", "azureml:py@latest", "a label"),
    (f"{WORKSPACE}/computes/cpu", "azureml:cpu", "a compute has no version"),
    (
        "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/store/paths/a/b.csv",
        "azureml://datastores/store/paths/a/b.csv",
        "the long form of a path",
    ),
    (
        "azureml://registries/azureml/models/bert/versions/1",
        "azureml://registries/azureml/models/bert/versions/1",
        "a registry's stays",
    ),
    ("https://example.org/rows.csv", "https://example.org/rows.csv", "an address"),
    ("azureml:py:1", "azureml:py:1", "short already"),
    ("python train.py", "python train.py", "no identifier at all"),
]
"""Text on the wire, the same in a spec, why."""
