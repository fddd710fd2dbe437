"""Keeping promotions and their rules, and moving them on."""

from discounts.model.promotion import (
    MAX_ACTIVE,
    MAX_RULES,
    MOVES,
    ChangePromotion,
    ChangeRule,
    Promotion,
    PromotionFields,
    PublicPromotion,
    Rule,
    RuleFields,
)
from discounts.store import promotions as store
from shop import clock
from shop.auth import Caller, check_session
from shop.errors import Refusal, conflict, forbidden, invalid, unauthenticated
from shop.pages import Page, Paging


def create(promotion_id: str, body: PromotionFields) -> Promotion:
    """A new promotion, a draft."""
    said = {name: value for name, value in dict(body).items() if value is not None}
    return store.save(_in_order(Promotion(id=promotion_id, **said).checked()), new=True)


def change(promotion_id: str, version: int, body: ChangePromotion) -> Promotion:
    """A promotion with some fields changed; one that is over stays as it was."""
    before = store.promotion(promotion_id).at(version)
    if before.status == "expired":
        raise invalid("invalid_transition", "An expired promotion stays as it is")
    return store.save(_in_order(before.but(**body.model_dump(exclude_unset=True)).checked()))


def delete(promotion_id: str, version: int) -> None:
    """Remove a draft; any other, whose uses are on record, expires."""
    promotion = store.promotion(promotion_id).at(version)
    if promotion.status == "draft":
        store.delete(promotion)
    elif promotion.status != "expired":
        _moved(promotion, "expired")


def move(promotion_id: str, version: int | None, to: str) -> Promotion:
    """A promotion in another status (B165)."""
    promotion = store.promotion(promotion_id).at(version)
    if to == promotion.status:
        return promotion
    if to not in MOVES[promotion.status]:
        raise invalid("invalid_transition", f"{promotion.status} does not become {to}", "/status")
    if to == "active" and promotion.is_over(clock.now()):
        raise invalid("invalid_transition", "Its time is over", "/status")
    if to == "active" and store.count_active() >= MAX_ACTIVE:
        raise conflict("too_many_promotions", f"At most {MAX_ACTIVE} promotions are active")
    return _moved(promotion, to)


def _moved(promotion: Promotion, to: str) -> Promotion:
    return store.save(promotion.but(status=to), was=promotion.status)


def expire(now: str) -> int:
    """Promotions whose time is over expire. How many."""
    over = [p for status in ("active", "paused") for p in store.of_status(status) if p.is_over(now)]
    for promotion in over:
        try:
            move(promotion.id, promotion.version, "expired")
        except Refusal as refusal:
            if refusal.status != 412:  # its merchant was faster; the next round looks again
                raise
    return len(over)


def listed(status: str, paging: Paging, caller: Caller) -> Page[PublicPromotion]:
    """The promotions that run now, for everybody; those still to come, and of another status, for admins."""
    if status != "active":
        if not caller.user_id:
            raise unauthenticated()
        if not check_session(caller).is_admin:
            raise forbidden()
    page = store.listed(status, paging)
    now = clock.now()
    shown: list[PublicPromotion] = [p for p in page.data if caller.is_admin or p.runs(now)]
    return page.showing(shown)


def create_rule(promotion_id: str, rule_id: str, body: RuleFields) -> Rule:
    """A new rule of a promotion."""
    _open(promotion_id)
    if len(store.rules_of(promotion_id)) >= MAX_RULES:
        raise conflict("too_many_rules", f"A promotion has at most {MAX_RULES} rules")
    return store.save_rule(Rule(id=rule_id, promotion_id=promotion_id, **dict(body)))


def change_rule(promotion_id: str, rule_id: str, version: int, body: ChangeRule) -> Rule:
    """A rule with some fields changed."""
    _open(promotion_id)
    before = store.rule(promotion_id, rule_id).at(version)
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    return store.save_rule(before.but(**changes), before)


def delete_rule(promotion_id: str, rule_id: str, version: int) -> None:
    """Remove a rule."""
    _open(promotion_id)
    store.delete_rule(store.rule(promotion_id, rule_id).at(version))


def _open(promotion_id: str) -> None:
    if store.promotion(promotion_id).status == "expired":
        raise invalid("invalid_transition", "An expired promotion stays as it is")


def _in_order(promotion: Promotion) -> Promotion:
    if promotion.ends_at and promotion.ends_at <= promotion.starts_at:
        raise invalid("validation_failed", "A promotion ends after it starts", "/ends_at")
    return promotion
