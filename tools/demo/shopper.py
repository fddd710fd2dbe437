"""A customer of the demonstration: fills a cart, signs in, and checks out, all over HTTP."""

import uuid
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from tools.client import Client, Json, Refused, until

# A state in each country that asks for one.
STATES = {"US": "CA", "CA": "ON", "AU": "NSW", "BR": "SP", "IN": "KA", "MX": "CMX"}
PASSWORD = "correct-horse-battery-staple-42"
SETTLED = ("succeeded", "failed", "compensation_failed", "awaiting_payment")


class Wish(NamedTuple):
    """So many of one thing."""

    product_id: str
    variant_id: str | None
    quantity: int


@dataclass
class Shopper:
    """Someone with an email address, a country, and a card that behaves as its token says."""

    api_url: str
    email: str
    country: str = "US"
    client: Client = field(init=False)
    address_id: str = ""
    cards: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = Client(self.api_url)

    def fill_as_guest(self, wishes: list[Wish]) -> Json:
        """Put things into a cart before anyone knows who it is."""
        self.client = Client(self.api_url, cart_session=self.client.post("/v1/carts")["session_id"])
        return self.fill(wishes)

    def sign_in(self, first_name: str = "Ann", last_name: str = "Lee") -> None:
        """Open an account where there is none, sign in, and bring the guest's cart along."""
        guest = self.client
        guest.register(self.email, PASSWORD, first_name=first_name, last_name=last_name)
        self.client = guest.sign_in(self.email, PASSWORD)
        if guest.cart_session:
            self.client.post("/v1/carts/current/merges", {"session_id": guest.cart_session})
        if not self.address_id:
            self.address_id = self.client.post("/v1/users/me/addresses", self._address(first_name, last_name))[
                "address_id"
            ]

    def fill(self, wishes: list[Wish]) -> Json:
        """Put things into the cart; the cart as it is then. One that has just been bought is closed in a moment."""
        cart: Json = {}
        for wish in wishes:
            cart = until(partial(self._add, wish), seconds=90)
        return cart

    def _add(self, wish: Wish) -> Json | None:
        try:
            return self.client.post("/v1/carts/current/items", wish._asdict())
        except Refused as refused:
            if refused.code != "cart_locked":
                raise
            return None

    def card(self, token: str) -> str:
        """The payment method with this token, attached once."""
        if token not in self.cards:
            body = {"type": "card", "provider": "mock", "provider_token": token, "is_default": True}
            self.cards[token] = self.client.post("/v1/payment-methods", body)["id"]
        return self.cards[token]

    def offer(self, token: str = "tok_success", method: str | None = None) -> Json:
        """The body of a checkout of the present cart: the cheapest shipping method, and this card (or ``cod``)."""
        cart = self.client.get("/v1/carts/current")
        quotes = self.client.post("/v1/shipping-quotes", self._quote(cart))["data"]
        chosen = next((quote for quote in quotes if quote["method_id"] == method), quotes[0])
        where = {**self._quote(cart)["address"], "method_id": chosen["method_id"]}
        cart = self.client.put("/v1/carts/current/shipping-estimate", where)  # so that its total is that of the order
        paid = {"payment_method": token} if token == "cod" else {"payment_method_id": self.card(token)}
        return {
            "cart_id": cart["cart_id"],
            "cart_version": cart["version"],
            "expected_total": cart["total_amount"],
            "shipping_address_id": self.address_id,
            "shipping_method_id": chosen["method_id"],
            **paid,
        }

    def check_out(self, offer: Json, key: str | None = None) -> Json:
        """Submit a checkout and wait until it is settled, or waits for the customer."""
        checkout = self.client.post("/v1/checkouts", offer, key=key or str(uuid.uuid4()), Prefer="wait=10")
        return checkout if checkout["status"] in SETTLED else self.settled(checkout["checkout_id"])

    def settled(self, checkout_id: str, *statuses: str) -> Json:
        """The checkout, once it is in one of these states (any settled one when none is named)."""

        def read() -> Json | None:
            checkout = self.client.get(f"/v1/checkouts/{checkout_id}")
            return checkout if checkout["status"] in (statuses or SETTLED) else None

        return until(read, seconds=90)

    def order(self, order_id: str) -> Json:
        """The order as the customer sees it."""
        return self.client.get(f"/v1/orders/{order_id}")

    def _address(self, first_name: str, last_name: str) -> Json:
        return {
            "type": "both",
            "full_name": f"{first_name} {last_name}",
            "phone": "+14155550100",
            "address_line1": "1 Main St",
            "city": "San Francisco",
            "state": STATES.get(self.country),
            "postal_code": "94107",
            "country": self.country,
            "is_default": True,
        }

    def _quote(self, cart: Json) -> Json:
        return {
            "address": {
                "country": self.country,
                "state": STATES.get(self.country),
                "postal_code": "94107",
            },
            "items": [
                {"product_id": item["product_id"], "variant_id": item["variant_id"], "quantity": item["quantity"]}
                for item in cart["items"]
            ],
            "subtotal": cart["subtotal"],
        }
