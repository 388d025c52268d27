from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.core.address import Address
from orchestrator.core.errors import StateError
from orchestrator.core.fingerprint import SCHEME, Fingerprint
from orchestrator.core.resource import Applied, Removal
from orchestrator.state.encode import decode, encode

TEXT = st.text(max_size=8)
NAMES = st.text("abcdefgh-", min_size=1, max_size=6)
ADDRESSES = st.one_of(
    st.builds(Address, st.sampled_from(["data", "jobs"]), NAMES, st.just("")),
    st.builds(Address, st.just("online_endpoints"), NAMES, NAMES.map(lambda name: f"deployments.{name}")),
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.builds(
    Applied,
    ADDRESSES,
    properties=st.dictionaries(TEXT, PLAIN, max_size=4),
    fingerprint=st.builds(Fingerprint, TEXT, TEXT, TEXT, st.integers(1, 9)),
    revision=TEXT,
    depends_on=st.frozensets(ADDRESSES, max_size=3),
    files=st.dictionaries(TEXT, TEXT, max_size=3),
    upstream=st.dictionaries(TEXT, TEXT, max_size=3),
    tainted=st.booleans(),
    duration_s=st.none() | st.floats(0, 1e9),
    on_removal=st.none() | st.sampled_from(Removal),
    protect=st.booleans(),
    adopted=st.booleans(),
    key=TEXT,
    target=TEXT,
)


@given(RECORDS)
def test_a_record_comes_back_from_its_text(applied: Applied) -> None:
    assert decode(applied.address, json.loads(json.dumps(encode(applied)))) == applied


def test_what_is_usual_is_left_out() -> None:
    body = encode(Applied(Address("data", "d"), properties={}, fingerprint=Fingerprint("c")))
    assert body == {"properties": {}, "fingerprint": ["c", "", "", SCHEME]}


GOOD: dict[str, Any] = {"properties": {}, "fingerprint": ["c", "", "", 1]}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"properties": {}},
        {"fingerprint": ["c", "", "", 1]},
        GOOD | {"fingerprint": ["c"]},
        GOOD | {"fingerprint": 5},
        GOOD | {"depends_on": ["nonsense"]},
        GOOD | {"depends_on": [5]},
        GOOD | {"on_removal": "explode"},
        [],
        "text",
        None,
    ],
)
def test_what_is_no_record_is_told(body: Any) -> None:
    with pytest.raises(StateError) as error:
        decode(Address("data", "d"), body)
    assert error.value.code == "state-damaged"
    assert "data.d" in error.value.detail
    assert error.value.fix
