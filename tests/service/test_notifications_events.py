"""Who is told of what: every event that notifications hears makes one message for each it concerns (B130, B180)."""

from typing import Any

import pytest

from notifications.store import templates
from shop.events import Event, carts, discounts, inventory, orders, payments, returns, reviews, shipping
from tests.kit import mails, perform, user
from tests.service.test_notifications import ITEM, a_user, confirmed, say, sent, usd

pytestmark = pytest.mark.usefixtures("seeded")

ORDER = {"order_id": "o1", "order_number": "ORD-1", "user_id": "u1"}
BACK = {"return_id": "r1", "rma_number": "RMA-1", "order_id": "o1", "user_id": "u1"}
ITEMS = [{"order_item_id": "i1", "product_id": "p1", "quantity": 1, "condition": "new"}]
DEPOT = {
    "full_name": "Tradewind <Returns>",
    "address_line1": "2 Dock Rd",
    "city": "Oakland",
    "state": "CA",
    "postal_code": "94607",
    "country": "US",
}


@pytest.fixture
def seeded(shop: None) -> None:
    """The templates that come with the shop, and somebody to write to."""
    templates.shelf.forget()
    perform("notifications", "seed_templates")
    a_user()


def made(kind: type[Event], *facts: dict[str, Any], **more: Any) -> Event:
    return kind.model_validate({name: value for fact in (*facts, more) for name, value in fact.items()})


def in_app() -> list[str]:
    found = user("u1").get("/v1/notifications?channel=in_app").ok(200)["data"]
    return [row["subject"] for row in found if row["subject"] != "Welcome to Tradewind"]


SHIPPED = made(orders.OrderShipped, ORDER, tracking_number="1Z999", estimated_delivery_date="2026-02-05")
DELIVERED = made(orders.OrderDelivered, ORDER, items=[ITEM], delivered_at="2026-02-05T09:00:00.000Z")
REFUNDED = made(orders.OrderRefunded, ORDER, amount=usd(3100))
CREDIT = made(payments.StoreCreditChanged, user_id="u1", amount=usd(500), balance=usd(700), reason="refund")
SPENT = made(payments.StoreCreditChanged, user_id="u1", amount=usd(-500), balance=usd(200), reason="order")
APPROVED = made(
    returns.ReturnApproved,
    BACK,
    return_address=DEPOT,
    return_instructions="Use the box it came in.",
    expires_at="2026-03-02T00:00:00.000Z",
)
CART = made(
    carts.CartAbandoned,
    cart_id="c1",
    user_id="u1",
    subtotal=usd(2600),
    items=[{"product_id": "p1", "product_name": "Mug <blue>", "quantity": 2, "unit_price": usd(1300)}],
)


@pytest.mark.parametrize(
    ("event", "subject", "shown"),
    [
        (SHIPPED, "Your order ORD-1 is on its way", ["1Z999", "2026-02-05", "/orders/o1"]),
        (DELIVERED, "Your order ORD-1 has arrived", ["send it back"]),
        (REFUNDED, "Your refund of USD 31.00", ["everything you paid"]),
        (CREDIT, "You have new credit at Tradewind", ["USD 5.00", "USD 7.00"]),
        (SPENT, "Your credit at Tradewind was used", ["USD -5.00", "USD 2.00"]),
        (made(returns.ReturnRequested, BACK, items=ITEMS), "We have your return RMA-1", ["looked at"]),
        (
            APPROVED,
            "Your return RMA-1 is approved",
            ["Tradewind &lt;Returns&gt;", "2 Dock Rd", "Oakland, CA 94607", "2026-03-02", "the box it came in"],
        ),
        (made(returns.ReturnRejected, BACK, reason="worn"), "Your return RMA-1 was not accepted", ["worn"]),
        (
            made(returns.ReturnInTransit, BACK, tracking_number="T1"),
            "Your return RMA-1 is on its way to us",
            ["T1", "/returns/r1"],
        ),
        (made(returns.ReturnReceived, BACK, items=ITEMS), "We have received your return RMA-1", ["look at it now"]),
        (
            made(returns.ReturnProcessed, BACK, refund_amount=usd(1300), all_items_returned=True),
            "Your return RMA-1 is done",
            ["USD 13.00"],
        ),
    ],
)
def test_a_customer_is_told_by_mail_and_in_the_app(event: Event, subject: str, shown: list[str]) -> None:
    """E52, E53, E55, E67, E72 to E76, E79."""
    say(event)
    again = made(type(event), event.model_dump())
    if not isinstance(event, payments.StoreCreditChanged):  # of those each is a change of its own
        say(again)
    assert sent() == [("u1@example.com", subject)]
    assert in_app() == [subject]
    for text in shown:
        assert text in mails()[0].body


def test_a_cart_that_was_left_is_remembered_to_its_user_and_a_guests_is_not() -> None:
    """E44."""
    say(CART, times=2)
    say(made(carts.CartAbandoned, cart_id="c2", user_id=None, subtotal=usd(100), items=[]))
    assert sent() == [("u1@example.com", "You left something in your cart")]
    assert "Mug &lt;blue&gt;" in mails()[0].body


def test_what_needs_no_mail_is_told_in_the_app() -> None:
    """E51, E58."""
    say(made(payments.PaymentSucceeded, payment_id="p1", order_id="o1", user_id="u1", amount=usd(3100)), times=2)
    say(made(orders.OrderStatusChanged, ORDER, was="confirmed", status="processing"), times=2)
    assert sent() == []
    assert in_app() == ["We are packing your order ORD-1", "We have received your payment of USD 31.00"]


def test_a_move_that_has_an_event_of_its_own_is_told_once() -> None:
    """B130, E51."""
    for status, event in (("shipped", SHIPPED), ("delivered", DELIVERED), ("refunded", REFUNDED)):
        say(made(orders.OrderStatusChanged, ORDER, was="confirmed", status=status))
        say(event)
    refund = {"refund_id": "r1", "payment_id": "p1", "order_id": "o1", "user_id": "u1", "amount": usd(3100)}
    say(made(payments.RefundSucceeded, refund, fully_refunded=True))
    assert len(mails()) == len(in_app()) == 3


def test_a_parcel_in_trouble_is_told_to_its_customer_or_else_to_the_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    """E71."""
    monkeypatch.setenv("OPERATIONS_MAIL", "ops@example.com")
    trouble = {"shipment_id": "s1", "description": "The road is <flooded>"}
    say(confirmed())
    say(made(shipping.ShipmentException, trouble, order_id="o1"), times=2)
    say(made(shipping.ShipmentException, trouble, order_id="unknown"), times=2)
    say(made(shipping.ShipmentException, trouble, order_id="o1", in_house=True), times=2)
    assert sent()[1:] == [
        ("u1@example.com", "Your order ORD-20260131-7K3M9Q is delayed"),
        ("ops@example.com", "[Tradewind] A parcel is in trouble"),
        ("ops@example.com", "[Tradewind] A parcel must not leave"),
    ]
    assert "The road is &lt;flooded&gt;" in mails()[1].body


def test_those_who_run_the_shop_hear_of_what_runs_out_or_waits_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """E35, E84, E87, E92."""
    told = [
        made(
            inventory.StockLow,
            inventory_id="i1",
            product_id="p1",
            sku="MUG-R",
            available=3,
            reorder_level=10,
            reorder_quantity=50,
        ),
        made(discounts.CouponExhausted, coupon_id="c1", code="SPRING"),
        made(reviews.ReviewCreated, review_id="v1", product_id="p1", user_id="u1", rating=5),
        made(reviews.QuestionCreated, question_id="q1", product_id="p1", user_id="u1"),
    ]
    for event in told:
        say(event)
    assert sent() == []
    monkeypatch.setenv("OPERATIONS_MAIL", "ops@example.com")
    for event in told:
        say(event)
    assert sent() == [
        ("ops@example.com", "[Tradewind] MUG-R runs low"),
        ("ops@example.com", "[Tradewind] Coupon SPRING is used up"),
        ("ops@example.com", "[Tradewind] A review waits to be moderated"),
        ("ops@example.com", "[Tradewind] A customer asks about a product"),
    ]
    assert "Reorder level" in mails()[0].body
