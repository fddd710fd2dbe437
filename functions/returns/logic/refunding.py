"""Refunding: what is given back for a return, asked of payments once, and what payments answers."""

from typing import TYPE_CHECKING

from returns import store
from returns.logic.moves import change, move, told_items, whose
from returns.model.returns import DeliveredLine, ReturnDocument, ReturnRefund, alone
from shop.auth import Caller
from shop.errors import conflict, invalid
from shop.events import Event
from shop.events import returns as said
from shop.ids import derived
from shop.money import Money, refundable, total, zero
from shop.races import until_won
from shop.table import Transaction

if TYPE_CHECKING:
    from shop.events.payments import RefundFailed, RefundSucceeded, StoreCreditChanged


def refund(return_id: str, caller: Caller) -> ReturnDocument:
    """Give back what is owed for what came (B157): as money, as store credit, or as the same goods once more.

    409 already_refunded while payments is at it or has done it; after it failed it may be asked for again.
    """

    def what(tx: Transaction, before: ReturnDocument) -> list[Event]:
        if before.status == "processed" or before.refund_status in ("pending", "succeeded"):
            raise conflict("already_refunded", "This return is refunded, or about to be")
        if before.status != "received":
            raise invalid("invalid_transition", f"A return that is {before.status} is not refunded", "/status")
        if before.refund_method == "exchange":
            nothing = before.but(refund_amount=zero(before.currency))
            move(tx, before, "processed", caller.user_id, refund_amount=nothing.refund_amount)
            wanted = said.ReturnExchangeRequested(
                return_id=before.id, order_id=before.order_id, user_id=before.user_id, items=told_items(before)
            )
            return [wanted, _told(nothing, everything=False)]
        return _ask(tx, before, caller)

    return change(return_id, caller, what)


def on_refund_succeeded(event: "RefundSucceeded") -> None:
    """The money went back."""
    if event.return_id:
        _settle(event, event.return_id, event.refund_id, event.payment_id)


def on_store_credit_changed(event: "StoreCreditChanged") -> None:
    """The credit was given, if it was for a return."""
    return_id = store.refund_owner(event.reference) if event.reference else None
    if return_id:
        _settle(event, return_id, None, None)


def on_refund_failed(event: "RefundFailed") -> None:
    """The money did not go back: staff may ask again."""
    if event.return_id is None:
        return
    return_id = event.return_id

    def attempt() -> None:
        before = store.find(return_id)
        open_ = _open(before)
        if before is None or open_ is None:
            return
        with store.table.transaction(cause=event) as tx:
            tx.save(store.REFUNDS, open_.but(status="failed", reason=event.error[:255]))
            store.save_request(tx, alone(before).but(refund_status="failed"))

    until_won(attempt)


def _settle(event: Event, return_id: str, payment_refund_id: str | None, payment_id: str | None) -> None:
    """Payments has given it back: that is the end of it (B158)."""

    def attempt() -> None:
        before = store.find(return_id)
        open_ = _open(before)
        if before is None or open_ is None:
            return
        _, lines = store.delivered(before.order_id)
        everything = all(line.refunded_quantity >= line.ordered_quantity for line in lines)
        with store.table.transaction(cause=event) as tx:
            done = open_.but(
                status="succeeded", payment_refund_id=payment_refund_id, payment_id=payment_id, processed_at=tx.now
            )
            tx.save(store.REFUNDS, done)
            move(tx, before, "processed", "payments", refund_status="succeeded")
            tx.say(_told(before, everything), version=before.version + 1)

    until_won(attempt)


def _ask(tx: Transaction, before: ReturnDocument, caller: Caller) -> list[Event]:
    """Ask payments for it, or be done where nothing is owed."""
    failed = [refund for refund in before.refunds if refund.status == "failed"]
    amount = failed[-1].amount if failed else _owed(tx, before)
    after = alone(before).but(refund_amount=amount)
    if amount.amount == 0:
        move(tx, before, "processed", caller.user_id, refund_status="succeeded", refund_amount=amount)
        return [_told(before.but(refund_amount=amount), everything=False)]
    asked = ReturnRefund(
        id=derived("return_refund", before.id, str(len(before.refunds))),
        return_request_id=before.id,
        order_id=before.order_id,
        user_id=before.user_id,
        refund_method="store_credit" if before.refund_method == "store_credit" else "original_payment",
        amount=amount,
        currency=before.currency,
    )
    tx.create(store.REFUNDS, asked)
    store.save_request(tx, after.but(refund_status="pending"))
    wanted = said.ReturnRefundRequested(
        return_id=before.id,
        return_refund_id=asked.id,
        order_id=before.order_id,
        user_id=before.user_id,
        amount=amount,
        refund_method=asked.refund_method,
    )
    return [wanted]


def _owed(tx: Transaction, before: ReturnDocument) -> Money:
    """The shares of what was paid for the lines, unit by unit in the order in which they are given back (money.md)."""
    _, lines = store.delivered(before.order_id)
    known: dict[str, DeliveredLine] = {line.order_item_id: line for line in lines}
    parts: list[Money] = []
    for item in before.items:
        line = known[item.order_item_id]
        share = refundable(line.paid, item.quantity, line.ordered_quantity, line.refunded_quantity)
        parts.append(min(item.refund_amount, share) if item.lowered else share)
        store.count_refunded(tx, item, line)
    return total(parts, before.currency)


def _told(before: ReturnDocument, everything: bool) -> "said.ReturnProcessed":
    return said.ReturnProcessed(**whose(before), refund_amount=before.refund_amount, all_items_returned=everything)


def _open(document: ReturnDocument | None) -> ReturnRefund | None:
    """The refund that payments has been asked for and has not answered."""
    return next((refund for refund in document.refunds if refund.status == "pending"), None) if document else None
