"""The shop's own secret is turned while it is in use, and nobody notices."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from botocore.exceptions import ClientError

from auth.logic import keys
from shop import aws, clock, keyring, pages, settings
from shop.ids import new_id
from tests.kit import admin, app_of

pytestmark = pytest.mark.usefixtures("shop", "its_own_secret")

MONTH = 30 * 86_400
GIFT = {"amount": {"amount": 2500, "currency": "USD"}}


@pytest.fixture
def its_own_secret(shop: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The shop of the tests has one secret for many things: this is another."""
    made = aws.client("secretsmanager").create_secret(Name=new_id(), SecretString="the first key")
    monkeypatch.setenv(keyring.NAME, made["ARN"])
    begin_anew()
    yield
    begin_anew()


def secret() -> str:
    return str(aws.client("secretsmanager").get_secret_value(SecretId=os.environ[keyring.NAME])["SecretString"])


def begin_anew() -> None:
    """As a process does that starts now."""
    settings.secret.cache_clear()
    pages._signer.cache_clear()


def issue(key: str) -> Any:
    return admin().post("/v1/admin/gift-cards", GIFT, idempotency_key=key).ok(201)


def turn() -> None:
    app_of("auth").jobs({"job": "turn_keys"}, None)


def test_cursors_and_answers_stay_good_in_processes_older_and_younger_than_the_turn() -> None:
    issue("another")
    gift = issue("gift")
    older = admin().get("/v1/admin/gift-cards?limit=1").ok()["next_cursor"]
    first = keyring.ring()[0]
    for month in (1, 2):
        with time_machine.travel(clock.epoch(clock.now()) + month * MONTH):
            turn()
        begin_anew()
        assert first in keyring.ring()
        assert (keyring.ring()[0] == first) is (month == 1)
        assert admin().get(f"/v1/admin/gift-cards?limit=1&cursor={older}").ok()["data"]
        assert issue("gift")["code"] == gift["code"]
    with time_machine.travel(clock.epoch(clock.now()) + 3 * MONTH):
        turn()
    begin_anew()
    assert first not in keyring.ring()
    admin().get(f"/v1/admin/gift-cards?limit=1&cursor={older}").refused(400, "invalid_cursor")


def test_a_younger_process_is_understood_by_an_older_one() -> None:
    issue("one")
    issue("two")
    turn()
    before = secret()
    begin_anew()
    with time_machine.travel(clock.epoch(clock.now()) + MONTH):
        turn()
    begin_anew()
    younger = admin().get("/v1/admin/gift-cards?limit=1").ok()["next_cursor"]
    aws.client("secretsmanager").put_secret_value(SecretId=os.environ[keyring.NAME], SecretString=before)
    begin_anew()
    assert admin().get(f"/v1/admin/gift-cards?limit=1&cursor={younger}").ok()["data"]


def test_it_is_turned_once_a_week_at_most_and_once_by_two(monkeypatch: pytest.MonkeyPatch) -> None:
    turn()
    once = secret()
    turn()
    assert secret() == once

    def overtaken(**_: str) -> None:
        raise ClientError({"Error": {"Code": "ResourceExistsException"}}, "PutSecretValue")

    vault = aws.client("secretsmanager")
    monkeypatch.setattr(vault, "put_secret_value", overtaken)
    with time_machine.travel(datetime.now(UTC).timestamp() + MONTH):
        keys.turn()
    assert secret() == once
