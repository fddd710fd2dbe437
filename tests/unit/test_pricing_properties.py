"""What holds of every cart and every mixture of promotions and coupons (B124, B161, B164), and of refunds."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discounts.model.coupon import Coupon
from discounts.model.lines import Line
from discounts.model.offers import Offer
from discounts.model.pricing import Outcome, TaxRates
from shop.money import Money, refundable, taxed
from tests.unit.test_pricing import a_coupon, a_line, offer, percent, priced, usd

Json = dict[str, Any]
PRODUCTS = 4

goods_of = st.lists(
    st.builds(
        a_line,
        st.integers(0, PRODUCTS - 1),
        st.integers(0, 100_000),
        st.integers(1, 30),
        category_ids=st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True),
    ),
    min_size=1,
    max_size=8,
)
some_products = st.lists(st.sampled_from([f"p{n}" for n in range(PRODUCTS)]), max_size=3, unique=True)
bps = st.integers(1, 10_000)


@st.composite
def configurations(draw: st.DrawFn) -> tuple[str, Json]:
    kind = draw(st.sampled_from(["buy_x_get_y", "bundle", "volume_discount"]))
    if kind == "bundle":
        wanted = draw(st.lists(st.sampled_from([f"p{n}" for n in range(PRODUCTS)]), min_size=1, max_size=4))
        return kind, {"product_ids": wanted, "bundle_price": usd(draw(st.integers(0, 50_000))).model_dump()}
    selection = {"product_ids": draw(some_products)}
    if kind == "buy_x_get_y":
        bought, given_ = draw(st.integers(1, 4)), draw(st.integers(1, 3))
        return kind, {**selection, "buy_quantity": bought, "get_quantity": given_, "get_discount_bps": draw(bps)}
    steps = sorted(draw(st.sets(st.integers(1, 20), max_size=3)))
    return kind, {**selection, "tiers": [{"min_quantity": step, "discount_bps": draw(bps)} for step in steps]}


@st.composite
def rules(draw: st.DrawFn) -> Json:
    action = draw(
        st.one_of(
            st.none(),
            st.just({"type": "free_shipping"}),
            st.builds(lambda v, to: {"type": "percent_off", "value": v, "applies_to": to}, bps, APPLIES),
            st.builds(
                lambda v, to: {"type": "amount_off", "value": usd(v), "applies_to": to}, st.integers(0, 90_000), APPLIES
            ),
        )
    )
    low = draw(st.none() | st.integers(0, 200_000))
    conditions = {"product_ids": draw(some_products), "min_subtotal": usd(low) if low is not None else None}
    return {"actions": action, "priority": draw(st.integers(0, 3)), "conditions": conditions}


APPLIES = st.sampled_from(["cart", "matching_lines"])


@st.composite
def offers_of(draw: st.DrawFn) -> list[Offer]:
    count = draw(st.integers(0, 4))
    return [
        offer(
            *draw(configurations()),
            *draw(st.lists(rules(), max_size=2)),
            priority=number,
            stacking=draw(st.sampled_from(["exclusive", "combine"])),
        )
        for number in range(count)
    ]


coupons = st.none() | st.one_of(
    st.builds(
        lambda value, cap, excluded: a_coupon(
            type="percentage", discount_value=value, maximum_discount=cap, excluded_products=excluded
        ),
        bps,
        st.none() | st.integers(0, 10_000).map(usd),
        some_products,
    ),
    st.builds(
        lambda value, named: a_coupon(type="fixed_amount", discount_value=usd(value), applicable_products=named),
        st.integers(1, 100_000),
        some_products,
    ),
)
rates = st.sampled_from(["0", "0.05", "0.08875", "0.2", "1"])


@settings(max_examples=150, deadline=None)
@given(goods_of, offers_of(), coupons, rates, st.booleans())
def test_all_parts_add_up_and_nothing_falls_below_zero(
    goods: list[Line], offers: list[Offer], coupon: Coupon | None, rate: str, included: bool
) -> None:
    outcome = priced(goods, *offers, coupon=coupon)
    answer = outcome.discounts(TaxRates(prices_include_tax=included, lines=[rate] * len(goods)))
    assert all(0 <= left <= line.amount for left, line in zip(outcome.left.amounts, goods, strict=True))
    by_line = [part.amount for part in answer.line_discounts]
    assert answer.discount_amount.amount == sum(by_line)
    shown = [one for one in answer.adjustments if one.amount is not None]
    assert all(one.amount == usd(sum(one.parts)) for one in shown)
    assert [sum(parts) for parts in zip(*(one.parts for one in shown), strict=True)] in (by_line, [])
    assert bool(shown) or not any(by_line)
    assert sum(outcome.promotion_amounts.values()) + sum(outcome.coupon_parts) == sum(by_line)
    for left, tax in zip(outcome.left.amounts, answer.tax.amounts, strict=True):
        assert 0 <= tax.amount <= left
        exact = Decimal(left) * Decimal(rate) / (1 + Decimal(rate) if included else 1)
        assert abs(tax.amount - exact) <= Decimal("0.5")


def unique(goods: list[Line]) -> list[Line]:
    return list({(line.product_id, line.unit_price.amount): line for line in goods}.values())


@settings(max_examples=100, deadline=None)
@given(goods_of.map(unique), st.data())
def test_the_order_of_lines_matters_only_where_a_rest_is_shared_out(goods: list[Line], data: st.DataObject) -> None:
    """One promotion at a time: a percentage and the given units are the same whatever the order; a rest is a cent."""
    kind, configuration = data.draw(configurations())
    shuffled = data.draw(st.permutations(goods))
    one, other = (priced(lines, offer(kind, configuration)) for lines in (goods, shuffled))
    assert one.left.total == other.left.total
    coupon = a_coupon(type="fixed_amount", discount_value=usd(data.draw(st.integers(1, 100_000))))
    first, second = (by_key(priced(lines, coupon=coupon)) for lines in (goods, shuffled))
    assert all(abs(first[key] - second[key]) <= 1 for key in first)
    assert sum(first.values()) == sum(second.values())


def by_key(outcome: Outcome) -> dict[tuple[str, int], int]:
    lines = zip(outcome.left.lines, outcome.left.amounts, strict=True)
    return {(line.product_id, line.unit_price.amount): left for line, left in lines}


@settings(max_examples=100, deadline=None)
@given(goods_of, st.lists(bps, min_size=1, max_size=4))
def test_of_exclusive_percentages_no_line_gets_less_than_its_best(goods: list[Line], values: list[int]) -> None:
    offers = [percent(value, priority=number) for number, value in enumerate(values)]
    best = priced(goods, *offers).left.total
    assert best == priced(goods, percent(max(values))).left.total


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 50), min_size=1, max_size=10))
def test_refunding_piecewise_equals_refunding_at_once(paid: int, pieces: list[int]) -> None:
    """Whatever was refunded before, and in whatever pieces."""
    of = sum(pieces) or 1
    pieces = pieces if sum(pieces) else [1]
    given_back, refunded = usd(0), 0
    for units in pieces:
        piece = refundable(usd(paid), units, of, refunded)
        assert abs(Decimal(piece.amount) - Decimal(paid) * units / of) < units + 1
        given_back, refunded = given_back + piece, refunded + units
    assert given_back == usd(paid) == refundable(usd(paid), of, of)


def test_more_units_than_were_paid_for_are_not_refundable() -> None:
    for units, of, refunded in ((2, 1, 0), (1, 3, 3), (-1, 3, 1), (0, 0, 0)):
        with pytest.raises(ValueError, match="cannot be refunded"):
            refundable(usd(100), units, of, refunded)


def test_units_share_by_largest_remainder() -> None:
    assert [refundable(usd(100), 1, 3, done).amount for done in range(3)] == [34, 33, 33]
    assert refundable(Money(amount=100, currency="JPY"), 2, 3, 1).amount == 66


@given(st.integers(0, 10**9), st.sampled_from(["0", "0.05", "0.0725", "0.23"]))
def test_a_gross_price_contains_the_tax_its_net_price_bears(amount: int, rate: str) -> None:
    tax = taxed(amount, Decimal(rate), included=True)
    assert abs(taxed(amount - tax, Decimal(rate), included=False) - tax) <= 1
