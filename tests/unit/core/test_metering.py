"""Counts of an endpoint, and what they say of a span of time."""

from __future__ import annotations

from orchestrator.core.address import Address
from orchestrator.core.errors import Transient
from orchestrator.core.metering import Count, Reading, rates
from orchestrator.ui.meter import Meter


def count(requests: int, errors: int = 0, **latency: int) -> Count:
    told = {name.removeprefix("b"): number for name, number in latency.items()} or {"10": requests, "more": 0}
    return Count.of({"requests": requests, "errors": errors, "latency_ms": told})


def test_rates_are_differences_over_time() -> None:
    readings = [
        Reading(at, {"blue": each}) for at, each in ((0.0, count(5, 1)), (2.0, count(11, 2)), (4.0, count(11, 2)))
    ]
    first, second = rates(readings)["blue"]
    assert (first.per_s, first.errors_per_s, first.median_ms, first.p95_ms) == (3.0, 0.5, 10.0, 10.0)
    assert (second.per_s, second.errors_per_s, second.median_ms) == (0.0, 0.0, None)


def test_a_router_that_started_anew_counts_from_zero_and_a_new_deployment_from_nothing() -> None:
    readings = [Reading(0.0, {"blue": count(100)}), Reading(1.0, {"blue": count(4), "green": count(2)})]
    assert rates(readings)["blue"][0].per_s == 4.0
    assert rates(readings)["green"][0].per_s == 2.0
    assert rates([readings[0], readings[0]]) == rates([]) == {}


def test_quantiles_are_bounds_of_buckets() -> None:
    found = count(10, b1=5, b100=4, bmore=1)
    assert [found.quantile_ms(share) for share in (0.5, 0.9, 1.0)] == [1.0, 100.0, 100.0]
    assert Count().quantile_ms(0.5) is None


def test_a_meter_reads_at_most_every_few_seconds_and_keeps_what_it_read() -> None:
    asked: list[Address] = []

    def read(endpoint: Address) -> dict[str, Count]:
        asked.append(endpoint)
        if endpoint.name == "away":
            raise Transient("Nobody answers.")
        return {"blue": count(len(asked))}

    meter, endpoint = Meter(read, every_s=3600.0), Address("online_endpoints", "a")
    assert len(meter.readings(endpoint)) == len(meter.readings(endpoint)) == len(asked) == 1
    assert meter.readings(Address("online_endpoints", "away")) == ()
