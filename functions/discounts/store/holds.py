"""Holding uses for an order, and settling them: every limit is a condition of the write that takes the use."""

from collections.abc import Iterator

from pynamodb.expressions.operand import Path

from discounts.model.coupon import Coupon
from discounts.model.holds import Buyer, CouponUsage, Hold, PromotionUsage
from discounts.store import (
    BUYERS,
    COUNTERS,
    COUPON_USAGES,
    HOLDS,
    PROMOTION_USAGES,
    buyer_key,
    counter_key,
    coupon_key,
    hold_key,
    table,
    usage_key,
)
from shop.errors import conflict
from shop.events import Event
from shop.events import discounts as said
from shop.inbox import AlreadyHeard
from shop.races import LostRace
from shop.table import GSI2, PRESENT, Transaction, newer, shards


def hold(order_id: str) -> Hold | None:
    """What is, or was, held for an order. One GetItem."""
    return HOLDS.get(hold_key(order_id))


def buyer(user_id: str) -> Buyer:
    """What is known of a user. One GetItem."""
    return BUYERS.get(buyer_key(user_id)) or Buyer(user_id=user_id)


def due(now: str) -> Iterator[Hold]:
    """The holds that somebody should look after. One Query a shard."""
    for part in shards("HOLDDUE"):
        yield from HOLDS.query(part, index=GSI2, low=" ", high=now)


def take(hold: Hold, coupon: Coupon | None) -> None:
    """Hold all uses of an order, or none: whatever was decided on must still be so."""
    with table.transaction() as tx:
        tx.create(HOLDS, hold, LostRace())
        if coupon and hold.coupon:
            _take_coupon(tx, coupon, hold.coupon)
        for usage in hold.promotions:
            tx.create(PROMOTION_USAGES, usage, LostRace())
        if hold.is_first_order and hold.user_id:
            _take_first_order(tx, hold.user_id, hold.order_id)


def _take_coupon(tx: Transaction, coupon: Coupon, usage: CouponUsage) -> None:
    """One use more. The last one is only taken by who knows that it is, so that its being the last is told once."""
    uses, count = Path("usage_count"), Path("count")
    condition = Path("version") == coupon.version
    if coupon.usage_limit is not None:
        is_last = coupon.usage_count + 1 >= coupon.usage_limit
        condition &= uses == coupon.usage_limit - 1 if is_last else uses < coupon.usage_limit - 1
        if is_last:
            tx.say(said.CouponExhausted(coupon_id=coupon.id, code=coupon.code), version=coupon.version)
    tx.upsert(coupon_key(coupon.id), uses.add(1), condition=condition, otherwise=LostRace())
    limit = coupon.usage_limit_per_user
    tx.upsert(
        counter_key(coupon.id, usage.user_id),
        count.add(1),
        Path("kind").set(COUNTERS.name),
        Path("coupon_id").set(coupon.id),
        Path("user_id").set(usage.user_id),
        condition=None if limit is None else count.does_not_exist() | (count < limit),
        otherwise=LostRace(),
    )
    tx.create(COUPON_USAGES, usage, LostRace())


def _take_first_order(tx: Transaction, user_id: str, order_id: str) -> None:
    first, ordered = Path("first_order_id"), Path("has_ordered")
    tx.upsert(
        buyer_key(user_id),
        *_buyer_fields(user_id),
        first.set(order_id),
        condition=(first.does_not_exist() | (first == order_id)) & (ordered.does_not_exist() | (ordered == False)),  # noqa: E712
        otherwise=LostRace(),
    )


def bar(order_id: str) -> None:
    """Let a late hold for this order come to nothing."""
    with table.transaction() as tx:
        tx.create(HOLDS, Hold(order_id=order_id, status="released"), LostRace())


def postpone(hold: Hold, due_at: str) -> None:
    """Look after a hold later."""
    with table.transaction() as tx:
        tx.save(HOLDS, hold.but(due_at=due_at), otherwise=LostRace())


def redeem(hold: Hold, cause: Event | None = None) -> None:
    """The order stands: its uses stay used."""
    with table.transaction(cause) as tx:
        _settle(tx, hold, "redeemed")
        if hold.coupon:
            tx.say(said.CouponRedeemed(**_said(hold.coupon)), version=hold.version + 1)
        for usage in hold.promotions:
            told = {name: getattr(usage, name) for name in said.PromotionApplied.model_fields}
            tx.say(said.PromotionApplied(**told), version=hold.version + 1)


def release(hold: Hold, cause: Event | None = None) -> None:
    """There is no such order, or no more: its uses are free again."""
    with table.transaction(cause) as tx:
        _settle(tx, hold, "released")
        if hold.coupon:
            gone, used = conflict("conflict", "The use was never counted"), hold.coupon
            for key, count in (
                (coupon_key(used.coupon_id), Path("usage_count")),
                (counter_key(used.coupon_id, used.user_id), Path("count")),
            ):
                tx.upsert(key, count.add(-1), condition=PRESENT & (count > 0), otherwise=gone)
            tx.say(said.CouponReleased(**_said(used)), version=hold.version + 1)
        if hold.is_first_order and hold.user_id:
            _free_first_order(tx, hold.user_id, hold.order_id)


def _free_first_order(tx: Transaction, user_id: str, order_id: str) -> None:
    """Another order may be the first again."""
    first = Path("first_order_id")
    tx.upsert(buyer_key(user_id), first.remove(), condition=first == order_id, otherwise=LostRace())


def _settle(tx: Transaction, hold: Hold, status: str) -> None:
    tx.save(HOLDS, hold.but(status=status, due_at=None), otherwise=LostRace())
    used: list[CouponUsage | PromotionUsage] = [*hold.promotions, *([hold.coupon] if hold.coupon else [])]
    for usage in used:
        tx.update(usage_key(usage), Path("status").set(status))


def _said(usage: CouponUsage) -> dict[str, object]:
    return {name: getattr(usage, name) for name in said.CouponRedeemed.model_fields}


def hear_roles(user_id: str, roles: list[str], version: int, cause: Event) -> None:
    """Know a user's roles; older news changes nothing."""
    with table.transaction(cause) as tx:
        tx.upsert(
            buyer_key(user_id),
            *_buyer_fields(user_id),
            Path("roles").set(roles),
            Path("heard_version").set(version),
            condition=newer(version),
            otherwise=AlreadyHeard(),
        )


def hear_order(user_id: str) -> None:
    """Know that a user has ordered. Hearing it again writes the same."""
    with table.transaction() as tx:
        tx.upsert(buyer_key(user_id), *_buyer_fields(user_id), Path("has_ordered").set(True))


def _buyer_fields(user_id: str) -> list[object]:
    return [Path("kind").set(BUYERS.name), Path("user_id").set(user_id)]
