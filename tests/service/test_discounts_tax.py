"""Tax rates as data, and what they make of a cart; a tax service outside in their place (R290-R295, B124)."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import time_machine

from discounts.store import taxes
from shop import clock, settings
from shop.errors import Transient
from shop.settings import MINUTE
from tests.kit import admin
from tests.service.discounts_kit import Json, coupon, evaluate, hold, line, money

pytestmark = pytest.mark.usefixtures("shop")
CALIFORNIA: Json = {"country": "US", "state": "CA", "postal_code": "94107"}
NEW_YORK: Json = {"country": "US", "state": " ny "}


def rate(country: str = "US", of: str = "0.2", **said: Any) -> Json:
    made: Json = admin().post("/v1/tax-rates", {"country": country, "rate": of, **said}).ok(201)
    return made


def bring(*rates: Json, **said: Any) -> Json:
    done: Json = admin().post("/v1/tax-rates/imports", {"rates": list(rates), **said}).ok(200)
    return done


def listed(query: str = "") -> list[tuple[str, str]]:
    return [(one["id"], one["rate"]) for one in admin().get(f"/v1/tax-rates{query}").ok(200)["data"]]


def taxed(*lines: Json, **said: Any) -> list[int]:
    answer = evaluate(*lines, **{"destination": CALIFORNIA, **said})
    return [tax["amount"] for tax in answer["tax"]["amounts"]]


def test_a_rate_is_kept_for_a_place_and_a_class() -> None:
    made = rate(state="CA", tax_class="FOOD", name="Groceries")
    assert (made["id"], made["tax_class"], made["rate"]) == ("US-CA-food", "food", "0.2")
    path = f"/v1/tax-rates/{made['id']}"
    assert admin().get(path).ok(200) == made
    admin().post("/v1/tax-rates", {"country": "us", "state": "CA", "tax_class": "food", "rate": "0"}).refused(
        409, "rate_exists"
    )
    changed = admin().patch(path, {"rate": "0.05"}, if_match='"1"').ok(200)
    assert (changed["rate"], changed["name"], changed["version"]) == ("0.05", "Groceries", 2)
    admin().patch(path, {"rate": "0.05"}, if_match='"1"').refused(412, "version_mismatch")
    admin().patch(path, {"rate": "0.05"}).refused(428, "if_match_required")
    admin().delete(path, if_match='"1"').refused(412, "version_mismatch")
    admin().delete(path, if_match='"2"').ok(204)
    for gone in (path, "/v1/tax-rates/none", "/v1/tax-rates/US--"):
        admin().get(gone).refused(404, "not_found")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"rate": "1.01"}, "/rate"),
        ({"rate": "20"}, "/rate"),
        ({"rate": 0.2}, "/rate"),
        ({"rate": "0.1234567"}, "/rate"),
        ({"rate": "-0.1"}, "/rate"),
        ({"country": "USA"}, "/country"),
        ({"state": "California"}, "/state"),
        ({"tax_class": "a b"}, "/tax_class"),
    ],
)
def test_a_rate_is_a_fraction_of_a_place_there_is(body: Json, pointer: str) -> None:
    wanted = {"country": "US", "rate": "0.2", **body}
    problem = admin().post("/v1/tax-rates", wanted).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == pointer
    problem = admin().post("/v1/tax-rates/imports", {"rates": [wanted]}).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == f"/rates/0{pointer}"
    assert listed() == []


def test_many_rates_come_at_once_and_again() -> None:
    rate(of="0.01")
    rates = [{"country": "US", "rate": "0.02"}, {"country": "US", "state": "CA", "rate": "0.0725"}]
    rates += [{"country": "DE", "rate": "0.19"}]
    for _ in range(2):
        assert bring(*rates) == {"imported": 3, "removed": 0}
    assert listed() == [("DE-_-standard", "0.19"), ("US-CA-standard", "0.0725"), ("US-_-standard", "0.02")]
    assert admin().get("/v1/tax-rates/US-_-standard").ok()["version"] == 2
    assert listed("?country=DE") == [("DE-_-standard", "0.19")]
    assert bring({"country": "US", "rate": "0.02"}, replace=True) == {"imported": 1, "removed": 1}
    assert listed() == [("DE-_-standard", "0.19"), ("US-_-standard", "0.02")]
    twice = [{"country": "US", "rate": "0.1"}, {"country": "us", "tax_class": "standard", "rate": "0.2"}]
    admin().post("/v1/tax-rates/imports", {"rates": twice}).refused(422, "duplicate_rate")


def test_rates_are_listed_a_page_at_a_time() -> None:
    bring(*({"country": "US", "state": f"S{n}", "rate": "0.1"} for n in range(5)))
    first = admin().get("/v1/tax-rates?limit=3").ok(200)
    rest = admin().get(f"/v1/tax-rates?limit=3&cursor={first['next_cursor']}").ok(200)
    assert [one["state"] for one in first["data"] + rest["data"]] == ["S0", "S1", "S2", "S3", "S4"]


def test_without_rates_nothing_is_taxed() -> None:
    assert taxed() == [0]
    assert evaluate()["tax"]["lines"] == ["0"]


def test_goods_are_taxed_where_they_go_by_their_class_after_discounts() -> None:
    rate(of="0.01")
    rate(of="0.0725", state="CA")
    rate(of="0", tax_class="food")
    coupon(type="fixed_amount", discount_value=money(300))
    goods = [line(price=2000), line("TEA", price=1000, tax_class="food")]
    assert taxed(*goods, code="SAVE10") == [131, 0]  # of 1800 and 900; a class has its own rate everywhere
    assert taxed(*goods, destination=NEW_YORK) == [20, 0]
    assert taxed(*goods, destination={"country": "FR"}) == [0, 0]
    assert taxed(*goods, destination=None) == [0, 0]


def test_the_shipping_has_a_class_of_its_own() -> None:
    rate(of="0.2")
    assert evaluate(destination=CALIFORNIA)["tax"]["shipping"] == "0.2"
    rate(of="0.05", tax_class="shipping")
    assert evaluate(destination=CALIFORNIA)["tax"]["shipping"] == "0.05"


def test_a_gross_stores_prices_contain_the_tax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PRICES_INCLUDE_TAX", True)
    rate(of="0.23")
    answer = hold("o-1", destination=CALIFORNIA)
    assert (answer["tax"]["prices_include_tax"], answer["tax"]["amounts"]) == (True, [money(187)])


def test_rates_are_read_once_a_minute() -> None:
    rate(of="0.2")
    assert taxed() == [200]
    kept, taxes._kept = taxes._kept, type(taxes._kept)()  # another process writes
    admin().patch("/v1/tax-rates/US-_-standard", {"rate": "0.1"}, if_match='"1"').ok(200)
    taxes._kept = kept
    assert taxed() == [200]
    with time_machine.travel(clock.epoch(clock.after(MINUTE + 1))):
        assert taxed() == [100]


# A service outside


class Service(BaseHTTPRequestHandler):
    """Answers what it is told to, and remembers what it was asked."""

    answer: tuple[int, str] = (200, "{}")
    asked: list[Json] = []

    def do_POST(self) -> None:
        self.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        status, body = self.answer
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Service]]:
    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = Thread(target=server.serve_forever)
    thread.start()
    Service.asked = []
    monkeypatch.setenv("TAX_SERVICE_URL", f"http://127.0.0.1:{server.server_port}/rates?key=k")
    yield Service
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_outside_names_the_rates_and_the_shop_does_the_rounding(service: type[Service]) -> None:
    service.answer = 200, json.dumps({"lines": ["0.08875", "0"], "shipping": "0.01"})
    goods = [line(price=333), line("TEA", tax_class="food")]
    answer = evaluate(*goods, destination=CALIFORNIA)
    assert (answer["tax"]["amounts"], answer["tax"]["shipping"]) == ([money(30), money(0)], "0.01")
    (asked,) = service.asked
    assert asked["destination"] == CALIFORNIA
    assert [(one["tax_class"], one["amount"]) for one in asked["lines"]] == [
        ("standard", money(333)),
        ("food", money(1000)),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        (500, "{}"),
        (200, "not json"),
        (200, json.dumps({"lines": [], "shipping": "0"})),
        (200, json.dumps({"lines": ["2"], "shipping": "0"})),
        (200, json.dumps({"lines": ["0.1"], "shipping": "-1"})),
        (302, json.dumps({"lines": ["0.1"], "shipping": "0"})),
    ],
)
def test_an_answer_that_is_none_is_asked_for_again_and_never_guessed(
    service: type[Service], answer: tuple[int, str]
) -> None:
    service.answer = answer
    with pytest.raises(Transient):
        hold("o-1", destination=CALIFORNIA)


def test_a_service_that_is_away_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = coupon(usage_limit=1)
    monkeypatch.setenv("TAX_SERVICE_URL", "http://127.0.0.1:1/rates")
    with pytest.raises(Transient):
        hold("o-1", code="SAVE10", destination=CALIFORNIA)
    assert admin().get(f"/v1/coupons/{made['id']}").ok()["usage_count"] == 0
