"""Gift cards: issued and stopped by the admin, looked at and turned into store credit by whoever holds the code."""

import hashlib
import hmac

from payments.logic import audit
from payments.logic.audit import TRIES
from payments.model.credit import CreditEntry, entry
from payments.model.gift import (
    CODE_LENGTH,
    ChangeGiftCard,
    GiftBalance,
    GiftCard,
    GiftCardView,
    IssuedGiftCard,
    IssueGiftCard,
    StoredGiftCard,
    hashed,
    normal,
    spelled,
)
from payments.model.paper import AuditLog
from payments.store import credit
from payments.store import gifts as store
from payments.store.races import Changed
from shop import keyring
from shop.auth import Caller
from shop.errors import Transient, conflict, not_found
from shop.money import Money
from shop.table import AlreadyMade


def issue(caller: Caller, gift_card_id: str, asked: IssueGiftCard) -> IssuedGiftCard:
    """A new card with its code, which nobody is told again; a repeat of the request that made it is."""
    code, *earlier = _codes(gift_card_id)
    card = StoredGiftCard(
        gift_card_id=gift_card_id,
        last4=normal(code)[-4:],
        initial_amount=asked.amount,
        balance=asked.amount,
        expires_at=asked.expires_at,
        note=asked.note,
        issued_by=caller.user_id,
        code_hash=hashed(code),
    )
    try:
        store.issue(card, _row("gift_card.issued", caller, card.initial_amount))
    except AlreadyMade:
        card = store.card(gift_card_id)
        code = next((one for one in (code, *earlier) if hashed(one) == card.code_hash), "")
        if not code:
            raise conflict("conflict", "This card was issued too long ago to tell its code again") from None
    return IssuedGiftCard(**dict(card), code=code)


def view(gift_card_id: str) -> GiftCardView:
    """A card with all that was booked on it."""
    return GiftCardView(**dict(store.card(gift_card_id)), entries=store.entries(gift_card_id))


def change(caller: Caller, gift_card_id: str, version: int, asked: ChangeGiftCard) -> GiftCard:
    """Stop a card, let it be spent again, or change until when."""
    card = store.card(gift_card_id).at(version)
    after = card.but(**asked.model_dump(exclude_unset=True, exclude={"status"}), status=asked.status or card.status)
    return store.change(after, _row(f"gift_card.{after.status}", caller, card.balance))


def balance(code: str) -> GiftBalance:
    """What a card holds, for who knows its code."""
    card = _held(code)
    ended = card.status == "active" and not card.is_good
    return GiftBalance(
        last4=card.last4,
        status="expired" if ended else card.status,
        balance=card.balance,
        expires_at=card.expires_at,
    )


def redeem(caller: Caller, redemption_id: str, code: str) -> CreditEntry:
    """Turn all that a card holds into the caller's store credit."""
    for _ in range(TRIES):
        before = credit.find(redemption_id)
        if before:
            return before
        card = _held(code)
        if not card.is_good:
            raise conflict("gift_card_ended", "This gift card cannot be spent")
        if not card.balance.amount:
            raise conflict("gift_card_empty", "Nothing is left on this gift card")
        taken = store.entry(card, card.balance * -1, "redeemed", redemption_id)
        given = entry(caller.user_id, card.balance, "gift_card", redemption_id)
        try:
            store.redeem(card, taken, given, _row("gift_card.redeemed", caller, card.balance))
        except Changed:
            continue
        return given
    raise Transient


def _held(code: str) -> StoredGiftCard:
    card = store.of_code(code)
    if card is None:
        raise not_found("gift card")
    return card


def _codes(gift_card_id: str) -> list[str]:
    """The code of a card by each of our keys, so that a repeat of the request that issues it can tell it.

    Only the hash of the first is kept.
    """
    about = f"gift card {gift_card_id}".encode()
    return [spelled(hmac.digest(key, about, hashlib.sha256)[: CODE_LENGTH * 5 // 8]) for key in keyring.ring()]


def _row(event_type: str, caller: Caller, amount: Money) -> AuditLog:
    return audit.row(event_type, caller.ip_address, user_id=caller.user_id, amount=amount)
