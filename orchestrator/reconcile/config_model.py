"""The shape of the loop's configuration file. What its values must be beyond their types is checked in `config`."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from orchestrator.core.bodies import Flag, Number, Scalar
from orchestrator.core.kind import Spec

Duration: TypeAlias = str | Number
"""Seconds, or a number with a unit: 30s, 5m, 2h, 1d."""

Bound: TypeAlias = Annotated[int, Field(strict=True, ge=1, le=256)]


class SecretBody(Spec):
    """Where a secret is kept: an environment variable or a file."""

    env: str | None = Field(None, description="Name of an environment variable.")
    file: str | None = Field(None, description="Path of a file that is not world-readable.")


class GitBody(Spec):
    """A git repository. Exactly one of branch, tag, commit and semver is required."""

    url: str = Field(description="https://…, ssh://…, git@host:… or a path.")
    branch: str | None = Field(None, description="The latest commit of a branch.")
    tag: str | None = Field(None, description="The commit of a tag.")
    commit: str | None = Field(None, description="One commit, by its full id.")
    semver: str | None = Field(None, description="The highest version among the tags in a range: ^1.2, '>=1.0 <2.0'.")
    path: str = Field(".", description="The spec inside the repository: a file or a folder.")
    token: SecretBody | None = Field(None, description="For https:// addresses.")
    username: str = Field("amlctl", description="Sent with the token.")
    ssh_key: SecretBody | None = Field(None, description="A private key without a passphrase, for ssh:// addresses.")
    known_hosts: str | None = Field(None, description="File of accepted host keys.")
    allowed_signers: str | None = Field(None, description="File of trusted keys; unsigned commits are then refused.")
    allow_rollback: Flag | None = Field(
        None,
        description="Allow rolling back to an older commit (default: only if signatures are not required).",
    )
    ca_file: str | None = Field(None, description="CA certificates to trust for HTTPS.")
    timeout: Duration = Field("2m", description="Time-out of each request to the server.")


class SourceBody(Spec):
    """Where a project's spec comes from: a folder or a git repository."""

    folder: str | None = Field(None, description="A spec's file or folder on this machine.")
    git: GitBody | None = None


class FreezeBody(Spec):
    """A time in which nothing is changed."""

    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] | None = Field(
        None, description="Days on which it starts (default: every day)."
    )
    start: str = Field("00:00", description="Local time, HH:MM.")
    end: str = Field("00:00", description="Local time, HH:MM; not later than start means on the next day.")
    time_zone: str = Field("UTC", description="IANA name: Europe/Berlin.")
    first: str | None = Field(None, description="First date on which it may start, YYYY-MM-DD.")
    last: str | None = Field(None, description="Last date on which it may start, YYYY-MM-DD.")
    running: Literal["finish", "abort"] = Field(
        "finish", description="What happens to a running apply: it continues, or starts no further steps."
    )
    reason: str = Field("", description="A description.")


class SelfHealBody(Spec):
    """Setting back what others changed."""

    enabled: Flag = True
    debounce: Duration = Field("30s", description="How long drift must last before it is reverted.")


class PruneBody(Spec):
    """Removing what left the spec."""

    enabled: Flag = False
    max_deletions: Annotated[int, Field(strict=True, ge=0)] | None = Field(
        10, description="A pass that would delete more resources deletes none; empty means no limit."
    )
    allow_empty: Flag = Field(False, description="Prune even if the spec contains no resources.")  # noqa: FBT003


class BackoffBody(Spec):
    """How long a failing revision is left alone."""

    initial: Duration = Field("30s", description="Pause after the second failure; doubles with each further one.")
    cap: Duration = Field("30m", description="Longest pause.")


class ResourceBody(Spec):
    """Switches of the resources that a pattern matches."""

    auto_apply: Flag | None = None
    self_heal: Flag | None = None
    prune: Flag | None = None


class ProjectBody(Spec):
    """One project."""

    source: SourceBody
    target: str | None = Field(None, description="Target of the spec (default: the spec's default target).")
    variables: dict[str, Scalar] = Field(default_factory=dict, description="Variables of the spec.")
    variable_files: list[str] = Field(default_factory=list, description="YAML or JSON files of variables.")
    workspace: str | None = Field(None, description="Folder of the embedded workspace, instead of the one in the spec.")
    interval: Duration = Field("3m", description="Time between the end of a pass and the start of the next one.")
    jitter: Duration = Field("1m", description="Maximum random time added to the interval.")
    poll: Duration | None = Field(
        None, description="How often to look for a new revision between passes; 5s for folders, else with the passes."
    )
    auto_apply: Flag = Field(True, description="Set to false to plan only.")  # noqa: FBT003
    self_heal: SelfHealBody = Field(default_factory=lambda: SelfHealBody.model_validate({}))
    prune: PruneBody = Field(default_factory=lambda: PruneBody.model_validate({}))
    suspend: Flag = Field(False, description="No passes.")  # noqa: FBT003
    freeze: list[FreezeBody] = Field(default_factory=list)
    depends_on: list[str] = Field(default_factory=list, description="Projects that must be ready first.")
    backoff: BackoffBody = Field(default_factory=lambda: BackoffBody.model_validate({}))
    resources: dict[str, ResourceBody] = Field(
        default_factory=dict, description="Settings by address or glob; the last match applies."
    )
    environment: list[str] = Field(
        default_factory=list, description="Environment variables that this spec can read, names or patterns: TRAIN_*."
    )
    allowed_folders: list[str] = Field(
        default_factory=list, description="Folders or files outside the source that this spec can read."
    )
    allowed_hosts: list[str] = Field(
        default_factory=list,
        description="Hosts outside the chosen cloud that may receive tokens: example.org, *.example.org:8443.",
    )
    parallelism: Bound = Field(10, description="Number of concurrent operations.")
    hook: SecretBody | None = Field(None, description="Secret shared with the git server that calls /hooks/<project>.")


class ServerBody(Spec):
    """The HTTP server for health, metrics and status."""

    host: str = Field("127.0.0.1", description="An address of this machine.")
    port: Annotated[int, Field(strict=True, ge=0, le=65535)] = 8642
    token: SecretBody | None = Field(None, description="Token for trigger, suspend and resume.")


class ChannelBody(Spec):
    """A receiver of notices."""

    url: SecretBody
    shape: Literal["json", "slack", "teams"] = "json"
    triggers: list[Literal["applied", "failed", "drift", "healed", "stalled", "pending"]] | None = None
    projects: list[str] = Field(default_factory=list, description="Names or patterns; empty means all.")
    signing_secret: SecretBody | None = None


class ConfigBody(Spec):
    """The whole file."""

    schema_: str | None = Field(None, alias="$schema")
    folder: str = Field(".amlctl-reconcile", description="Where checkouts and embedded workspaces are stored.")
    parallel_passes: Annotated[int, Field(strict=True, ge=1, le=64)] = 4
    projects: dict[str, ProjectBody]
    server: ServerBody | None = None
    notifications: dict[str, ChannelBody] = Field(default_factory=dict)
