"""Handling: staff judge a return, customers send it, staff look at what came and close it."""

from returns import store
from returns.logic.moves import allow, change, move, read, told_items, whose
from returns.model.returns import ReturnAuthorization, ReturnDocument, ReturnItem, ReturnTracking
from returns.model.wishes import Approve, Receive, Reject, SendBack, TrackingFields
from shop import clock, settings
from shop.auth import Caller
from shop.errors import Refusal, conflict, invalid
from shop.events import Event
from shop.events import returns as said
from shop.ids import derived
from shop.money import total
from shop.table import Transaction


def approve(return_id: str, body: Approve, caller: Caller) -> ReturnDocument:
    """Give leave to send it back, for thirty days (B154)."""

    def what(tx: Transaction, before: ReturnDocument) -> list[Event]:
        move(tx, before, "approved", caller.user_id)
        authorization = ReturnAuthorization(
            id=derived("return_authorization", before.id),
            return_request_id=before.id,
            rma_number=before.rma_number,
            return_address=body.return_address.model_dump(),
            return_instructions=body.return_instructions,
            expires_at=clock.after(settings.RMA_TTL),
        )
        tx.create(store.AUTHORIZATIONS, authorization)
        approved = said.ReturnApproved(
            **whose(before),
            return_address=said.ReturnAddress(**body.return_address.model_dump()),
            return_instructions=body.return_instructions,
            expires_at=authorization.expires_at,
        )
        return [approved]

    return change(return_id, caller, what)


def reject(return_id: str, body: Reject, caller: Caller) -> ReturnDocument:
    """Say no, and why."""

    def what(tx: Transaction, before: ReturnDocument) -> list[Event]:
        move(tx, before, "rejected", caller.user_id, body.reason)
        return [said.ReturnRejected(**whose(before), reason=body.reason)]

    return change(return_id, caller, what)


def send_back(return_id: str, version: int, body: SendBack, caller: Caller) -> ReturnDocument:
    """The customer has handed it over, under this number."""

    def what(tx: Transaction, before: ReturnDocument) -> list[Event]:
        if before.authorization is None:
            raise invalid("invalid_transition", "Nobody has approved this return", "/tracking_number")
        move(tx, before.but(authorization=None), "in_transit", caller.user_id)
        store.send(tx, before.authorization, body.tracking_number)
        return [said.ReturnInTransit(**whose(before), tracking_number=body.tracking_number)]

    return change(return_id, caller, what, version)


def add_tracking(return_id: str, body: TrackingFields, caller: Caller) -> ReturnTracking:
    """Where it was seen on its way back (B159); the same sighting again is the same."""
    document = read(return_id, caller)
    if document.authorization is None:
        raise conflict("not_approved", "Nobody has approved this return")
    tracking = ReturnTracking(
        id=derived("tracking", return_id, body.status, body.timestamp),
        return_request_id=return_id,
        authorization_id=document.authorization.id,
        created_at=body.timestamp,
        updated_at=body.timestamp,
        **body.model_dump(),
    )
    store.add_tracking(tracking)
    return tracking


def receive(return_id: str, body: Receive, caller: Caller) -> ReturnDocument:
    """What came, in the condition it was found in; staff may give back less, and say why (B156)."""

    def what(tx: Transaction, before: ReturnDocument) -> list[Event]:
        allow(before, "received")
        items = _looked_at(before, body)
        amount = total([item.refund_amount for item in items], before.currency)
        move(tx, before, "received", caller.user_id, refund_amount=amount)
        for item in items:
            tx.save(store.ITEMS, item)
        return [said.ReturnReceived(**whose(before), items=told_items(before.but(items=items)))]

    return change(return_id, caller, what)


def close(return_id: str, caller: Caller) -> ReturnDocument:
    """Nothing more will happen; what is still on its way or unpaid is not closed (422)."""

    def what(tx: Transaction, before: ReturnDocument) -> list[Event]:
        if before.status not in ("processed", "rejected"):
            raise invalid("invalid_transition", f"A return that is {before.status} is not closed", "/status")
        move(tx, before, "closed", caller.user_id)
        return [said.ReturnClosed(return_id=before.id, order_id=before.order_id, user_id=before.user_id)]

    return change(return_id, caller, what)


def expire() -> None:
    """Close what was approved and never sent."""
    for return_id in store.due(clock.now()):

        def what(tx: Transaction, before: ReturnDocument) -> list[Event]:
            move(tx, before, "closed", "system", "expired")
            return [said.ReturnClosed(return_id=before.id, order_id=before.order_id, user_id=before.user_id)]

        try:
            change(return_id, None, what)
        except Refusal as refusal:  # it was sent, or came, a moment ago
            if refusal.code != "invalid_transition":
                raise


def _looked_at(before: ReturnDocument, body: Receive) -> list[ReturnItem]:
    items = {item.id: item for item in before.items}
    found: dict[str, ReturnItem] = {}
    for place, told in enumerate(body.items):
        item = items.get(told.item_id)
        if item is None or item.id in found:
            raise invalid("unknown_item", "The return has no such item left", f"/items/{place}/item_id")
        changes: dict[str, object] = {"condition": told.condition, "note": told.note}
        if told.refund_amount is not None:
            if told.refund_amount.currency != before.currency:
                raise invalid(
                    "currency_mismatch", f"The order is in {before.currency}", f"/items/{place}/refund_amount"
                )
            if told.refund_amount > item.refund_amount:
                raise invalid("amount_out_of_range", "More than was paid for it", f"/items/{place}/refund_amount")
            if told.refund_amount < item.refund_amount and not told.note:
                raise invalid("note_missing", "Say why less is given back", f"/items/{place}/note")
            changes |= {"refund_amount": told.refund_amount, "lowered": told.refund_amount < item.refund_amount}
        found[item.id] = item.but(**changes)
    if missing := [item for item in before.items if item.id not in found]:
        raise invalid("item_missing", f"Say in what state {missing[0].id} came", "/items")
    return list(found.values())
