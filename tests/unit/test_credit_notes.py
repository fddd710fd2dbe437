"""What a credit note takes back: whole orders first, then the oldest; a line entirely or not at all."""

from shop.money import Money
from tools.demo.credit_notes import Placed, match
from tools.importing.invoices import Invoice, Sold

CUP, POT = ("11001", 750), ("13005", 2400)


def placed(number: str, **left: int) -> Placed:
    goods = {"cup": CUP, "pot": POT}
    return Placed(
        {"order_number": number},
        "2026-03-02",
        {goods[name]: f"{number}-{name}" for name in left},
        {goods[name]: quantity for name, quantity in left.items()},
    )


def note(*lines: tuple[str, int, int]) -> Invoice:
    sold = [Sold(code, Money(amount=price, currency="GBP"), quantity) for code, price, quantity in lines]
    return Invoice("C1", "20101", "GB", "2026-03-03", True, sold)


def test_an_order_taken_back_as_a_whole_comes_before_an_older_one() -> None:
    older, whole = placed("1", cup=2), placed("2", cup=1)
    found, missed = match(note((*CUP, 1)), [older, whole])
    assert [(taken.placed, taken.goods, taken.amount, taken.is_all) for taken in found] == [
        (whole, {CUP: 1}, 750, True)
    ]
    assert missed == []


def test_a_line_may_be_of_several_orders_the_oldest_first() -> None:
    first, second = placed("1", cup=2, pot=1), placed("2", cup=2, pot=1)
    found, _ = match(note((*CUP, 3)), [first, second])
    assert [(taken.placed, taken.goods, taken.is_all) for taken in found] == [
        (first, {CUP: 2}, False),
        (second, {CUP: 1}, False),
    ]


def test_what_was_taken_back_before_is_not_taken_back_again() -> None:
    order = placed("1", cup=2)
    ((taken,), _) = match(note((*CUP, 1)), [order])
    order.take(taken.goods)
    ((taken,), _) = match(note((*CUP, 1)), [order])
    assert not taken.is_all  # it is the rest of an order, not the order
    order.take(taken.goods)
    assert (order.status, match(note((*CUP, 1)), [order])[0]) == ("refunded", [])


def test_what_was_not_bought_here_is_named_with_the_reason() -> None:
    lost = placed("2", pot=3)
    lost.cancelled = True
    asked = note((*CUP, 3), ("11001", 800, 1), (*POT, 1))
    found, missed = match(asked, [placed("1", cup=2), lost])
    assert found == []
    assert [(line.code, why) for line, why in missed] == [
        ("11001", "only 2 of an earlier order are left"),
        ("11001", "bought at another price"),
        ("13005", "no earlier order has it"),
    ]
