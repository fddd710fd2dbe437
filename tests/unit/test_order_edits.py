"""What an edited order comes to: whatever is changed, its parts add up, and nothing untouched costs anything else."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from orders.model.edit import ShippingPrice, Wanted, edited
from orders.model.order import OrderAddress, OrderDocument, OrderItem
from orders.model.pricing import Line
from shop.money import Money, total

QUANTITIES = st.integers(1, 9)
RATES = st.sampled_from(["0", "0.07", "0.2"])


def usd(amount: int) -> Money:
    return Money(amount=amount, currency="USD")


@st.composite
def sold(draw: st.DrawFn) -> OrderDocument:
    """An order of one to four lines with two discounts on each, tax on top or within, and shipping."""
    included, items, parts = draw(st.booleans()), [], []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        quantity, price = draw(QUANTITIES), usd(draw(st.integers(0, 5000)))
        off = [draw(st.integers(0, quantity * price.amount // 3)) for _ in range(2)]
        line = Line(product_id="p", quantity=quantity, unit_price=price, product_name="P", product_sku="P").taxed(
            usd(sum(off)), usd(0), draw(RATES), included
        )
        whose = {"order_item_id": f"i{number}", "order_id": "o", "user_id": "u", "line_number": number}
        items.append(OrderItem(**whose, total_price=line.total_price, **line.model_dump(exclude={"category_ids"})))
        parts.append(off)
    goods = total([item.total_price for item in items], "USD")
    less = total([item.discount_amount for item in items], "USD")
    where: dict[str, Any] = {"order_id": "o", "full_name": "A", "address_line1": "1 Main St", "country": "US"}
    adjustments = [
        {"type": "promotion", "id": str(n), "name": "x", "reason": "x", "amount": usd(sum(column)), "parts": column}
        for n, column in enumerate([list(column) for column in zip(*parts, strict=True)])
    ]
    return OrderDocument(
        order_id="o",
        order_number="ORD-1",
        user_id="u",
        status="confirmed",
        payment_status="paid",
        payment_method="card",
        currency="USD",
        subtotal=goods,
        discount_amount=less,
        shipping_amount=usd(500),
        tax_amount=usd(0),
        total_amount=goods - less + usd(500),
        refunded_amount=usd(0),
        prices_include_tax=included,
        shipping_address_id="s",
        billing_address_id="b",
        adjustments=adjustments,
        items=items,
        shipping_address=OrderAddress(id="s", type="shipping", **where),
        billing_address=OrderAddress(id="b", type="billing", **where),
        history=[],
    )


@settings(max_examples=60, deadline=None)
@given(sold(), st.data())
def test_parts_add_up_whatever_is_changed(order: OrderDocument, data: st.DataObject) -> None:
    kept = [(item, data.draw(st.integers(0, 12))) for item in order.items]
    new = Line(
        product_id="n", quantity=2, unit_price=usd(999), product_name="N", product_sku="N", tax_rate=data.draw(RATES)
    )
    shipping = ShippingPrice(price=usd(data.draw(st.sampled_from([0, 500, 730]))), tax_rate=data.draw(RATES))
    wanted = Wanted(kept=[(item, quantity) for item, quantity in kept if quantity], added=[new])
    after = edited(order, "e", wanted, shipping)
    taxes = [item.tax_amount or usd(0) for item in after.items]
    assert after.subtotal == total([item.unit_price * item.quantity for item in after.items], "USD")
    assert after.discount_amount == total([item.discount_amount for item in after.items], "USD")
    assert after.tax_amount == total([*taxes, after.shipping_tax_amount or usd(0)], "USD")
    on_top = usd(0) if order.prices_include_tax else after.tax_amount
    assert after.total_amount == after.subtotal - after.discount_amount + after.shipping_amount + on_top
    assert after.difference == after.total_amount - order.total_amount
    for number, item in enumerate(after.items):
        assert usd(sum(one.parts[number] for one in after.adjustments)) == item.discount_amount
        assert usd(0) <= item.discount_amount <= item.total_price
    for item in order.items:
        if (item, item.quantity) in kept:
            assert item in after.items
        for changed in after.items:
            if changed.order_item_id == item.order_item_id:
                assert changed.discount_amount <= item.discount_amount


@settings(max_examples=40, deadline=None)
@given(sold(), st.lists(st.integers(-3000, 3000), max_size=6))
def test_nothing_is_due_of_an_order_that_is_overpaid(order: OrderDocument, differences: list[int]) -> None:
    """Each difference is held against what is due first; what is due and what went back sum to all of them."""
    back = 0
    for difference in differences:
        order, overpaid = order.owing(usd(difference))
        assert order.amount_due is None or overpaid == usd(0)
        back += overpaid.amount
    due = order.amount_due.amount if order.amount_due else 0
    assert due - back == sum(differences)
