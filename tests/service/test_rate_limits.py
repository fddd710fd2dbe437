"""How often one caller may knock: leased in general, exact at sign-in and registration (B39, B40; AP14; AUTH-12)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from botocore.client import BaseClient

from shop import limits, settings, telemetry
from shop.auth import Caller
from shop.limits import Limiter, RateLimited
from shop.table import Table
from tests import kit
from tests.kit import Client, Reply, admin, anyone, app_of, user

pytestmark = pytest.mark.usefixtures("shop", "forgotten")

PASSWORD = "a long walk by the sea"
NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Every process has just started, at noon."""
    for service in ("auth", "shipping", "users", "payments"):
        limiter = app_of(service).limiter
        assert limiter
        limiter.forget()
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The write calls made to DynamoDB from now on."""
    made: list[str] = []
    call = vars(BaseClient)["_make_api_call"]

    def counted(self: Any, name: str, arguments: Any) -> Any:
        if name in ("UpdateItem", "PutItem", "DeleteItem", "TransactWriteItems"):
            made.append(name)
        return call(self, name, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    return made


def allow(monkeypatch: pytest.MonkeyPatch, **rates: int) -> None:
    for name, rate in rates.items():
        monkeypatch.setattr(settings, f"RATE_{name.upper()}", rate)


def zones(client: Client) -> Reply:
    """Something only admins are told; the rest is refused, and counted all the same."""
    return client.get("/v1/shipping-zones")


def quote() -> Reply:
    asked = {
        "address": {"country": "US"},
        "items": [{"product_id": "p", "quantity": 1, "weight_grams": 1}],
        "subtotal": {"amount": 1, "currency": "USD"},
    }
    return anyone().post("/v1/shipping-quotes", asked)


def sign_in(identifier: str, client: Client | None = None) -> Reply:
    return (client or anyone()).post("/v1/sessions", {"identifier": identifier, "password": PASSWORD})


def register(number: int) -> Reply:
    return anyone().post("/v1/accounts", {"email": f"ann{number}@example.com", "password": PASSWORD})


def counters(service: str) -> list[dict[str, Any]]:
    rows = boto3.client("dynamodb", kit.REGION).scan(TableName=settings.table_name(service))["Items"]
    return [row for row in rows if row["kind"]["S"] == "rate_limit"]


def process(service: str = "shipping") -> Limiter:
    """The limiter of another process of a service."""
    return Limiter(Table(service))


def admitted(limiter: Limiter, caller: Caller, times: int) -> int:
    count = 0
    for _ in range(times):
        try:
            limiter.admit(caller)
            count += 1
        except RateLimited:
            pass
    return count


def test_an_address_that_asks_too_often_is_told_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, anonymous=5)
    with time_machine.travel(NOON + timedelta(seconds=12), tick=False):
        left = [quote().headers["RateLimit-Remaining"] for _ in range(5)]
        assert left == ["4", "3", "2", "1", "0"]
        sixth = quote()
        sixth.refused(429, "rate_limited")
        told = {name: sixth.headers[name] for name in sixth.headers if name.startswith(("Rate", "Retry"))}
        assert told == {
            "Retry-After": "48",
            "RateLimit-Limit": "5",
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": "48",
        }
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        assert quote().status == 422
        assert quote().headers["RateLimit-Remaining"] == "3"


@pytest.mark.parametrize(("rate", "who"), [("user", user), ("admin", admin)])
def test_users_and_admins_have_limits_of_their_own(monkeypatch: pytest.MonkeyPatch, rate: str, who: Any) -> None:
    allow(monkeypatch, **{rate: 3}, anonymous=1)
    client = who()
    assert [zones(client).status == 429 for _ in range(4)] == [False, False, False, True]
    assert zones(user("somebody-else") if rate == "user" else user()).status == 403


def test_the_limit_is_the_callers_and_not_the_address_they_share(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, user=2, anonymous=2)
    assert [zones(user("ann")).status for _ in range(3)] == [403, 403, 429]
    assert [zones(user("bob")).status for _ in range(3)] == [403, 403, 429]
    assert [quote().status for _ in range(3)] == [422, 422, 429]


def test_an_address_is_what_api_gateway_saw_and_never_what_a_header_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, anonymous=2)
    statuses = [
        anyone().get("/v1/categories", x_forwarded_for=f"198.51.100.{n}", x_real_ip=f"198.51.100.{n}").status
        for n in range(3)
    ]
    assert statuses == [200, 200, 429]


def test_who_only_claims_to_be_somebody_is_counted_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, anonymous=2, user=100)
    liar = Client(headers={"authorization": "Bearer nonsense"})
    assert [liar.get("/v1/carts/current").status for _ in range(3)] == [401, 401, 429]


def test_what_a_provider_says_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, anonymous=1)
    assert {anyone().post("/v1/webhooks/mock", {}).status for _ in range(3)} == {400}


def test_a_repeated_request_is_told_what_is_left_now(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, admin=10)
    zone = {"name": "World", "type": "custom"}
    first, again = (admin().post("/v1/shipping-zones", zone, idempotency_key="k") for _ in range(2))
    assert (again.headers["Idempotent-Replayed"], again.body) == ("true", first.body)
    assert int(again.headers["RateLimit-Remaining"]) < int(first.headers["RateLimit-Remaining"])


def test_signing_in_is_counted_for_each_address_and_name(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, login=3)
    register(1).ok(201)
    assert [sign_in("ann1@example.com").status for _ in range(2)] == [201, 201]
    assert sign_in(" ANN1@example.com").headers["RateLimit-Remaining"] == "0"
    refused = sign_in("ann1@example.com")
    refused.refused(429, "rate_limited")
    assert refused.headers["Retry-After"] == "60"
    assert sign_in("ann2@example.com").status == 401
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        sign_in("ann1@example.com").ok(201)


def test_registering_is_counted_for_each_address_by_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, register=2)
    assert [register(number).status for number in range(3)] == [201, 201, 429]
    with time_machine.travel(NOON + timedelta(minutes=59), tick=False):
        assert register(4).headers["RateLimit-Reset"] == "60"
    with time_machine.travel(NOON + timedelta(minutes=60), tick=False):
        register(4).ok(201)


def test_exact_limits_hold_over_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, login=3)
    limit = limits.Limit("login", "RATE_LOGIN", settings.MINUTE, lambda who, _: who.ip_address)
    one, other = process("auth"), process("auth")
    left = [limiter.count(limit, Caller(ip_address="x"), None) for limiter in (one, other, one)]
    assert [allowance.remaining for allowance in left if allowance] == [2, 1, 0]
    for limiter in (one, other, one):
        with pytest.raises(RateLimited):
            limiter.count(limit, Caller(ip_address="x"), None)


def test_one_process_admits_exactly_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in (1, 5, 9, 20, 100, 600, 1200):
        allow(monkeypatch, user=limit)
        assert admitted(process(), Caller(user_id=f"of {limit}"), limit + 50) == limit


def test_several_processes_admit_the_limit_and_a_tenth_for_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, anonymous=100)
    for number in (2, 5):
        caller = Caller(ip_address=f"of {number}")
        processes = [process() for _ in range(number)]
        count = sum(admitted(limiter, caller, 1) for _ in range(200) for limiter in processes)
        assert 100 - 25 * (number - 1) <= count <= 100 + 10 * number


def test_a_tenth_of_a_write_unit_for_a_request_and_none_for_who_asks_little(
    monkeypatch: pytest.MonkeyPatch, writes: list[str]
) -> None:
    allow(monkeypatch, anonymous=100, user=600, admin=1200)
    limiter = process()
    requests = 0
    for number in range(40):
        for caller, times in (
            (Caller(ip_address=f"visitor {number}"), 10),
            (Caller(ip_address=f"crawler {number}"), 11 + number),
            (Caller(user_id=f"user {number}"), 61),
            (Caller(user_id=f"admin {number}", roles=["admin"]), 121),
        ):
            before = len(writes)
            assert admitted(limiter, caller, times) == times
            assert (len(writes) - before) <= 0.1 * times
            assert len(writes) == before or times > 10
            requests += times
    assert 0 < len(writes) <= 0.1 * requests
    before = len(writes)
    assert admitted(limiter, Caller(ip_address="flood"), 10_000) == 100
    assert len(writes) - before <= 4


def test_counters_clean_up_after_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, anonymous=5, register=5)
    register(1).ok(201)
    by_window = {row["key"]["S"].split(":")[0]: row for row in counters("auth")}
    assert set(by_window) == {"ip", "register"}
    for key, length in (("ip", 60), ("register", 3600)):
        row = by_window[key]
        ends = NOON + timedelta(seconds=length)
        assert row["PK"]["S"] == f"RL#{row['key']['S']}#{int(NOON.timestamp())}"
        assert row["expires_at"]["S"] == ends.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        assert int(row["ttl"]["N"]) == ends.timestamp() + 60
    # A counter whose time is over no longer counts, though nobody has removed it.
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        assert register(2).headers["RateLimit-Remaining"] == "4"


def test_a_name_is_not_kept_in_a_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, login=5)
    sign_in("ann@example.com")
    assert "ann" not in str(counters("auth"))


def test_each_service_counts_in_its_own_table(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, anonymous=1)
    assert [quote().status for _ in range(2)] == [422, 429]
    assert sign_in("ann@example.com").status == 401
    assert [len(counters(service)) for service in ("shipping", "auth", "users")] == [1, 1, 0]


def test_a_limiter_that_fails_lets_everyone_in_and_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, anonymous=2, login=2)
    said: list[str] = []

    def fails(self: Any, *_: Any, **__: Any) -> Any:
        raise ConnectionError

    monkeypatch.setattr(Table, "increment", fails)
    monkeypatch.setattr(telemetry.logger, "exception", said.append)
    assert [sign_in(f"nobody{number}@example.com").status for number in range(20)] == [401] * 20
    assert said == ["requests are not counted"]


def test_nobody_is_limited_where_the_limit_is_zero(writes: list[str]) -> None:
    answers = [quote() for _ in range(300)]
    assert {answer.status for answer in answers} == {422}
    assert not any("RateLimit-Limit" in answer.headers for answer in answers)
    assert not writes


def test_health_is_asked_as_often_as_one_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "SERVICES", ["gateway"])
    allow(monkeypatch, anonymous=1)
    assert [anyone().get("/health").status for _ in range(3)] == [200] * 3
