"""Passwords in addresses are secrets."""

from __future__ import annotations

import pytest

from orchestrator.core.url_secrets import holds_password, without_passwords

CANARY = "c4n4ry%2Babc=="
PLACES = (
    "https://user:{}@example.org/x", "git clone https://x-access-token:{}@example.org/r.git", "postgresql+psycopg://u:{}@db:5432/n",
    "https://acc.blob.core.windows.net/c?sv=2024-01-01&sig={}&se=x", "https://e.example/f?code={}", "https://e.example/?a=1&access_token={}",
    "https://s3.example/b?X-Amz-Signature={}", "https://e.example/?SIG={}#top", "AccountName=a;AccountKey={};EndpointSuffix=x",
    "Server=db;Pwd={}", 'curl "https://e.example/?api_key={}"', "<https://user:{}@example.org>", "failed for url: /c?sig={}",
    "two https://a:{}@b and https://c:{}@d",
)  # fmt: skip
HARMLESS = (
    "https://example.org/x?y=1", "ssh://git@example.org/r", "git@example.org:r.git", "user@example.org", "azureml://datastores/d/paths/p",
    "https://example.org/a@b", "a == b", "signal=3", "?design=x", "https://user@example.org", "https://example.org/?version=1&next=2", "",
    "https://[::1]:80/x", "sig=", "https://user:@example.org",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_password_in_an_address_is_hidden_and_the_rest_stays(place: str) -> None:
    text = place.replace("{}", CANARY)
    assert holds_password(text)
    shown = without_passwords(text)
    assert shown == place.replace("{}", "(secret)")
    assert without_passwords(shown) == shown


def test_a_token_in_the_users_place_is_hidden() -> None:
    assert without_passwords("https://ghp_0123456789abcdefghij@example.org/r") == "https://(secret)@example.org/r"


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert without_passwords(text) == text
    assert not holds_password(text)
