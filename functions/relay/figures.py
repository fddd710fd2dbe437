"""What the shop did, in numbers: read off the events as they pass, since every one passes here and only here."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from shop import clock
from shop.events.inventory import StockDepleted
from shop.events.notifications import NotificationBounced, NotificationFailed
from shop.events.orders import CheckoutCompensationFailed, CheckoutFailed, CheckoutStarted, OrderConfirmed
from shop.events.payments import PaymentFailed, RefundSucceeded
from shop.telemetry import Figure

Json = dict[str, Any]

RELAY_LAG, SWEPT = "RelayLag", "EventsSwept"


def of(detail: Json) -> Iterable[Figure]:
    """The figures of one event that the bus has just taken.

    An event the bus is handed twice (a batch that failed half-way comes again as a whole) counts twice: rare enough
    for a graph, and the books are kept elsewhere.
    """
    yield Figure(RELAY_LAG, max(0, round((time.time() - clock.epoch(detail["occurred_at"])) * 1000)), "Milliseconds")
    if read := COUNTED.get(detail["type"]):
        yield from read(detail["data"])


def _confirmed(data: Json) -> Iterable[Figure]:
    """A sale. What is sent in exchange was never in a cart, and is none."""
    if data["cart_id"]:
        yield Figure("OrdersConfirmed")
        yield _money("Revenue", data["total_amount"])


def _money(name: str, amount: Json) -> Figure:
    """An amount in the smallest unit of its currency, as all money here."""
    return Figure(name, amount["amount"], dimensions=(("currency", amount["currency"]),))


def _one(name: str) -> Callable[[Json], Iterable[Figure]]:
    return lambda data: [Figure(name)]


COUNTED: dict[str, Callable[[Json], Iterable[Figure]]] = {
    CheckoutStarted.type: _one("CheckoutsStarted"),
    CheckoutFailed.type: lambda data: [Figure("CheckoutsFailed", dimensions=(("code", data["code"]),))],
    CheckoutCompensationFailed.type: _one("CompensationsFailed"),
    OrderConfirmed.type: _confirmed,
    PaymentFailed.type: _one("PaymentsDeclined"),
    RefundSucceeded.type: lambda data: [_money("Refunded", data["amount"])],
    StockDepleted.type: _one("StockOuts"),
    NotificationFailed.type: _one("NotificationsFailed"),
    NotificationBounced.type: _one("NotificationsBounced"),
}
