"""What can go wrong with a backend. Retry reads the type, never the text."""

from __future__ import annotations


class BackendError(Exception):
    """A call to a workspace failed.

    Attributes:
        detail: in words, without secrets.
        code: the service's own code, if it gave one.
        request_id: for the service's support.
        fix: what to do, if known.
    """

    def __init__(self, detail: str, *, code: str = "", request_id: str = "", fix: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.request_id = request_id
        self.fix = fix


class NotFound(BackendError):
    """The resource does not exist."""


class Conflict(BackendError):
    """It exists with other content, or is busy with another operation."""


class Denied(BackendError):
    """The identity lacks the permission."""


class Invalid(BackendError):
    """The request can never succeed as it is."""


class Failed(BackendError):
    """The operation ran and failed: a job's exit code, a server that did not start. Repeating it is a new attempt."""


class Throttled(BackendError):
    """Too many requests.

    Attributes:
        retry_after: seconds to wait, or None if the service did not say.
    """

    def __init__(self, detail: str, *, retry_after: float | None = None, code: str = "", request_id: str = "") -> None:
        super().__init__(detail, code=code, request_id=request_id)
        self.retry_after = retry_after


class Transient(BackendError):
    """Failed without an effect; may succeed if repeated."""


class Ambiguous(BackendError):
    """The answer was lost: the effect may or may not have happened. Read before repeating."""


class TimedOut(BackendError):
    """It is still running after the time-out."""


class Cancelled(BackendError):
    """Stopped by a user."""


class StateError(Exception):
    """The state cannot be used: locked by another, written by a newer version, damaged.

    Attributes:
        fix: what to do.
    """

    def __init__(self, detail: str, *, code: str = "state", fix: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.fix = fix


class Locked(StateError):
    """Another apply holds the lock; the text names it."""


class UnsupportedSetup(Exception):
    """Something is missing on this machine, such as an extra that was not installed.

    Attributes:
        fix: the command that installs it.
    """

    def __init__(self, detail: str, *, fix: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix
