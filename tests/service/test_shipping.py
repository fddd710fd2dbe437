"""Zones, methods, rates and what a parcel costs.

R174, R182-R185, R188-R193, R197-R200; B147, B148; SHIP-01-SHIP-03.
"""

import pytest

from tests.kit import admin, anyone, perform, user

pytestmark = pytest.mark.usefixtures("shop")

USD = "USD"


def money(amount: int, currency: str = USD) -> dict[str, object]:
    return {"amount": amount, "currency": currency}


def a_zone(**fields: object) -> str:
    zone = admin().post("/v1/shipping-zones", {"name": "World", "type": "custom", **fields}).ok(201)
    return str(zone["id"])


def a_method(zone_id: str, **fields: object) -> str:
    body = {"zone_id": zone_id, "name": "Standard", "base_price": money(500), "estimated_days": 5, **fields}
    return str(admin().post("/v1/shipping-methods", body).ok(201)["id"])


def quotes(country: str = "US", grams: int = 350, quantity: int = 2, **address: str) -> list[tuple[str, int]]:
    asked = {
        "address": {"country": country, **address},
        "items": [{"product_id": "p", "variant_id": None, "quantity": quantity, "weight_grams": grams}],
        "subtotal": money(2600),
    }
    return [(q["name"], q["price"]["amount"]) for q in anyone().post("/v1/shipping-quotes", asked).ok(200)["data"]]


def test_the_most_specific_zone_serves_an_address() -> None:
    for zone, name in (
        (a_zone(), "world"),
        (a_zone(name="USA", type="COUNTRY", countries=["us"]), "country"),
        (a_zone(name="California", type="state", states=["US-CA"]), "state"),
        (a_zone(name="Bay", type="postal_code", countries=["US"], postal_codes=["94*"]), "prefix"),
        (a_zone(name="Office", type="postal_code", countries=["US"], postal_codes=["94107"]), "exact"),
    ):
        a_method(zone, name=name)
    assert quotes("DE") == [("world", 500)]
    assert quotes("US", state="NY", postal_code="10001") == [("country", 500)]
    assert quotes("US", state="CA", postal_code="90001") == [("state", 500)]
    assert quotes("US", state="CA", postal_code="94200") == [("prefix", 500)]
    assert quotes("US", state="CA", postal_code="94107") == [("exact", 500)]


def test_an_inactive_zone_is_skipped() -> None:
    a_method(a_zone(), name="world")
    zone = a_zone(name="USA", type="country", countries=["US"])
    a_method(zone, name="country")
    read = admin().get(f"/v1/shipping-zones/{zone}")
    admin().patch(f"/v1/shipping-zones/{zone}", {"is_active": False}, if_match=read.etag).ok(200)
    assert quotes("US") == [("world", 500)]


def test_a_price_is_the_base_and_the_weight_and_the_pieces_or_the_matching_rate() -> None:
    method = a_method(a_zone(), price_per_kg=money(333), price_per_item=money(10))
    assert quotes(grams=350, quantity=3) == [("Standard", 500 + 350 + 30)]  # 333 x 1.05 kg = 349.65
    rate = {"min_weight": 2000, "max_weight": 5000, "rate": money(900)}
    admin().post(f"/v1/shipping-methods/{method}/rates", rate).ok(201)
    assert quotes(grams=1000, quantity=2) == [("Standard", 900)]
    overlapping = {"min_weight": 5000, "rate": money(1)}
    admin().post(f"/v1/shipping-methods/{method}/rates", overlapping).refused(422, "overlapping_range")


def test_quotes_are_cheapest_first_in_the_currency_of_the_goods() -> None:
    zone = a_zone()
    a_method(zone, name="Express", base_price=money(1500), estimated_days=2)
    a_method(zone, name="Standard")
    a_method(zone, name="Pounds", base_price=money(1, "GBP"))
    assert quotes() == [("Standard", 500), ("Express", 1500)]


def test_an_address_nobody_serves_is_422() -> None:
    asked = {"address": {"country": "US"}, "items": [{"product_id": "p", "quantity": 1}], "subtotal": money(1)}
    anyone().post("/v1/shipping-quotes", asked).refused(422, "no_method_for_address")


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"name": ""}, "/name", "string_too_short"),
        ({"type": "moon"}, "/type", "literal_error"),
        ({"colour": "red"}, "/colour", "extra_forbidden"),
        ({"countries": ["Germany"]}, "/countries/0", "string_pattern_mismatch"),
    ],
)
def test_bad_input_is_422_with_a_pointer(change: dict[str, object], pointer: str, code: str) -> None:
    body = {"name": "World", "type": "custom", **change}
    problem = admin().post("/v1/shipping-zones", body).refused(422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [(pointer, code)]


def test_changes_need_the_version_that_was_read() -> None:
    zone = a_zone()
    admin().patch(f"/v1/shipping-zones/{zone}", {"name": "Earth"}).refused(428, "if_match_required")
    admin().patch(f"/v1/shipping-zones/{zone}", {"name": "Earth"}, if_match='"1"').ok(200)
    admin().patch(f"/v1/shipping-zones/{zone}", {"name": "Mars"}, if_match='"1"').refused(412, "version_mismatch")
    assert admin().get(f"/v1/shipping-zones/{zone}").ok()["name"] == "Earth"


def test_the_same_key_makes_one_zone() -> None:
    body = {"name": "World", "type": "custom"}
    first = admin().post("/v1/shipping-zones", body, idempotency_key="k1")
    again = admin().post("/v1/shipping-zones", body, idempotency_key="k1")
    assert again.body == first.ok(201)
    assert (again.headers["Idempotent-Replayed"], again.headers["ETag"]) == ("true", '"1"')
    assert first.headers["Location"] == f"/v1/shipping-zones/{first.body['id']}"
    other = {"name": "Other", "type": "custom"}
    admin().post("/v1/shipping-zones", other, idempotency_key="k1").refused(422, "idempotency_key_reused")
    assert len(admin().get("/v1/shipping-zones").ok()["data"]) == 1


def test_a_list_is_paged_by_a_cursor_that_fits_only_this_list() -> None:
    for name in "CABED":
        a_zone(name=name)
    first = admin().get("/v1/shipping-zones?limit=2").ok()
    assert [zone["name"] for zone in first["data"]] == ["A", "B"]
    assert first["has_more"]
    second = admin().get(f"/v1/shipping-zones?limit=2&cursor={first['next_cursor']}").ok()
    third = admin().get(f"/v1/shipping-zones?limit=2&cursor={second['next_cursor']}").ok()
    assert [zone["name"] for zone in second["data"] + third["data"]] == ["C", "D", "E"]
    assert not third["has_more"]
    assert third["next_cursor"] is None
    admin().get(f"/v1/shipping-zones?cursor={first['next_cursor']}x").refused(400, "invalid_cursor")
    admin().get("/v1/shipping-zones?limit=0").refused(400, "invalid_parameter")


def test_a_zone_in_use_stays() -> None:
    zone = a_zone()
    method = a_method(zone)
    admin().delete(f"/v1/shipping-zones/{zone}", if_match='"1"').refused(409, "in_use")
    admin().delete(f"/v1/shipping-methods/{method}", if_match='"1"').ok(204)
    admin().delete(f"/v1/shipping-zones/{zone}", if_match='"1"').ok(204)
    admin().get(f"/v1/shipping-zones/{zone}").refused(404, "not_found")


def test_a_change_keeps_the_rules_a_new_thing_has() -> None:
    zone = a_zone(name="USA", type="country", countries=["US"])
    method = a_method(zone)
    path = f"/v1/shipping-zones/{zone}"
    admin().patch(path, {"countries": []}, if_match='"1"').refused(422, "places_missing")
    admin().patch(path, {"name": None}, if_match='"1"').refused(422, "validation_failed")
    price = {"price_per_kg": money(1, "EUR")}
    admin().patch(f"/v1/shipping-methods/{method}", price, if_match='"1"').refused(422, "currency_mismatch")
    body = {"name": "Nowhere", "type": "state"}
    admin().post("/v1/shipping-zones", body).refused(422, "places_missing")


def test_only_the_admin_keeps_zones() -> None:
    anyone().get("/v1/shipping-zones").refused(401, "unauthenticated")
    user().get("/v1/shipping-zones").refused(403, "forbidden")


def test_a_checkout_asks_for_one_method() -> None:
    method = a_method(a_zone())
    parcel = {
        "address": {"country": "US"},
        "items": [{"product_id": "p", "quantity": 1}],
        "subtotal": money(1),
        "method_id": method,
    }
    assert perform("shipping", "quote_shipping_method", **parcel)["price"] == money(500)
    with pytest.raises(Exception, match="no_shipping_method"):
        perform("shipping", "quote_shipping_method", **{**parcel, "method_id": "gone"})
