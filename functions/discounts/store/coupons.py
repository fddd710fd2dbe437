"""Keeping coupons. Their uses are counted on them without changing their version, so no change may write that count."""

from pynamodb.expressions.operand import Path

from discounts.model.coupon import Coupon
from discounts.model.holds import CouponUsage
from discounts.store import (
    COUNTERS,
    COUPON_USAGES,
    COUPONS,
    counter_key,
    coupon_key,
    coupons_by_end,
    table,
)
from shop.errors import conflict, not_found
from shop.events import discounts as said
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import GSI1, GSI2, TABLE, Transaction, owner_of, to_value

UNIQUE = "CODE"


def coupon(coupon_id: str) -> Coupon:
    """A coupon, or 404."""
    found = COUPONS.get(coupon_key(coupon_id))
    if found is None:
        raise not_found("coupon")
    return found


def with_code(code: str) -> Coupon | None:
    """The coupon of a code (AP56). Two GetItems."""
    key = owner_of(table, UNIQUE, code)
    return COUPONS.get(key) if key else None


def used_by(coupon_id: str, user_id: str) -> int:
    """How many uses of a coupon a user holds or has redeemed. One GetItem."""
    counter = COUNTERS.get(counter_key(coupon_id, user_id))
    return counter.count if counter else 0


def listed(paging: Paging, is_active: bool | None) -> Page[Coupon]:
    """Coupons, those that end last first (AP56): all, or only the active or inactive ones."""
    parts = {None: ["active", "inactive"], True: ["active"], False: ["inactive"]}[is_active]
    return COUPONS.page([f"COUPONS#{part}" for part in parts], paging)


def past(now: str) -> list[Coupon]:
    """The active coupons whose time is over."""
    return COUPONS.query("COUPONS#active", index=GSI1, low=" ", high=now)


def usages(coupon_id: str, paging: Paging) -> Page[CouponUsage]:
    """The uses of a coupon (AP56)."""
    return COUPON_USAGES.page(coupon_key(coupon_id).pk, paging, index=TABLE, prefix="USAGE#")


def usages_by(order_id: str | None, user_id: str | None, paging: Paging) -> Page[CouponUsage]:
    """The uses of coupons by an order, or by a user, newest first (AP56)."""
    if order_id:
        return COUPON_USAGES.page(f"ORDER#{order_id}", paging, prefix="CPN#")
    return COUPON_USAGES.page(f"USER#{user_id}", paging, index=GSI2, prefix="CPN#")


def is_used(coupon_id: str) -> bool:
    """Whether any order ever held a use of it."""
    return bool(COUPON_USAGES.query(coupon_key(coupon_id).pk, prefix="USAGE#", limit=1))


def create(coupon: Coupon) -> Coupon:
    """A new coupon, whose code is nobody else's (409 code_taken)."""
    with table.transaction() as tx:
        made = tx.create(COUPONS, coupon)
        tx.claim(UNIQUE, coupon.code, coupon_key(coupon.id), conflict("code_taken", "Another coupon has this code"))
        _tell(tx, made)
    return made


def change(before: Coupon, after: Coupon) -> Coupon:
    """Write what differs, if the coupon is at the version read and its uses stay within its limit."""
    was = before.model_dump()
    changed = {name: value for name, value in after.model_dump().items() if value != was[name]}
    actions = [
        Path(name).set(to_value(value)) if value is not None else Path(name).remove() for name, value in changed.items()
    ]
    part, sort = coupons_by_end(after)
    condition = Path("version") == before.version
    if after.usage_limit is not None:
        condition &= Path("usage_count") <= after.usage_limit
    with table.transaction() as tx:
        filed = (Path(GSI1.pk).set(part), Path(GSI1.sk).set(sort))
        tx.update(coupon_key(before.id), *actions, *filed, condition=condition, otherwise=LostRace())
        _tell(tx, after.but(version=before.version + 1))
    return coupon(before.id)


def delete(coupon: Coupon) -> None:
    """Remove a coupon that no order holds a use of."""
    with table.transaction() as tx:
        unused = (Path("version") == coupon.version) & (Path("usage_count") == 0)
        tx.delete(coupon_key(coupon.id), unused, LostRace())
        tx.unclaim(UNIQUE, coupon.code, coupon_key(coupon.id))
        _tell(tx, coupon.but(is_active=False, version=coupon.version + 1))


def _tell(tx: Transaction, coupon: Coupon) -> None:
    told = said.CouponChanged(coupon_id=coupon.id, code=coupon.code, is_active=coupon.is_active)
    tx.say(told, version=coupon.version)
