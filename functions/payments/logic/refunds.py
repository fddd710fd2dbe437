"""Giving money back: promised first, then asked of the provider, then confirmed; each part may be repeated."""

from payments import providers
from payments.logic import audit, rows
from payments.logic.audit import TRIES
from payments.model.payment import StoredPayment
from payments.model.provider import Charge, GivenBack
from payments.model.refund import AskRefund, StoredRefund
from payments.providers import OutcomeUnknown, RefundRefused
from payments.store import payments as store
from payments.store.races import Changed
from shop import clock
from shop.errors import Transient, conflict
from shop.ids import derived, number
from shop.money import Money


def refund(payment_id: str, refund_id: str, asked: AskRefund, ip_address: str | None = None) -> StoredRefund:
    """Give back so much of a payment, or all that is left of it."""
    with audit.noting("refund.refused", ip_address, payment_id=payment_id, amount=asked.amount):
        begun = begin(payment_id, refund_id, asked, ip_address=ip_address)
    return finish(begun, ip_address)


def begin(
    payment_id: str,
    refund_id: str,
    asked: AskRefund,
    return_id: str | None = None,
    ip_address: str | None = None,
    reference: str | None = None,
) -> StoredRefund:
    """Promise the money back; a refund that was begun before is the answer."""
    for _ in range(TRIES):
        payment = store.payment(payment_id)
        before = store.find_refund(payment_id, refund_id)
        if before:
            return before
        amount = payment.refundable(asked.amount)
        credit = payment.as_credit(amount, asked.refund_method)
        new = new_refund(payment, refund_id, amount, credit, asked.reason).but(
            refund_method=asked.refund_method, return_id=return_id, reference=reference
        )
        row = audit.of_refund(new, "refund.created", ip_address)
        try:
            return store.promise(payment, payment.promising(amount, credit), new, row)
        except Changed:
            continue
    raise Transient


def finish(refund: StoredRefund, ip_address: str | None = None) -> StoredRefund:
    """Have the provider give back what was promised, and write down what came of it; unknown stays pending."""
    if not refund.is_open:
        return refund
    payment = store.payment(refund.payment_id)
    error = None
    try:
        given = _given_back(payment, refund)
    except OutcomeUnknown:
        return refund
    except RefundRefused as refused:
        given, error = GivenBack(status="failed"), refused.detail
    if given.status == "processing":
        return _accepted(payment, refund, given, ip_address)
    if given.status == "failed" and error is None:
        error = "The provider could not give it back"
    return _record(payment, refund, given, error, ip_address)


def give_back_rest(payment_id: str) -> StoredPayment:
    """Give back all that is left of a payment whose order was given up, and see its open refunds through."""
    payment = store.payment(payment_id)
    begun = store.refunds(payment_id)
    if payment.status == "succeeded" and payment.rest.amount:
        begun = [*begun, begin(payment_id, reversal_id(payment_id), AskRefund(reason="order cancelled"))]
    seen = [finish(each) for each in begun]
    if any(each.status == "pending" for each in seen):
        raise OutcomeUnknown
    payment = store.payment(payment_id)
    if payment.rest.amount:
        raise conflict("reversal_failed", "The provider refused to give the money back")
    return payment


def return_late(was: StoredPayment, seen: Charge, ip_address: str | None = None) -> StoredPayment:
    """Take note of money that came when nobody wanted it any more, and give it back (B142).

    Both are one write, so that there is no moment at which the money is the shop's.
    """
    payment = was.returned(seen, clock.now())
    amount, credit = payment.refunding_amount, payment.credit_returned
    new = new_refund(payment, reversal_id(payment.payment_id), amount, credit, "order cancelled")
    row = audit.of_refund(new, "payment.returned", ip_address)
    finish(store.promise(was, payment, new, row, rows.charge(payment, seen)))
    return store.payment(payment.payment_id)


def reversal_id(payment_id: str) -> str:
    """The refund that reverses a payment: there is only one."""
    return derived("reversal", payment_id)


def _given_back(payment: StoredPayment, refund: StoredRefund) -> GivenBack:
    by_provider = refund.amount - refund.credit_amount
    if payment.provider is None or not by_provider.amount:
        return GivenBack()  # cash was handed over, and is handed back; store credit is booked with the record
    return providers.named(payment.provider).refund(payment.bill, by_provider, refund.refund_id)


def _accepted(payment: StoredPayment, refund: StoredRefund, given: GivenBack, ip_address: str | None) -> StoredRefund:
    """Write down, once, that the provider is at it."""
    if refund.status == "processing":
        return refund
    taken = refund.but(
        status="processing",
        provider_refund_id=given.provider_refund_id,
        provider_response=given.response,
        processed_at=clock.now(),
    )
    row = audit.of_refund(taken, "refund.processing", ip_address)
    for _ in range(TRIES):
        try:
            return store.accept_refund(payment, taken, row)
        except Changed:
            recorded = store.refund(refund.payment_id, refund.refund_id)
            if recorded.status != "pending":
                return recorded
            payment = store.payment(refund.payment_id)
    raise Transient


def _record(
    payment: StoredPayment, refund: StoredRefund, given: GivenBack, error: str | None, ip_address: str | None
) -> StoredRefund:
    status, now = ("failed" if error else "succeeded"), clock.now()
    done = refund.but(
        status=status,
        provider_refund_id=given.provider_refund_id or refund.provider_refund_id,
        provider_response=given.response,
        processed_at=refund.processed_at or now,
        succeeded_at=None if error else now,
    )
    row = audit.of_refund(refund, f"refund.{status}", ip_address, error)
    moved = rows.refund(payment, done, given)
    for _ in range(TRIES):
        kept = payment.keeping(refund.amount, refund.credit_amount)
        after = kept if error else payment.refunded(refund.amount)
        try:
            return store.finish_refund(payment, after, done, moved, row, None if error else rows.given(done))
        except Changed:
            recorded = store.refund(refund.payment_id, refund.refund_id)
            if not recorded.is_open:  # someone else saw it through
                return recorded
            payment, done = store.payment(refund.payment_id), done.but(version=recorded.version)
    raise Transient


def new_refund(
    payment: StoredPayment, refund_id: str, amount: Money, credit: Money, reason: str | None
) -> StoredRefund:
    """A refund that nobody has begun yet."""
    return StoredRefund(
        refund_id=refund_id,
        refund_number=number("REF"),
        payment_id=payment.payment_id,
        order_id=payment.order_id,
        user_id=payment.user_id,
        amount=amount,
        credit_amount=credit,
        reason=reason,
    )
