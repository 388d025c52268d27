"""The part of the round about the workspace itself, assets, datastores and connections. It costs nothing."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.backends.azure.recording.step import RecordingStep


def _environment(image: str = "ubuntu22.04", **more: Any) -> dict[str, Any]:
    return {
        "properties": {"image": f"mcr.microsoft.com/azureml/openmpi4.1.0-{image}:latest", "osType": "Linux", **more}
    }


def _data(name: str = "table") -> dict[str, Any]:
    return {"properties": {"dataType": "uri_file", "dataUri": f"https://example.org/{name}.csv"}}


def _store(**more: Any) -> dict[str, Any]:
    return {
        "properties": {
            "datastoreType": "AzureBlob",
            "accountName": "amlctlrecorder",
            "containerName": "files",
            "endpoint": "core.windows.net",
            "protocol": "https",
            "credentials": {"credentialsType": "None"},
            **more,
        }
    }


def _connection(**more: Any) -> dict[str, Any]:
    return {
        "properties": {
            "category": "CustomKeys",
            "authType": "CustomKeys",
            "target": "https://example.org",
            "credentials": {"keys": {"word": "none"}},
            **more,
        }
    }


READS: Final = (
    RecordingStep(
        name="workspace", shows="The workspace as the service tells it.", method="GET", row="workspace get, list"
    ),
    RecordingStep(
        name="no-api-version",
        shows="A request without api-version is refused.",
        method="GET",
        path="computes",
        version="",
        refused=True,
        row="`api-version` missing or unknown",
    ),
    RecordingStep(
        name="unknown-api-version",
        shows="A request with an unknown api-version is refused.",
        method="GET",
        path="computes",
        version="2000-01-01",
        refused=True,
        row="`api-version` missing or unknown",
    ),
    RecordingStep(
        name="absent",
        shows="Code and text for something that does not exist.",
        method="GET",
        path="computes/{p}-none",
        refused=True,
        row="error envelope, codes `ResourceNotFound`, `Conflict`, `UserError`",
    ),
    RecordingStep(
        name="default-datastore",
        shows="A default datastore.",
        method="GET",
        path="datastores/workspaceblobstore",
        row="default datastores",
    ),
    RecordingStep(name="datastores", shows="The list of datastores.", method="GET", path="datastores"),
    RecordingStep(name="features", shows="The list of features.", method="GET", path="features"),
)

ENVIRONMENTS: Final = (
    RecordingStep(
        name="environment",
        shows="An environment from an image, with what the service fills in.",
        method="PUT",
        path="environments/{p}-env/versions/1",
        body=_environment(),
        makes="environments/{p}-env",
        row="environment from image, conda file, inline in a job",
    ),
    RecordingStep(
        name="environments-at-once",
        shows="Whether a list right after a write shows it.",
        method="GET",
        path="environments",
        needs="environment",
    ),
    RecordingStep(
        name="environment-again",
        shows="The same content under the same version is accepted.",
        method="PUT",
        path="environments/{p}-env/versions/1",
        body=_environment(),
        needs="environment",
    ),
    RecordingStep(
        name="environment-changed",
        shows="Other content under the same version is refused.",
        method="PUT",
        path="environments/{p}-env/versions/1",
        body=_environment("ubuntu20.04"),
        needs="environment",
        refused=True,
        row="other content under an existing version",
    ),
    RecordingStep(
        name="environment-tagged",
        shows="Tags of a version change in place.",
        method="PUT",
        path="environments/{p}-env/versions/1",
        body=_environment(tags={"stage": "recorded"}),
        needs="environment",
        row="tags and description change in place",
    ),
    RecordingStep(
        name="environment-container",
        shows="The container of an environment, with its latest and next version.",
        method="GET",
        path="environments/{p}-env",
        needs="environment",
        row="data, models, environments: list, get, label `latest`, next version, archive, restore",
    ),
)

DATA: Final = (
    RecordingStep(
        name="data",
        shows="A version of data at a URL.",
        method="PUT",
        path="data/{p}-data/versions/1",
        body=_data(),
        makes="data/{p}-data",
        row="data `uri_file`, `uri_folder`, `mltable` from local paths, URL",
    ),
    RecordingStep(
        name="data-changed",
        shows="Another URL under the same version is refused.",
        method="PUT",
        path="data/{p}-data/versions/1",
        body=_data("other"),
        needs="data",
        refused=True,
        row="other content under an existing version",
    ),
    RecordingStep(
        name="data-versions", shows="The list of versions.", method="GET", path="data/{p}-data/versions", needs="data"
    ),
    RecordingStep(
        name="data-without-uri",
        shows="A version without dataUri is refused.",
        method="PUT",
        path="data/{p}-none/versions/1",
        body={"properties": {"dataType": "uri_file"}},
        makes="data/{p}-none",
        refused=True,
        row="required members, types, enumerations, discriminators of every body of the specification's operations",
    ),
)

DATASTORES: Final = (
    RecordingStep(
        name="datastore",
        shows="A datastore without credentials.",
        method="PUT",
        path="datastores/{u}_store",
        body=_store(),
        query={"skipValidation": "true"},
        makes="datastores/{u}_store",
        row="datastore blob with SAS or nothing, file, data lake 2",
    ),
    RecordingStep(
        name="datastore-protocol",
        shows="Whether the protocol of a datastore can change.",
        method="PUT",
        path="datastores/{u}_store",
        body=_store(protocol="http"),
        query={"skipValidation": "true"},
        needs="datastore",
        row="`protocol` of a datastore can change, although the models declare it as create-only",
    ),
    RecordingStep(
        name="datastore-container",
        shows="Whether the container of a datastore can change.",
        method="PUT",
        path="datastores/{u}_store",
        body=_store(containerName="others"),
        query={"skipValidation": "true"},
        needs="datastore",
        refused=True,
        row="members that can be set only when a resource is created (`instanceType`, `location` of an endpoint,"
        " account and container of a datastore)",
    ),
)

CONNECTIONS: Final = (
    RecordingStep(
        name="connection",
        shows="A connection with keys.",
        method="PUT",
        path="connections/{p}-con",
        body=_connection(),
        makes="connections/{p}-con",
        row="connections of every type (22) and form of credentials (10): create, get, list, secrets, delete",
    ),
    RecordingStep(
        name="connection-read",
        shows="A connection as it is read, without its keys.",
        method="GET",
        path="connections/{p}-con",
        needs="connection",
    ),
    RecordingStep(
        name="connection-updated",
        shows="PATCH of a connection.",
        method="PATCH",
        path="connections/{p}-con",
        body=_connection(target="https://example.org/other"),
        needs="connection",
    ),
)
