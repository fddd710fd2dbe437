"""Taking money for an order once, and undoing that: whatever breaks in between, asking again finishes it."""

from typing import TYPE_CHECKING

from payments import providers
from payments.logic import audit, captures, refunds, rows
from payments.logic.audit import TRIES
from payments.model.credit import NotEnough
from payments.model.method import StoredMethod
from payments.model.payment import Charged, ChargePayment, LivePayment, OrderRef, StoredPayment
from payments.model.provider import Charge, Means
from payments.providers import Declined, OutcomeUnknown
from payments.store import credit, methods
from payments.store import payments as store
from payments.store.races import Changed
from shop import clock
from shop.errors import Transient, conflict
from shop.ids import derived, number
from shop.inbox import AlreadyHeard
from shop.money import Money, zero
from shop.sealing import unseal
from shop.table import AlreadyMade

if TYPE_CHECKING:
    from shop.events.orders import OrderCancelled, OrderDelivered, OrderEdited


def charge(asked: ChargePayment) -> Charged:
    """Charge a checkout, once. A repeat finds what was begun, asks the provider about it, and finishes it."""
    about = asked.model_dump(include={"user_id", "order_id", "amount"})
    with audit.noting("payment.refused", **about):
        method = _method(asked)
        if not asked.amount.amount:
            return Charged(status="succeeded", payment_method=method.type if method else asked.payment_method)
        payment, repeated = _begin(asked, method)
    if payment.is_open and payment.payment_method != "cod":
        payment = settle(*_charge(payment, method, repeated), awaited=asked.awaited)
    if payment.status not in ("pending", "processing", "succeeded"):
        raise Declined(payment.failure_reason or f"The payment is {payment.status}")
    return standing(payment)


def settle(
    payment: StoredPayment, seen: Charge, ip_address: str | None = None, *, awaited: bool = False
) -> StoredPayment:
    """Bring a payment to what its provider says, forward only. Money for an order given up goes straight back.

    It is `awaited` by a checkout that is told by the answer, and asks again should it miss that.
    """
    wanted = True
    for _ in range(TRIES):
        try:
            return _settled(payment, seen, wanted, ip_address, awaited)
        except store.Closed:  # what is not taken yet can be stopped; what is taken is returned
            wanted = False
            if not _takes(payment, seen):
                seen = stop(payment)
        except Changed:
            payment = store.payment(payment.payment_id)
    raise Transient


def reverse(order_id: str) -> Charged:
    """Let no money be taken for this order any more, and undo what was: void, or refund. Nothing to undo is fine."""
    closed = store.close(order_id)
    for live in store.lives(order_id):
        if live.part:
            _reverse(store.close(order_id, live.part))
    return _reverse(closed)


def _reverse(closed: LivePayment) -> Charged:
    if closed.payment_id is None:
        return Charged()
    payment = store.payment(closed.payment_id)
    if payment.capturing_amount:
        payment = captures.finish(payment)
    if payment.capturing_amount:
        raise OutcomeUnknown
    if payment.is_open or payment.is_authorized:
        payment = settle(payment, stop(payment))
    if payment.is_open or payment.is_authorized:  # the provider cannot say yet
        raise OutcomeUnknown
    if payment.captured_amount.amount:
        payment = refunds.give_back_rest(payment.payment_id)
    return standing(payment)


def confirm(payment: StoredPayment, ip_address: str | None = None) -> StoredPayment:
    """Ask the provider how an open payment stands (409 when it is final, 402 when it was declined)."""
    if not payment.is_open:
        raise conflict("already_final", f"The payment is {payment.status}")
    seen = ask(payment)
    after = settle(payment, seen, ip_address) if seen else payment
    if after.version == payment.version:
        about = after.model_dump(include={"user_id", "payment_id", "order_id", "amount"})
        store.note(audit.row("payment.confirmation", ip_address, **about))
    if after.status == "failed":
        raise Declined(after.failure_reason or "")
    return after


def ask(payment: StoredPayment) -> Charge | None:
    """What the provider says of a payment; None when it never heard of it, or is not needed."""
    if payment.payment_method == "cod":
        return None
    return providers.named(payment.provider).look_up(payment.bill) if payment.provider else _paid_by_credit()


def stop(payment: StoredPayment) -> Charge:
    """Have the provider take no money any more; its answer tells if it was too late."""
    return providers.named(payment.provider).void(payment.bill) if payment.provider else Charge(status="cancelled")


def find(order: OrderRef) -> Charged:
    """How the payment of an order, or of a part of it, stands."""
    live = store.live(order.order_id, order.part)
    return standing(store.payment(live.payment_id)) if live and live.payment_id else Charged()


def take_back(event: "OrderCancelled") -> None:
    """E54. Every part of a reversal may be repeated, so it needs no place in the inbox, which would cut it short."""
    reverse(event.order_id)


def settle_cash(event: "OrderDelivered") -> None:
    """E53. Cash on delivery has been paid."""
    live = store.live(event.order_id)
    payment = store.payment(live.payment_id) if live and live.payment_id else None
    if payment is None or payment.payment_method != "cod" or not payment.is_open:
        return
    seen = Charge(status="succeeded")
    paid = payment.after(seen, clock.now())
    try:
        store.move(payment, paid, rows.charge(paid, seen), audit.of_payment(paid), cause=event)
    except store.Closed as given_up:
        raise AlreadyHeard from given_up


def on_order_edited(event: "OrderEdited") -> None:
    """It costs something else now: whoever brings it takes as much. What was paid too much is told of by itself."""
    live = store.live(event.order_id)
    payment = store.payment(live.payment_id) if live and live.payment_id else None
    if payment is None or payment.payment_method != "cod" or not payment.is_open:
        return None
    for _ in range(TRIES):
        priced = payment.but(amount=event.total_amount)
        about = priced.model_dump(include={"user_id", "payment_id", "order_id", "amount"})
        try:
            return store.reprice(payment, priced, audit.row("payment.repriced", **about), event)
        except Changed:
            payment = store.payment(payment.payment_id)
    raise Transient


def standing(payment: StoredPayment) -> Charged:
    """How a payment stands."""
    return Charged.model_validate(dict(payment))


def _paid_by_credit() -> Charge:
    return Charge(status="succeeded")  # it was spent when the payment began


def _method(asked: ChargePayment) -> StoredMethod | None:
    """The stored method to charge; None for cash on delivery, and for store credit that pays alone."""
    if asked.payment_method_id is None and asked.payment_method is not None:
        return None
    if asked.payment_method == "cod" or asked.payment_method_id is None:
        raise Declined("This shop cannot be paid in this way")
    method = methods.find_method(asked.user_id, asked.payment_method_id)
    if method is None:
        raise Declined("There is no such payment method")
    return method


def _begin(asked: ChargePayment, method: StoredMethod | None) -> tuple[StoredPayment, bool]:
    """The payment of this checkout, recorded before anyone is asked for money; and whether it was there already."""
    payment_id = derived("payment", asked.checkout_id)
    for _ in range(TRIES):
        before = store.find_payment(payment_id) if asked.payment_method == "wallet" else None
        if before:
            return _same(before, asked), True
        payment = _payment(payment_id, asked, method)
        try:
            store.begin(payment, audit.of_payment(payment), rows.spent(payment))
        except (Changed, NotEnough):  # the balance has just moved
            continue
        except AlreadyMade:
            return _same(store.payment(payment_id), asked), True
        except store.NotFree:
            if any(live.closed for live in store.lives(asked.order_id)):
                raise Declined("The order was given up") from None
            raise
        return payment, False
    raise Transient


def _payment(payment_id: str, asked: ChargePayment, method: StoredMethod | None) -> StoredPayment:
    nothing = zero(asked.amount.currency)
    by_credit = _by_credit(asked) if asked.payment_method == "wallet" else nothing
    if by_credit == asked.amount:
        method = None
    elif asked.payment_method == "wallet" and method is None:
        raise Declined("There is not enough store credit")
    return StoredPayment(
        payment_id=payment_id,
        payment_number=number("PAY"),
        checkout_id=asked.checkout_id,
        order_id=asked.order_id,
        part=asked.part,
        user_id=asked.user_id,
        payment_method_id=asked.payment_method_id,
        payment_method=method.type if method else asked.payment_method or "cod",
        provider=method.provider if method else None,
        provider_customer_id=method.provider_customer_id if method else None,
        amount=asked.amount,
        credit_amount=by_credit,
        captured_amount=nothing,
        refunded_amount=nothing,
        refunding_amount=nothing,
        credit_returned=nothing,
    )


def _by_credit(asked: ChargePayment) -> Money:
    return min(credit.balance(asked.user_id, asked.amount.currency), asked.amount)


def _same(before: StoredPayment, asked: ChargePayment) -> StoredPayment:
    same = ("order_id", "part", "user_id", "amount", "payment_method_id")
    if any(getattr(before, name) != getattr(asked, name) for name in same):
        raise conflict("payment_exists", "This checkout was charged for something else")
    return before


def _charge(payment: StoredPayment, method: StoredMethod | None, repeated: bool) -> tuple[StoredPayment, Charge]:
    """Have the provider take the money; the payment as it is known by then, and what came of it."""
    if payment.provider is None or method is None:
        return payment, _paid_by_credit()
    provider = providers.named(payment.provider)
    seen = provider.look_up(payment.bill) if repeated else None
    if seen is None:
        means = Means(
            token=unseal(method.provider_token, user_id=method.user_id),
            type=method.type,
            provider_customer_id=method.provider_customer_id,
        )
        payment = _announced(payment, provider, means)
        if not payment.is_open:
            return payment, Charge(status="cancelled")
        try:
            seen = provider.charge(payment.bill, means)
        except OutcomeUnknown:
            seen = provider.look_up(payment.bill)
            if seen is None:
                raise
    return payment, seen


def _announced(payment: StoredPayment, provider: providers.Provider, means: Means) -> StoredPayment:
    """A payment with the id its provider gave it, which is on record before any money moves under it."""
    if payment.provider_payment_id:
        return payment
    given = provider.announce(payment.bill, means)
    if given is None:
        return payment
    try:
        return store.know(payment, given)
    except Changed:  # another run of this charge was faster: announced twice, it is the same at the provider
        return store.payment(payment.payment_id)
    except store.Closed:
        raise Declined("The order was given up") from None


def _takes(payment: StoredPayment, seen: Charge) -> bool:
    return payment.after(seen, payment.created_at).captured_amount > payment.captured_amount


def _settled(
    payment: StoredPayment, seen: Charge, wanted: bool, ip_address: str | None, awaited: bool
) -> StoredPayment:
    if _takes(payment, seen):
        if payment.is_authorized:
            return captures.record(payment, seen, ip_address)
        if not (payment.is_open and wanted):
            return refunds.return_late(payment, seen, ip_address)
    if payment.status in ("failed", "cancelled") and seen.status in ("succeeded", "processing"):
        stopped = stop(payment)  # a late guarantee of money that nobody wants any more
        return refunds.return_late(payment, stopped, ip_address) if _takes(payment, stopped) else payment
    ended = payment.is_authorized and seen.status in ("failed", "cancelled")
    if not (payment.is_open or ended) or payment.status == seen.status:
        return payment
    after = payment.after(seen, clock.now())
    done = [] if payment.status == "pending" and seen.status == "cancelled" else rows.charge(after, seen)
    if payment.is_authorized:  # that it was guaranteed stays true
        done = [rows.credit(after, "failed")] if after.credit_amount.amount else []
    if seen.status == "cancelled":
        done.append(rows.void(after, seen))
    back = rows.unspent(after) if seen.status in ("failed", "cancelled") else None
    return store.move(payment, after, done, audit.of_payment(after, ip_address), returned=back, awaited=awaited)
