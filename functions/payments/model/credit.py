"""Store credit: what the shop owes its customers, entry by entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import model_validator

from shop.errors import Refusal
from shop.ids import derived
from shop.money import Money, zero
from shop.pages import Page
from shop.records import Record


class NotEnough(Refusal):
    """409: the balance does not hold that much."""

    def __init__(self) -> None:
        super().__init__(409, "insufficient_credit", "The balance does not hold that much")


class CreditAccount(Record):
    """PAY-08. A customer's store credit in one currency; never below 0."""

    user_id: str
    currency: str
    balance: Money

    @model_validator(mode="after")
    def _not_below_zero(self) -> Self:
        if self.balance.amount < 0:
            raise ValueError("balance >= 0")
        return self

    def booked(self, amount: Money) -> Self:
        """This account with so much more, or less; 409 when it does not hold that."""
        if self.balance.amount + amount.amount < 0:
            raise NotEnough
        return self.but(balance=self.balance + amount)


class CreditEntry(Record):
    """PAY-09. One change of a balance; each reference is booked once."""

    id: str
    user_id: str
    amount: Money
    reason: str
    reference_id: str


@dataclass(frozen=True, kw_only=True)
class StoreCredits(Page[CreditEntry]):
    """R162. A page of entries, with what there is in each currency."""

    data: Sequence[CreditEntry]
    balances: Sequence[CreditAccount] = ()


def opened(user_id: str, currency: str) -> CreditAccount:
    """An account nobody has booked on yet."""
    return CreditAccount(user_id=user_id, currency=currency, balance=zero(currency))


def entry(user_id: str, amount: Money, reason: str, reference_id: str) -> CreditEntry:
    """A change of a balance; the same for the same reference."""
    return CreditEntry(
        id=derived("credit", reference_id),
        user_id=user_id,
        amount=amount,
        reason=reason,
        reference_id=reference_id,
    )
