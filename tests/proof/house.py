"""A shop with people: a customer who bought, wrote and sent back, a seller with a product, staff, and forgers."""

import pickle
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from shop import clock
from tests import kit
from tests.kit import REGION, anyone, deliver
from tests.proof.callers import Somebody, admitted, registered, signed_in, tampered, with_role
from tests.proof.machine import running
from tests.proof.shopper import Buyer, Json, a_buyer, furnished, money

# Whom we know by name, and whom only by what they hold. The forgeries claim to be the admin.
USERS = ("customer", "another customer", "seller", "another seller", "support", "admin")
SENT = "the order that was sent"
FORGERIES = ("expired", "tampered", "alg none", "wrong key")


@dataclass
class House:
    """A shop where a customer has bought something and a seller sells something."""

    people: dict[str, Somebody]
    things: dict[str, str] = field(default_factory=dict)  # by the path that ends with its name
    kept: bytes = b""
    secrets: dict[str, str] = field(default_factory=dict)  # what must not be said, and why

    def restore(self) -> None:
        """Put every table back as it was."""
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
        for name, items in pickle.loads(self.kept).items():
            tables[name].items = items

    def keep(self) -> None:
        """Remember every table as it is."""
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables
        self.kept = pickle.dumps({name: table.items for name, table in tables.items()})


def open_house() -> House:
    """The shop, its people and their things."""
    kit.empty()
    shelf = furnished()
    for name in (*USERS, "former admin"):
        user_id = registered(name)["user_id"]
        if name.split()[-1] in ("seller", "support", "admin"):
            with_role(user_id, name.split()[-1])
    deliver()
    people = {name: signed_in(name) for name in USERS}
    people |= {"anonymous": Somebody(), "guest": Somebody(cart_session="a-guest")}
    with time_machine.travel(datetime.now(UTC) - timedelta(minutes=16)):
        people["expired"] = signed_in("admin")
    token = people["admin"].token
    head, said = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    key = ec.generate_private_key(ec.SECP256R1())
    people["tampered"] = Somebody(tampered(token))
    people["alg none"] = Somebody(jwt.encode(said, "", "none", headers={"kid": head["kid"]}))
    people["wrong key"] = Somebody(jwt.encode(said, key, "ES256", headers={"kid": head["kid"]}))
    former = signed_in("former admin")
    people["ended"] = Somebody(former.token)
    people["ended, remembered"] = Somebody(former.token, remembered=admitted(former.token))
    former.client().delete("/v1/sessions/current").ok(204)
    house = House(people)
    house.things = {**bought(house, shelf), **sold(house)}
    house.things |= {**written(house), **compared(house), **told(house)}
    house.keep()
    return house


def bought(house: House, shelf: Any) -> dict[str, str]:
    """What is the customer's alone, by the path that ends with its name."""
    buyer = a_buyer(shelf, client=house.people["customer"].client())
    with running():
        checkout = buyer.buy()
        deliver()
        sent = buyer.order(buyer.buy()["order_id"])
        deliver()
        waiting = a_buyer(shelf, "tok_requires_action", buyer.client).buy()
    assert (checkout["status"], waiting["status"]) == ("succeeded", "awaiting_payment")
    deliver()
    order = buyer.order(checkout["order_id"])
    (payment,) = buyer.payments(order["order_id"])
    (item, *_) = buyer.cart()["items"]
    other = signed_in("customer", device={"device_id": "a-laptop"}).client().caller
    assert other
    return {
        "/v1/checkouts/{checkout_id}": waiting["checkout_id"],
        "/v1/orders/{order_id}": order["order_id"],
        "/v1/carts/{cart_id}": buyer.cart()["cart_id"],
        "/v1/orders/by-number/{order_number}": order["order_number"],
        "/v1/payments/{payment_id}": payment["payment_id"],
        "/v1/payment-methods/{method_id}": buyer.card_id,
        "/v1/users/me/addresses/{address_id}": buyer.address_id,
        "/v1/carts/current/items/{item_id}": item["id"],
        "/v1/devices/{device_id}": "a-laptop",
        "/v1/sessions/{session_id}": other.session_id,
        **travelled(house, buyer, sent),
    }


def travelled(house: House, buyer: Buyer, order: Json) -> dict[str, str]:
    """The parcel in which the customer was sent an order, and what of it they send back."""
    admin = house.people["admin"].client()
    carrier = admin.post("/v1/carriers", {"name": "Coach", "code": "custom"}).ok(201)
    items = [{"order_item_id": item["order_item_id"], "quantity": item["quantity"]} for item in order["items"]]
    parcel = {"order_id": order["order_id"], "method_id": buyer.shelf.method_id, "carrier_id": carrier["id"]}
    parcel |= {"items": items, "weight": 900, "tracking_number": "COACH-1"}
    shipment = admin.post("/v1/shipments", parcel, idempotency_key="a parcel").ok(201)
    there = {"status": "delivered", "timestamp": clock.now()}
    admin.post(f"/v1/shipments/{shipment['id']}/tracking-events", there).ok(201)
    deliver()
    wish = {"order_id": order["order_id"], "items": items[:1], "return_reason": "changed_mind"}
    back = buyer.client.post("/v1/returns", wish, idempotency_key="a wish").ok(201)
    address = {
        "full_name": "Returns",
        "address_line1": "1 Dock",
        "city": "Leith",
        "postal_code": "EH6",
        "country": "GB",
    }
    leave = {"return_address": address, "return_instructions": "In its box."}
    admin.post(f"/v1/returns/{back['id']}/approvals", leave).ok(200)
    return {
        "/v1/shipments/{shipment_id}": shipment["id"],
        "/v1/shipments/by-tracking-number/{tracking_number}": "COACH-1",
        "/v1/returns/{return_id}": back["id"],
        SENT: order["order_id"],
        f"{SENT}/items": order["items"][1]["order_item_id"],
    }


def sold(house: House) -> dict[str, str]:
    """What is the seller's alone."""
    seller = house.people["seller"].client()
    body = {
        "sku": "CUP",
        "name": "Cup",
        "price": money(900),
        "status": "active",
        "tags": ["blue"],
        "images": [{"url": "https://example.com/cup.png"}],
        "variants": [{"sku": "CUP-S", "name": "Small", "price": money(900)}],
    }
    product = seller.post("/v1/products", body).ok(201)
    heading = {"name": "Cups", "slug": "cups"}
    category = house.people["admin"].client().post("/v1/categories", heading).ok(201)
    product_path = "/v1/products/{product_id}"
    return {
        product_path: product["product_id"],
        f"{product_path}/variants/{{variant_id}}": product["variants"][0]["variant_id"],
        f"{product_path}/images/{{image_id}}": product["images"][0]["id"],
        f"{product_path}/categories/{{category_id}}": category["category_id"],
        f"{product_path}/tags/{{tag}}": "blue",
    }


def written(house: House) -> dict[str, str]:
    """What the customer has written about the seller's product, and nobody has approved."""
    deliver()
    customer, product_id = house.people["customer"].client(), house.things["/v1/products/{product_id}"]
    review = customer.post(f"/v1/products/{product_id}/reviews", {"rating": 5}).ok(201)
    question = customer.post(f"/v1/products/{product_id}/questions", {"question": "Is it round?"}).ok(201)
    return {"/v1/reviews/{review_id}": review["review_id"], "/v1/questions/{question_id}": question["id"]}


def compared(house: House) -> dict[str, str]:
    """What the customer compares; and the seller's product, which is out of stock, they wait for."""
    customer, product_id = house.people["customer"].client(), house.things["/v1/products/{product_id}"]
    customer.post(f"/v1/products/{product_id}/stock-alerts").ok(201)
    others = [product["product_id"] for product in anyone().get("/v1/products").ok(200)["data"]]
    body = {"name": "Cups and mugs", "product_ids": sorted({product_id, *others[:2]})}
    return {"/v1/comparisons/{comparison_id}": customer.post("/v1/comparisons", body).ok(201)["id"]}


def told(house: House) -> dict[str, str]:
    """What the customer was told in the app, and the device they are told it on."""
    customer = house.people["customer"].client()
    customer.post("/v1/push-tokens", {"token": "a-device-token", "platform": "ios"}).ok(201)
    kit.perform("notifications", "seed_templates")
    news = {"user_id": house.people["customer"].user_id, "type": "user_welcome", "channel": "in_app"}
    made = house.people["admin"].client().post("/v1/admin/notifications", news, idempotency_key="news").ok(201)
    return {"/v1/notifications/{notification_id}": made["id"], "/v1/push-tokens/{token}": "a-device-token"}
