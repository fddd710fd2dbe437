"""What orders does inside the checkout machine: adding up, making and confirming the order, and undoing that."""

import json
from typing import Any

from orders import executions, store
from orders.logic import checkouts
from orders.logic.orders import move, patiently
from orders.model.checkout import (
    FAILURES,
    OVER,
    RUNNING,
    Checkout,
    CheckoutRef,
    FailCheckout,
    Failure,
    PlacedCheckout,
    TakenPayment,
    WithPayment,
    order_id_of,
)
from orders.model.order import CreatedOrder, Order, OrderDocument, StatusChange, addresses_of, items_of, order_of
from orders.model.pricing import PriceCheckout, Priced, SoldLine
from shop import clock, settings, steps
from shop.errors import conflict, invalid, version_mismatch
from shop.events import orders as said
from shop.ids import derived, number
from shop.table import AlreadyMade

MACHINE = "checkout"  # who moves an order, where the machine does
NUMBERS = 5  # order numbers tried before giving up


def price(asked: PriceCheckout) -> Priced:
    """Add the checkout up and keep what it came to; price_changed when the customer agreed to another amount (B124)."""
    sold = asked.snapshot()
    if sold.total_amount != asked.expected_total or sold.total_amount.amount > settings.MAX_TOTAL:
        expected, came_to = dict(asked.expected_total), dict(sold.total_amount)
        raise invalid("price_changed", expected_total=expected, total_amount=came_to)
    with store.table.transaction() as tx:
        store.move_checkout(
            tx,
            asked.checkout_id,
            "in_progress",
            store.never_waited("pending", "in_progress"),
            checkouts.TooLate(),
            snapshot=sold,
            total_amount=sold.total_amount,
        )
    lines = [SoldLine(**dict(line)) for line in sold.lines]
    return Priced(total_amount=sold.total_amount, lines=lines)


def suspend(asked: WithPayment) -> Checkout:
    """Let the checkout wait for its customer; then look whether the payment's result came before we did."""
    checkout = store.checkout(asked.checkout_id)
    if checkout.suspended_at is None and asked.payment is not None:
        with store.table.transaction() as tx:
            store.move_checkout(
                tx,
                asked.checkout_id,
                "awaiting_payment",
                store.never_waited("in_progress"),
                checkouts.TooLate(),
                suspended_at=tx.now,
                waits_until=clock.after(settings.PAYMENT_WAIT, tx.now),
                payment=asked.payment,
                payment_id=asked.payment.payment_id,
                next_action=asked.payment.next_action,
            )
        checkout = store.checkout(asked.checkout_id)
    _look_for_result(checkout)
    return store.checkout(asked.checkout_id)


def _look_for_result(checkout: PlacedCheckout) -> None:
    """A result that came while the checkout was not waiting yet moved nothing; it does so now."""
    if checkout.status == "in_progress" and checkout.resumed_at:
        return executions.resume(checkout)
    if checkout.status != "awaiting_payment":
        return None
    found = steps.ask("payments", "find_payment", {"order_id": checkout.order_id})
    try:
        if found.get("status") == "succeeded":
            checkouts.resume(checkout)
        elif found.get("status") in ("failed", "cancelled"):
            checkouts.compensate(checkout, "payment_declined", {"awaiting_payment"})
    except checkouts.TooLate:
        return None
    return None


def create_order(asked: WithPayment) -> OrderDocument:
    """Make the order, all at once (B121). Made already, it is left as it is; once undoing has begun, it is refused."""
    checkout = store.checkout(asked.checkout_id)
    payment = asked.payment or checkout.payment
    if payment is None:
        raise conflict("internal_error", "An order needs a payment")
    for _ in range(NUMBERS):
        try:
            return _create(checkout, payment)
        except store.NumberTaken:
            checkout = checkout.but(order_number=number("ORD"))
        except AlreadyMade:
            made = store.find_document(checkout.order_id)
            if made is None or made.status == "cancelled":
                raise checkouts.TooLate() from None
            return made
    raise conflict("internal_error", "No order number is free")


def _create(checkout: PlacedCheckout, payment: TakenPayment) -> OrderDocument:
    sold = checkout.snapshot
    if sold is None:
        raise conflict("internal_error", "The checkout was never priced")
    with store.table.transaction() as tx:
        order = order_of(checkout, sold, payment, tx.now)
        items, addresses, first = items_of(order, sold), addresses_of(order, sold), first_change(order)
        store.create_order(tx, order, items, addresses, first)
        store.move_checkout(
            tx,
            checkout.checkout_id,
            "in_progress",
            store.within("in_progress"),
            checkouts.TooLate(),
            payment_id=payment.payment_id,
            order_number=order.order_number,
            next_action=None,
        )
        told = [said.OrderedItem(**dict(item)) for item in items]
        tx.say(said.OrderCreated(**{**dict(order), "items": told}), version=order.version)
    shipping, billing = addresses
    return OrderDocument(
        **dict(order), items=items, shipping_address=shipping, billing_address=billing, history=[first]
    )


def first_change(order: Order) -> StatusChange:
    """The first row of an order's history: it is there."""
    return StatusChange(
        id=derived("history", order.order_id, order.status),
        order_id=order.order_id,
        status=order.status,
        changed_by=order.user_id,
        created_at=order.created_at,
        updated_at=order.created_at,
    )


def confirm_order(asked: CreatedOrder) -> OrderDocument:
    """The order stands, and the checkout has succeeded: the point of no return.

    The order is taken as the machine hands it on; if it has changed since it was made, it is read.
    """
    handed = [asked.order] if asked.order else []

    def attempt() -> OrderDocument:
        before = handed.pop() if handed else store.order(order_id_of(asked.checkout_id))
        if before.status == "cancelled":
            raise conflict("cancelled_by_customer", "The order was cancelled")
        if before.status != "pending":
            return before
        with store.table.transaction() as tx:
            after = move(tx, before, "confirmed", MACHINE)
            store.move_checkout(
                tx, asked.checkout_id, "succeeded", store.within("in_progress"), checkouts.TooLate(), next_action=None
            )
        return after

    return patiently(attempt)


def cancel_order(asked: CheckoutRef) -> Checkout:
    """The undo of create_order and confirm_order. From here on the order cannot be made, or be confirmed, any more."""

    def attempt() -> None:
        checkout = store.checkout(asked.checkout_id)
        if checkout.status in OVER - {"succeeded"}:
            return
        before = store.find_document(checkout.order_id)
        with store.table.transaction() as tx:
            if before is None:
                store.no_order_yet(tx, checkout.order_id, version_mismatch())
            elif before.status != "cancelled":
                move(tx, before, "cancelled", MACHINE, "checkout_failed")
            store.move_checkout(
                tx,
                asked.checkout_id,
                "compensating",
                store.within(*sorted(RUNNING), "compensating", "succeeded"),
                version_mismatch(),
            )

    patiently(attempt)
    return store.checkout(asked.checkout_id)


def fail_checkout(asked: FailCheckout) -> Checkout:
    """The end of a checkout that came to nothing (E47); an undo that is stuck is told to the operators (E48)."""

    def attempt() -> Checkout:
        checkout = store.checkout(asked.checkout_id)
        if checkout.status in OVER and not (checkout.status == "succeeded" and asked.stuck):
            return checkout
        code, detail = failure_of(asked.failure)
        code = checkout.failure_code or code
        ended = "compensation_failed" if asked.stuck else "failed"
        with store.table.transaction() as tx:
            store.move_checkout(
                tx,
                asked.checkout_id,
                ended,
                store.as_read(checkout),
                version_mismatch(),
                failure_code=code,
                failure_detail=detail,
                failed_stage=asked.failure.stage,
                next_action=None,
            )
            whose = {name: getattr(checkout, name) for name in ("checkout_id", "order_id", "user_id", "cart_id")}
            version = checkout.version + 1
            tx.say(said.CheckoutFailed(**whose, code=code, stage=asked.failure.stage), version=version)
            for stuck in asked.stuck:
                told = said.CheckoutCompensationFailed(
                    checkout_id=asked.checkout_id, step=stuck.step, error=stuck.error
                )
                tx.say(told, version=version)
        return store.checkout(asked.checkout_id)

    return patiently(attempt)


def failure_of(failure: Failure) -> tuple[str, dict[str, Any] | None]:
    """The code and the facts in what a state raised: a refusal of ours is JSON in the error message in the cause."""
    if failure.code:
        return failure.code, None
    try:
        problem = json.loads(json.loads((failure.raised and failure.raised.Cause) or "")["errorMessage"])
        code = problem["code"]
    except (ValueError, KeyError, TypeError):
        return "internal_error", None
    if code not in FAILURES:
        return "internal_error", None
    facts = {name: value for name, value in problem.items() if name not in ("code", "status", "detail")}
    return code, facts or None
