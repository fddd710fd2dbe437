"""Money: integer minor units beside their currency, exact splitting, and one way of rounding."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from shop.settings import MAX_TOTAL, MAX_UNIT_PRICE

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Money(BaseModel):
    """An amount in minor units (cents) of an ISO 4217 currency; sums of different currencies are errors."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid")

    amount: StrictInt
    currency: Currency

    def __add__(self, other: Self) -> "Money":
        return Money(amount=self.amount + self._same(other), currency=self.currency)

    def __sub__(self, other: Self) -> "Money":
        return Money(amount=self.amount - self._same(other), currency=self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(amount=self.amount * times, currency=self.currency)

    def __lt__(self, other: Self) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.amount <= self._same(other)

    def __gt__(self, other: Self) -> bool:
        return self.amount > self._same(other)

    def __ge__(self, other: Self) -> bool:
        return self.amount >= self._same(other)

    def _same(self, other: Self) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other.amount


def _between(low: int, high: int) -> AfterValidator:
    def check(money: Money) -> Money:
        if not low <= money.amount <= high:
            raise PydanticCustomError(
                "amount_out_of_range", "The amount must be from {low} to {high} minor units", {"low": low, "high": high}
            )
        return money

    return AfterValidator(check)


# The price of one thing, and the amount of a whole order or payment.
Price = Annotated[Money, _between(0, MAX_UNIT_PRICE)]
PriceDelta = Annotated[Money, _between(-MAX_UNIT_PRICE, MAX_UNIT_PRICE)]
Total = Annotated[Money, _between(0, MAX_TOTAL)]


def zero(currency: str) -> Money:
    """Nothing, in this currency."""
    return Money(amount=0, currency=currency)


def total(parts: Sequence[Money], currency: str) -> Money:
    """The sum of the parts; `currency` is what an empty sum is in."""
    return sum(parts, start=zero(currency))


@cache
def exponent(currency: str) -> int:
    """How many digits the minor unit has: 2 for USD, 0 for JPY, 3 for KWD. Unknown codes are ValueError."""
    from iso4217 import Currency as Iso

    return int(Iso(currency).exponent or 0)


def from_decimal(amount: Decimal, currency: str) -> Money:
    """A decimal amount such as 12.50 as money; more digits than the currency has are a ValueError."""
    minor = amount.scaleb(exponent(currency))
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} has more digits than {currency}")
    return Money(amount=int(minor), currency=currency)


def to_decimal(money: Money) -> Decimal:
    """Money as a decimal amount of its major unit."""
    return Decimal(money.amount).scaleb(-exponent(money.currency))


def rounded(amount: Decimal) -> int:
    """A computed amount of minor units, rounded half up (away from zero)."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def spread(amount: int, weights: Sequence[int]) -> list[int]:
    """Split `amount` in proportion to `weights` by largest remainder, ties to the earlier part.

    The parts always add up to the amount; all-zero weights share equally; a negative amount mirrors its positive.
    """
    if not weights:
        return []
    if amount < 0:
        return [-part for part in spread(-amount, weights)]
    if not any(weights):
        weights = [1] * len(weights)
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    remainders = [amount * weight % whole for weight in weights]
    for index in sorted(range(len(weights)), key=lambda i: -remainders[i])[: amount - sum(parts)]:
        parts[index] += 1
    return parts


def taxed(amount: int, rate: Decimal, included: bool) -> int:
    """The tax on an amount: on top of it in a net store, contained in it in a gross store. Rounded once, here."""
    if included:
        return amount - rounded(amount / (1 + rate))
    return rounded(amount * rate)


def refundable(paid: Money, units: int, of: int, refunded: int = 0) -> Money:
    """What `units` of the `of` units paid for come to, after so many were `refunded` before.

    Each unit's share is its part by largest remainder: refunding one by one gives back exactly what was paid.
    """
    if not 0 <= refunded <= refunded + units <= of or of < 1:
        raise ValueError(f"{refunded} and {units} of {of} units cannot be refunded")
    whole, rest = divmod(abs(paid.amount), of)
    share = whole * units + min(refunded + units, rest) - min(refunded, rest)
    return Money(amount=share if paid.amount >= 0 else -share, currency=paid.currency)
