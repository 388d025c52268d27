"""Parts that say another endpoint than the one they stand under."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orchestrator.core.address import Address
from orchestrator.core.diagnostic import Diagnostic
from orchestrator.core.names import FollowingNames
from orchestrator.spec.body_problems import error
from orchestrator.spec.draft import Draft

_FIELD = "endpoint_name"


def other_endpoints(drafts: Iterable[Draft], names: FollowingNames) -> Iterator[Diagnostic]:
    """One error for each ``endpoint_name`` that contradicts the place of its body, which counts.

    What a document in a file of its own says is passed over: it may stand under several endpoints.
    """
    for draft in drafts:
        written = draft.body.get(_FIELD)
        if draft.parent is None or not isinstance(written, str):
            continue
        span, meant = draft.body.value_span(_FIELD), names.address(Address(draft.address.section, written))
        if meant.name != draft.address.name and span.file == draft.span.file:
            yield error(
                "contradictory-name",
                f"{draft.address} is declared under the endpoint '{draft.address.name}', but its body has '{_FIELD}: {written}'.",
                f"Remove '{_FIELD}', or move the body under '{written}'.",
                span,
                draft.address,
                [("the endpoint", draft.parent.span)],
            )
