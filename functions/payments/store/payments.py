"""Payments, their transactions and refunds in the table: each move is one write with its audit row and its event."""

from collections.abc import Sequence
from typing import NamedTuple

from pynamodb.expressions.operand import Path

from payments.model import (
    AuditLog,
    LivePayment,
    PaymentIndex,
    StoredPayment,
    StoredRefund,
    StoredTransaction,
)
from payments.store import (
    AUDIT,
    INDEX,
    LIVE,
    PAYMENTS,
    REFUNDS,
    TRANSACTIONS,
    live_key,
    payment_key,
    refund_key,
    table,
)
from shop import clock
from shop.errors import Refusal, Transient, not_found
from shop.events import Event
from shop.events.payments import (
    PaymentCancelled,
    PaymentCreated,
    PaymentFailed,
    PaymentRequiresAction,
    PaymentSucceeded,
    RefundCreated,
    RefundFailed,
    RefundSucceeded,
)
from shop.pages import Page, Paging
from shop.table import ABSENT, GSI1, GSI2, Transaction, owner_of, shards

UNSETTLED = ("failed", "cancelled")


class Changed(Refusal):
    """Someone else moved the payment since it was read: read it again."""

    def __init__(self) -> None:
        super().__init__(409, "conflict", "The payment has just changed")


class NotFree(Refusal):
    """The order is closed, or has a live payment already."""

    def __init__(self) -> None:
        super().__init__(409, "payment_exists", "The order has a payment")


class Closed(Refusal):
    """The order was given up meanwhile: its money is not to be taken."""

    def __init__(self) -> None:
        super().__init__(409, "conflict", "The order is closed")


class Document(NamedTuple):
    """A payment and all that belongs to it."""

    payment: StoredPayment
    transactions: list[StoredTransaction]
    refunds: list[StoredRefund]

    def refund(self, refund_id: str) -> StoredRefund | None:
        """One of its refunds."""
        return next((refund for refund in self.refunds if refund.refund_id == refund_id), None)


def find_payment(payment_id: str) -> StoredPayment | None:
    """A payment, if there is one."""
    return PAYMENTS.get(payment_key(payment_id))


def payment(payment_id: str) -> StoredPayment:
    """A payment, or 404."""
    found = find_payment(payment_id)
    if found is None:
        raise not_found("payment")
    return found


def document(payment_id: str) -> Document:
    """A payment with its transactions and refunds (AP42), or 404. One Query."""
    parts = table.collection(payment_key(payment_id).pk)
    head = next((part for part in parts if isinstance(part, StoredPayment)), None)
    if head is None:
        raise not_found("payment")
    refunds = sorted((p for p in parts if isinstance(p, StoredRefund)), key=lambda refund: refund.created_at)
    return Document(head, [p for p in parts if isinstance(p, StoredTransaction)], refunds)


def refund(payment_id: str, refund_id: str) -> StoredRefund:
    """A refund, or 404."""
    found = REFUNDS.get(refund_key(payment_id, refund_id))
    if found is None:
        raise not_found("refund")
    return found


def of_order(order_id: str, paging: Paging) -> Page[StoredPayment]:
    """The payments of an order, newest first (AP43)."""
    return PAYMENTS.page(f"ORDER#{order_id}", paging, index=GSI1, prefix="PAY#")


def of_user(user_id: str, paging: Paging) -> Page[StoredPayment]:
    """The payments of a user, newest first (AP43)."""
    return PAYMENTS.page(f"USER#{user_id}", paging, index=GSI2, prefix="PAY#")


def of_provider(provider: str, provider_payment_id: str) -> str | None:
    """The id of the payment a provider knows under its own id (AP45)."""
    owner = owner_of(table, "PROVPAY", f"{provider}#{provider_payment_id}")
    return owner.pk.removeprefix("PAY#") if owner else None


def live(order_id: str) -> LivePayment | None:
    """The live payment of an order, or the tombstone in its place."""
    return LIVE.get(live_key(order_id))


def asking(older_than: str) -> list[LivePayment]:
    """Payments begun before then whose outcome nobody has recorded. One Query a shard."""
    return [found for shard in shards("ASKING") for found in LIVE.query(shard, index=GSI1, high=older_than)]


def unconfirmed_refunds(older_than: str) -> list[StoredRefund]:
    """Refunds begun before then that are still pending (AP44). One Query a shard."""
    return [found for shard in shards("RST#pending") for found in REFUNDS.query(shard, index=GSI2, high=older_than)]


def note(audit: AuditLog) -> None:
    """Keep an audit row of something that changed nothing."""
    with table.transaction() as tx:
        tx.put(AUDIT, audit)


def begin(payment: StoredPayment, audit: AuditLog) -> None:
    """Record a payment before its provider is asked, as the one live payment of its order."""
    free = ABSENT | (Path("status").is_in(*UNSETTLED) & Path("closed").does_not_exist())
    named = LivePayment(
        order_id=payment.order_id,
        payment_id=payment.payment_id,
        status=payment.status,
        asking=payment.provider is not None,
    )
    with table.transaction() as tx:
        tx.create(PAYMENTS, payment)
        tx.put(LIVE, named, free, NotFree())
        tx.put(INDEX, _index(payment))
        tx.claim(
            "PAYNO", payment.payment_number, payment_key(payment.payment_id), Transient("The payment number is taken")
        )
        tx.put(AUDIT, audit)
        tx.say(
            PaymentCreated(
                payment_id=payment.payment_id,
                order_id=payment.order_id,
                user_id=payment.user_id,
                amount=payment.amount,
                method=payment.payment_method,
            )
        )


def close(order_id: str) -> LivePayment:
    """Leave the tombstone that keeps money from being taken for this order, and see which payment it has."""
    now = clock.now()
    return LivePayment.model_validate(
        table.increment(
            live_key(order_id),
            Path("closed").set(True),
            Path("order_id").set(order_id),
            Path("kind").set(LIVE.name),
            Path("created_at").set(Path("created_at") | now),
            Path("updated_at").set(now),
            Path("version").add(1),
        )
    )


def move(
    was: StoredPayment,
    payment: StoredPayment,
    transactions: Sequence[StoredTransaction],
    audit: AuditLog,
    cause: Event | None = None,
) -> StoredPayment:
    """Move a payment forward. Taking money, or going to, is refused as Closed once the order is given up."""
    with table.transaction(cause) as tx:
        saved = _save(tx, was, payment, audit, guarded=payment.status in ("succeeded", "processing"))
        for transaction in transactions:
            tx.put(TRANSACTIONS, transaction)
        tx.say(_told(saved), saved.version)
    return saved


def promise(
    was: StoredPayment,
    payment: StoredPayment,
    refund: StoredRefund,
    audit: AuditLog,
    transaction: StoredTransaction | None = None,
) -> StoredRefund:
    """Promise money back before the provider is asked: the sum and the refund in one write (B141)."""
    with table.transaction() as tx:
        _save(tx, was, payment, audit)
        tx.create(REFUNDS, refund, Changed())
        tx.claim(
            "REFNO",
            refund.refund_number,
            refund_key(refund.payment_id, refund.refund_id),
            Transient("The refund number is taken"),
        )
        if transaction:
            tx.put(TRANSACTIONS, transaction)
        tx.say(RefundCreated(**_said(refund)))
    return refund


def finish_refund(
    was: StoredPayment,
    payment: StoredPayment,
    refund: StoredRefund,
    transaction: StoredTransaction,
    audit: AuditLog,
) -> StoredRefund:
    """Record what became of a refund."""
    with table.transaction() as tx:
        saved = _save(tx, was, payment, audit)
        refund = tx.save(REFUNDS, refund, otherwise=Changed())
        tx.put(TRANSACTIONS, transaction)
        if refund.status == "succeeded":
            whole = saved.refunded_amount == saved.captured_amount
            tx.say(RefundSucceeded(**_said(refund), fully_refunded=whole, return_id=refund.return_id), refund.version)
        else:
            tx.say(RefundFailed(**_said(refund), error=audit.error or "refused"), refund.version)
    return refund


def _save(
    tx: Transaction, was: StoredPayment, payment: StoredPayment, audit: AuditLog, guarded: bool = False
) -> StoredPayment:
    saved = tx.save(PAYMENTS, payment, otherwise=Changed())
    tx.put(AUDIT, audit)
    if saved.provider_payment_id and not was.provider_payment_id:
        known = f"{saved.provider}#{saved.provider_payment_id}"
        tx.claim("PROVPAY", known, payment_key(saved.payment_id), Changed())
    if saved.status != was.status:
        tx.put(INDEX, _index(saved))
        tx.update(
            live_key(saved.order_id),
            Path("status").set(saved.status),
            Path("GSI1PK").remove(),
            Path("GSI1SK").remove(),
            condition=Path("closed").does_not_exist() if guarded else None,
            otherwise=Closed(),
        )
    return saved


def _index(payment: StoredPayment) -> PaymentIndex:
    return PaymentIndex(payment_id=payment.payment_id, status=payment.status, created_at=payment.created_at)


def _told(payment: StoredPayment) -> Event:
    about = {"payment_id": payment.payment_id, "order_id": payment.order_id, "user_id": payment.user_id}
    match payment.status:
        case "processing":
            return PaymentRequiresAction(**about, next_action=payment.next_action or {})
        case "succeeded":
            return PaymentSucceeded(**about, amount=payment.amount, provider=payment.provider)
        case "failed":
            return PaymentFailed(**about, failure_reason=payment.failure_reason)
        case "cancelled":
            return PaymentCancelled(**about)
    raise ValueError(f"A payment does not move to {payment.status} by itself")


def _said(refund: StoredRefund) -> dict[str, object]:
    return refund.model_dump(include={"refund_id", "payment_id", "order_id", "user_id", "amount"})
