"""Passwords that stand in addresses: ``https://user:PASSWORD@host``, ``?sig=SIGNATURE``. They are secrets wherever they are found."""

from __future__ import annotations

import re
from collections.abc import Iterator
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


def starred(text: str) -> str:
    """The text with stars in the place of each password in an address; as long as before, so that columns stay what they are."""
    return "".join("*" * len(piece) if name else piece for name, piece in parted(text))


def parted(text: str) -> Iterator[tuple[str, str]]:
    """The pieces of a text in order: name and value of each password in it, and with an empty name what is between them.

    A short value is taken with what stands before it: nobody wants each "1" of a log hidden. What a shell or a service fills in
    later, such as ``$TOKEN`` or ``${{inputs.key}}``, is no password.
    """
    done = 0
    for start, end, name in _passwords(text):
        if start > done:
            yield "", text[done:start]
        yield name, text[start:end]
        done = end
    if done < len(text):
        yield "", text[done:]


def _passwords(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and name of each password, in order, none inside another."""
    if "=" not in text and "@" not in text:
        return
    done = 0
    found = sorted(
        (m for pattern in (_USER, _QUERY, _CONNECTION) for m in pattern.finditer(text)), key=lambda m: m.start()
    )
    for match in found:
        start, value, name = match.start("secret"), match["secret"], match["before"].strip("?&;=").lower()
        if match.re is _USER:
            user, colon, password = value.partition(":")
            if _masked_user(match) == match[0]:
                continue
            start, value, name = (start + len(user) + 1, password, "password") if colon else (start, value, "token")
        if match.start() < done or value == HIDDEN or _FILLED_IN.match(value):
            continue
        done = match.end()
        yield start if len(value) >= _LONG_FOR_A_WORD else match.start(), done, name


_FILLED_IN: Final = re.compile(r"\$[\w{(]*|<\w|\{\{|%\(?\w+[)%]")
_LONG_FOR_A_WORD: Final = 8


def _masked_user(found: re.Match[str]) -> str:
    user, colon, password = found["secret"].partition(":")
    if colon:
        return f"{found['before']}{user}:{HIDDEN}" if password else found[0]
    # Git servers take a token as the user's name; names are short.
    return f"{found['before']}{HIDDEN}" if len(user) >= _LONG_FOR_A_NAME else found[0]


_LONG_FOR_A_NAME: Final = 20
