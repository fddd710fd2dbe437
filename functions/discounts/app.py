"""The doors into discounts: what is taken off an order while it is bought, and its undo."""

from discounts import logic
from discounts.model import Discounts, HoldDiscounts, OrderRef
from shop.api import Api

app = Api("discounts")


@app.step
def hold_discounts(order: HoldDiscounts) -> Discounts:
    return logic.hold(order)


@app.step
def release_discounts(order: OrderRef) -> OrderRef:
    return logic.release(order)


steps = app.steps
