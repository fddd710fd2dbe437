"""Where discounts keeps its things.

| thing          | PK            | SK                     | GSI1PK / GSI1SK               | GSI2PK / GSI2SK          |
|----------------|---------------|------------------------|-------------------------------|--------------------------|
| Coupon         | COUPON#<id>   | META                   | COUPONS#<active or inactive>  | -                        |
|                |               |                        |   / <ends_at>#<id>            |                          |
| UserCounter    | COUPON#<id>   | USER#<user>            | -                             | -                        |
| CouponUsage    | COUPON#<id>   | USAGE#<order>          | ORDER#<order> / CPN#<coupon>  | USER#<user>              |
|                |               |                        |                               |   / CPN#<used_at>#<order>|
| Promotion      | PROMO#<id>    | META                   | PROMOST#<status>              | -                        |
|                |               |                        |   / <starts_at>#<id>          |                          |
| Rule           | PROMO#<id>    | RULE#<priority>#<id>   | -                             | -                        |
| PromotionUsage | PROMO#<id>    | USAGE#<order>          | ORDER#<order> / PRM#<promo>   | USER#<user>              |
|                |               |                        |                               |   / PRM#<used_at>#<order>|
| Hold           | HOLD#<order>  | META                   | -                             | HOLDDUE#s / <due>#<order>|
| GoneCategory   | GONECAT#<id>  | META                   | -                             | -                        |
| Buyer          | BUYER#<user>  | META                   | -                             | -                        |
| TaxRate        | TAX#<country> | RATE#<state>#<class>   | TAXRATES                      | -                        |
|                |               |                        |   / <country>#<state>#<class> |                          |

A coupon's code is unique (CODE). Only a hold that somebody must look after is found by `due`.
"""

from discounts.model.coupon import FOREVER, Coupon
from discounts.model.holds import KEPT, Buyer, CouponUsage, Hold, PromotionUsage, UserCounter
from discounts.model.promotion import Promotion, Rule
from discounts.model.tax import TaxRate
from shop import clock
from shop.settings import DAY
from shop.table import Key, Row, Table, sharded

table = Table("discounts")


def coupon_key(coupon_id: str) -> Key:
    """Where a coupon is."""
    return Key(f"COUPON#{coupon_id}", "META")


def counter_key(coupon_id: str, user_id: str) -> Key:
    """Where a user's uses of a coupon are counted: beside it."""
    return Key(f"COUPON#{coupon_id}", f"USER#{user_id}")


def usage_key(usage: CouponUsage | PromotionUsage) -> Key:
    """Where a use is: beside its coupon or promotion."""
    whose = f"COUPON#{usage.coupon_id}" if isinstance(usage, CouponUsage) else f"PROMO#{usage.promotion_id}"
    return Key(whose, f"USAGE#{usage.order_id}")


def promotion_key(promotion_id: str) -> Key:
    """Where a promotion is."""
    return Key(f"PROMO#{promotion_id}", "META")


def rule_key(rule: Rule) -> Key:
    """Where a rule is: beside its promotion, in the order it acts."""
    return Key(f"PROMO#{rule.promotion_id}", f"RULE#{rule.priority:06d}#{rule.id}")


def hold_key(order_id: str) -> Key:
    """Where an order's hold is."""
    return Key(f"HOLD#{order_id}", "META")


def buyer_key(user_id: str) -> Key:
    """Where a user is known as a buyer."""
    return Key(f"BUYER#{user_id}", "META")


def tax_key(rate: TaxRate) -> Key:
    """Where a rate is: with its country's."""
    return Key(f"TAX#{rate.country}", f"RATE#{rate.state or '_'}#{rate.tax_class}")


def coupons_by_end(coupon: Coupon) -> tuple[str, str]:
    """Where a coupon is listed."""
    return f"COUPONS#{'active' if coupon.is_active else 'inactive'}", f"{coupon.ends_at or FOREVER}#{coupon.id}"


def _usage_row(usage: CouponUsage | PromotionUsage) -> Row:
    mark, whose = ("CPN", usage.coupon_id) if isinstance(usage, CouponUsage) else ("PRM", usage.promotion_id)
    return Row(
        usage_key(usage),
        gsi1=(f"ORDER#{usage.order_id}", f"{mark}#{whose}"),
        gsi2=(f"USER#{usage.user_id}", f"{mark}#{usage.used_at}#{usage.order_id}"),
    )


def _hold_row(hold: Hold) -> Row:
    due = (sharded("HOLDDUE", hold.order_id), f"{hold.due_at}#{hold.order_id}") if hold.due_at else None
    ttl = None if hold.due_at else clock.ttl(clock.now(), KEPT * DAY)
    return Row(hold_key(hold.order_id), gsi2=due, ttl=ttl)


COUPONS = table.kind("coupon", Coupon, lambda c: Row(coupon_key(c.id), gsi1=coupons_by_end(c)))
COUNTERS = table.kind("coupon_user_counter", UserCounter, lambda c: Row(counter_key(c.coupon_id, c.user_id)))
COUPON_USAGES = table.kind("coupon_usage", CouponUsage, _usage_row)
PROMOTIONS = table.kind(
    "promotion",
    Promotion,
    lambda p: Row(promotion_key(p.id), gsi1=(f"PROMOST#{p.status}", f"{p.starts_at}#{p.id}")),
)
RULES = table.kind("promotion_rule", Rule, lambda r: Row(rule_key(r)))
PROMOTION_USAGES = table.kind("promotion_usage", PromotionUsage, _usage_row)
HOLDS = table.kind("discount_hold", Hold, _hold_row)
BUYERS = table.kind("buyer", Buyer, lambda b: Row(buyer_key(b.user_id)))
TAX_RATES = table.kind(
    "tax_rate",
    TaxRate,
    lambda r: Row(tax_key(r), gsi1=("TAXRATES", f"{r.country}#{r.state or '_'}#{r.tax_class}")),
)
