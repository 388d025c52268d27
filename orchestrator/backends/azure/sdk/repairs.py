"""Faults of azure-ai-ml that nothing outside of it can go around: mended in its own modules, once for the process."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any, Final, TypeVar

from azure.ai.ml._arm_deployments import arm_deployment_executor
from azure.ai.ml._artifacts import _blob_storage_helper, _gen2_storage_helper
from azure.ai.ml._schema.pipeline import pipeline_component
from azure.ai.ml._utils._asset_utils import IgnoreFile
from azure.ai.ml.constants._component import ComponentSource
from azure.ai.ml.entities import CertificateConfiguration, Compute, Datastore
from azure.ai.ml.entities import _credentials as credentials
from azure.ai.ml.entities._job import import_job
from azure.ai.ml.entities._job.distillation.distillation_job import DistillationJob
from azure.ai.ml.entities._job.sweep.early_termination_policy import EarlyTerminationPolicy

from orchestrator.backends.azure.prepared import PREFIX

_Value = TypeVar("_Value")
_UPLOADERS: Final = (_blob_storage_helper, _gen2_storage_helper)


@cache
def mend() -> None:
    """Mend what the installed version has; a second call changes nothing."""
    for module in _UPLOADERS:
        # After each upload it resets the colour of stderr, whether that is a terminal or not.
        module.print = _silent
    _blob_storage_helper.BlobServiceClient = _through_ours(_blob_storage_helper.BlobServiceClient)
    _blob_storage_helper.ContainerClient = _through_ours(_blob_storage_helper.ContainerClient)
    arm_deployment_executor.ResourceManagementClient = _through_ours(arm_deployment_executor.ResourceManagementClient)
    _gen2_storage_helper.DataLakeServiceClient = _through_ours(_gen2_storage_helper.DataLakeServiceClient)
    _mend_certificates()
    _mend_early_termination()
    _mend_ignore_files()
    _mend_nested_pipelines()
    _mend_distillation()
    _mend_imports()
    for base in (Compute, Datastore):
        _mend_reading(base)


_LISTING: ContextVar[bool] = ContextVar("listing", default=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What a list has in the place of an object that the client cannot read.

    Attributes:
        name: of the object.
        tags: of the object.
        reason: in words.
    """

    name: str
    tags: Mapping[str, str]
    reason: str


@contextmanager
def _during(variable: ContextVar[_Value], value: _Value) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def listing() -> AbstractContextManager[None]:
    """In this block, on this thread, an object of a list that the client cannot read is `Unreadable` and not the end of the list."""
    return _during(_LISTING, value=True)


def _mend_reading(base: Any) -> None:
    """Its readers take members for granted that half-made objects do not have, and types that it knows. Source: azure-ai-ml 1.35."""
    read = base._from_rest_object

    def reading(cls: Any, found: Any, *args: Any, **options: Any) -> Any:
        try:
            return read(found, *args, **options)
        except Exception as error:
            if not _LISTING.get():
                raise
            tags = getattr(found, "tags", None) or getattr(found.properties, "tags", None) or {}
            why = f"azure-ai-ml does not understand it ({type(error).__name__}: {error})"
            return Unreadable(str(found.name), dict(tags), why)

    base._from_rest_object = classmethod(reading)


_TRANSPORT: ContextVar[Callable[[], Any] | None] = ContextVar("transport", default=None)


def storage_through(transport: Callable[[], Any]) -> AbstractContextManager[None]:
    """Let clients of storage and of deployments that azure-ai-ml makes in this block, on this thread, use a connection's own transport.

    It makes them without any of its options, so that only variables of the whole process would reach them.
    """
    return _during(_TRANSPORT, transport)


def _through_ours(client: Any) -> Any:
    class Ours(client):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            make = _TRANSPORT.get()
            if make is not None:
                options.setdefault("transport", make())
            super().__init__(*args, **options)

    Ours.__name__ = client.__name__
    return Ours


def _silent(*texts: object, **options: object) -> None:
    """In the place of ``print``."""


def _mend_ignore_files() -> None:
    """Upload prepared folders as they are: the client would apply the ignore files among their files once more, to data as well.

    Source: measured, azure-ai-ml 1.27 to 1.35: data with a ``.gitignore`` that says ``*`` becomes an empty asset.
    """
    excluded = IgnoreFile.is_file_excluded

    def is_file_excluded(rules: Any, file_path: Any) -> bool:
        return f"{os.sep}{PREFIX}" not in str(file_path) and bool(excluded(rules, file_path))

    IgnoreFile.is_file_excluded = is_file_excluded


def _mend_nested_pipelines() -> None:
    """Read a pipeline component that stands in the body: the client reads those from files only, and everything else either way.

    Source: azure-ai-ml 1.27 to 1.35, ``PipelineComponentFileRefField``.
    """
    read_file = pipeline_component.PipelineComponentFileRefField._deserialize

    def read(field: Any, value: Any, attr: Any, data: Any, **options: Any) -> Any:
        if not isinstance(value, Mapping):
            return read_file(field, value, attr, data, **options)
        schema = pipeline_component._AnonymousPipelineComponentSchema(context=dict(field.context))
        component = schema.load(dict(value), unknown=pipeline_component.INCLUDE)
        component._source = ComponentSource.YAML_COMPONENT
        return component

    pipeline_component.PipelineComponentFileRefField._deserialize = read


def _mend_certificates() -> None:
    """Older versions call a field of a certificate ``resource_uri`` that their own forms of the wire call ``resource_url``.

    Without this a data lake with a certificate is written and can never be read. Source: measured with azure-ai-ml 1.27.
    """
    if "resource_url" not in getattr(credentials.RestCertificateDatastoreCredentials, "_attribute_map", {}):
        return  # a newer version, whose forms are of another make
    send, read = (
        CertificateConfiguration._to_datastore_rest_object,
        CertificateConfiguration._from_datastore_rest_object,
    )

    def send_whole(certificate: Any) -> Any:
        form = send(certificate)
        form.resource_url = certificate.resource_url
        return form

    def read_whole(form: Any) -> Any:
        form.resource_uri = form.resource_url
        return read(form)

    CertificateConfiguration._to_datastore_rest_object = send_whole
    CertificateConfiguration._from_datastore_rest_object = staticmethod(read_whole)


def _mend_imports() -> None:
    """Import jobs are sent, with their labels: the client holds them back as a private preview, and sends and reads no tags.

    Whether a workspace takes them is the service's to say. Source: azure-ai-ml 1.27 to 1.35, ``ImportJob``.
    """
    import_job.is_private_preview_enabled = lambda: True
    job = import_job.ImportJob
    send, read = job._to_rest_object, job._load_from_rest

    def send_labels(self: Any) -> Any:
        form = send(self)
        form.properties.tags, form.properties.properties = dict(self.tags or {}), dict(self.properties or {})
        return form

    def read_labels(form: Any) -> Any:
        found = read(form)
        found.tags, found.properties = dict(form.properties.tags or {}), dict(form.properties.properties or {})
        return found

    job._to_rest_object, job._load_from_rest = send_labels, staticmethod(read_labels)


_TEACHER: Final = "azureml.connection_information"


def _mend_distillation() -> None:
    """Read the teacher's connection, which such a job keeps among its properties, without the tags that the client itself warns of.

    Source: measured with azure-ai-ml 1.35, ``DistillationJob._filter_properties``.
    """
    read = DistillationJob.__dict__["_filter_properties"].__func__

    def read_without_tags(cls: Any, properties: Mapping[str, Any]) -> Any:
        teacher = json.loads(properties.get(_TEACHER) or "{}")
        teacher.pop("tags", None)
        return read(cls, {**properties, _TEACHER: json.dumps(teacher)})

    DistillationJob._filter_properties = classmethod(read_without_tags)


_POLICY: Final = (
    "policy_type", "delay_evaluation", "evaluation_interval", "slack_factor", "slack_amount", "truncation_percentage",
)  # fmt: skip


def _mend_early_termination() -> None:
    """When and how a search over texts ends early comes back as a mapping, which the client's own reader takes for an object.

    Without this such a job is submitted and can never be read. Source: measured with azure-ai-ml 1.35, ``NlpSweepSettings``.
    """
    read = EarlyTerminationPolicy._from_rest_object

    def read_either(form: Any) -> Any:
        if not isinstance(form, Mapping):
            return read(form)
        names = {
            re.sub("[A-Z]", lambda found: f"_{found.group().lower()}", name): value for name, value in form.items()
        }
        return read(SimpleNamespace(**{**dict.fromkeys(_POLICY), **names}))

    EarlyTerminationPolicy._from_rest_object = staticmethod(read_either)
