"""The kinds of records that the workspace itself does something with, by the key under which it keeps them.

Records of any other kind are kept all the same. The keys are those of `orchestrator.kinds`, which this package does not know.
"""

from __future__ import annotations

from typing import Any, Final

COMPUTE: Final = "compute"
DATASTORES: Final = "datastores"
DATA: Final = "data"
ENVIRONMENTS: Final = "environments"
MODELS: Final = "models"
JOBS: Final = "jobs"
COMPONENTS: Final = "components"
ENDPOINTS: Final = "online_endpoints"
DEPLOYMENTS: Final = "online_endpoints.deployments"
TRAFFIC: Final = "online_endpoints.traffic"
ROLES: Final = "roles"
SCHEDULES: Final = "schedules"

_MODEL_TYPES: Final = ("custom_model", "mlflow_model", "triton_model")


def of_asset(type_: Any) -> str:
    """Where an asset of a type is kept: among the models, or among the data."""
    return MODELS if type_ in _MODEL_TYPES else DATA
