"""Forgetting a customer whose account is deleted: orders keep what was sold and for how much, not to whom."""

from orders import executions, store
from orders.logic import checkouts, exchanges
from orders.logic.orders import move, patiently
from orders.model.checkout import RUNNING
from orders.model.order import CUSTOMER_CANCELS
from shop.errors import version_mismatch
from shop.events.auth import UserDeleted

ERASURE = "erasure"  # who moves an order, where it is given up because nobody knows any more whose it is


def on_user_deleted(event: UserDeleted) -> None:
    """Erase the person from checkouts and orders (B75), and give up what without a name and a street goes nowhere.

    Every part may be repeated: a place in the inbox would only cut a second try short. A checkout is stopped before
    its order is looked at, so that none is made of it behind our back.
    """
    exchanges.forget(event.user_id)
    for checkout in store.every_checkout(event.user_id):
        patiently(lambda checkout_id=checkout.checkout_id: _erase_checkout(checkout_id))  # type: ignore[misc]
        patiently(lambda order_id=checkout.order_id: _erase_order(order_id))  # type: ignore[misc]
    for order in store.every_order(event.user_id):
        patiently(lambda order_id=order.order_id: _erase_order(order_id))  # type: ignore[misc]


def _erase_checkout(checkout_id: str) -> None:
    checkout = store.checkout(checkout_id)
    if checkout.status in RUNNING:
        try:
            checkouts.compensate(checkout, "cancelled_by_customer", RUNNING)
        except checkouts.TooLate:
            raise version_mismatch() from None
        checkout = store.checkout(checkout_id)
    elif checkout.status == "compensating" and checkout.compensations:
        executions.compensate(checkout)
    erased = checkout.erased()
    if erased != checkout:
        store.save_checkout(erased)


def _erase_order(order_id: str) -> None:
    order = store.find_document(order_id)
    if order is None:
        return
    if order.status in CUSTOMER_CANCELS:
        with store.table.transaction() as tx:
            move(tx, order, "cancelled", ERASURE, "account_deleted")
        order = store.order(order_id)
    while (erased := order.erased()) != order:  # again, for a note that came just before
        store.save_erased(order, erased)
        order = store.order(order_id)
