"""The pricing policy, case by case: what shops agree on, and where this one decides otherwise (B124, B160, B161, B164).

The cases stand in pricing_cases.json; those under "contradicted" are what this shop does differently, and why.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from discounts.model.coupon import Coupon
from discounts.model.lines import Customer, Line, started
from discounts.model.offers import Offer
from discounts.model.pricing import Outcome, TaxRates, price
from discounts.model.promotion import Promotion, Rule
from discounts.model.tax import TaxRate, TaxRateFields, rate_of
from shop.money import Money, exponent, spread, taxed

Json = dict[str, Any]
CASES: Json = json.loads(Path(__file__).with_name("pricing_cases.json").read_text())
NOW = "2026-06-15T12:00:00.000Z"


def usd(amount: int) -> Money:
    return Money(amount=amount, currency="USD")


def named(cases: list[Json]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


def a_line(number: int, unit_price: int, quantity: int = 1, **said: Any) -> Line:
    return Line(product_id=f"p{number}", quantity=quantity, unit_price=usd(unit_price), **said)


def lines(*pairs: tuple[int, int]) -> list[Line]:
    """Lines of (unit price, quantity)."""
    return [a_line(number, *pair) for number, pair in enumerate(pairs)]


def offer(
    kind: str = "volume_discount",
    configuration: Json | None = None,
    *rules: Json,
    priority: int = 0,
    stacking: str = "exclusive",
    **said: Any,
) -> Offer:
    """An active promotion."""
    promotion = Promotion(
        id=said.pop("id", f"promo-{priority}"),
        name="A promotion",
        type=kind,
        status="active",
        starts_at="2026-01-01T00:00:00.000Z",
        configuration=configuration or {},
        priority=priority,
        stacking=stacking,
        **said,
    )
    return Offer.of(promotion, [Rule(promotion_id=promotion.id, **rule) for rule in rules])


def percent(bps: int, *products: str, **said: Any) -> Offer:
    """So much off all lines, or those of some products."""
    tiers = [{"min_quantity": 1, "discount_bps": bps}]
    return offer("volume_discount", {"tiers": tiers, "product_ids": list(products)}, **said)


def a_coupon(**said: Any) -> Coupon:
    fields = {"code": "SAVE", "name": "Save", "currency": "USD", "starts_at": "2026-01-01T00:00:00.000Z", **said}
    return Coupon.model_validate(fields)


def priced(goods: list[Line], *offers: Offer, coupon: Coupon | None = None, **said: Any) -> Outcome:
    """What the goods come to."""
    return price(started(goods, "USD", said.pop("customer", Customer())), offers, coupon, NOW, **said)


def off(outcome: Outcome) -> list[int]:
    """What is taken off each line."""
    return [was - left for was, left in zip(outcome.before.amounts, outcome.left.amounts, strict=True)]


def _offer_of(case: Json, number: int, told: Json) -> Offer:
    stacking, kind = case.get("stacking", "exclusive"), told.get("type")
    if kind:
        return offer(kind, told["configuration"], priority=number, stacking=stacking)
    low = told.get("min_subtotal")
    conditions = {
        "product_ids": told.get("products", []),
        "min_subtotal": usd(low) if low else None,
        "min_quantity": told.get("min_quantity"),
    }
    amount = {"type": "amount_off", "value": usd(told["amount"])} if "amount" in told else None
    action = amount or {"type": "percent_off", "value": told["percent"]}
    rule = {"conditions": conditions, "actions": {**action, "applies_to": "matching_lines"}}
    return offer("volume_discount", {}, rule, priority=number, stacking=stacking)


def _coupon_of(told: Json | None) -> Coupon | None:
    if told is None:
        return None
    if "percent" in told:
        return a_coupon(type="percentage", discount_value=told["percent"])
    return a_coupon(type="fixed_amount", discount_value=usd(told["amount"]))


@named(CASES["priced"])
def test_a_cart_comes_to_what_is_agreed(case: Json) -> None:
    goods = lines(*(tuple(pair) for pair in case["lines"]))
    offers = [_offer_of(case, number, told) for number, told in enumerate(case.get("promotions", []))]
    outcome = priced(goods, *offers, coupon=_coupon_of(case.get("coupon")))
    assert outcome.refused is None
    included, rate = case.get("included", False), case.get("tax", "0")
    rates = TaxRates(prices_include_tax=included, lines=[rate] * len(goods), shipping=case.get("shipping_tax", "0"))
    answer = outcome.discounts(rates)
    taxes = [tax.amount for tax in answer.tax.amounts]
    shipping = case.get("shipping", 0)
    shipping_tax = taxed(shipping, Decimal(answer.tax.shipping), included)
    left = outcome.left.total
    gross = left if included else left + sum(taxes)
    came_to = {
        "promotions": sum(outcome.promotion_amounts.values()),
        "coupon": sum(outcome.coupon_parts),
        "line_discounts": [part.amount for part in answer.line_discounts],
        "taxes": taxes,
        "net": left - (sum(taxes) if included else 0),
        "gross": gross,
        "shipping_tax": shipping_tax,
        "total": gross + shipping + (0 if included else shipping_tax),
    }
    assert {name: came_to[name] for name in case["expected"]} == case["expected"]


@named(CASES["spread"])
def test_an_amount_is_spread_as_is_agreed(case: Json) -> None:
    assert spread(case["amount"], case["weights"]) == case["parts"]


def test_an_amount_is_taken_once_and_not_from_each_unit() -> None:
    """Otherwise than agreed: amount-off-each-unit."""
    outcome = priced(lines((3000, 2)), _offer_of({}, 0, {"amount": 1000}), coupon=_coupon_of({"amount": 500}))
    assert outcome.left.total == 2 * 2250


def test_an_amount_is_spread_and_not_taken_from_each_line() -> None:
    """Otherwise than agreed: two-coupons-from-each-line."""
    assert off(priced(lines((50, 1), (150, 1)), coupon=_coupon_of({"amount": 80}))) == [20, 60]


def test_every_contradiction_has_its_reason() -> None:
    assert all(case["why"] and case["ours"] != case["theirs"] for case in CASES["contradicted"])


# Promotions


def test_of_exclusive_promotions_each_line_takes_the_best() -> None:
    goods = lines((1000, 1), (4000, 1))
    whole, first = percent(1000, priority=1), percent(3000, "p0", priority=2)
    outcome = priced(goods, whole, first)
    assert off(outcome) == [300, 400]
    assert outcome.promotion_amounts == {"promo-1": 400, "promo-2": 300}


def test_a_tie_goes_to_the_lower_priority_number() -> None:
    outcome = priced(lines((1000, 1)), percent(1000, priority=7), percent(1000, priority=3))
    assert outcome.promotion_amounts == {"promo-3": 100}


def test_combining_promotions_apply_in_turn_each_on_what_is_left() -> None:
    half, tenth = percent(5000, priority=2, stacking="combine"), percent(1000, priority=1, stacking="combine")
    outcome = priced(lines((1000, 1)), half, tenth)
    assert [(one.id, one.amount) for one in outcome.adjustments] == [("promo-1", usd(100)), ("promo-2", usd(450))]


def test_exclusive_ones_come_before_combining_ones() -> None:
    outcome = priced(lines((1000, 1)), percent(1000, priority=1, stacking="combine"), percent(5000, priority=9))
    assert [one.amount for one in outcome.adjustments] == [usd(500), usd(50)]


def test_the_given_units_are_the_cheapest_and_the_bought_ones_the_dearest() -> None:
    three_for_two = offer("buy_x_get_y", {"buy_quantity": 2, "get_quantity": 1})
    assert off(priced(lines((300, 2), (100, 1), (200, 3)), three_for_two)) == [0, 100, 200]


def test_units_bought_or_given_once_count_for_no_other_offer() -> None:
    first = offer("buy_x_get_y", {"buy_quantity": 1, "get_quantity": 1}, priority=1, stacking="combine")
    second = offer("buy_x_get_y", {"buy_quantity": 1, "get_quantity": 1}, priority=2, stacking="combine")
    assert off(priced(lines((100, 2)), first, second)) == [100]
    assert off(priced(lines((100, 3)), first, second)) == [100]
    only_two = offer("buy_x_get_y", {"buy_quantity": 3, "get_quantity": 1}, priority=1, stacking="combine")
    assert off(priced(lines((100, 6)), only_two, second)) == [183]  # one of four, then one of the two left at 5/6


def test_exclusive_offers_do_not_share_the_units_they_use_up() -> None:
    for_hats = {"buy_quantity": 2, "get_quantity": 1, "product_ids": ["p0", "p1"]}
    for_gloves = {"buy_quantity": 2, "get_quantity": 1, "product_ids": ["p0", "p2"]}
    offers = [offer("buy_x_get_y", for_hats, priority=1), offer("buy_x_get_y", for_gloves, priority=2)]
    assert off(priced(lines((1000, 2), (300, 1), (200, 1)), *offers)) == [0, 300, 0]
    assert off(priced(lines((1000, 4), (300, 1), (200, 1)), *offers)) == [0, 300, 200]


def test_given_units_may_only_cost_less() -> None:
    half_off = offer("buy_x_get_y", {"buy_quantity": 1, "get_quantity": 1, "get_discount_bps": 5000})
    assert off(priced(lines((101, 2)), half_off)) == [51]


def test_a_bundle_costs_its_price_as_often_as_it_is_whole() -> None:
    set_of_two = offer("bundle", {"product_ids": ["p0", "p1"], "bundle_price": usd(1000).model_dump()})
    assert off(priced(lines((800, 3), (400, 2)), set_of_two)) == [267, 133]
    assert off(priced(lines((800, 3)), set_of_two)) == [0]


def test_a_bundle_that_saves_nothing_is_none() -> None:
    dear = offer("bundle", {"product_ids": ["p0", "p1"], "bundle_price": usd(1200).model_dump()})
    assert off(priced(lines((800, 1), (400, 1)), dear)) == [0, 0]


def test_a_bundle_takes_a_product_twice_and_the_dearest_of_its_variants_first() -> None:
    pair = offer("bundle", {"product_ids": ["p0", "p0"], "bundle_price": usd(100).model_dump()})
    goods = [a_line(0, 100, 1, variant_id="s"), a_line(0, 300, 2, variant_id="l"), a_line(0, 20, 1, variant_id="xs")]
    assert off(priced(goods, pair)) == [17, 500, 3]


def test_a_bundle_is_given_its_lines_together_or_not_at_all() -> None:
    both = offer("bundle", {"product_ids": ["p0", "p1"], "bundle_price": usd(1000).model_dump()}, priority=1)
    outcome = priced(lines((600, 1), (600, 1)), both, percent(9000, "p0", priority=2), percent(500, "p1", priority=3))
    assert off(outcome) == [540, 30]
    outcome = priced(lines((600, 1), (600, 1)), both, percent(1000, "p0", priority=2))
    assert off(outcome) == [100, 100]


def test_a_bundle_in_another_currency_does_not_apply() -> None:
    abroad = offer("bundle", {"product_ids": ["p0"], "bundle_price": {"amount": 1, "currency": "EUR"}})
    assert off(priced(lines((600, 1)), abroad)) == [0]


def test_the_more_of_the_goods_together_the_less_each_costs() -> None:
    tiers = [{"min_quantity": 3, "discount_bps": 1000}, {"min_quantity": 5, "discount_bps": 2000}]
    more = offer("volume_discount", {"product_ids": ["p0", "p1"], "tiers": tiers})
    assert off(priced(lines((1000, 1), (500, 1), (100, 9)), more)) == [0, 0, 0]
    assert off(priced(lines((1000, 2), (500, 1), (100, 9)), more)) == [200, 50, 0]
    assert off(priced(lines((1000, 2), (500, 3), (100, 9)), more)) == [400, 300, 0]


def test_goods_are_chosen_by_category_too() -> None:
    books = offer("volume_discount", {"category_ids": ["books"], "tiers": [{"min_quantity": 1, "discount_bps": 1000}]})
    goods = [a_line(0, 1000, category_ids=["books", "new"]), a_line(1, 1000, category_ids=["toys"])]
    assert off(priced(goods, books)) == [100, 0]


def test_a_promotion_outside_its_time_does_not_apply() -> None:
    early = percent(1000, ends_at=NOW)
    late = percent(1000, id="late")
    late = late._replace(promotion=late.promotion.but(starts_at="2026-06-15T12:00:00.001Z"))
    assert off(priced(lines((1000, 1)), early, late)) == [0]


# Rules


def rule(actions: Json | None, priority: int = 0, rule_type: str = "cart", **conditions: Any) -> Json:
    return {"actions": actions, "priority": priority, "rule_type": rule_type, "conditions": conditions}


TENTH = {"type": "percent_off", "value": 1000}


def test_a_rule_without_actions_is_a_condition_of_the_whole_promotion() -> None:
    everything = {"tiers": [{"min_quantity": 1, "discount_bps": 1000}]}
    guarded = offer("volume_discount", everything, rule(None, min_subtotal=usd(2000)))
    assert off(priced(lines((1999, 1)), guarded)) == [0]
    assert off(priced(lines((2000, 1)), guarded)) == [200]


def test_rules_act_by_priority_each_on_what_is_left() -> None:
    cheap = {"type": "amount_off", "value": usd(100)}
    first_percent = offer("volume_discount", {}, rule(TENTH, 1), rule(cheap, 2))
    first_amount = offer("volume_discount", {}, rule(TENTH, 2), rule(cheap, 1))
    assert off(priced(lines((1000, 1)), first_percent)) == [200]
    assert off(priced(lines((1000, 1)), first_amount)) == [190]


def test_a_line_rule_measures_the_lines_that_match_and_a_cart_rule_all() -> None:
    of_cart = offer("volume_discount", {}, rule(TENTH, min_quantity=3, product_ids=["p0"]))
    of_lines = offer("volume_discount", {}, rule(TENTH, 0, "line_item", min_quantity=3, product_ids=["p0"]))
    goods = lines((1000, 2), (500, 1))
    assert off(priced(goods, of_cart)) == [200, 50]
    assert off(priced(goods, of_lines)) == [0, 0]


def test_an_action_may_be_for_the_matching_lines_alone() -> None:
    only = offer("volume_discount", {}, rule({**TENTH, "applies_to": "matching_lines"}, product_ids=["p1"]))
    assert off(priced(lines((1000, 1), (500, 1)), only)) == [0, 50]
    assert off(priced(lines((1000, 1)), only)) == [0]


def test_rules_ask_who_buys() -> None:
    staff = offer("volume_discount", {}, rule(TENTH, 0, "customer", roles=["seller"]), priority=1)
    welcome = offer("volume_discount", {}, rule(TENTH, 0, "customer", first_order_only=True), priority=2)
    goods = lines((1000, 1))
    assert (staff.asks_who, welcome.for_first_orders, percent(1).asks_who) == (True, True, False)
    assert off(priced(goods, staff)) == off(priced(goods, welcome)) == [0]
    assert off(priced(goods, staff, customer=Customer(("customer", "seller")))) == [100]
    assert off(priced(goods, welcome, customer=Customer((), True))) == [100]


def test_free_shipping_takes_nothing_off_the_goods() -> None:
    free = offer("volume_discount", {}, rule({"type": "free_shipping"}, min_subtotal=usd(5000)))
    enough, short = priced(lines((5000, 1)), free), priced(lines((4999, 1)), free)
    assert (off(enough), enough.free_shipping, short.free_shipping) == ([0], True, False)
    (adjustment,) = enough.adjustments
    assert (adjustment.reason, adjustment.amount, adjustment.parts) == ("free_shipping", None, [])


# Coupons


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"is_active": False}, "inactive"),
        ({"starts_at": "2026-06-15T12:00:00.001Z"}, "not_started"),
        ({"ends_at": NOW}, "expired"),
        ({"currency": "EUR"}, "currency_mismatch"),
        ({"applicable_products": ["p9"]}, "not_applicable"),
        ({"applicable_categories": ["toys"]}, "not_applicable"),
        ({"excluded_products": ["p0"]}, "not_applicable"),
        ({"minimum_amount": usd(1001)}, "minimum_not_met"),
        ({"usage_limit": 2, "usage_count": 2}, "exhausted"),
        ({"usage_limit_per_user": 1}, "limit_per_user"),
    ],
)
def test_a_coupon_that_does_not_hold_takes_nothing_and_says_why(said: Json, reason: str) -> None:
    coupon = a_coupon(type="percentage", discount_value=1000, **said)
    outcome = priced(lines((1000, 1)), coupon=coupon, used_by_user=1)
    assert (off(outcome), outcome.refused, outcome.coupon) == ([0], reason, None)


def test_a_percentage_stops_at_its_cap() -> None:
    coupon = a_coupon(type="percentage", discount_value=5000, maximum_discount=usd(300))
    assert off(priced(lines((400, 1), (800, 1)), coupon=coupon)) == [100, 200]
    assert off(priced(lines((100, 1)), coupon=coupon)) == [50]


def test_a_coupon_is_for_the_eligible_lines_after_promotions() -> None:
    coupon = a_coupon(type="fixed_amount", discount_value=usd(700), excluded_products=["p1"])
    outcome = priced(lines((1000, 1), (1000, 1)), percent(5000, "p0"), coupon=coupon)
    assert off(outcome) == [1000, 0]  # 500 by the promotion; of the coupon only the 500 that were left


def test_a_minimum_looks_at_what_promotions_leave() -> None:
    coupon = a_coupon(type="fixed_amount", discount_value=usd(100), minimum_amount=usd(900))
    assert priced(lines((1000, 1)), percent(1000), coupon=coupon).refused is None
    assert priced(lines((1000, 1)), percent(1010), coupon=coupon).refused == "minimum_not_met"


def test_free_shipping_by_coupon() -> None:
    outcome = priced(lines((1000, 1)), coupon=a_coupon(type="free_shipping"))
    assert (off(outcome), outcome.free_shipping) == ([0], True)
    assert [(one.type, one.code, one.reason) for one in outcome.adjustments] == [("coupon", "SAVE", "free_shipping")]


# Tax


RATES = [
    TaxRate.of(TaxRateFields.model_validate(fields))
    for fields in (
        {"country": "US", "rate": "0.01"},
        {"country": "US", "state": "CA", "rate": "0.0725"},
        {"country": "US", "state": "CA", "tax_class": "food", "rate": "0"},
        {"country": "US", "tax_class": "food", "rate": "0.02"},
        {"country": "US", "tax_class": "shipping", "rate": "0.03"},
    )
]


@pytest.mark.parametrize(
    ("state", "tax_class", "rate"),
    [
        ("CA", "standard", "0.0725"),
        ("NY", "standard", "0.01"),
        (None, "standard", "0.01"),
        ("CA", "food", "0"),
        ("NY", "food", "0.02"),
        ("CA", "toys", "0.0725"),
        ("CA", "shipping", "0.03"),
    ],
)
def test_the_most_specific_rate_applies(state: str | None, tax_class: str, rate: str) -> None:
    assert rate_of(RATES, state, tax_class) == rate
    assert rate_of([], state, tax_class) == "0"


@pytest.mark.parametrize(
    ("currency", "amount", "tax"), [("JPY", 105, 11), ("USD", 10_55, 1_06), ("KWD", 10_555, 1_056)]
)
def test_tax_is_rounded_to_the_currencys_own_digits(currency: str, amount: int, tax: int) -> None:
    assert taxed(amount, Decimal("0.1"), False) == tax
    goods = [Line(product_id="p", quantity=1, unit_price=Money(amount=amount, currency=currency))]
    answer = price(started(goods, currency), [], None, NOW).discounts(TaxRates(lines=["0.1"]))
    assert answer.tax.amounts == [Money(amount=tax, currency=currency)]
    assert exponent(currency) in (0, 2, 3)
