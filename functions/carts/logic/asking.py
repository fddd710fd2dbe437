"""What carts asks of others: of the catalog what is sold, of inventory what there is, of shipping what it costs."""

import random
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from carts.basket import Basket
from carts.model import Product
from carts.store import Overtaken
from shop import steps
from shop.errors import Refusal, Transient
from shop.records import Json

T = TypeVar("T")
Unit = tuple[str, str | None]
TRIES = 8


def settled(attempt: Callable[[], T]) -> T:
    """Try until nobody changes the same cart in between."""
    for failures in range(TRIES):
        try:
            return attempt()
        except Overtaken:
            time.sleep(random.uniform(0, 0.02 * 2**failures))
    raise Transient("Others are changing this cart")


def look_up(units: Iterable[Unit], quantity: int = 1) -> list[Product]:
    """What the catalog says of these products and variants now."""
    asked = [_line(unit, quantity) for unit in units]
    answer = steps.ask("catalog", "look_up_products", {"lines": asked}) if asked else {"lines": []}
    return [Product.model_validate(line) for line in answer["lines"]]


def stocked(before: Basket | None, after: Basket) -> Basket:
    """With hints of how much there is of what has changed, and of what was short; without, when inventory is away."""
    known = {line.unit: line.quantity for line in before.lines} if before else {}
    lines = [line for line in after.lines if line.is_short or known.get(line.unit) != line.quantity]
    if not lines:
        return after
    try:
        answer = steps.ask("inventory", "look_up_stock", {"lines": [_line(line.unit, line.quantity) for line in lines]})
    except Refusal:
        return after
    return after.stocked({(said["product_id"], said["variant_id"]): said["available"] for said in answer["lines"]})


def shipped(before: Basket | None, after: Basket) -> Basket:
    """With the estimate that these goods need; a method that no longer serves them, or is not known to, is cleared."""
    estimate = after.head.shipping_estimate
    if estimate is None or estimate.method_id is None or (before and before.goods == after.goods):
        return after
    try:
        return quoted(after)
    except Refusal:
        return after.unshipped()


def quoted(basket: Basket) -> Basket:
    """With what the chosen shipping method asks (422 no_shipping_method)."""
    estimate = basket.head.shipping_estimate
    if estimate is None or estimate.method_id is None:
        return basket
    quote = steps.ask("shipping", "quote_shipping_method", basket.parcel)
    return basket.shipped(
        estimate.model_validate(
            {
                **dict(estimate),
                "method_name": quote["name"],
                "price": quote["price"],
                "estimated_days": quote["estimated_days"],
            }
        )
    )


def _line(unit: Unit, quantity: int) -> Json:
    return {"product_id": unit[0], "variant_id": unit[1], "quantity": quantity}
