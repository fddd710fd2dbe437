"""Gift cards in the table: found by the hash of their code, and booked on only together with an entry."""

from collections.abc import Sequence
from typing import cast

from payments.model.credit import CreditEntry
from payments.model.gift import GiftCard, GiftCardEntry, StoredGiftCard, hashed
from payments.model.paper import AuditLog
from payments.store import AUDIT, GIFT_ENTRIES, GIFTS, credit, gift_key, table
from payments.store.races import Changed
from shop.errors import Transient, not_found
from shop.ids import derived
from shop.money import Money
from shop.pages import Page, Paging
from shop.table import ABSENT, Key, Transaction, owner_of, shards

STATUSES = ("active", "disabled")
NOTHING_THERE = Key("GIFT#", "NEVER")  # whose claim keeps a charge that was stopped from ever being made


def card(gift_card_id: str) -> StoredGiftCard:
    """A gift card, or 404."""
    found = GIFTS.get(gift_key(gift_card_id))
    if found is None:
        raise not_found("gift card")
    return found


def of_code(code: str) -> StoredGiftCard | None:
    """The gift card of a code, if there is one. One look for the code's hash, one for the card."""
    owner = owner_of(table, "GIFTCODE", hashed(code))
    return GIFTS.get(owner) if owner else None


def entries(gift_card_id: str) -> list[GiftCardEntry]:
    """Everything booked on a card, oldest first."""
    return GIFT_ENTRIES.query(gift_key(gift_card_id).pk, prefix="ENTRY#")


def cards(statuses: Sequence[str], paging: Paging) -> Page[GiftCard]:
    """The gift cards of these statuses, newest first."""
    pks = [pk for status in statuses for pk in shards(f"GIFTS#{status}")]
    return cast(Page[GiftCard], GIFTS.page(pks, paging))


def issue(card: StoredGiftCard, audit: AuditLog) -> None:
    """Keep a new card and its first entry."""
    with table.transaction() as tx:
        tx.create(GIFTS, card)
        tx.claim("GIFTCODE", card.code_hash, gift_key(card.gift_card_id), Transient("The code is taken"))
        _enter(tx, entry(card, card.initial_amount, "issued", card.gift_card_id))
        tx.put(AUDIT, audit)


def change(card: StoredGiftCard, audit: AuditLog) -> StoredGiftCard:
    """Write a changed card."""
    with table.transaction() as tx:
        saved = tx.save(GIFTS, card)
        tx.put(AUDIT, audit)
    return saved


def book(card: StoredGiftCard, new: GiftCardEntry) -> StoredGiftCard:
    """Book on a card as it was read; Changed when it has changed, or the entry is there."""
    with table.transaction() as tx:
        saved = tx.save(GIFTS, card.but(balance=card.balance + new.amount), otherwise=Changed())
        _enter(tx, new)
    return saved


def redeem(card: StoredGiftCard, new: GiftCardEntry, booked: CreditEntry, audit: AuditLog) -> None:
    """Turn what is on a card into store credit: both entries are one write."""
    with table.transaction() as tx:
        tx.save(GIFTS, card.but(balance=card.balance + new.amount), otherwise=Changed())
        _enter(tx, new)
        credit.book(tx, booked)
        tx.put(AUDIT, audit)


def booked(reference_id: str) -> GiftCardEntry | Key | None:
    """What was booked under a reference; NOTHING_THERE when it is never to be, None when nothing was yet."""
    owner = owner_of(table, "GIFTREF", reference_id)
    return (GIFT_ENTRIES.get(owner) if owner != NOTHING_THERE else owner) if owner else None


def forbid(reference_id: str) -> None:
    """Let nothing be booked under a reference any more; Changed when something was."""
    with table.transaction() as tx:
        tx.claim("GIFTREF", reference_id, NOTHING_THERE, Changed())


def entry(card: StoredGiftCard, amount: Money, reason: str, reference_id: str) -> GiftCardEntry:
    """A change of a card's balance; the same for the same reference."""
    return GiftCardEntry.model_validate(
        {
            "id": derived("gift", reference_id),
            "gift_card_id": card.gift_card_id,
            "amount": amount,
            "reason": reason,
            "reference_id": reference_id,
        }
    )


def _enter(tx: Transaction, new: GiftCardEntry) -> None:
    tx.put(GIFT_ENTRIES, new, ABSENT, Changed())
    tx.claim("GIFTREF", new.reference_id, GIFT_ENTRIES.row(new).key, Changed())
