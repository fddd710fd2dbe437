"""Payments, their transactions and refunds in the table: each move is one write with its audit row and its event."""

from collections.abc import Iterator, Sequence

from pynamodb.expressions.operand import Path

from payments.model.credit import CreditEntry
from payments.model.paper import AuditLog
from payments.model.payment import LivePayment, PaymentIndex, StoredPayment, StoredTransaction
from payments.model.payment import Transaction as Done
from payments.model.refund import Refund, StoredRefund
from payments.model.words import RefundStatus, Status
from payments.store import (
    AUDIT,
    INDEX,
    LIVE,
    PAYMENTS,
    REFUNDS,
    TRANSACTIONS,
    credit,
    live_key,
    payment_key,
    refund_key,
    table,
)
from payments.store.races import Changed
from shop import clock
from shop.errors import Refusal, Transient, not_found
from shop.events import Event
from shop.events import payments as said
from shop.pages import Page, Paging
from shop.table import ABSENT, GSI1, GSI2, Transaction, owner_of, sharded, shards

UNSETTLED = ("failed", "cancelled")


class NotFree(Refusal):
    """The order is closed, or has a live payment already."""

    def __init__(self) -> None:
        super().__init__(409, "payment_exists", "The order has a payment")


class Closed(Refusal):
    """The order was given up meanwhile: its money is not to be taken."""

    def __init__(self) -> None:
        super().__init__(409, "conflict", "The order is closed")


def find_payment(payment_id: str) -> StoredPayment | None:
    """A payment, if there is one."""
    return PAYMENTS.get(payment_key(payment_id))


def payment(payment_id: str) -> StoredPayment:
    """A payment, or 404."""
    found = find_payment(payment_id)
    if found is None:
        raise not_found("payment")
    return found


def refunds(payment_id: str) -> list[StoredRefund]:
    """The refunds of a payment, oldest first (AP42); 404 without the payment. One Query."""
    parts = table.collection(payment_key(payment_id).pk)
    if not any(isinstance(part, StoredPayment) for part in parts):
        raise not_found("payment")
    return sorted((p for p in parts if isinstance(p, StoredRefund)), key=lambda refund: refund.created_at)


def find_refund(payment_id: str, refund_id: str) -> StoredRefund | None:
    """A refund, if there is one."""
    return REFUNDS.get(refund_key(payment_id, refund_id))


def refund(payment_id: str, refund_id: str) -> StoredRefund:
    """A refund, or 404."""
    found = find_refund(payment_id, refund_id)
    if found is None:
        raise not_found("refund")
    return found


def of_order(order_id: str, paging: Paging) -> Page[StoredPayment]:
    """The payments of an order, newest first (AP43)."""
    return PAYMENTS.page(f"ORDER#{order_id}", paging, index=GSI1, prefix="PAY#")


def of_user(user_id: str, paging: Paging) -> Page[StoredPayment]:
    """The payments of a user, newest first (AP43)."""
    return PAYMENTS.page(f"USER#{user_id}", paging, index=GSI2, prefix="PAY#")


def every(user_id: str) -> Iterator[StoredPayment]:
    """All payments of a user."""
    for batch in PAYMENTS.batches(f"USER#{user_id}", index=GSI2):
        yield from batch


def by_status(statuses: Sequence[Status], day: str | None, paging: Paging) -> Page[StoredPayment]:
    """The payments of these statuses, of one day or all, newest first (AP44). A Query a shard, and one read."""
    pks = [pk for status in statuses for pk in shards(f"ST#{status}")]
    return _whole(INDEX.page(pks, paging, prefix=day or ""))


def of_day(day: str, paging: Paging) -> Page[StoredPayment]:
    """The payments of a day, newest first (AP44). A Query a shard, and one read."""
    return _whole(INDEX.page(shards(f"DAY#{day}"), paging, index=GSI2))


def refunds_by_status(statuses: Sequence[RefundStatus], paging: Paging) -> Page[StoredRefund]:
    """The refunds of these statuses, newest first (AP44). A Query a shard."""
    return REFUNDS.page([pk for status in statuses for pk in shards(f"RST#{status}")], paging, index=GSI2)


def _whole(page: Page[PaymentIndex]) -> Page[StoredPayment]:
    found = {p.payment_id: p for p in PAYMENTS.many(payment_key(entry.payment_id) for entry in page.data)}
    data = [found[entry.payment_id] for entry in page.data if entry.payment_id in found]
    return page.showing(data)


def of_provider(provider: str, provider_payment_id: str) -> str | None:
    """The id of the payment a provider knows under its own id (AP45)."""
    owner = owner_of(table, "PROVPAY", f"{provider}#{provider_payment_id}")
    return owner.pk.removeprefix("PAY#") if owner else None


def live(order_id: str, part: str | None = None) -> LivePayment | None:
    """The live payment of an order, or of a part of it; or the tombstone in its place."""
    return LIVE.get(live_key(order_id, part))


def lives(order_id: str) -> list[LivePayment]:
    """The live payments of an order: its first, then those of its parts, in their order. One Query."""
    found = LIVE.query(live_key(order_id).pk, prefix="LIVE")
    return sorted(found, key=lambda live: (live.part is not None, live.created_at))


def asking(older_than: str) -> list[LivePayment]:
    """Payments begun before then whose outcome, or whose capture's, nobody has recorded. One Query a shard."""
    return [found for shard in shards("ASKING") for found in LIVE.query(shard, index=GSI1, high=older_than)]


def unconfirmed_refunds(older_than: str) -> list[StoredRefund]:
    """Refunds begun before then whose outcome is still to come (AP44). One Query a shard."""
    waiting = [*shards("RST#pending"), *shards("RST#processing")]
    return [found for shard in waiting for found in REFUNDS.query(shard, index=GSI2, high=older_than)]


def note(audit: AuditLog) -> None:
    """Keep an audit row of something that changed nothing."""
    with table.transaction() as tx:
        tx.put(AUDIT, audit)


def begin(payment: StoredPayment, audit: AuditLog, spent: CreditEntry | None = None) -> None:
    """Record a payment before its provider is asked, as the one live payment of its order.

    The store credit in it is spent in the same write.
    """
    free = ABSENT | (Path("status").is_in(*UNSETTLED) & Path("closed").does_not_exist())
    named = LivePayment(
        order_id=payment.order_id,
        part=payment.part,
        payment_id=payment.payment_id,
        status=payment.status,
        asking=payment.payment_method != "cod",
    )
    with table.transaction() as tx:
        tx.create(PAYMENTS, payment)
        tx.put(LIVE, named, free, NotFree())
        if payment.part:
            tx.check(live_key(payment.order_id), Path("closed").does_not_exist(), NotFree())
        tx.put(INDEX, _index(payment))
        if spent:
            credit.book(tx, spent)
        tx.claim(
            "PAYNO", payment.payment_number, payment_key(payment.payment_id), Transient("The payment number is taken")
        )
        tx.put(AUDIT, audit)
        tx.say(
            said.PaymentCreated(
                payment_id=payment.payment_id,
                order_id=payment.order_id,
                user_id=payment.user_id,
                amount=payment.amount,
                method=payment.payment_method,
            )
        )


def close(order_id: str, part: str | None = None) -> LivePayment:
    """Leave the tombstone that keeps money from being taken for this order, and see which payment it has.

    Where the order is closed no part of it begins to be paid; those that have are closed one by one.
    """
    now = clock.now()
    named = [Path("part").set(part)] if part else []
    return LivePayment.model_validate(
        table.increment(
            live_key(order_id, part),
            *named,
            Path("closed").set(True),
            Path("order_id").set(order_id),
            Path("kind").set(LIVE.name),
            Path("created_at").set(Path("created_at") | now),
            Path("updated_at").set(now),
            Path("version").add(1),
        )
    )


def know(payment: StoredPayment, provider_payment_id: str) -> StoredPayment:
    """Note under which id the provider knows a payment, before it is asked to charge; Closed when it is not to be."""
    with table.transaction() as tx:
        known = payment.but(provider_payment_id=provider_payment_id)
        tx.check(live_key(payment.order_id, payment.part), Path("closed").does_not_exist(), Closed())
        return _save(tx, payment, known)


def move(
    was: StoredPayment,
    payment: StoredPayment,
    transactions: Sequence[StoredTransaction],
    audit: AuditLog,
    cause: Event | None = None,
    returned: CreditEntry | None = None,
    *,
    awaited: bool = False,
) -> StoredPayment:
    """Move a payment forward. Taking money, or going to, is refused as Closed once the order is given up.

    Store credit that was spent on it is `returned` in the same write, when that is where it moves to.
    """
    with table.transaction(cause) as tx:
        saved = _save(tx, was, payment, audit, transactions, guarded=payment.status in ("succeeded", "processing"))
        if returned:
            credit.book(tx, returned)
        tx.say(_told(saved, awaited), saved.version)
    return saved


def reprice(was: StoredPayment, payment: StoredPayment, audit: AuditLog, cause: Event) -> None:
    """Note that cash of another amount will be asked for."""
    with table.transaction(cause) as tx:
        _save(tx, was, payment, audit)


def hold_capture(was: StoredPayment, payment: StoredPayment, audit: AuditLog) -> StoredPayment:
    """Note that money is going to be taken before the provider is asked; Closed once the order is given up."""
    entry = (sharded("ASKING", was.order_id), f"{clock.now()}#{was.payment_id}")
    with table.transaction() as tx:
        saved = _save(tx, was, payment, audit)
        tx.update(
            live_key(was.order_id, was.part),
            Path("GSI1PK").set(entry[0]),
            Path("GSI1SK").set(entry[1]),
            condition=Path("closed").does_not_exist(),
            otherwise=Closed(),
        )
    return saved


def record_capture(
    was: StoredPayment,
    payment: StoredPayment,
    transactions: Sequence[StoredTransaction],
    audit: AuditLog,
) -> StoredPayment:
    """Record that authorized money was taken."""
    with table.transaction() as tx:
        saved = _save(tx, was, payment, audit, transactions)
        tx.update(live_key(was.order_id, was.part), Path("GSI1PK").remove(), Path("GSI1SK").remove())
    return saved


def promise(
    was: StoredPayment,
    payment: StoredPayment,
    refund: StoredRefund,
    audit: AuditLog,
    transactions: Sequence[StoredTransaction] = (),
) -> StoredRefund:
    """Promise money back before the provider is asked: the sum and the refund in one write (B141)."""
    with table.transaction() as tx:
        _save(tx, was, payment, audit, transactions, refund)
        tx.create(REFUNDS, refund, Changed())
        tx.claim(
            "REFNO",
            refund.refund_number,
            refund_key(refund.payment_id, refund.refund_id),
            Transient("The refund number is taken"),
        )
        tx.say(said.RefundCreated(**_said(refund)))
    return refund


def accept_refund(payment: StoredPayment, refund: StoredRefund, audit: AuditLog) -> StoredRefund:
    """Record that the provider has taken note of a refund, which is on its way."""
    with table.transaction() as tx:
        refund = tx.save(REFUNDS, refund, otherwise=Changed())
        _save(tx, payment, payment, audit, refund=refund)
    return refund


def finish_refund(
    was: StoredPayment,
    payment: StoredPayment,
    refund: StoredRefund,
    transactions: Sequence[StoredTransaction],
    audit: AuditLog,
    returned: CreditEntry | None = None,
) -> StoredRefund:
    """Record what became of a refund; what of it goes to store credit is booked in the same write."""
    with table.transaction() as tx:
        refund = tx.save(REFUNDS, refund, otherwise=Changed())
        saved = _save(tx, was, payment, audit, transactions, refund)
        if returned:
            credit.book(tx, returned)
        if refund.status == "succeeded":
            whole = saved.part is None and saved.refunded_amount == saved.captured_amount
            why = {"return_id": refund.return_id, "reference": refund.reference}
            tx.say(said.RefundSucceeded(**_said(refund), fully_refunded=whole, **why), refund.version)
        else:
            tx.say(_refused(refund, audit), refund.version)
    return refund


def refuse_refund(refund: StoredRefund, audit: AuditLog) -> None:
    """Record that a refund was asked for and cannot be, so that who asked hears of it."""
    with table.transaction() as tx:
        tx.create(REFUNDS, refund)
        number = Transient("The refund number is taken")
        tx.claim("REFNO", refund.refund_number, refund_key(refund.payment_id, refund.refund_id), number)
        tx.put(AUDIT, audit)
        tx.say(_refused(refund, audit))


def _save(
    tx: Transaction,
    was: StoredPayment,
    payment: StoredPayment,
    audit: AuditLog | None = None,
    transactions: Sequence[StoredTransaction] = (),
    refund: StoredRefund | None = None,
    guarded: bool = False,
) -> StoredPayment:
    """Save a payment, and what was done about it both by itself and as the copy that lists show."""
    done = {t.id: t for t in [*payment.transactions, *(Done.model_validate(dict(t)) for t in transactions)]}
    back = {r.refund_id: r for r in [*payment.refunds, *([Refund.model_validate(dict(refund))] if refund else [])]}
    shown = payment.but(transactions=list(done.values()), refunds=list(back.values()))
    saved = tx.save(PAYMENTS, shown, otherwise=Changed())
    for transaction in transactions:
        tx.put(TRANSACTIONS, transaction)
    if audit:
        tx.put(AUDIT, audit)
    if saved.provider_payment_id and not was.provider_payment_id:
        known = f"{saved.provider}#{saved.provider_payment_id}"
        tx.claim("PROVPAY", known, payment_key(saved.payment_id), Changed())
    if saved.status != was.status:
        tx.put(INDEX, _index(saved))
        tx.update(
            live_key(saved.order_id, saved.part),
            Path("status").set(saved.status),
            Path("GSI1PK").remove(),
            Path("GSI1SK").remove(),
            condition=Path("closed").does_not_exist() if guarded else None,
            otherwise=Closed(),
        )
    return saved


def _index(payment: StoredPayment) -> PaymentIndex:
    return PaymentIndex(payment_id=payment.payment_id, status=payment.status, created_at=payment.created_at)


def _told(payment: StoredPayment, awaited: bool) -> Event:
    about = {"payment_id": payment.payment_id, "order_id": payment.order_id, "user_id": payment.user_id}
    match payment.status:
        case "processing":
            return said.PaymentRequiresAction(**about, next_action=payment.next_action or {})
        case "succeeded":
            took = {"amount": payment.amount, "provider": payment.provider, "part": payment.part}
            return said.PaymentSucceeded(**about, **took, awaited=awaited)
        case "failed":
            return said.PaymentFailed(**about, failure_reason=payment.failure_reason)
        case "cancelled":
            return said.PaymentCancelled(**about)
    raise ValueError(f"A payment does not move to {payment.status} by itself")


def _said(refund: StoredRefund) -> dict[str, object]:
    return refund.model_dump(include={"refund_id", "payment_id", "order_id", "user_id", "amount"})


def _refused(refund: StoredRefund, audit: AuditLog) -> "said.RefundFailed":
    return said.RefundFailed(**_said(refund), error=audit.error or "refused", return_id=refund.return_id)
