"""Keeping promotions and their rules; the active ones are in memory for a minute."""

from pynamodb.expressions.operand import Path

from discounts.model.holds import PromotionUsage
from discounts.model.offers import Offer
from discounts.model.promotion import MAX_ACTIVE, Promotion, Rule
from discounts.store import PROMOTION_USAGES, PROMOTIONS, RULES, promotion_key, rule_key, table
from shop.errors import not_found, version_mismatch
from shop.events import discounts as said
from shop.keeping import Kept
from shop.pages import Page, Paging
from shop.table import GSI1, GSI2, TABLE

_kept: Kept[list[Offer]] = Kept()


def promotion(promotion_id: str) -> Promotion:
    """A promotion, or 404."""
    found = PROMOTIONS.get(promotion_key(promotion_id))
    if found is None:
        raise not_found("promotion")
    return found


def offers() -> list[Offer]:
    """The active promotions with their rules (AP57), at most a minute old: one Query for all, and one for each."""
    return _kept.get("active", _active)


def _active() -> list[Offer]:
    active = PROMOTIONS.query("PROMOST#active", index=GSI1)
    first = sorted(active, key=lambda promotion: (promotion.priority, promotion.id))[:MAX_ACTIVE]
    return [Offer.of(promotion, rules_of(promotion.id)) for promotion in first]


def count_active() -> int:
    """How many promotions are active."""
    return table.count("PROMOST#active", index=GSI1)


def listed(status: str, paging: Paging) -> Page[Promotion]:
    """Promotions of one status, those that start last first."""
    return PROMOTIONS.page(f"PROMOST#{status}", paging)


def of_status(status: str) -> list[Promotion]:
    """All promotions of one status."""
    return PROMOTIONS.query(f"PROMOST#{status}", index=GSI1)


def usages(promotion_id: str, paging: Paging) -> Page[PromotionUsage]:
    """The uses of a promotion (AP57)."""
    return PROMOTION_USAGES.page(promotion_key(promotion_id).pk, paging, index=TABLE, prefix="USAGE#")


def usages_by(order_id: str | None, user_id: str | None, paging: Paging) -> Page[PromotionUsage]:
    """The uses of promotions by an order, or by a user, newest first (AP57)."""
    if order_id:
        return PROMOTION_USAGES.page(f"ORDER#{order_id}", paging, prefix="PRM#")
    return PROMOTION_USAGES.page(f"USER#{user_id}", paging, index=GSI2, prefix="PRM#")


def save(promotion: Promotion, new: bool = False, was: str | None = None) -> Promotion:
    """Write a promotion; with the status it `was` in, its move is told."""
    with table.transaction() as tx:
        saved = tx.create(PROMOTIONS, promotion) if new else tx.save(PROMOTIONS, promotion)
        if was:
            told = said.PromotionStatusChanged(promotion_id=promotion.id, was=was, status=promotion.status)
            tx.say(told, version=saved.version)
    _kept.forget()
    return saved


def delete(promotion: Promotion) -> None:
    """Remove a promotion that was never active, with its rules."""
    with table.transaction() as tx:
        tx.delete(promotion_key(promotion.id), Path("version") == promotion.version, version_mismatch())
        for rule in rules_of(promotion.id):
            tx.delete(rule_key(rule))


def rules_of(promotion_id: str) -> list[Rule]:
    """The rules of a promotion, in the order they act."""
    return RULES.query(promotion_key(promotion_id).pk, prefix="RULE#")


def rule(promotion_id: str, rule_id: str) -> Rule:
    """A rule of a promotion, or 404."""
    found = next((rule for rule in rules_of(promotion_id) if rule.id == rule_id), None)
    if found is None:
        raise not_found("promotion rule")
    return found


def save_rule(rule: Rule, before: Rule | None = None) -> Rule:
    """Write a rule; one whose priority moved gets another key."""
    with table.transaction() as tx:
        if before is None:
            saved = tx.create(RULES, rule)
        elif rule_key(rule) == rule_key(before):
            saved = tx.save(RULES, rule)
        else:
            tx.delete(rule_key(before), Path("version") == before.version, version_mismatch())
            saved = tx.create(RULES, rule.but(version=before.version + 1))
    _kept.forget()
    return saved


def delete_rule(rule: Rule) -> None:
    """Remove a rule."""
    with table.transaction() as tx:
        tx.delete(rule_key(rule), Path("version") == rule.version, version_mismatch())
    _kept.forget()
