"""What an edited order comes to, as of now: asked of the catalog, of discounts for the tax, and of shipping."""

from typing import Any

from orders import store
from orders.model.edit import Edited, LineChange, ShippingPrice, Wanted, edited
from orders.model.order import OrderDocument, OrderItem
from orders.model.pricing import Line, Taxes
from shop import settings, steps
from shop.errors import Refusal, invalid
from shop.records import Json


def reprice(order: OrderDocument, edit_id: str, changes: list[LineChange]) -> Edited:
    """What an order comes to with these changes (422 names the one that cannot be)."""
    kept = _kept(order, changes)
    new = [(number, change) for number, change in enumerate(changes) if change.product_id]
    lines = len(kept) + len(new)
    if not lines:
        raise invalid("nothing_left", "An order of nothing is cancelled instead", "/changes")
    if lines > settings.MAX_CART_LINES:
        raise invalid("too_many_lines", f"An order has at most {settings.MAX_CART_LINES} lines", "/changes")
    looked = _look_up([*(_unit(item, quantity) for item, quantity in kept), *(_unit(c, c.quantity) for _, c in new)])
    known, offered = looked[: len(kept)], looked[len(kept) :]
    added = [_sold(order, number, line) for (number, _), line in zip(new, offered, strict=True)]
    goods = [
        {**line, "quantity": quantity, "unit_price": item.unit_price.model_dump()}
        for line, (item, quantity) in zip(known, kept, strict=True)
    ]
    tax = _rates(order, [*goods, *offered])
    added = [
        line.model_copy(update={"tax_rate": rate}) for line, rate in zip(added, tax.lines[len(kept) :], strict=True)
    ]
    wanted = Wanted(kept=kept, added=added)
    plain = edited(order, edit_id, wanted, None)
    result = edited(order, edit_id, wanted, _shipping(order, [*goods, *offered], plain, tax))
    if result.total_amount.amount > settings.MAX_TOTAL:
        raise invalid("amount_out_of_range", "It comes to too much", "/changes")
    return result


def _kept(order: OrderDocument, changes: list[LineChange]) -> list[tuple[OrderItem, int]]:
    """The order's lines with their quantities from now on, without those that are removed."""
    quantities = {item.order_item_id: item.quantity for item in order.items}
    named: set[str] = set()
    for number, change in enumerate(changes):
        if change.order_item_id is None:
            continue
        if change.order_item_id not in quantities:
            raise invalid("unknown_item", "The order has no such line", f"/changes/{number}/order_item_id")
        if change.order_item_id in named:
            raise invalid("duplicate_item", "Each line is named once", f"/changes/{number}/order_item_id")
        named.add(change.order_item_id)
        quantities[change.order_item_id] = change.quantity
    unchanged = all(quantities[item.order_item_id] == item.quantity for item in order.items)
    if unchanged and not any(change.product_id for change in changes):
        raise invalid("nothing_changed", "The order is like that already", "/changes")
    return [(item, quantities[item.order_item_id]) for item in order.items if quantities[item.order_item_id]]


def _unit(thing: OrderItem | LineChange, quantity: int) -> Json:
    return {"product_id": thing.product_id, "variant_id": thing.variant_id, "quantity": quantity}


def _look_up(lines: list[Json]) -> list[Json]:
    found: list[Json] = steps.ask("catalog", "look_up_products", {"lines": lines})["lines"]
    return found


def _sold(order: OrderDocument, number: int, line: Json) -> Line:
    """A line as the catalog sells it now."""
    if not line["sellable"]:
        facts = {name: line[name] for name in ("product_id", "variant_id", "reason")}
        raise invalid("product_unavailable", "This is not sold", f"/changes/{number}", lines=[facts])
    if line["unit_price"]["currency"] != order.currency:
        raise invalid("currency_mismatch", f"The order is in {order.currency}", f"/changes/{number}")
    return Line.model_validate(line)


def _rates(order: OrderDocument, lines: list[Json]) -> Taxes:
    """At which rates lines and shipping are taxed where the order goes."""
    asked = ("product_id", "variant_id", "quantity", "unit_price", "category_ids", "tax_class")
    evaluated = steps.ask(
        "discounts",
        "evaluate_discounts",
        {
            "user_id": order.user_id,
            "currency": order.currency,
            "destination": _destination(order),
            "lines": [{name: line[name] for name in asked} for line in lines],
        },
    )
    return Taxes.model_validate(evaluated["tax"])


def _shipping(order: OrderDocument, lines: list[Json], goods: Edited, tax: Taxes) -> ShippingPrice | None:
    """What the method of the order asks for now; None where it cannot say, for then what was agreed on stays."""
    checkout = store.checkout_of(order.order_id)
    if checkout is None:
        return None
    asked: dict[str, Any] = {
        "method_id": checkout.shipping_method_id,
        "address": _destination(order),
        "items": [{n: line[n] for n in ("product_id", "variant_id", "quantity", "weight_grams")} for line in lines],
        "subtotal": (goods.subtotal - goods.discount_amount).model_dump(),
    }
    try:
        quote = steps.ask("shipping", "quote_shipping_method", asked)
    except Refusal as refusal:
        if refusal.code != "no_shipping_method":
            raise
        return None
    return ShippingPrice(price=quote["price"], tax_rate=tax.shipping)


def _destination(order: OrderDocument) -> Json:
    return order.shipping_address.model_dump(include={"country", "state", "postal_code"})
