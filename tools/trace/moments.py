"""One thing that happened, and how it is told without telling more of a person than an operator needs."""

from typing import Any, NamedTuple

from shop.masking import masked
from shop.money import Money, to_decimal
from tools.trace.books import Item


class Moment(NamedTuple):
    """When, where, what; `correlation_id` is that of the request it followed from, where that is known."""

    at: str
    where: str
    what: str
    detail: str = ""
    correlation_id: str = ""
    bad: bool = False


def money(amount: Item | None) -> str:
    """An amount as people read it: ``10.40 USD``."""
    return f"{to_decimal(Money.model_validate(amount)):,f} {amount['currency']}" if amount else ""


def told(*parts: Any, **named: Any) -> str:
    """What there is to tell, in one line."""
    words = [str(part) for part in parts if part not in (None, "")]
    return ", ".join([*words, *(f"{name} {masked(value)}" for name, value in named.items() if value not in (None, ""))])
