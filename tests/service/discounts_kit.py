"""What the tests of discounts share: coupons, promotions and orders, made and read through the doors."""

from typing import Any

from shop import clock
from shop.errors import Refusal
from tests.kit import Client, admin, hear, pending, perform

Json = dict[str, Any]
USER = "u-1"


def money(amount: int, currency: str = "USD") -> Json:
    return {"amount": amount, "currency": currency}


def coupon(code: str = "SAVE10", **said: Any) -> Json:
    """A coupon of ten percent, or what is said."""
    body = {"code": code, "name": "Save", "type": "percentage", "discount_value": 1000, **said}
    made: Json = admin().post("/v1/coupons", body).ok(201)
    return made


def read_coupon(coupon_id: str) -> Json:
    found: Json = admin().get(f"/v1/coupons/{coupon_id}").ok(200)
    return found


def promotion(active: bool = True, rules: tuple[Json, ...] = (), **said: Any) -> Json:
    """Ten percent off everything, or what is said, with rules."""
    tiers = {"tiers": [{"min_quantity": 1, "discount_bps": 1000}]}
    body = {"name": "Sale", "type": "volume_discount", "configuration": tiers, **said}
    made: Json = admin().post("/v1/promotions", body).ok(201)
    for rule in rules:
        admin().post(f"/v1/promotions/{made['id']}/rules", rule).ok(201)
    return move(made["id"], "active") if active else made


def move(promotion_id: str, status: str) -> Json:
    moved: Json = admin().post(f"/v1/promotions/{promotion_id}/status-changes", {"status": status}).ok(200)
    return moved


def line(product_id: str = "MUG", price: int = 1000, quantity: int = 1, **said: Any) -> Json:
    return {"product_id": product_id, "variant_id": None, "quantity": quantity, "unit_price": money(price), **said}


def asked(*lines: Json, code: str | None = None, user_id: str | None = USER, **said: Any) -> Json:
    """What carts, or a checkout, asks."""
    return {"user_id": user_id, "currency": "USD", "coupon_code": code, "lines": list(lines) or [line()], **said}


def evaluate(*lines: Json, **said: Any) -> Json:
    answer: Json = perform("discounts", "evaluate_discounts", **asked(*lines, **said))
    return answer


def hold(order_id: str, *lines: Json, **said: Any) -> Json:
    answer: Json = perform("discounts", "hold_discounts", order_id=order_id, **asked(*lines, **said))
    return answer


def release(order_id: str) -> Json:
    answer: Json = perform("discounts", "release_discounts", order_id=order_id)
    return answer


def confirm(order_id: str) -> Json:
    answer: Json = perform("discounts", "confirm_discounts", order_id=order_id)
    return answer


def refused(order_id: str, *lines: Json, **said: Any) -> tuple[str, str | None]:
    """The code and reason with which a hold is refused."""
    try:
        hold(order_id, *lines, **said)
    except Refusal as refusal:
        return refusal.code, refusal.facts.get("reason")
    raise AssertionError("it was held")


def uses(coupon_id: str) -> list[tuple[str, str]]:
    """The uses of a coupon: (order, status)."""
    page = admin().get(f"/v1/coupons/{coupon_id}/usages?limit=100").ok(200)
    return sorted((usage["order_id"], usage["status"]) for usage in page["data"])


def promotion_uses(promotion_id: str) -> list[Json]:
    found: list[Json] = admin().get(f"/v1/promotions/{promotion_id}/usages").ok(200)["data"]
    return found


def said(*types: str) -> list[tuple[str, Json]]:
    """What discounts has told and nobody carried yet, of these types: (type, data)."""
    return [(kind, detail["data"]) for kind, detail in pending("discounts") if kind in types]


def tell(event_type: str, about: str, event_id: str = "", version: int = 1, **data: Any) -> None:
    """Let discounts hear an event that somebody else said."""
    detail = {
        "id": event_id or f"{event_type}:{about}:{version}",
        "type": event_type,
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": event_type.partition(".")[0],
        "aggregate_id": about,
        "aggregate_version": version,
        "correlation_id": "c",
        "actor": {"type": "system", "id": None},
        "data": data,
    }
    hear(event_type, detail, to=lambda service: service == "discounts")


def order(order_id: str, code: str | None = None, promotion_ids: tuple[str, ...] = (), **said: Any) -> Json:
    """An order as orders tells of it."""
    nothing = money(0)
    amounts = ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "total_amount")
    return {
        "order_id": order_id,
        "order_number": f"ORD-{order_id}",
        "user_id": USER,
        "status": "confirmed",
        "payment_status": "paid",
        "items": [],
        **dict.fromkeys(amounts, nothing),
        "coupon_code": code,
        "promotion_ids": list(promotion_ids),
        "cart_id": "c-1",
        "payment_method": "card",
        "shipping_address": {"full_name": "A", "address_line1": "1", "city": "C", "postal_code": "1", "country": "US"},
        **said,
    }


def confirmed(order_id: str, code: str | None = None, *promotion_ids: str, event_id: str = "", **data: Any) -> None:
    tell("order.confirmed", order_id, event_id, **order(order_id, code, promotion_ids, **data))


def cancelled(order_id: str, event_id: str = "") -> None:
    tell("order.cancelled", order_id, event_id, order_id=order_id, order_number="n", user_id=USER, items=[])


def usd(answer: Json) -> list[int]:
    """What is taken off each line."""
    return [part["amount"] for part in answer["line_discounts"]]


ADMIN_ONLY: list[tuple[str, str]] = [
    ("GET", "/v1/coupons"),
    ("POST", "/v1/coupons"),
    ("POST", "/v1/promotions"),
    ("GET", "/v1/tax-rates"),
    ("POST", "/v1/tax-rates/imports"),
]


def call(client: Client, method: str, path: str) -> Any:
    return client.call(method, path, {} if method == "POST" else None)
