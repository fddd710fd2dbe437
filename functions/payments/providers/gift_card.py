"""Gift cards as a provider: the shop's own, so that its answers are never unknown. What is taken is taken at once."""

from collections.abc import Mapping

from payments.model.gift import GiftCardEntry
from payments.model.provider import Bill, Charge, GivenBack, Means, MethodDetails, Notice
from payments.providers import BadSignature, MethodRejected, RefundRefused
from payments.store import gifts
from payments.store.races import Changed
from shop.errors import Transient, not_found
from shop.money import Money
from shop.races import TRIES


class GiftCards:
    """The provider `gift_card`; its tokens are the cards' codes."""

    partial_capture = True

    def attach(self, method_type: str, token: str, key: str) -> MethodDetails:
        """A card that can be spent; the end of its code tells it from others."""
        card = gifts.of_code(token)
        if card is None or not card.is_good:
            raise MethodRejected
        return MethodDetails(last4=card.last4)

    def announce(self, bill: Bill, means: Means) -> str | None:
        """An entry is found by our reference."""
        return None

    def charge(self, bill: Bill, means: Means) -> Charge:
        """Take the money off the card once, if it holds so much."""
        for _ in range(TRIES):
            booked = self.look_up(bill)
            if booked:
                return booked
            card = gifts.of_code(means.token)
            if card is None or not card.is_good or card.balance.currency != bill.amount.currency:
                return Charge(status="failed", failure_reason="The gift card cannot be spent")
            if card.balance < bill.amount:
                return Charge(status="failed", failure_reason="The gift card does not hold that much")
            try:
                gifts.book(card, gifts.entry(card, bill.amount * -1, "payment", bill.reference))
            except Changed:
                continue
            return Charge(status="succeeded", provider_payment_id=bill.reference)
        raise Transient

    def look_up(self, bill: Bill) -> Charge | None:
        """What was booked for a payment."""
        booked = gifts.booked(bill.reference)
        if booked is None:
            return None
        taken = isinstance(booked, GiftCardEntry)
        return Charge(status="succeeded" if taken else "cancelled", provider_payment_id=bill.reference)

    def capture(self, bill: Bill, amount: Money) -> Charge:
        """Nothing is ever only held."""
        return self.look_up(bill) or Charge(status="failed")

    def void(self, bill: Bill) -> Charge:
        """Let nothing be booked for this payment any more, or say that it was."""
        try:
            gifts.forbid(bill.reference)
        except Changed:
            return self.look_up(bill) or Charge(status="cancelled")
        return Charge(status="cancelled")

    def refund(self, bill: Bill, amount: Money, key: str) -> GivenBack:
        """Put the money back on the card, also on one that has ended: staff may prolong it."""
        booked = gifts.booked(bill.reference)
        if not isinstance(booked, GiftCardEntry):
            raise RefundRefused
        for _ in range(TRIES):
            if gifts.booked(key):
                return GivenBack(provider_refund_id=key)
            card = gifts.card(booked.gift_card_id)
            try:
                gifts.book(card, gifts.entry(card, amount, "refund", key))
            except Changed:
                continue
            return GivenBack(provider_refund_id=key)
        raise Transient

    def verify(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Nobody tells us of our own cards."""
        raise BadSignature

    def read(self, body: bytes) -> Notice:
        """Nobody tells us of our own cards."""
        raise not_found("webhook")
