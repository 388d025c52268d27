"""Passwords that stand in addresses: ``https://user:PASSWORD@host``, ``?sig=SIGNATURE``. They are secrets wherever they are found."""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = "(secret)"

_USER: Final = re.compile(r"(?P<before>\b[A-Za-z][A-Za-z0-9+.-]*://)(?P<secret>[^\s/@?#\"'<>(]+)(?=@)")
"""A user with a password, or a token in the user's place. Not ``ssh://git@``: a name alone is none, see `_masked_user`."""

_QUERY: Final = re.compile(
    r"(?P<before>[?&;](?:sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature|access_token|token|api[-_]?key|apikey|"
    r"code|password|passwd|pwd|secret|client_secret|sharedaccesskey|accountkey|key)=)(?P<secret>[^\s&;#\"'<>()]+)",
    re.IGNORECASE,
)
"""Parameters that give a right. Source: signed addresses of Azure Storage, Amazon S3 and Google Cloud; Azure Functions (``code``)."""

_CONNECTION: Final = re.compile(
    r"(?P<before>\b(?:AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd)=)(?P<secret>[^\s;\"'<>()]+)"
)
"""Connection strings of Azure Storage and of databases."""


def holds_password(text: str) -> bool:
    """Whether an address in a text gives a right to whoever reads it."""
    return without_passwords(text) != text


def without_passwords(text: str) -> str:
    """The text with ``(secret)`` in the place of each password in an address."""
    if "=" not in text and "@" not in text:
        return text
    text = _USER.sub(_masked_user, text)
    text = _QUERY.sub(rf"\g<before>{HIDDEN}", text)
    return _CONNECTION.sub(rf"\g<before>{HIDDEN}", text)


def _masked_user(found: re.Match[str]) -> str:
    user, colon, password = found["secret"].partition(":")
    if colon:
        return f"{found['before']}{user}:{HIDDEN}" if password else found[0]
    # Git servers take a token as the user's name; names are short.
    return f"{found['before']}{HIDDEN}" if len(user) >= _LONG_FOR_A_NAME else found[0]


_LONG_FOR_A_NAME: Final = 20
