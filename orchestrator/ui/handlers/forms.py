"""Forms as browsers send them, without a parser for files."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from orchestrator.http.bodies import TooLarge, TooSlow, pieces

LONGEST: Final = 1 << 20
"""Bytes of a form."""


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form; of several of one name the last.

    Raises:
        HTTPException: it is too long, or too slow.
    """
    try:
        body = b"".join([piece async for piece in pieces(request.receive, LONGEST)])
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=100))
    except TooLarge:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The form is larger than {LONGEST} bytes.") from None
    except TooSlow as slow:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, str(slow)) from None
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The request body is not a form.") from None
