"""What the tests of carts share: a shelf that answers for catalog and inventory, and shoppers."""

from dataclasses import dataclass, field
from typing import Any

from carts import store
from carts.basket import Basket
from carts.model import Owner, Product
from shop import steps
from shop.errors import Transient
from shop.money import Money
from tests.kit import Client, anyone, hear, perform

Json = dict[str, Any]


def money(amount: int, currency: str = "USD") -> Json:
    return {"amount": amount, "currency": currency}


@dataclass
class Shelf:
    """Answers what carts asks of catalog and inventory; everyone else answers for themselves."""

    goods: dict[tuple[str, str | None], Json] = field(default_factory=dict)
    stock: dict[tuple[str, str | None], int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    away: set[str] = field(default_factory=set)

    def put(self, product_id: str, price: int = 1000, variant_id: str | None = None, **said: Any) -> None:
        currency = said.pop("currency", "USD")
        self.goods[product_id, variant_id] = {
            "sellable": True,
            "reason": None,
            "product_name": f"Product {product_id}",
            "product_sku": f"SKU-{product_id}",
            "product_image_url": f"https://img.example.com/{product_id}.jpg",
            "unit_price": money(price, currency),
            "weight_grams": 350,
            **said,
        }

    def refuse(self, product_id: str, reason: str, variant_id: str | None = None) -> None:
        self.goods[product_id, variant_id] = {"sellable": False, "reason": reason}

    def ask(self, service: str, step: str, payload: Json) -> Json:
        if service in self.away:
            raise Transient(f"{service} is away")
        match step:
            case "look_up_products":
                said = [self._product(line["product_id"], line["variant_id"]) for line in payload["lines"]]
            case "look_up_stock":
                said = [self._stock(line["product_id"], line["variant_id"]) for line in payload["lines"]]
            case _:
                return self.others(service, step, payload)
        self.asked.append(step)
        return {"lines": said}

    def others(self, service: str, step: str, payload: Json) -> Json:
        raise AssertionError(f"nobody answers {service}.{step}")

    def _product(self, product_id: str, variant_id: str | None) -> Json:
        unknown = {"sellable": False, "reason": "product_unavailable"}
        return {"product_id": product_id, "variant_id": variant_id, **self.goods.get((product_id, variant_id), unknown)}

    def _stock(self, product_id: str, variant_id: str | None) -> Json:
        available = self.stock.get((product_id, variant_id), 1_000_000)
        return {"product_id": product_id, "variant_id": variant_id, "available": available}


def shelf_in_place_of(monkeypatch: Any) -> Shelf:
    shelf = Shelf()
    shelf.others = steps.ask  # type: ignore[method-assign]
    monkeypatch.setattr(steps, "ask", shelf.ask)
    return shelf


def guest() -> Client:
    """Someone without a token who has a cart."""
    session_id = anyone().post("/v1/carts").ok(201)["session_id"]
    return Client(headers={"x-cart-session": session_id})


def session_of(client: Client) -> str:
    return client.headers["x-cart-session"]


def add(client: Client, product_id: str, quantity: int = 1, variant_id: str | None = None) -> Json:
    body = {"product_id": product_id, "variant_id": variant_id, "quantity": quantity}
    cart: Json = client.post("/v1/carts/current/items", body).ok(201)
    return cart


def cart_of(client: Client) -> Json:
    cart: Json = client.get("/v1/carts/current").ok(200)
    return cart


def fill(owner: Owner, lines: int, prefix: str = "P") -> None:
    """Give an owner a cart of many lines, in one write."""
    basket, seen = Basket.opened(owner), store.pointed(owner)
    for number in range(lines):
        product = Product(product_id=f"{prefix}{number}", sellable=True, unit_price=Money(amount=100, currency="USD"))
        basket = basket.add(product, 1, f"{prefix}{number}")
    store.save(None, basket, seen=seen.cart_id if seen else None)


def held(cart: Json) -> dict[str, int]:
    """What is in a cart: product -> quantity, in the order shown."""
    return {item["product_id"]: item["quantity"] for item in cart["items"]}


def tell(event_type: str, about: str, data: Json, event_id: str = "e1", version: int = 1) -> None:
    """Let carts hear an event that somebody else said."""
    hear(
        event_type,
        {
            "id": event_id,
            "type": event_type,
            "version": 1,
            "occurred_at": "2026-01-31T09:00:00.000Z",
            "aggregate_type": event_type.partition(".")[0],
            "aggregate_id": about,
            "aggregate_version": version,
            "correlation_id": "c",
            "causation_id": None,
            "actor": {"type": "system", "id": None},
            "data": data,
        },
        to=lambda service: service == "carts",
    )


def lock(cart: Json, checkout_id: str = "chk", **changes: Any) -> Json:
    """Lock a user's cart as a checkout would."""
    asked = {
        "cart_id": cart["cart_id"],
        "cart_version": cart["version"],
        "user_id": cart["user_id"],
        "checkout_id": checkout_id,
    }
    locked: Json = perform("carts", "lock_cart", **{**asked, **changes})
    return locked


def unlock(cart: Json, checkout_id: str = "chk") -> Json:
    """Give it back."""
    done: Json = perform("carts", "unlock_cart", cart_id=cart["cart_id"], checkout_id=checkout_id)
    return done
