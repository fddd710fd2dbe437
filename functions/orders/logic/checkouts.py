"""A checkout from outside its machine: taking it, waiting for it, and moving it on when something happens."""

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from orders import executions, store
from orders.executions import ExecutionEnded
from orders.model.checkout import RUNNING, SETTLED, Checkout, PlaceCheckout, PlacedCheckout, order_id_of
from shop import clock, settings, telemetry
from shop.auth import Caller
from shop.errors import Refusal, not_found
from shop.events import orders as said
from shop.ids import number
from shop.table import AlreadyMade

if TYPE_CHECKING:
    from shop.events.inventory import ReservationExpired
    from shop.events.payments import PaymentCancelled, PaymentFailed, PaymentSucceeded


START_AFTER, STALE_AFTER = settings.MINUTE, 10 * settings.MINUTE
# Between looks at a checkout that somebody waits for: so long to three times as long, and each time a quarter longer.
PAUSE, LONGER = 0.1, 1.25


class TooLate(Refusal):
    """The checkout has moved on: another got there first."""

    def __init__(self) -> None:
        super().__init__(409, "too_late", "The checkout has moved on")


def place(checkout_id: str, body: PlaceCheckout, caller: Caller) -> PlacedCheckout:
    """Take a checkout and start its run. Placing it again finds the first, and starts that (B120)."""
    checkout = PlacedCheckout(
        **body.model_dump(exclude={"billing_address_id"}),
        checkout_id=checkout_id,
        order_id=order_id_of(checkout_id),
        order_number=number("ORD"),
        user_id=caller.user_id,
        billing_address_id=body.billing_address_id or body.shipping_address_id,
        correlation_id=telemetry.correlation_id.get(),
        execution_arn=executions.arn(checkout_id),
    )
    started = said.CheckoutStarted(**{name: getattr(checkout, name) for name in said.CheckoutStarted.model_fields})
    try:
        with store.table.transaction() as tx:
            store.create_checkout(tx, checkout)
            tx.say(started)
    except AlreadyMade:
        checkout = store.checkout(checkout_id)
    try:
        executions.run(checkout)
    except Exception:  # it is stored: the reaper starts it
        telemetry.logger.exception("checkout not started", extra={"checkout_id": checkout_id})
    return checkout


def wait_for(checkout: PlacedCheckout, seconds: float) -> PlacedCheckout:
    """Look at a checkout now and then until it is settled, or the time is up."""
    deadline, pause = time.monotonic() + seconds, PAUSE
    while checkout.status not in SETTLED and time.monotonic() < deadline:
        time.sleep(min(random.uniform(pause, 3 * pause), max(0.0, deadline - time.monotonic())))
        checkout, pause = store.checkout(checkout.checkout_id), pause * LONGER
    return checkout


def read(checkout_id: str, caller: Caller) -> PlacedCheckout:
    """A checkout its customer, or staff, may see."""
    checkout = store.checkout(checkout_id)
    if not caller.may_see(checkout.user_id):
        raise not_found("checkout")
    return checkout


def cancel(checkout_id: str, caller: Caller) -> Checkout:
    """Give up a checkout while it waits for its customer (R141); 409 too_late otherwise."""
    checkout = store.checkout(checkout_id)
    if checkout.user_id != caller.user_id:
        raise not_found("checkout")
    if checkout.status == "compensating" and checkout.failure_code == "cancelled_by_customer":
        executions.compensate(checkout)
    elif checkout.failure_code != "cancelled_by_customer":
        compensate(checkout, "cancelled_by_customer", {"awaiting_payment"})
    return store.checkout(checkout_id)


def resume(checkout: PlacedCheckout) -> None:
    """Go on after the customer's step, unless the checkout is no longer waiting."""
    with store.table.transaction() as tx:
        store.move_checkout(
            tx, checkout.checkout_id, "in_progress", store.within("awaiting_payment"), TooLate(), resumed_at=tx.now
        )
    executions.resume(checkout)


def compensate(checkout: PlacedCheckout, code: str, statuses: set[str]) -> None:
    """Undo a checkout that is still in one of these statuses; of all who try at once, one does it."""
    count = checkout.compensations + 1
    untouched = store.undone_as_often(checkout, *sorted(statuses))
    with store.table.transaction() as tx:
        store.move_checkout(
            tx,
            checkout.checkout_id,
            "compensating",
            untouched,
            TooLate(),
            compensations=count,
            failure_code=checkout.failure_code or code,
        )
    executions.compensate(checkout.but(compensations=count))


# A move and the start of its run are two calls: who hears of the cause again starts the run again, by the same name.


def on_payment_succeeded(event: "PaymentSucceeded") -> None:
    """The customer has paid: a checkout that waited goes on."""
    checkout = store.checkout_of(event.order_id)
    if checkout is not None and checkout.status == "awaiting_payment":
        _unless_too_late(lambda: resume(checkout))
    elif checkout is not None and checkout.status == "in_progress" and checkout.resumed_at:
        executions.resume(checkout)


def on_payment_failed(event: "PaymentFailed | PaymentCancelled") -> None:
    """The customer could not pay: a checkout that waited is undone."""
    checkout = store.checkout_of(event.order_id)
    if checkout is not None and checkout.status == "awaiting_payment":
        _unless_too_late(lambda: compensate(checkout, "payment_declined", {"awaiting_payment"}))
    elif checkout is not None and checkout.status == "compensating" and checkout.compensations:
        executions.compensate(checkout)


def on_reservation_expired(event: "ReservationExpired") -> None:
    """Its stock is promised to nobody any more: a checkout that still runs cannot succeed."""
    checkout = store.checkout_of(event.order_id)
    if checkout is not None and checkout.status in RUNNING:
        _unless_too_late(lambda: compensate(checkout, "reservation_expired", RUNNING))
    elif checkout is not None and checkout.status == "compensating" and checkout.compensations:
        executions.compensate(checkout)


def on_execution_ended(event: ExecutionEnded) -> None:
    """A run was cut off before its own undos could run (timed out, aborted, failed by the runtime): undo it."""
    if event.status not in ("FAILED", "TIMED_OUT", "ABORTED") or event.error == "CheckoutFailed":
        return
    checkout = store.CHECKOUTS.get(store.checkout_key(event.checkout_id))
    if checkout is None:
        return
    if checkout.status in ("pending", "in_progress"):
        _unless_too_late(lambda: compensate(checkout, "internal_error", {"pending", "in_progress"}))
    elif checkout.status == "compensating" and event.name == executions.compensation(checkout):
        _unless_too_late(lambda: compensate(checkout, "internal_error", {"compensating"}))


def expire_payments() -> None:
    """Undo the checkouts whose customers have let PAYMENT_WAIT pass."""
    now = clock.now()
    for checkout in store.open_checkouts(settings.PAYMENT_WAIT):
        if checkout.status == "awaiting_payment" and (checkout.waits_until or "") <= now:
            _each(checkout, lambda c: compensate(c, "payment_expired", {"awaiting_payment"}))


def reap() -> None:
    """Start what was never started, and undo what has come to a halt. A checkout that succeeded is never touched."""
    stale = clock.after(-STALE_AFTER)
    for checkout in store.open_checkouts(START_AFTER):
        if checkout.status == "awaiting_payment":
            continue
        if checkout.updated_at <= stale:
            _each(checkout, lambda c: compensate(c, "internal_error", {c.status}))
        elif checkout.status == "pending":
            _each(checkout, executions.run)


def _unless_too_late(move: Callable[[], None]) -> None:
    try:
        move()
    except TooLate:
        telemetry.logger.info("too late")


def _each(checkout: PlacedCheckout, move: Callable[[PlacedCheckout], None]) -> None:
    """Move one of many; what stands in its way does not stop the others."""
    try:
        _unless_too_late(lambda: move(checkout))
    except Exception:
        telemetry.logger.exception("checkout not moved", extra={"checkout_id": checkout.checkout_id})
