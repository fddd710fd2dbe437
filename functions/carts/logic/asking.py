"""What carts asks of others: what is sold, how much there is, what is taken off and taxed, what shipping costs."""

import random
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from carts.basket import Basket
from carts.model import Pricing, Product
from carts.store import Overtaken
from shop import steps
from shop.errors import Refusal, Transient
from shop.money import Money, total
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


def priced(before: Basket | None, after: Basket) -> Basket:
    """With what is taken off these goods and the tax on the rest; a coupon that no longer holds is taken out."""
    if not after.lines or (before and before.head.pricing and before.question == after.question):
        return after
    try:
        pricing, refused = evaluated(after)
    except Refusal:  # discounts is away: the coupon stays, and checkout judges it
        return after.discounted(None)
    return (after.uncouponed(refused) if refused else after).discounted(pricing)


def evaluated(basket: Basket) -> tuple[Pricing, str | None]:
    """What discounts says of a cart, and why its coupon, if it has one, does not hold."""
    answer = steps.ask("discounts", "evaluate_discounts", basket.question)
    currency, verdict, tax = basket.head.currency, answer["coupon"], answer["tax"]
    pricing = Pricing(
        discount_amount=answer["discount_amount"],
        adjustments=answer["adjustments"],
        free_shipping=answer["free_shipping"],
        tax_amount=total([Money(**amount) for amount in tax["amounts"]], currency),
        shipping_tax_rate=tax["shipping"],
        prices_include_tax=tax["prices_include_tax"],
    )
    return pricing, verdict["reason"] if verdict else None


def costed(before: Basket | None, after: Basket) -> Basket:
    """With what these goods come to: discounts and tax first, then the shipping that looks at what is left."""
    return shipped(before, priced(before, after))


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
