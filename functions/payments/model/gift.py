"""Gift cards: money paid for in advance, spent by whoever knows the code."""

import hashlib
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from payments.model.words import Positive
from shop import clock
from shop.ids import CROCKFORD
from shop.money import Money
from shop.records import Body, Moment, Part, Record, Text, folded

CODE_LENGTH = 16  # 80 bits: nobody guesses one
GiftStatus = Annotated[Literal["active", "disabled"], folded]


def normal(code: str) -> str:
    """A code as it was issued, however it was typed: capitals, no separators, letters that look like digits are."""
    return re.sub(r"[\s-]", "", code.upper()).translate(str.maketrans("OIL", "011"))


def hashed(code: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(normal(code).encode()).hexdigest()


def spelled(number: bytes) -> str:
    """A code of so many random bytes, in groups of four."""
    value = int.from_bytes(number, "big")
    letters = "".join(CROCKFORD[value >> 5 * place & 31] for place in range(CODE_LENGTH))
    return "-".join(letters[start : start + 4] for start in range(0, CODE_LENGTH, 4))


def _future(moment: str) -> str:
    if moment <= clock.now():
        raise PydanticCustomError("in_the_past", "The moment must be in the future")
    return moment


Code = Annotated[
    str,
    BeforeValidator(lambda code: normal(code) if isinstance(code, str) else code),
    Field(pattern=f"^[{CROCKFORD}]{{{CODE_LENGTH}}}$"),
]
Future = Annotated[Moment, AfterValidator(_future)]


class GiftCard(Record):
    """PAY-10. A gift card as staff sees it; its code is known to its holder alone."""

    gift_card_id: str
    last4: str
    status: GiftStatus = "active"
    initial_amount: Money
    balance: Money
    expires_at: str | None = None
    note: str | None = None
    issued_by: str

    @property
    def is_good(self) -> bool:
        """Whether it can be spent now."""
        return self.status == "active" and (self.expires_at is None or self.expires_at > clock.now())


class StoredGiftCard(GiftCard):
    """A gift card with the hash of its code."""

    code_hash: str


class IssuedGiftCard(GiftCard):
    """A gift card with its code, which is shown this once."""

    code: str


class GiftCardEntry(Record):
    """PAY-11. One change of a gift card's balance; each reference is booked once."""

    id: str
    gift_card_id: str
    amount: Money
    reason: Literal["issued", "payment", "refund", "redeemed"]
    reference_id: str


class GiftCardView(GiftCard):
    """A gift card with everything that was booked on it."""

    entries: list[GiftCardEntry]


class GiftBalance(Part):
    """What a gift card's holder may know of it."""

    last4: str
    status: Literal["active", "disabled", "expired"]
    balance: Money
    expires_at: str | None = None


class IssueGiftCard(Body):
    """R301. A new gift card."""

    amount: Positive
    expires_at: Future | None = None
    note: Text | None = None


class ChangeGiftCard(Body):
    """R304. What may change about a gift card."""

    status: GiftStatus | None = None
    expires_at: Future | None = None
    note: Text | None = None


class TypedCode(Body):
    """A gift card's code, as its holder types it."""

    code: Code
