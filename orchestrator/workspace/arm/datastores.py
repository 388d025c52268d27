"""Datastores on the wire. Those that every workspace has from birth are folders behind the built-in blob service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.core.errors import Invalid, NotFound
from orchestrator.core.inborn import DEFAULT_DATASTORES
from orchestrator.core.value import Secret, plain
from orchestrator.workspace.arm.messages import Answer
from orchestrator.workspace.arm.paging import named, page
from orchestrator.workspace.arm.routes import Call, Routes
from orchestrator.workspace.arm.scope import PROVIDER
from orchestrator.workspace.arm.storage import ACCOUNT, container_of, suffix
from orchestrator.workspace.arm.tokens import TENANT, Tokens
from orchestrator.workspace.arm.wire_store import Entry, WireStore, all_tags, sent_of, split_tags, system_data
from orchestrator.workspace.arm.wording import camel, pascal, snake, without_nothing
from orchestrator.workspace.records import record_kinds
from orchestrator.workspace.records.record import Record, RecordKey

KIND: Final = record_kinds.DATASTORES
DEFAULT: Final = DEFAULT_DATASTORES[0]

_SHARES = ("workspacefilestore", "workspaceworkingdirectory")
"""Datastores from birth that are file shares. Source: Azure ML documentation, datastores. Not served here."""

_TYPES: Mapping[str, str] = {
    "AzureBlob": "azure_blob",
    "AzureFile": "azure_file",
    "AzureDataLakeGen1": "azure_data_lake_gen1",
    "AzureDataLakeGen2": "azure_data_lake_gen2",
    "OneLake": "one_lake",
}
_SECRET_FIELDS: Mapping[str, str] = {
    "key": "account_key", "sasToken": "sas_token", "clientSecret": "client_secret", "certificate": "certificate",
}  # fmt: skip
"""Members of ``credentials.secrets`` and what CLI v2 calls them."""


class Datastores:
    """Answers for datastores."""

    def __init__(self, wire_store: WireStore, tokens: Tokens) -> None:
        self._wire_store = wire_store
        self._tokens = tokens

    def register(self, routes: Routes) -> None:
        """Answer for them."""
        routes.add("GET", KIND, self._list)
        routes.add("GET", f"{KIND}/{{name}}", self._get)
        routes.add("PUT", f"{KIND}/{{name}}", self._put)
        routes.add("DELETE", f"{KIND}/{{name}}", self._delete)
        routes.add("POST", f"{KIND}/{{name}}/listSecrets", self._secrets)

    def _list(self, call: Call) -> Answer:
        records = {record.name: record for record in self._wire_store.list(KIND)}
        if call.request.query.get("isdefault", "").lower() == "true":
            return page(call.request, [DEFAULT], lambda name: self._view(call, name, records.get(name)))
        names = [*DEFAULT_DATASTORES, *(name for name in records if name not in DEFAULT_DATASTORES)]
        matching = [name for name in names if named(call.request, name)]
        return page(call.request, matching, lambda name: self._view(call, name, records.get(name)))

    def _get(self, call: Call) -> Answer:
        name = call.names["name"]
        record = self._wire_store.find(_key(name))
        if record is None and name not in DEFAULT_DATASTORES:
            raise NotFound(f"Could not find the datastore '{name}'.")
        return Answer.of(self._view(call, name, record))

    def _put(self, call: Call) -> Answer:
        name = call.names["name"]
        sent = dict(call.request.json().get("properties") or {})
        tags, marks = split_tags(sent.pop("tags", None))
        kind = _TYPES.get(str(sent.get("datastoreType")))
        if kind is None:
            raise Invalid(f"There is no type of datastore '{sent.get('datastoreType')}'.")
        credentials, secrets = self._credentials(sent.pop("credentials", None) or {})
        if name in DEFAULT_DATASTORES:
            _refuse_to_move(name, sent, _inborn(call, name))
        fields = {snake(key): value for key, value in sent.items() if key not in ("datastoreType", "properties")}
        body = without_nothing({**fields, "type": kind, "tags": tags or None, "credentials": credentials or None})
        kept = [(("credentials", field), value) for field, value in secrets.items()]
        record, new = self._wire_store.write(Entry(_key(name), body, sent, marks, kind, secrets=kept))
        return Answer.of(self._view(call, name, record), 201 if new else 200)

    def _credentials(self, sent: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """Credentials as records keep them, and the secrets among them."""
        given = sent.get("secrets") or {}
        secrets = {
            _SECRET_FIELDS[name]: str(value) for name, value in given.items() if name in _SECRET_FIELDS and value
        }
        shown = {snake(name): value for name, value in sent.items() if name not in ("secrets", "credentialsType")}
        digests = {name: plain(Secret(name, value), self._wire_store.identity) for name, value in secrets.items()}
        return without_nothing({**shown, **digests}), secrets

    def _delete(self, call: Call) -> Answer:
        record = self._wire_store.find(_key(call.names["name"]))
        if record is None:
            return Answer(204)
        self._wire_store.remove(record, works=False)
        return Answer(200)

    def _secrets(self, call: Call) -> Answer:
        name = call.names["name"]
        if name in DEFAULT_DATASTORES:
            return Answer.of({"secretsType": "Sas", "sasToken": self._tokens.grant(container_of(name))})
        credentials = self._wire_store.workspace.revealed(self._wire_store.get(_key(name))).get("credentials") or {}
        for wire, field in _SECRET_FIELDS.items():
            value = credentials.get(field)
            if isinstance(value, str):
                return Answer.of({"secretsType": _credentials_type(credentials), wire: value})
        raise Invalid(f"The datastore '{name}' has no secrets.")

    def _view(self, call: Call, name: str, record: Record | None) -> dict[str, Any]:
        scope = call.scope
        common = {
            "isDefault": name == DEFAULT,
            "subscriptionId": scope.subscription,
            "resourceGroup": scope.group,
            "serviceDataAccessAuthIdentity": "None",
        }
        view: dict[str, Any] = {
            "id": scope.resource(KIND, name),
            "name": name,
            "type": f"{PROVIDER}/workspaces/datastores",
        }
        if record is None:
            return {**view, "properties": {**common, **_inborn(call, name)}}
        sent = sent_of(record) or _properties(record.body)
        shown = {"tags": all_tags(record), "description": record.body.get("description"), "properties": {}}
        if name in DEFAULT_DATASTORES:  # whatever account a spec says it has elsewhere, here it is a folder
            return {**view, "systemData": system_data(record), "properties": {**common, **_inborn(call, name), **shown}}
        credentials = _shown_credentials(record.body.get("credentials") or {})
        return {
            **view,
            "systemData": system_data(record),
            "properties": {**common, **sent, **shown, "credentials": credentials},
        }


def _inborn(call: Call, name: str) -> dict[str, Any]:
    """A datastore that every workspace has. The account's name leads the client of blob storage back to this server."""
    host = call.request.base.removeprefix("https://")
    place = {"fileShareName": container_of(name)} if name in _SHARES else {"containerName": container_of(name)}
    return {
        "datastoreType": "AzureFile" if name in _SHARES else "AzureBlob",
        "accountName": f"{host}/{ACCOUNT}",
        **place,
        "endpoint": suffix(),
        "protocol": "https",
        "credentials": {"credentialsType": "AccountKey"},
        "tags": {},
        "properties": {},
        "description": "",
    }


def _refuse_to_move(name: str, sent: Mapping[str, Any], inborn: Mapping[str, Any]) -> None:
    """A datastore from birth may be labelled.

    Raises:
        Invalid: it should be somewhere else.
    """
    for field in ("datastoreType", "accountName", "containerName", "fileShareName"):
        if sent.get(field) not in (None, inborn.get(field)):
            raise Invalid(
                f"The datastore '{name}' is a folder of this workspace; its {snake(field)} cannot be changed.",
                fix="Make a datastore of another name.",
            )


def _properties(body: Mapping[str, Any]) -> dict[str, Any]:
    left_out = ("type", "credentials", "tags", "name")
    fields = {camel(name): value for name, value in body.items() if name not in left_out}
    return {**fields, "datastoreType": pascal(str(body.get("type") or "azure_blob"))}


def _credentials_type(credentials: Mapping[str, Any]) -> str:
    for field, kind in (("account_key", "AccountKey"), ("sas_token", "Sas"), ("client_secret", "ServicePrincipal")):
        if field in credentials:
            return kind
    return "Certificate" if "certificate" in credentials else "None"


def _shown_credentials(credentials: Mapping[str, Any]) -> dict[str, Any]:
    hidden = set(_SECRET_FIELDS.values())
    shown = {camel(name): value for name, value in credentials.items() if name not in hidden}
    kind = _credentials_type(credentials)
    if kind in ("ServicePrincipal", "Certificate"):
        shown = {"clientId": TENANT, "tenantId": TENANT, **shown}
    return {"credentialsType": kind, **shown}


def _key(name: str) -> RecordKey:
    return RecordKey(KIND, f"{KIND}.{name}")
