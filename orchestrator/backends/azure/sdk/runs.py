"""Runs, as run history knows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from azure.ai.ml._restclient.runhistory.models import CreateRun, DeleteOrModifyTags
from azure.ai.ml.constants import ListViewType

from orchestrator.backends.azure.sdk.scope import scope_of

VIEWS: Final = {"ACTIVE": ListViewType.ACTIVE_ONLY, "ARCHIVED": ListViewType.ARCHIVED_ONLY}


def run_details(client: Any, name: str) -> Any:
    """What run history knows of a job: ``log_files`` (name to address), ``tags``, ``properties``."""
    return client.jobs._runs_operations.get_run_details(name)


def run_children(client: Any, name: str) -> list[Any]:
    """The runs that a job has started, as run history has them, oldest first."""
    scope = {"subscription_id": client.subscription_id, **scope_of(client)}
    return list(client.jobs._runs_operations._operation.get_child(run_id=name, **scope))


def run_labels(client: Any, name: str) -> dict[str, Any]:
    """Tags and properties of a job as run history has them, which knows more of them than Azure Resource Manager."""
    run = client.jobs._runs_operations.get_run(name)
    return {**(run.properties or {}), **(run.tags or {})}


def relabel(client: Any, job: Any, tags: Mapping[str, str], description: str | None) -> None:
    """Change the labels of a job through run history: the client's older versions send the whole job again, which the service
    refuses for most kinds of jobs. Source: comments in azure-ai-ml 1.35, ``create_or_update`` of jobs."""
    client.jobs._runs_operations._operation.add_or_modify_by_experiment_name(
        **_place(client, job),
        body=CreateRun(display_name=job.display_name, description=description, tags=dict(tags)),
    )


def remove_tags(client: Any, job: Any, names: Sequence[str]) -> None:
    """Take tags from a job through run history, which keeps those that a change of labels does not mention.

    Source: azure-ai-ml 1.35, run history client: ``DeleteOrModifyTags``.
    """
    if names:
        client.jobs._runs_operations._operation.modify_or_delete_tags_by_experiment_name(
            **_place(client, job),
            body=DeleteOrModifyTags(tags_to_delete=list(names)),
        )


def _place(client: Any, job: Any) -> dict[str, str]:
    """Where run history has a job."""
    run = {"experiment_name": job.experiment_name, "run_id": job.name}
    return {"subscription_id": client.subscription_id, **scope_of(client), **run}


def is_hidden(client: Any, name: str) -> bool:
    """Whether a job is archived."""
    return bool(client.jobs._get_job(name).properties.is_archived)


def hide_run(client: Any, name: str) -> None:
    """Archive a job through run history, once: older versions of the client send the whole job again, later ones do so if the
    answer is lost. Source: comments in azure-ai-ml 1.35, ``archive`` of jobs."""
    job = client.jobs._get_job(name)
    client.jobs._runs_operations._operation.add_or_modify_by_experiment_name(
        subscription_id=client.subscription_id,
        resource_group_name=client.resource_group_name,
        workspace_name=client.workspace_name,
        experiment_name=job.properties.experiment_name,
        run_id=name,
        body=CreateRun(hidden=True),
    )
