"""Giving money back: promised first, then asked of the provider, then confirmed; each part may be repeated."""

from payments import providers
from payments.logic import audit
from payments.logic.audit import TRIES
from payments.model import AskRefund, Charge, GivenBack, StoredPayment, StoredRefund, StoredTransaction
from payments.providers import OutcomeUnknown, RefundRefused
from payments.store import payments as store
from shop import clock
from shop.errors import Transient, conflict
from shop.ids import derived, number
from shop.money import Money


def refund(payment_id: str, refund_id: str, asked: AskRefund, ip_address: str | None = None) -> StoredRefund:
    """Give back so much of a payment, or all that is left of it."""
    with audit.noting("refund.refused", ip_address, payment_id=payment_id, amount=asked.amount):
        begun = begin(payment_id, refund_id, asked.amount, asked.reason, ip_address)
    return finish(begun, ip_address)


def begin(
    payment_id: str, refund_id: str, amount: Money | None, reason: str | None, ip_address: str | None = None
) -> StoredRefund:
    """Promise the money back; a refund that was begun before is the answer."""
    for _ in range(TRIES):
        found = store.document(payment_id)
        payment, before = found.payment, found.refund(refund_id)
        if before:
            return before
        new = _refund(payment, refund_id, payment.refundable(amount), reason)
        try:
            return store.promise(
                payment, payment.promising(new.amount), new, audit.of_refund(new, "refund.created", ip_address)
            )
        except store.Changed:
            continue
    raise Transient


def finish(refund: StoredRefund, ip_address: str | None = None) -> StoredRefund:
    """Have the provider give back what was promised, and write down what came of it; unknown stays pending."""
    if refund.status != "pending":
        return refund
    payment = store.payment(refund.payment_id)
    error = None
    try:
        given = _given_back(payment, refund)
    except OutcomeUnknown:
        return refund
    except RefundRefused as refused:
        given, error = GivenBack(), refused.detail
    return _record(payment, refund, given, error, ip_address)


def give_back_rest(payment_id: str) -> StoredPayment:
    """Give back all that is left of a payment whose order was given up, and see its pending refunds through."""
    payment, _, begun = store.document(payment_id)
    if payment.status == "succeeded" and payment.rest.amount:
        begun = [*begun, begin(payment_id, reversal_id(payment_id), None, "order cancelled")]
    for each in begun:
        finish(each)
    payment = store.payment(payment_id)
    if payment.refunding_amount.amount:
        raise OutcomeUnknown
    if payment.rest.amount:
        raise conflict("reversal_failed", "The provider refused to give the money back")
    return payment


def return_late(was: StoredPayment, seen: Charge, ip_address: str | None = None) -> StoredPayment:
    """Take note of money that came when nobody wanted it any more, and give it back (B142).

    Both are one write, so that there is no moment at which the money is the shop's.
    """
    payment = was.returned(seen, clock.now())
    new = _refund(payment, reversal_id(payment.payment_id), payment.amount, "order cancelled")
    row = audit.of_refund(new, "payment.returned", ip_address)
    finish(store.promise(was, payment, new, row, charge(payment, seen)))
    return store.payment(payment.payment_id)


def reversal_id(payment_id: str) -> str:
    """The refund that reverses a payment: there is only one."""
    return derived("reversal", payment_id)


def charge(payment: StoredPayment, seen: Charge) -> StoredTransaction:
    """The charge of a payment, with what the provider last said of it. A payment has only one."""
    status = {"processing": "pending", "succeeded": "succeeded"}.get(seen.status, "failed")
    return _transaction(payment, "charge", "charge", status, payment.amount, payment.created_at).but(
        provider_transaction_id=payment.provider_payment_id, provider_response=seen.response
    )


def void(payment: StoredPayment, seen: Charge) -> StoredTransaction:
    """The stopping of a payment that had taken no money."""
    return _transaction(payment, "void", "void", "succeeded", payment.amount, clock.now()).but(
        provider_response=seen.response
    )


def _given_back(payment: StoredPayment, refund: StoredRefund) -> GivenBack:
    if payment.provider is None:  # cash was handed over, and is handed back
        return GivenBack()
    provider = providers.named(payment.provider)
    return provider.refund(payment.payment_id, refund.amount, refund.refund_id)


def _record(
    payment: StoredPayment, refund: StoredRefund, given: GivenBack, error: str | None, ip_address: str | None
) -> StoredRefund:
    status, now = ("failed" if error else "succeeded"), clock.now()
    done = refund.but(
        status=status,
        provider_refund_id=given.provider_refund_id,
        provider_response=given.response,
        processed_at=now,
        succeeded_at=None if error else now,
    )
    move = _transaction(payment, refund.refund_id, "refund", status, refund.amount, refund.created_at).but(
        provider_transaction_id=given.provider_refund_id, provider_response=given.response
    )
    row = audit.of_refund(refund, f"refund.{status}", ip_address, error)
    for _ in range(TRIES):
        after = payment.keeping(refund.amount) if error else payment.refunded(refund.amount)
        try:
            return store.finish_refund(payment, after, done, move, row)
        except store.Changed:
            recorded = store.refund(refund.payment_id, refund.refund_id)
            if recorded.status != "pending":  # someone else saw it through
                return recorded
            payment = store.payment(refund.payment_id)
    raise Transient


def _refund(payment: StoredPayment, refund_id: str, amount: Money, reason: str | None) -> StoredRefund:
    return StoredRefund(
        refund_id=refund_id,
        refund_number=number("REF"),
        payment_id=payment.payment_id,
        order_id=payment.order_id,
        user_id=payment.user_id,
        amount=amount,
        reason=reason,
    )


def _transaction(
    payment: StoredPayment, name: str, kind: str, status: str, amount: Money, created_at: str
) -> StoredTransaction:
    return StoredTransaction.model_validate(
        {
            "id": derived("transaction", payment.payment_id, name),
            "payment_id": payment.payment_id,
            "transaction_type": kind,
            "status": status,
            "provider": payment.provider,
            "amount": amount,
            "created_at": created_at,
            "processed_at": clock.now(),
        }
    )
