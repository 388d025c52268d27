"""Versions and ranges, against the rules of semver.org and of npm's ranges."""

from __future__ import annotations

import pytest

from orchestrator.reconcile.source.semver import InvalidRange, Range, highest, parse_version


def test_precedence_is_that_of_the_specification() -> None:
    # Source: Semantic Versioning 2.0.0, section 11.
    ordered = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0 2.1.0 2.1.1"
    versions = [parse_version(text) for text in ordered.split()]
    assert None not in versions
    shuffled = versions[::-1]
    assert sorted(shuffled) == versions  # type: ignore[type-var]


@pytest.mark.parametrize("text", ["1.2", "01.2.3", "1.2.3-01", "1.2.3-", "latest", "v1.2.3.4", "", "1.2.3 "])
def test_what_is_no_version(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0 2.0.0-rc.1 0.9.9 1.5.0-rc.1"),
        ("^0.2.3", "0.2.3 0.2.9", "0.3.0 1.0.0"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("^0.0", "0.0.0 0.0.9", "0.1.0"),
        ("^0", "0.0.1 0.9.0", "1.0.0"),
        ("^1", "1.0.0 1.99.0", "2.0.0"),
        ("~1.2.3", "1.2.3 1.2.99", "1.3.0 1.2.2"),
        ("~1.2", "1.2.0", "1.3.0"),
        ("~1", "1.0.0 1.9.9", "2.0.0"),
        ("1.2.x", "1.2.0 1.2.7", "1.3.0"),
        ("1.2", "1.2.0 1.2.7", "1.3.0"),
        ("1", "1.0.0 1.9.0", "2.0.0"),
        ("*", "0.0.1 9.9.9", "1.0.0-rc.1"),
        ("", "0.0.1 9.9.9", "1.0.0-rc.1"),
        (">=1.0 <2.0", "1.0.0 1.9.9", "2.0.0 0.9.0"),
        (">= 1.0, < 2.0", "1.0.0 1.9.9", "2.0.0 0.9.0"),
        (">1.2", "1.3.0 2.0.0", "1.2.0 1.2.9"),
        ("<=1.2", "1.2.9 0.1.0", "1.3.0"),
        (">1.2.3", "1.2.4", "1.2.3"),
        ("<=1.2.3", "1.2.3", "1.2.4"),
        ("1.2 - 1.4", "1.2.0 1.4.9", "1.5.0"),
        ("1.2.3 - 2.3.4", "1.2.3 2.3.4", "2.3.5"),
        ("~1.4 || ^2", "1.4.2 2.9.0", "1.5.0 3.0.0"),
        ("=1.2.3", "1.2.3 v1.2.3 1.2.3+build.7", "1.2.4"),
        (">=1.2.3-rc.1", "1.2.3-rc.1 1.2.3-rc.2 1.2.3 2.0.0", "1.2.3-beta 1.3.0-rc.1"),
        ("^1.2.3-rc.1", "1.2.3-rc.2 1.9.0", "1.9.0-rc.1 2.0.0"),
    ],
)
def test_ranges(text: str, inside: str, outside: str) -> None:
    wanted = Range(text)
    assert [version for version in inside.split() if parse_version(version) not in wanted] == []  # type: ignore[operator]
    assert [version for version in outside.split() if parse_version(version) in wanted] == []  # type: ignore[operator]


@pytest.mark.parametrize("text", ["latest", "^", "1.2.3.4", ">x", "~> 1.2", "1.0 || banana"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(InvalidRange):
        Range(text)


def test_the_highest_tag_ignores_names_that_are_no_versions() -> None:
    tags = {"nightly": "a", "v1.9.0": "b", "1.10.0": "c", "v2.0.0": "d", "v1.11.0-rc.1": "e"}
    assert highest(tags, Range("1.x")) == ("1.10.0", "c")
    assert highest(tags, Range("^3")) is None
