"""Payments as their customers, and staff, see them."""

from payments.logic import charges
from payments.model import PaymentView, StoredPayment
from payments.store import payments as store
from shop.auth import Caller
from shop.errors import not_found
from shop.pages import Page, Paging


def payments(caller: Caller, order_id: str | None, paging: Paging) -> Page[PaymentView]:
    """The payments of an order, as far as the caller may see them; without one, the caller's own. Newest first."""
    page = store.of_order(order_id, paging) if order_id else store.of_user(caller.user_id, paging)
    shown = [_view(store.document(p.payment_id)) for p in page.data if caller.may_see(p.user_id)]
    return Page(data=shown, has_more=page.has_more, next_cursor=page.next_cursor)


def payment(caller: Caller, payment_id: str) -> PaymentView:
    """A payment with all that was done about it; someone else's is 404."""
    found = store.document(payment_id)
    if not caller.may_see(found.payment.user_id):
        raise not_found("payment")
    return _view(found)


def confirm(caller: Caller, payment_id: str) -> PaymentView:
    """How the caller's own payment stands, after asking its provider."""
    own: StoredPayment = store.payment(payment_id)
    if own.user_id != caller.user_id:
        raise not_found("payment")
    charges.confirm(own, caller.ip_address)
    return _view(store.document(payment_id))


def _view(document: store.Document) -> PaymentView:
    return PaymentView.model_validate(
        {**dict(document.payment), "transactions": document.transactions, "refunds": document.refunds}
    )
