"""Everything that depends on how azure-ai-ml is built: its private names, its loaders and its habits.

Contract tests run this package against the lowest and the highest supported version.
"""

from orchestrator.backends.azure.sdk.assets import names_of, version, versions
from orchestrator.backends.azure.sdk.computes import all_computes, load_attached, one_compute
from orchestrator.backends.azure.sdk.connecting import connect, hosts_of_the_cloud
from orchestrator.backends.azure.sdk.deployment_forms import completed
from orchestrator.backends.azure.sdk.endpoints import deployment, deployments, endpoint_entity
from orchestrator.backends.azure.sdk.entities import body_of, load_entity, plain_of
from orchestrator.backends.azure.sdk.repairs import Unreadable, listing, storage_through
from orchestrator.backends.azure.sdk.requests import exchange, manager, send
from orchestrator.backends.azure.sdk.runs import (
    VIEWS,
    hide_run,
    is_hidden,
    relabel,
    remove_tags,
    run_children,
    run_details,
    run_labels,
)
from orchestrator.backends.azure.sdk.schedules import load_schedule, put_schedule
from orchestrator.backends.azure.sdk.workspaces import deployment_state, make_workspace

__all__ = [
    "VIEWS",
    "Unreadable",
    "all_computes",
    "body_of",
    "completed",
    "connect",
    "deployment",
    "deployment_state",
    "deployments",
    "endpoint_entity",
    "exchange",
    "hide_run",
    "hosts_of_the_cloud",
    "is_hidden",
    "listing",
    "load_attached",
    "load_entity",
    "load_schedule",
    "make_workspace",
    "manager",
    "names_of",
    "one_compute",
    "plain_of",
    "put_schedule",
    "relabel",
    "remove_tags",
    "run_children",
    "run_details",
    "run_labels",
    "send",
    "storage_through",
    "version",
    "versions",
]
