"""The doors into discounts: coupons, promotions, tax rates, and what they make of an order while it is bought."""

from discounts.logic import coupons, gone, holding, pricing, promotions, taxes
from discounts.model.coupon import ChangeCoupon, Coupon, CouponFields, CouponList
from discounts.model.gone import CouponView, PromotionView, RuleView
from discounts.model.holds import (
    AskDiscounts,
    CouponUsage,
    CouponValidation,
    Evaluated,
    HoldDiscounts,
    OrderRef,
    PromotionUsage,
    UsageList,
    ValidateCoupon,
)
from discounts.model.pricing import Discounts
from discounts.model.promotion import (
    ChangePromotion,
    ChangeRule,
    MovePromotion,
    Promotion,
    PromotionFields,
    PromotionList,
    PublicPromotion,
    Rule,
    RuleFields,
)
from discounts.model.tax import ChangeTaxRate, Imported, ImportTaxRates, TaxRate, TaxRateFields, TaxRateList
from discounts.store import coupons as stored_coupons
from discounts.store import promotions as stored_promotions
from discounts.store import table
from discounts.store import taxes as stored_taxes
from shop import clock, telemetry
from shop.api import ADMIN, GUEST_OR_CUSTOMER, PUBLIC, Api, OperationId, Version
from shop.auth import Caller
from shop.pages import Page, Paging

app = Api("discounts", table)


@app.route("/coupon-validations", methods=["POST"], who=GUEST_OR_CUSTOMER)
def validate_coupon(body: ValidateCoupon, caller: Caller) -> CouponValidation:
    return coupons.validate(body, caller)


@app.route("/coupons", who=ADMIN)
def list_coupons(query: CouponList) -> Page[Coupon]:
    return stored_coupons.listed(query, query.is_active)


@app.route("/coupons", methods=["POST"], who=ADMIN, status=201, location="/coupons/{id}")
def create_coupon(body: CouponFields, coupon_id: OperationId) -> Coupon:
    return coupons.create(coupon_id, body)


@app.route("/coupons/{coupon_id}", who=ADMIN)
def get_coupon(coupon_id: str) -> CouponView:
    return gone.coupon(stored_coupons.coupon(coupon_id))


@app.route("/coupons/{coupon_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_coupon(coupon_id: str, version: Version, body: ChangeCoupon) -> Coupon:
    return coupons.change(coupon_id, version, body)


@app.route("/coupons/{coupon_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_coupon(coupon_id: str, version: Version) -> None:
    coupons.delete(coupon_id, version)


@app.route("/coupons/{coupon_id}/usages", who=ADMIN)
def list_coupon_usages(coupon_id: str, query: Paging) -> Page[CouponUsage]:
    return stored_coupons.usages(stored_coupons.coupon(coupon_id).id, query)


@app.route("/coupon-usages", who=ADMIN)
def list_coupon_usages_by(query: UsageList) -> Page[CouponUsage]:
    return stored_coupons.usages_by(query.order_id, query.user_id, query)


@app.route("/promotion-usages", who=ADMIN)
def list_promotion_usages_by(query: UsageList) -> Page[PromotionUsage]:
    return stored_promotions.usages_by(query.order_id, query.user_id, query)


@app.route("/promotions", who=PUBLIC)
def list_promotions(query: PromotionList, caller: Caller) -> Page[PublicPromotion]:
    return promotions.listed(query.status, query, caller)


@app.route("/promotions", methods=["POST"], who=ADMIN, status=201, location="/promotions/{id}")
def create_promotion(body: PromotionFields, promotion_id: OperationId) -> Promotion:
    return promotions.create(promotion_id, body)


@app.route("/promotions/{promotion_id}", who=ADMIN)
def get_promotion(promotion_id: str) -> PromotionView:
    return gone.promotion(stored_promotions.promotion(promotion_id))


@app.route("/promotions/{promotion_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_promotion(promotion_id: str, version: Version, body: ChangePromotion) -> Promotion:
    return promotions.change(promotion_id, version, body)


@app.route("/promotions/{promotion_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_promotion(promotion_id: str, version: Version) -> None:
    promotions.delete(promotion_id, version)


@app.route("/promotions/{promotion_id}/status-changes", methods=["POST"], who=ADMIN)
def move_promotion(promotion_id: str, body: MovePromotion) -> Promotion:
    return promotions.move(promotion_id, None, body.status)


@app.route("/promotions/{promotion_id}/usages", who=ADMIN)
def list_promotion_usages(promotion_id: str, query: Paging) -> Page[PromotionUsage]:
    return stored_promotions.usages(stored_promotions.promotion(promotion_id).id, query)


@app.route("/promotions/{promotion_id}/rules", who=ADMIN)
def list_rules(promotion_id: str) -> Page[RuleView]:
    return Page(data=gone.rules(stored_promotions.rules_of(stored_promotions.promotion(promotion_id).id)))


@app.route(
    "/promotions/{promotion_id}/rules",
    methods=["POST"],
    who=ADMIN,
    status=201,
    location="/promotions/{promotion_id}/rules/{id}",
)
def create_rule(promotion_id: str, body: RuleFields, rule_id: OperationId) -> Rule:
    return promotions.create_rule(promotion_id, rule_id, body)


@app.route("/promotions/{promotion_id}/rules/{rule_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_rule(promotion_id: str, rule_id: str, version: Version, body: ChangeRule) -> Rule:
    return promotions.change_rule(promotion_id, rule_id, version, body)


@app.route("/promotions/{promotion_id}/rules/{rule_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_rule(promotion_id: str, rule_id: str, version: Version) -> None:
    promotions.delete_rule(promotion_id, rule_id, version)


@app.route("/tax-rates", who=ADMIN)
def list_tax_rates(query: TaxRateList) -> Page[TaxRate]:
    return stored_taxes.listed(query, query.country)


@app.route("/tax-rates", methods=["POST"], who=ADMIN, status=201, location="/tax-rates/{id}")
def create_tax_rate(body: TaxRateFields) -> TaxRate:
    return taxes.create(body)


@app.route("/tax-rates/imports", methods=["POST"], who=ADMIN)
def import_tax_rates(body: ImportTaxRates) -> Imported:
    return taxes.bring(body)


@app.route("/tax-rates/{tax_rate_id}", who=ADMIN)
def get_tax_rate(tax_rate_id: str) -> TaxRate:
    return stored_taxes.rate(tax_rate_id)


@app.route("/tax-rates/{tax_rate_id}", methods=["PATCH"], who=ADMIN, if_match=True)
def change_tax_rate(tax_rate_id: str, version: Version, body: ChangeTaxRate) -> TaxRate:
    return taxes.change(tax_rate_id, version, body)


@app.route("/tax-rates/{tax_rate_id}", methods=["DELETE"], who=ADMIN, if_match=True)
def delete_tax_rate(tax_rate_id: str, version: Version) -> None:
    taxes.delete(tax_rate_id, version)


@app.step
def evaluate_discounts(cart: AskDiscounts) -> Evaluated:
    return pricing.evaluate(cart)


@app.step
def hold_discounts(order: HoldDiscounts) -> Discounts:
    return holding.hold(order)


@app.step
def release_discounts(order: OrderRef) -> OrderRef:
    return holding.release(order)


@app.step
def confirm_discounts(order: OrderRef) -> OrderRef:
    return holding.confirm(order)


@app.job
def expire_discounts() -> None:
    now = clock.now()
    expired = {"coupons": coupons.expire(now), "promotions": promotions.expire(now)}
    telemetry.logger.info("discounts expired", extra=expired)


@app.job
def sweep_holds() -> None:
    holding.sweep()


steps = app.steps
events = app.events
jobs = app.jobs
