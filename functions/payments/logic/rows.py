"""What is written down of each thing done with a payment's money (B139): the provider's part, and store credit's."""

from payments.model.credit import CreditEntry, entry
from payments.model.payment import StoredPayment, StoredTransaction
from payments.model.provider import Charge, GivenBack
from payments.model.refund import StoredRefund
from shop import clock
from shop.ids import derived
from shop.money import Money

STANDING = {"processing": "pending", "succeeded": "succeeded"}


def charge(payment: StoredPayment, seen: Charge) -> list[StoredTransaction]:
    """The charge of a payment, with what the provider last said of it; an authorization until its money moved.

    A payment has only one, beside that of the store credit in it.
    """
    status = STANDING.get(seen.status, "failed")
    authorized = payment.is_authorized and bool(payment.charged_amount.amount)
    made = []
    if payment.charged_amount.amount:
        row = _row(payment, "charge", "authorization" if authorized else "charge", status, payment.charged_amount)
        taken = payment.captured_amount - payment.credit_held
        made.append(
            row.but(
                amount=taken if taken.amount > 0 and not authorized else row.amount,
                provider_transaction_id=payment.provider_payment_id,
                provider_response=seen.response,
            )
        )
    if payment.credit_amount.amount:
        made.append(credit(payment, "pending" if authorized else status))
    return made


def credit(payment: StoredPayment, status: str) -> StoredTransaction:
    """The part of a payment that store credit pays."""
    status = status if payment.credit_held.amount else "failed"
    return _row(payment, "credit", "charge", status, payment.credit_amount).but(provider=None)


def capture(payment: StoredPayment, seen: Charge) -> list[StoredTransaction]:
    """Authorized money that was taken."""
    taken = payment.captured_amount - payment.credit_held
    row = _row(payment, "capture", "capture", "succeeded", taken, clock.now()).but(
        provider_transaction_id=seen.provider_payment_id, provider_response=seen.response
    )
    return [row, *([credit(payment, "succeeded")] if payment.credit_amount.amount else [])]


def void(payment: StoredPayment, seen: Charge) -> StoredTransaction:
    """The stopping of a payment that had taken no money."""
    return _row(payment, "void", "void", "succeeded", payment.amount, clock.now()).but(provider_response=seen.response)


def refund(payment: StoredPayment, refund: StoredRefund, given: GivenBack) -> list[StoredTransaction]:
    """What a refund moved: from the provider, and to store credit."""
    status = "succeeded" if refund.status == "succeeded" else "failed"
    moved = refund.amount - refund.credit_amount
    made = []
    if moved.amount:
        made.append(
            _row(payment, refund.refund_id, "refund", status, moved, refund.created_at).but(
                provider_transaction_id=given.provider_refund_id, provider_response=given.response
            )
        )
    if refund.credit_amount.amount:
        name = f"{refund.refund_id} credit"
        made.append(_row(payment, name, "refund", status, refund.credit_amount, refund.created_at).but(provider=None))
    return made


def spent(payment: StoredPayment) -> CreditEntry | None:
    """The store credit that a payment takes from its customer."""
    amount = payment.credit_amount
    return entry(payment.user_id, amount * -1, "payment", payment.payment_id) if amount.amount else None


def unspent(payment: StoredPayment) -> CreditEntry | None:
    """The store credit that a payment which came to nothing gives back."""
    amount = payment.credit_amount
    return entry(payment.user_id, amount, "payment_undone", f"{payment.payment_id} undone") if amount.amount else None


def given(refund: StoredRefund) -> CreditEntry | None:
    """The store credit that a refund gives."""
    amount = refund.credit_amount
    return entry(refund.user_id, amount, "refund", refund.refund_id) if amount.amount else None


def _row(
    payment: StoredPayment, name: str, kind: str, status: str, amount: Money, created_at: str | None = None
) -> StoredTransaction:
    return StoredTransaction.model_validate(
        {
            "id": derived("transaction", payment.payment_id, name),
            "payment_id": payment.payment_id,
            "transaction_type": kind,
            "status": status,
            "provider": payment.provider,
            "amount": amount,
            "created_at": created_at or payment.created_at,
            "processed_at": clock.now(),
        }
    )
