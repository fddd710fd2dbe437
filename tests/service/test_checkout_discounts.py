"""A checkout with coupons, promotions and tax: held, priced, stored to the last part, and given back.

B113, B119, B124, B162, B163, B166; I2, I4; HoldDiscounts and its undo.
"""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from shop import clock, settings
from tests.kit import REGION, admin, deliver, perform, user
from tests.proof.machine import StepFunctions, running
from tests.proof.shopper import Buyer, Json, Shelf, a_buyer, a_coupon, fresh, furnished, money, webhook
from tests.service.discounts_kit import move, promotion
from tools import invariants

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
def shelf(shop: None) -> Shelf:
    return furnished()


@pytest.fixture
def machine() -> Iterator[StepFunctions]:
    with running() as fake:
        yield fake


def used(code: str = "SAVE10") -> tuple[int, list[str]]:
    """How often a coupon counts as used, and the states of its uses."""
    (coupon,) = [one for one in admin().get("/v1/coupons").ok(200)["data"] if one["code"] == code]
    uses = admin().get(f"/v1/coupons/{coupon['id']}/usages").ok(200)["data"]
    return coupon["usage_count"], sorted(use["status"] for use in uses)


def amounts(order: Json) -> list[int]:
    names = ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "total_amount")
    return [order[name]["amount"] for name in names]


def holds() -> None:
    """Nothing is wrong anywhere."""
    tables = invariants.read(boto3.client("dynamodb", REGION), settings.STAGE)
    assert invariants.violations(tables, clock.now()) == []


def bought(buyer: Buyer, cart: Json, **but: Any) -> Json:
    """A checkout of this cart at the total it shows with shipping estimated."""
    home = {"country": "US", "state": "CA", "postal_code": "94107", "method_id": buyer.shelf.method_id}
    cart = buyer.client.put("/v1/carts/current/shipping-estimate", home).ok(200)
    made: Json = buyer.check_out(buyer.wish(cart, expected_total=cart["total_amount"], **but)).ok()
    return buyer.checkout(made["checkout_id"])


def rates(*said: tuple[str, str]) -> None:
    body = [{"country": "US", "state": "CA", "tax_class": tax_class, "rate": rate} for tax_class, rate in said]
    admin().post("/v1/tax-rates/imports", {"rates": body}).ok(200)


def test_an_order_keeps_each_part_of_what_was_taken_off_and_taxed(shelf: Shelf, machine: StepFunctions) -> None:
    rates(("standard", "0.0725"), ("shipping", "0"))
    tiers = {"product_ids": [shelf.units["MUG"][0]], "tiers": [{"min_quantity": 2, "discount_bps": 2000}]}
    sale = promotion(name="Mugs", configuration=tiers)
    code = a_coupon()
    buyer = a_buyer(shelf)
    cart = buyer.fill(("MUG", 2), ("SHIRT-L", 1))
    cart = buyer.client.put("/v1/carts/current/coupon", {"code": code}).ok(200)
    placed = bought(buyer, cart)
    assert (placed["status"], placed["failure_code"]) == ("succeeded", None)
    deliver()
    order = buyer.order(placed["order_id"])
    # mugs 2500 - 500 - 200, shirt 2100 - 210; 7.25 % of 1800 and 1890
    assert amounts(order) == [4600, 910, 500, 268, 4458]
    assert [(one["type"], one["reason"], one["amount"], one["parts"]) for one in order["adjustments"]] == [
        ("promotion", "volume_discount", money(500), [500, 0]),
        ("coupon", "percentage", money(410), [200, 210]),
    ]
    lines = [(i["discount_amount"], i["tax_rate"], i["tax_amount"], i["paid_amount"]) for i in order["items"]]
    assert lines == [
        (money(700), "0.0725", money(131), money(1931)),
        (money(210), "0.0725", money(137), money(2027)),
    ]
    assert (order["coupon_code"], order["promotion_ids"]) == ("SAVE10", [sale["id"]])
    assert (order["shipping_tax_amount"], order["shipping_discount_amount"]) == (money(0), money(0))
    assert buyer.payments(placed["order_id"])[0]["captured_amount"] == money(4458)
    assert used() == (1, ["redeemed"])
    holds()


def test_a_gross_stores_order_holds_the_tax_in_its_prices(
    shelf: Shelf, machine: StepFunctions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PRICES_INCLUDE_TAX", True)
    rates(("standard", "0.25"))
    buyer = a_buyer(shelf)
    placed = bought(buyer, buyer.fill(("MUG", 2)))
    order = buyer.order(placed["order_id"])
    assert (amounts(order), order["prices_include_tax"]) == ([2500, 0, 500, 600, 3000], True)
    assert [(i["tax_amount"], i["paid_amount"]) for i in order["items"]] == [(money(500), money(2500))]
    deliver()
    holds()


def test_free_shipping_is_taken_off_the_shipping(shelf: Shelf, machine: StepFunctions) -> None:
    buyer = a_buyer(shelf)
    code = a_coupon("FREE", type="free_shipping", discount_value=None)
    placed = buyer.buy(("MUG", 1), code=code, expected_total=money(1250))
    order = buyer.order(placed["order_id"])
    assert (amounts(order), order["shipping_discount_amount"]) == ([1250, 0, 0, 0, 1250], money(500))
    (adjustment,) = order["adjustments"]
    assert (adjustment["reason"], adjustment["amount"], adjustment["parts"]) == ("free_shipping", money(500), [])
    deliver()
    assert used("FREE") == (1, ["redeemed"])
    holds()


def test_tax_is_that_of_the_class_the_catalog_says(shelf: Shelf, machine: StepFunctions) -> None:
    rates(("standard", "0.1"), ("food", "0.02"), ("shipping", "0"))
    product_id, _ = shelf.units["MUG"]
    product = admin().get(f"/v1/products/{product_id}")
    admin().patch(f"/v1/products/{product_id}", {"tax_class": "food"}, if_match=product.etag).ok(200)
    buyer = a_buyer(shelf)
    placed = bought(buyer, buyer.fill(("MUG", 2), ("SHIRT-S", 1)))
    order = buyer.order(placed["order_id"])
    assert [item["tax_amount"] for item in order["items"]] == [money(50), money(200)]


def test_a_declined_payment_gives_the_use_back(shelf: Shelf, machine: StepFunctions) -> None:
    buyer = a_buyer(shelf, "tok_declined")
    placed = buyer.buy(code=a_coupon())
    assert (placed["failure_code"], used()) == ("payment_declined", (0, ["released"]))
    deliver()
    holds()
    other = a_buyer(shelf)
    assert other.buy(code="SAVE10")["status"] == "succeeded"
    deliver()
    assert used() == (1, ["redeemed", "released"])
    holds()


def test_a_customer_who_never_pays_gives_the_use_back(shelf: Shelf, machine: StepFunctions) -> None:
    buyer = a_buyer(shelf, "tok_requires_action")
    placed = buyer.buy(code=a_coupon())
    assert (placed["status"], used()) == ("awaiting_payment", (1, ["reserved"]))
    webhook("payment.failed", placed["next_action"]["provider_payment_id"]).ok(200)
    deliver()
    assert (buyer.checkout(placed["checkout_id"])["status"], used()) == ("failed", (0, ["released"]))
    holds()


def test_a_cancelled_order_gives_the_use_back(shelf: Shelf, machine: StepFunctions) -> None:
    buyer = a_buyer(shelf)
    placed = buyer.buy(code=a_coupon())
    deliver()
    assert used() == (1, ["redeemed"])
    path = f"/v1/orders/{placed['order_id']}/cancellations"
    buyer.client.post(path, {"reason": "no"}, idempotency_key=fresh("c")).ok(202)
    deliver(times=2)
    assert used() == (0, ["released"])
    holds()


def test_the_last_use_is_one_buyers_and_the_others_cart_says_so(shelf: Shelf, machine: StepFunctions) -> None:
    code = a_coupon()
    first, second = a_buyer(shelf), a_buyer(shelf)
    for buyer in (first, second):
        buyer.fill()
        buyer.client.put("/v1/carts/current/coupon", {"code": code}).ok(200)
    won = first.check_out(first.wish(first.cart())).ok()
    lost = second.check_out(second.wish(second.cart())).ok()
    assert (won["status"], lost["status"], lost["failure_code"]) == ("succeeded", "failed", "coupon_exhausted")
    assert lost["failure_detail"] == {"reason": "exhausted"}
    assert machine.path(lost["checkout_id"])[-4:] == [
        "ReleaseDiscounts",
        "UnlockCart",
        "FailCheckout",
        "CheckoutFailed",
    ]
    deliver()
    cart = second.cart()
    assert (cart["coupon_code"], [warning["code"] for warning in cart["warnings"]]) == (None, ["coupon_removed"])
    assert second.check_out(second.wish(cart)).ok()["status"] == "succeeded"
    deliver()
    holds()


def test_a_coupon_once_for_each_customer(shelf: Shelf, machine: StepFunctions) -> None:
    buyer = a_buyer(shelf)
    code = a_coupon(usage_limit=None, usage_limit_per_user=1)
    assert buyer.buy(("MUG", 1), code=code)["status"] == "succeeded"
    deliver()
    buyer.fill(("MUG", 1))
    again = buyer.client.put("/v1/carts/current/coupon", {"code": code})
    assert again.refused(422, "coupon_invalid")["reason"] == "limit_per_user"


def test_a_promotion_that_ended_meanwhile_changes_the_price(shelf: Shelf, machine: StepFunctions) -> None:
    sale = promotion()
    buyer = a_buyer(shelf)
    wish = buyer.wish(buyer.fill(("MUG", 2)))
    assert wish["expected_total"] == money(2750)
    move(sale["id"], "paused")
    failed = buyer.check_out(wish).ok()
    assert failed["failure_code"] == "price_changed"
    assert failed["failure_detail"] == {"expected_total": money(2750), "total_amount": money(3000)}
    deliver()
    assert buyer.check_out(buyer.wish(buyer.cart())).ok()["status"] == "succeeded"
    deliver()
    holds()


def test_goods_given_away_cost_their_shipping(shelf: Shelf, machine: StepFunctions) -> None:
    buyer = a_buyer(shelf)
    code = a_coupon("ALL", type="fixed_amount", discount_value=money(99_999))
    placed = buyer.buy(("MUG", 1), code=code)
    assert amounts(buyer.order(placed["order_id"])) == [1250, 1250, 500, 0, 500]


def test_adding_up_is_the_same_with_and_without_discounts() -> None:
    """A step of an older machine, still running, knows of no tax."""
    where = {"full_name": "Ann", "address_line1": "1 Main St", "city": "X", "postal_code": "1", "country": "US"}
    body = {"shipping_address_id": "a", "shipping_method_id": "m", "payment_method": "cod", "cart_id": "c"}
    with running() as runs:
        runs.paused = True
        wish = {**body, "cart_version": 1, "expected_total": money(1500)}
        placed = user("ann").post("/v1/checkouts", wish, idempotency_key="k").ok(202)
    line = {"product_id": "p", "quantity": 1, "unit_price": money(1000), "product_name": "P", "product_sku": "P"}
    priced = perform(
        "orders",
        "price_checkout",
        checkout_id=placed["checkout_id"],
        expected_total=money(1500),
        lines=[line],
        discounts={"discount_amount": money(0)},
        quote={"method_id": "m", "name": "Standard", "price": money(500)},
        shipping_address=where,
        billing_address=where,
    )
    assert priced["total_amount"] == money(1500)
