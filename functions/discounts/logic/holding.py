"""Holding the uses an order makes of coupons and promotions, and settling them once it stands or falls (B162, B163)."""

from typing import TYPE_CHECKING

from discounts.logic import pricing
from discounts.model.holds import Hold, HoldDiscounts, OrderRef, usages
from discounts.model.pricing import Discounts
from discounts.store import holds as store
from discounts.store.promotions import offers
from shop import clock, settings, steps, telemetry
from shop.errors import Refusal, conflict, invalid
from shop.events import Event
from shop.races import LostRace, until_won
from shop.records import Json

if TYPE_CHECKING:
    from shop.events.auth import UserCreated, UserDeleted, UserRolesChanged
    from shop.events.orders import OrderCancelled, OrderConfirmed, OrderRefunded


# No checkout can succeed once its reservation has expired; twice that leaves time for its undo.
HOLD_TTL = 2 * settings.RESERVATION_TTL
STANDING = {"confirmed", "processing", "shipped", "delivered"}
FALLEN = {"cancelled", "refunded"}
LIMITS = {"exhausted": "coupon_exhausted", "limit_per_user": "coupon_limit_per_user"}


def hold(asked: HoldDiscounts) -> Discounts:
    """What is taken off an order, all its uses held for it. Asked again, the first answer."""
    return until_won(lambda: _hold(asked))


def _hold(asked: HoldDiscounts) -> Discounts:
    if asked.coupon_code or offers():  # else nothing can be held
        before = store.hold(asked.order_id)
        if before:
            return _held_before(before)
    weighed = pricing.outcome(asked, asked.order_id)
    reason = weighed.outcome.refused
    if reason:
        twin = store.hold(asked.order_id)  # another run of this step may have taken the last use since the first look
        if twin:
            return _held_before(twin)
        code = LIMITS.get(reason, "coupon_invalid")
        raise (conflict if reason in LIMITS else invalid)(code, "The coupon does not hold", reason=reason)
    answer = pricing.taxed(asked, weighed.outcome)
    coupon, promotions = usages(asked.order_id, asked.user_id, answer)
    if coupon or promotions:
        held = Hold(
            order_id=asked.order_id,
            user_id=asked.user_id,
            coupon=coupon,
            promotions=promotions,
            is_first_order=weighed.is_first_order,
            answer=answer,
            due_at=clock.after(HOLD_TTL),
        )
        store.take(held, weighed.coupon)
    return answer


def _held_before(hold: Hold) -> Discounts:
    if hold.status == "released" or hold.answer is None:
        raise conflict("internal_error", "What was held for this order has been given back")
    return hold.answer


def release(order: OrderRef, cause: Event | None = None) -> OrderRef:
    """Give back what an order holds or has redeemed, and let a late hold come to nothing."""

    def attempt() -> None:
        held = store.hold(order.order_id)
        if held is None:
            store.bar(order.order_id)
        elif held.status != "released":
            store.release(held, cause)

    until_won(attempt)
    return order


def confirm(order: OrderRef, cause: Event | None = None) -> OrderRef:
    """The order stands: what it holds is redeemed. What was given back stays so."""

    def attempt() -> None:
        held = store.hold(order.order_id)
        if held and held.status == "reserved":
            store.redeem(held, cause)
        elif held and held.status == "released":
            telemetry.logger.warning("confirmed after its discounts were given back", extra={"order": order.order_id})

    until_won(attempt)
    return order


def on_order_confirmed(event: "OrderConfirmed") -> None:
    """Redeem what the order was sold with, and know that its customer has ordered."""
    if event.coupon_code or event.promotion_ids:
        confirm(OrderRef(order_id=event.order_id), event)
    store.hear_order(event.user_id)


def on_order_given_up(event: "OrderCancelled | OrderRefunded") -> None:
    """Give back the uses of an order that is no more; most have none."""
    if store.hold(event.order_id):
        release(OrderRef(order_id=event.order_id), event)


def sweep() -> None:
    """Settle what is held for orders nobody told of: the checkout died, or the news got lost."""
    settled = 0
    for held in store.due(clock.now()):
        try:
            settled += _settle(held)
        except LostRace:  # the news came this moment
            continue
    telemetry.logger.info("holds settled", extra={"settled": settled})


def _settle(held: Hold) -> bool:
    order = _order(held.order_id)
    status = order["status"] if order else "cancelled"
    if order and status in STANDING and held.is_of(order["coupon_code"], order["promotion_ids"]):
        store.redeem(held)
    elif status in STANDING | FALLEN:
        store.release(held)
    else:  # it may still be paid
        store.postpone(held, clock.after(HOLD_TTL))
        return False
    return True


def _order(order_id: str) -> Json | None:
    """What became of an order; None when there is none."""
    try:
        return steps.ask("orders", "find_order", {"order_id": order_id})
    except Refusal as refusal:
        if refusal.status != 404:
            raise
        return None


def on_user_told(event: "UserCreated | UserRolesChanged") -> None:
    """Know the roles that promotions may ask for."""
    assert event.meta is not None
    store.hear_roles(event.user_id, event.roles, event.meta.aggregate_version, event)


def on_user_deleted(event: "UserDeleted") -> None:
    """Forget their roles (B75); what was used, by which order and for how much, stays. Nothing later is heard."""
    assert event.meta is not None
    store.hear_roles(event.user_id, [], event.meta.aggregate_version, event)
