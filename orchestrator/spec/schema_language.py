"""JSON Schema of what a spec has around its resources: variables, targets, secrets, workspaces."""

from __future__ import annotations

from typing import Any, Final

from orchestrator.spec.azure_workspace import CLOUDS, CREDENTIALS
from orchestrator.spec.taking import ALLOWED, PYTHON

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

EXPRESSION: Final[dict[str, Any]] = {
    "type": "string",
    "pattern": r"\$\{[^{}]+\}",
    "description": "An expression: ${var.X}, ${env.X}, ${secret.X}, ${target}, ${project}, ${section.name.attribute}.",
}

SCALAR_TYPES: Final = ["string", "number", "boolean", "null"]


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _closed(properties: dict[str, Any], description: str = "", **more: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False, **more}
    return {**schema, "description": description} if description else schema


TAGS: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": {"type": SCALAR_TYPES},
    "description": "Labels: name to value.",
}

WORKSPACE: Final = _closed(
    {
        "local": {
            "type": ["object", "null"],
            "properties": {
                "path": _text("Folder of the embedded workspace; default: .amlctl beside the spec."),
                "stand_ins": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "description": "Maps a remote reference or URL to the local path that replaces it.",
                },
                "python_downloads": {
                    "type": "boolean",
                    "description": "Allow downloading the Python versions that environments require (default: false).",
                },
                "nodes_as_processes": {
                    "type": "boolean",
                    "description": "Run the nodes of a job as processes of this machine (default: false).",
                },
            },
            "additionalProperties": False,
            "description": "The embedded workspace: a folder on this machine.",
        },
        "azure": _closed(
            {
                "subscription_id": _text("The subscription."),
                "resource_group": _text("The resource group."),
                "workspace_name": _text("The workspace."),
                "credential": {
                    "anyOf": [
                        {"enum": list(CREDENTIALS)},
                        *(
                            _closed({kind: _closed({name: _text("See the kind.") for name in names})}, required=[kind])
                            for kind, names in CREDENTIALS.items()
                            if names
                        ),
                    ],
                    "description": "The credential (default: azure-identity's default chain).",
                },
                "cloud": {"enum": list(CLOUDS), "description": "The cloud (default: public)."},
                "state": _closed(
                    {"container_url": _text("A blob container that keeps the state.")},
                    "Where the state is stored (default: the default datastore).",
                ),
                "create": {
                    "type": "boolean",
                    "description": "Create the workspace itself. Requires state.container_url.",
                },
                "location": _text("With create: the region."),
                "display_name": _text("With create: the display name."),
                "description": _text("With create: for people."),
                "tags": {"$ref": "#/$defs/tags"},
                "lifecycle": {"$ref": "#/$defs/LifecycleBody"},
                "connection": _closed(
                    {
                        "resource_manager": _text("Base address of Azure Resource Manager."),
                        "storage_suffix": _text("Blob accounts are at https://ACCOUNT.blob.SUFFIX."),
                        "audience": _text("The audience of job tokens."),
                        "authority": _text("Where tokens come from."),
                        "instance_discovery": {
                            "type": "boolean",
                            "description": "Set to false for private authorities.",
                        },
                        "ca_file": _text("CA certificates to trust instead of the default ones."),
                    },
                    "For private clouds and servers on loopback.",
                ),
            },
            "A workspace of Azure Machine Learning.",
            required=["subscription_id", "resource_group", "workspace_name"],
        ),
    },
    "The workspace of the project: exactly one of the two.",
    minProperties=1,
    maxProperties=1,
)

VARIABLE: Final = _closed(
    {
        "type": {"enum": ["string", "integer", "number", "boolean", "list", "object"]},
        "default": {"description": "The default value."},
        "description": _text("A description."),
        "required": {"type": "boolean"},
        "enum": {"type": "array", "description": "The allowed values."},
        "choices": {"type": "array", "description": "The allowed values."},
        "pattern": _text("A regular expression that the whole value must match."),
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "sensitive": {"type": "boolean", "description": "The value is a secret."},
    },
    "An input of the spec.",
)

SECRET: Final = _closed(
    {
        "env": _text("Name of an environment variable."),
        "file": _text("A file with only the secret."),
        "key_vault": _closed(
            {
                "vault": _text("The vault."),
                "name": _text("The secret's name."),
                "version": _text("The version (default: the latest)."),
            }
        ),
    },
    "The source of a secret.",
    minProperties=1,
    maxProperties=1,
)


FILES: Final = _closed(
    {
        "compare_python": {
            "enum": list(PYTHON),
            "description": "How Python code is compared: by text (ignoring line endings) or by syntax (ignoring comments and layout too).",
        },
        "allow": {
            "type": "array",
            "items": {"enum": list(ALLOWED)},
            "description": "Allow in folders: Git LFS pointers, submodules that are not fetched.",
        },
    },
    "How local files are read.",
)


def target(sections: list[str]) -> dict[str, Any]:
    """An overlay: settings, and parts of bodies that are merged into the sections of the same name."""
    partial = {"type": "object", "additionalProperties": {"type": ["object", "null"]}}
    return {
        "type": ["object", "null"],
        "properties": {
            "default": {"type": "boolean", "description": "Use this target by default; at most one target."},
            "description": _text("A description."),
            "workspace": {"$ref": "#/$defs/workspace"},
            "variables": {"type": "object", "description": "Values of variables in this target."},
            "tags": {"$ref": "#/$defs/tags"},
            **dict.fromkeys(sections, partial),
        },
        "additionalProperties": False,
        "description": "A named overlay.",
    }


def top(sections: dict[str, Any]) -> dict[str, Any]:
    """The keys of a spec."""
    return {
        "project": _text("Owner of all resources: 3 to 36 characters of a-z, 0-9 and '-'."),
        "description": _text("A description."),
        "variables": {
            "type": "object",
            "additionalProperties": {"anyOf": [{"$ref": "#/$defs/variable"}, {"type": "null"}]},
        },
        "targets": {"type": "object", "additionalProperties": {"$ref": "#/$defs/target"}},
        "include": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            "description": "Files or patterns, relative to this file: fragments of a spec, or plain CLI v2 documents.",
        },
        "tags": {"$ref": "#/$defs/tags"},
        "workspace": {"$ref": "#/$defs/workspace"},
        "state": {"type": "object", "description": "Where the state is stored (default: with the workspace)."},
        "secrets": {"type": "object", "additionalProperties": {"$ref": "#/$defs/secret"}},
        "files": FILES,
        **sections,
    }
