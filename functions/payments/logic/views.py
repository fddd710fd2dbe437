"""Payments as their customers, and staff, see them."""

from typing import get_args

from payments.logic import charges
from payments.model.payment import Payment, StoredPayment
from payments.model.refund import Refund
from payments.model.words import RefundStatus, Status
from payments.store import payments as store
from shop.auth import Caller
from shop.errors import not_found
from shop.pages import Page, Paging


def payments(caller: Caller, order_id: str | None, paging: Paging) -> Page[Payment]:
    """The payments of an order, as far as the caller may see them; without one, the caller's own. Newest first."""
    page = store.of_order(order_id, paging) if order_id else store.of_user(caller.user_id, paging)
    shown = [p for p in page.data if caller.may_see(p.user_id)]
    return page.showing(shown)


def payment(caller: Caller, payment_id: str) -> StoredPayment:
    """A payment with all that was done about it; someone else's is 404."""
    found = store.payment(payment_id)
    if not caller.may_see(found.user_id):
        raise not_found("payment")
    return found


def confirm(caller: Caller, payment_id: str) -> StoredPayment:
    """How the caller's own payment stands, after asking its provider."""
    own = store.payment(payment_id)
    if own.user_id != caller.user_id:
        raise not_found("payment")
    charges.confirm(own, caller.ip_address)
    return store.payment(payment_id)


def everyones(status: Status | None, day: str | None, paging: Paging) -> Page[Payment]:
    """Everyone's payments, of a status, of a day, or all; newest first."""
    if day and status is None:
        return store.of_day(day, paging)
    return store.by_status([status] if status else get_args(Status), day, paging)


def refunds(status: RefundStatus | None, paging: Paging) -> Page[Refund]:
    """Everyone's refunds, of a status or all; newest first."""
    return store.refunds_by_status([status] if status else get_args(RefundStatus), paging)
