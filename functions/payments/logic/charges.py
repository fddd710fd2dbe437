"""Taking money for an order once, and undoing that: whatever breaks in between, asking again finishes it."""

from payments import providers
from payments.logic import audit, refunds
from payments.logic.audit import TRIES
from payments.model import Charge, Charged, ChargePayment, StoredMethod, StoredPayment
from payments.providers import OutcomeUnknown
from payments.store import methods
from payments.store import payments as store
from shop import clock
from shop.errors import Refusal, Transient, conflict
from shop.events.orders import OrderCancelled, OrderDelivered
from shop.ids import derived, number
from shop.inbox import AlreadyHeard
from shop.money import zero
from shop.sealing import unseal
from shop.table import AlreadyMade


def charge(asked: ChargePayment) -> Charged:
    """Charge a checkout, once. A repeat finds what was begun, asks the provider about it, and finishes it."""
    about = asked.model_dump(include={"user_id", "order_id", "amount"})
    with audit.noting("payment.refused", **about):
        method = _method(asked)
        if not asked.amount.amount:
            return Charged(status="succeeded", payment_method=method.type if method else asked.payment_method)
        payment, repeated = _begin(asked, method)
    if payment.is_open and method:
        payment = settle(payment, _charge(payment, method, repeated))
    if payment.status not in ("pending", "processing", "succeeded"):
        raise declined(payment.failure_reason or f"The payment is {payment.status}")
    return standing(payment)


def settle(payment: StoredPayment, seen: Charge, ip_address: str | None = None) -> StoredPayment:
    """Bring a payment to what its provider says, forward only. Money for an order given up goes straight back."""
    wanted = True
    for _ in range(TRIES):
        try:
            return _settled(payment, seen, wanted, ip_address)
        except store.Closed:  # what is not taken yet can be stopped; what is taken is returned
            wanted = False
            seen = _stop(payment) if seen.status == "processing" else seen
        except store.Changed:
            payment = store.payment(payment.payment_id)
    raise Transient


def reverse(order_id: str) -> Charged:
    """Let no money be taken for this order any more, and undo what was: void, or refund. Nothing to undo is fine."""
    closed = store.close(order_id)
    if closed.payment_id is None:
        return Charged()
    payment = store.payment(closed.payment_id)
    if payment.is_open:
        payment = settle(payment, _stop(payment))
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
        raise declined(after.failure_reason or "")
    return after


def ask(payment: StoredPayment) -> Charge | None:
    """What the provider says of a payment; None when it never heard of it, or is not needed."""
    return providers.named(payment.provider).look_up(payment.payment_id) if payment.provider else None


def find(order_id: str) -> Charged:
    """How the payment of an order stands."""
    live = store.live(order_id)
    return standing(store.payment(live.payment_id)) if live and live.payment_id else Charged()


def take_back(event: OrderCancelled) -> None:
    """E54. Every part of a reversal may be repeated, so it needs no place in the inbox, which would cut it short."""
    reverse(event.order_id)


def settle_cash(event: OrderDelivered) -> None:
    """E53. Cash on delivery has been paid."""
    live = store.live(event.order_id)
    payment = store.payment(live.payment_id) if live and live.payment_id else None
    if payment is None or payment.payment_method != "cod" or not payment.is_open:
        return
    seen = Charge(status="succeeded")
    paid = payment.after(seen, clock.now())
    try:
        store.move(payment, paid, [refunds.charge(paid, seen)], audit.of_payment(paid), cause=event)
    except store.Closed as given_up:
        raise AlreadyHeard from given_up


def standing(payment: StoredPayment) -> Charged:
    """How a payment stands."""
    return Charged.model_validate(dict(payment))


def declined(detail: str) -> Refusal:
    """402: no money came of this."""
    return Refusal(402, "payment_declined", detail or "The payment was declined")


def _method(asked: ChargePayment) -> StoredMethod | None:
    """The stored method to charge; None for cash on delivery."""
    if asked.payment_method == "cod" and asked.payment_method_id is None:
        return None
    if asked.payment_method is not None or asked.payment_method_id is None:
        raise declined("This shop cannot be paid in this way")
    method = methods.find_method(asked.user_id, asked.payment_method_id)
    if method is None:
        raise declined("There is no such payment method")
    return method


def _begin(asked: ChargePayment, method: StoredMethod | None) -> tuple[StoredPayment, bool]:
    """The payment of this checkout, recorded before anyone is asked for money; and whether it was there already."""
    nothing = zero(asked.amount.currency)
    payment = StoredPayment(
        payment_id=derived("payment", asked.checkout_id),
        payment_number=number("PAY"),
        checkout_id=asked.checkout_id,
        order_id=asked.order_id,
        user_id=asked.user_id,
        payment_method_id=asked.payment_method_id,
        payment_method=method.type if method else "cod",
        provider=method.provider if method else None,
        amount=asked.amount,
        captured_amount=nothing,
        refunded_amount=nothing,
        refunding_amount=nothing,
    )
    try:
        store.begin(payment, audit.of_payment(payment))
    except AlreadyMade:
        before = store.payment(payment.payment_id)
        same = {"order_id", "user_id", "amount", "payment_method", "payment_method_id"}
        if before.model_dump(include=same) != payment.model_dump(include=same):
            raise conflict("payment_exists", "This checkout was charged for something else") from None
        return before, True
    except store.NotFree:
        live = store.live(asked.order_id)
        if live and live.closed:
            raise declined("The order was given up") from None
        raise
    return payment, False


def _charge(payment: StoredPayment, method: StoredMethod, repeated: bool) -> Charge:
    provider = providers.named(method.provider)
    seen = provider.look_up(payment.payment_id) if repeated else None
    if seen is None:
        token = unseal(method.provider_token, user_id=method.user_id)
        try:
            seen = provider.charge(payment.payment_id, payment.amount, token)
        except OutcomeUnknown:
            seen = provider.look_up(payment.payment_id)
            if seen is None:
                raise
    return seen


def _settled(payment: StoredPayment, seen: Charge, wanted: bool, ip_address: str | None) -> StoredPayment:
    taken = seen.status == "succeeded" and not payment.captured_amount.amount
    if taken and not (payment.is_open and wanted):
        return refunds.return_late(payment, seen, ip_address)
    if not payment.is_open or payment.status == seen.status:
        return payment
    after = payment.after(seen, clock.now())
    done = [] if payment.status == "pending" and seen.status == "cancelled" else [refunds.charge(after, seen)]
    if seen.status == "cancelled":
        done.append(refunds.void(after, seen))
    return store.move(payment, after, done, audit.of_payment(after, ip_address))


def _stop(payment: StoredPayment) -> Charge:
    return (
        providers.named(payment.provider).void(payment.payment_id) if payment.provider else Charge(status="cancelled")
    )
