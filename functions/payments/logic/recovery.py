"""Finishing what was cut off: payments and captures whose outcome nobody recorded, and refunds nobody confirmed."""

from collections.abc import Iterator
from contextlib import contextmanager

from payments.logic import captures, charges, refunds
from payments.model.payment import LivePayment
from payments.store import payments as store
from shop import clock, telemetry
from shop.settings import MINUTE


def finish_payments() -> None:
    """Ask the providers about everything that has been open for more than a minute; one that fails stops no other."""
    before = clock.after(-MINUTE)
    for live in store.asking(before):
        with _by_itself(live.payment_id):
            _finish(live)
    for refund in store.unconfirmed_refunds(before):
        with _by_itself(refund.payment_id):
            refunds.finish(store.refund(refund.payment_id, refund.refund_id))


@contextmanager
def _by_itself(payment_id: str | None) -> Iterator[None]:
    try:
        yield
    except Exception:
        telemetry.logger.exception("payment not finished", extra={"payment_id": payment_id})


def _finish(listed: LivePayment) -> None:
    live = store.live(listed.order_id, listed.part)
    if live is None or live.payment_id is None:
        return
    if live.closed:
        charges.reverse(live.order_id)
        return
    payment = store.payment(live.payment_id)
    if payment.capturing_amount:
        captures.finish(payment)
        return
    seen = charges.ask(payment)
    if seen:
        charges.settle(payment, seen)
