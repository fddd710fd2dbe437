"""A furnished shop with goods on the shelf, and someone who buys: every service the real one."""

import copy
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from tests.kit import REGION, Client, Reply, admin, anyone, deliver, perform, user

Json = dict[str, Any]
_serial = count(1)


def money(amount: int, currency: str = "USD") -> Json:
    return {"amount": amount, "currency": currency}


def fresh(word: str) -> str:
    """A word nobody has used yet: a key, a name."""
    return f"{word}-{next(_serial)}"


@dataclass
class Shelf:
    """What the shop sells: SKUs, each with its product and variant, and a way to send them."""

    method_id: str
    units: dict[str, tuple[str, str | None]] = field(default_factory=dict)

    def available(self, sku: str) -> int:
        product_id, variant_id = self.units[sku]
        query = f"?variant_id={variant_id}" if variant_id else ""
        return int(anyone().get(f"/v1/inventory/products/{product_id}{query}").ok(200)["available"])


def furnish(stock: int = 20) -> Shelf:
    """A mug (12.50) and a shirt in two sizes (20.00, 21.00), so many of each, and standard shipping for 5.00."""
    perform("inventory", "seed_warehouse", code="MAIN", name="Main")
    zone = admin().post("/v1/shipping-zones", {"name": "World", "type": "custom"}).ok(201)
    way = {"zone_id": zone["id"], "name": "Standard", "base_price": money(500), "estimated_days": 5}
    shelf = Shelf(admin().post("/v1/shipping-methods", way).ok(201)["id"])
    goods: list[Json] = [
        {"sku": "MUG", "name": "Mug", "price": money(1250), "status": "active", "weight_grams": 350},
        {
            "sku": "SHIRT",
            "name": "Shirt",
            "price": money(2000),
            "status": "active",
            "variants": [
                {"sku": "SHIRT-S", "name": "Small", "size": "S", "price": money(2000)},
                {"sku": "SHIRT-L", "name": "Large", "size": "L", "price": money(2100)},
            ],
        },
    ]
    for body in goods:
        product = admin().post("/v1/products", body).ok(201)
        made = product["variants"] or [{"sku": body["sku"], "variant_id": None}]
        shelf.units |= {unit["sku"]: (product["product_id"], unit["variant_id"]) for unit in made}
    deliver()
    for sku in shelf.units:
        (item,) = admin().get(f"/v1/inventory-items?sku={sku}").ok(200)["data"]
        arrived = {"quantity": stock, "reason": "delivery"}
        admin().post(f"/v1/inventory-items/{item['inventory_id']}/restocks", arrived, idempotency_key=fresh("k")).ok(
            201
        )
    deliver()
    return shelf


_FURNISHED: list[tuple[Shelf, Json]] = []


def furnished() -> Shelf:
    """The same shop as `furnish` makes, made once and then put back as it was: call it in an empty shop."""
    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
    if not _FURNISHED:
        _FURNISHED.append((furnish(), {}))
        _FURNISHED[0][1].update({name: copy.deepcopy(table.items) for name, table in tables.items()})
    shelf, kept = _FURNISHED[0]
    for name, items in kept.items():
        tables[name].items = copy.deepcopy(items)
    return shelf


@dataclass
class Buyer:
    """A customer with an address and a card."""

    shelf: Shelf
    client: Client = field(default_factory=user)
    address_id: str = ""
    card_id: str = ""

    @property
    def user_id(self) -> str:
        assert self.client.caller
        return self.client.caller.user_id

    def fill(self, *lines: tuple[str, int]) -> Json:
        """A cart with these."""
        cart: Json = {}
        for sku, quantity in lines or (("MUG", 2), ("SHIRT-L", 1)):
            product_id, variant_id = self.shelf.units[sku]
            wanted = {"product_id": product_id, "variant_id": variant_id, "quantity": quantity}
            cart = self.client.post("/v1/carts/current/items", wanted).ok(201)
        return cart

    def cart(self) -> Json:
        """The cart as it is."""
        shown: Json = self.client.get("/v1/carts/current").ok(200)
        return shown

    def wish(self, cart: Json, **but: Any) -> Json:
        """The body of a checkout of this cart, by card unless told otherwise."""
        wish = {
            "cart_id": cart["cart_id"],
            "cart_version": cart["version"],
            "expected_total": money(cart["subtotal"]["amount"] - cart["discount_amount"]["amount"] + 500),
            "shipping_address_id": self.address_id,
            "shipping_method_id": self.shelf.method_id,
            "payment_method_id": self.card_id,
            "notes": "ring twice",
            **but,
        }
        return {name: value for name, value in wish.items() if value is not None}

    def check_out(self, wish: Json, wait: int | None = 1, key: str = "") -> Reply:
        """Ask for a checkout."""
        prefer = {} if wait is None else {"prefer": f"wait={wait}"}
        return self.client.post("/v1/checkouts", wish, idempotency_key=key or fresh("checkout"), **prefer)

    def buy(self, *lines: tuple[str, int], code: str | None = None, **but: Any) -> Json:
        """Fill a cart, with a coupon if there is one, ask for a checkout of it, and read how that stands."""
        cart = self.fill(*lines)
        if code:
            cart = self.client.put("/v1/carts/current/coupon", {"code": code}).ok(200)
        made: Json = self.check_out(self.wish(cart, **but)).ok()
        return self.checkout(made["checkout_id"])

    def checkout(self, checkout_id: str) -> Json:
        """A checkout as it stands."""
        shown: Json = self.client.get(f"/v1/checkouts/{checkout_id}").ok(200)
        return shown

    def order(self, order_id: str) -> Json:
        """An order as it stands."""
        shown: Json = self.client.get(f"/v1/orders/{order_id}").ok(200)
        return shown

    def payments(self, order_id: str) -> list[Json]:
        """The payments of an order."""
        shown: list[Json] = self.client.get(f"/v1/payments?order_id={order_id}").ok(200)["data"]
        return shown


def a_buyer(shelf: Shelf, token: str = "tok_success", client: Client | None = None) -> Buyer:
    """Somebody (new, unless told who), who pays by this card."""
    buyer = Buyer(shelf, client or user())
    home = {
        "type": "both",
        "full_name": "Ann Lee",
        "phone": "+14155550100",
        "address_line1": "1 Main St",
        "city": "San Francisco",
        "state": "CA",
        "postal_code": "94107",
        "country": "US",
    }
    card = {"type": "card", "provider": "mock", "provider_token": token, "is_default": True}
    buyer.address_id = buyer.client.post("/v1/users/me/addresses", home).ok(201)["address_id"]
    buyer.card_id = buyer.client.post("/v1/payment-methods", card, idempotency_key=fresh("card")).ok(201)["id"]
    return buyer


def a_coupon(code: str = "SAVE10", **said: Any) -> str:
    """A coupon of ten percent with one use, or what is said; its code."""
    body = {"code": code, "name": "Save", "type": "percentage", "discount_value": 1000, "usage_limit": 1, **said}
    return str(admin().post("/v1/coupons", body).ok(201)["code"])


def webhook(kind: str, provider_payment_id: str, event_id: str = "") -> Reply:
    """What the payment provider says: payment.succeeded, payment.failed or payment.cancelled."""
    said = {"id": event_id or fresh("evt"), "type": kind, "data": {"provider_payment_id": provider_payment_id}}
    raw, moment = json.dumps(said), int(time.time())
    signature = hmac.new(b"a-secret-for-tests", f"{moment}.{raw}".encode(), hashlib.sha256).hexdigest()
    return anyone().post("/v1/webhooks/mock", raw, mock_signature=f"t={moment},v1={signature}")
