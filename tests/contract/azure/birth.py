"""A workspace of Azure that does not exist yet, and a project that makes it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from orchestrator.core.change import Action
from orchestrator.core.ports import SystemClock
from orchestrator.core.project import LoadOptions, Project, WorkspaceChoice
from orchestrator.core.run import Outcome, RunReport
from orchestrator.engine import RunOptions, apply_project, load_project, open_workspace, plan_project
from orchestrator.kinds import discover
from orchestrator.planning.options import PlanOptions
from tests.contract.azure.wire import Answer, Exchange, Wire


def refused(status: int, code: str, message: str = "no") -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}})


def deployed(identifier: str, state: str) -> dict[str, Any]:
    """A deployment as the service shows it."""
    return {"id": identifier, "name": "d", "properties": {"provisioningState": state, "duration": "PT1S"}}


class Birth:
    """A rule for the wire: there is no workspace until a deployment made one.

    Attributes:
        running: so many questions find the deployment going on.
        failure: what it ends with instead of a workspace.
        active: so many questions find the deployment of somebody else going on; until then ours is refused.
        makes: whether that one makes the workspace.
        asked: how often somebody asked how ours is.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.there = False
        self.group = True
        self.deployments: list[tuple[str, dict[str, Any]]] = []
        self.labels: dict[str, Any] = {}
        self.lose = 0
        self.deny = ""
        self.running = 0
        self.failure: dict[str, Any] | None = None
        self.active = 0
        self.makes = False
        self.asked = 0

    def __call__(self, exchange: Exchange) -> Answer | None:
        if "/microsoft.resources/deployments/" in exchange.path:
            return self._deployment(exchange)
        if exchange.path == "":
            return self._workspace(exchange)
        inside = exchange.path.startswith(("/computes", "/datastores", "/data/", "/jobs"))
        return refused(404, "ParentResourceNotFound") if inside and not self.there else None

    def _deployment(self, exchange: Exchange) -> Answer:
        if "/operationstatuses/" in exchange.path:
            return self._status()
        if exchange.method == "GET" and self.active:
            return self._others()
        if exchange.method == "PUT":
            if self.active:
                return refused(409, "DeploymentActive", "The deployment is active and cannot be overwritten.")
            if self.deny:
                message = f"The client 'c' does not have authorization to perform action '{self.deny}' over scope 's'."
                return refused(403, "AuthorizationFailed", message)
            given = {
                name: value["value"]
                for name, value in exchange.body["properties"]["parameters"].items()
                if "value" in value
            }
            self.deployments.append((exchange.written, given))
            self.there = not self.running and self.failure is None
            self.labels = {
                "tags": given["tagValues"],
                "location": given["location"],
                "properties": {"friendlyName": given["friendlyName"], "description": given["description"]},
            }
            if self.lose:
                self.lose -= 1
                return Answer(drop=True)
            if not self.there:
                address = f"{self._wire.url}{exchange.written}/operationStatuses/1?api-version=1"
                headers = {"Azure-AsyncOperation": address, "Retry-After": "1"}
                return Answer(201, deployed(exchange.written, "Accepted"), headers)
        return Answer(200, deployed(exchange.written, "Succeeded"))

    def _status(self) -> Answer:
        """How the deployment of ours is."""
        self.asked += 1
        if self.running:
            self.running -= 1
            return Answer(200, {"status": "Running"}, {"Retry-After": "1"})
        if self.failure is not None:
            return Answer(200, {"status": "Failed", "error": self.failure})
        self.there = True
        return Answer(200, {"status": "Succeeded"})

    def _others(self) -> Answer:
        """How the deployment of somebody else is, which makes the same workspace if it may."""
        self.active -= 1
        self.there = self.there or (not self.active and self.makes)
        return Answer(200, deployed("d", "Running" if self.active else "Succeeded"))

    def _workspace(self, exchange: Exchange) -> Answer:
        if not self.there:
            return refused(404, "ResourceNotFound" if self.group else "ResourceGroupNotFound", "It was not found.")
        if exchange.method == "PATCH":
            self.labels["tags"] = exchange.body["tags"]
            self.labels["properties"] |= {
                name: value
                for name, value in exchange.body["properties"].items()
                if name in ("friendlyName", "description")
            }
        body = self._wire._workspace()
        return Answer(
            body={
                **body,
                "name": "heart",
                **self.labels,
                "properties": {**body["properties"], **self.labels["properties"]},
            }
        )


SPEC = {
    "project": "demo",
    "tags": {"team": "core"},
    "compute": {"cpu": {"type": "amlcompute", "size": "Standard_DS3_v2", "max_instances": 2}},
}
BODY = {"create": True, "location": "West Europe", "tags": {"cost": "7"}}


class Life:
    """A project that makes its workspace on the wire.

    Attributes:
        environ: what its spec finds in the environment.
    """

    def __init__(self, folder: Path, choice: WorkspaceChoice) -> None:
        self._file = folder / "spec.yaml"
        self._choice = choice
        self.environ: dict[str, str] = {}

    def say(self, body: dict[str, Any], **more: Any) -> None:
        names = {
            name: self._choice.settings[name]
            for name in ("subscription_id", "resource_group", "workspace_name", "state")
        }
        text = {**SPEC, **more, "workspace": {"azure": {**names, **body}}}
        self._file.write_text(json.dumps(text))

    def project(self) -> Project:
        project = load_project([self._file], LoadOptions(environ=self.environ))
        settings = {**project.workspace.settings, **self._choice.settings}
        return replace(project, workspace=WorkspaceChoice("azure", settings))

    def plan(self, **options: Any) -> dict[str, Action]:
        project = self.project()
        with open_workspace(project, discover(), SystemClock()) as workspace:
            plan = plan_project(project, workspace, PlanOptions(**options)).plan
        return {str(change.address): change.action for change in plan.effective}

    def run(self, **options: Any) -> RunReport:
        project = self.project()
        with open_workspace(project, discover(), SystemClock()) as workspace:
            _, report = apply_project(project, workspace, PlanOptions(**options), RunOptions(), lambda plan: True)
        assert report is not None
        return report

    def apply(self, **options: Any) -> dict[str, Outcome]:
        report = self.run(**options)
        assert not report.failed, [(str(r.address), r.error) for r in report.results if r.error]
        return {str(result.address): result.outcome for result in report.results}
