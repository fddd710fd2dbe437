"""Store credit in the table: a balance changes only together with the entry that says why (B145)."""

from payments.model.credit import CreditAccount, CreditEntry, opened
from payments.store import ACCOUNTS, ENTRIES, account_key, table
from payments.store.races import Changed
from shop.events import payments as said
from shop.money import Money, zero
from shop.pages import Page, Paging
from shop.table import TABLE, Transaction, owner_of


def balance(user_id: str, currency: str) -> Money:
    """How much store credit a user has in a currency."""
    found = ACCOUNTS.get(account_key(user_id, currency))
    return found.balance if found else zero(currency)


def accounts(user_id: str) -> list[CreditAccount]:
    """A user's store credit in every currency."""
    return ACCOUNTS.query(f"USER#{user_id}", prefix="CREDIT#")


def entries(user_id: str, currency: str | None, paging: Paging) -> Page[CreditEntry]:
    """What was booked for a user, newest first within a currency."""
    prefix = f"CREDITTX#{currency}#" if currency else "CREDITTX#"
    return ENTRIES.page(f"USER#{user_id}", paging, index=TABLE, prefix=prefix)


def find(reference_id: str) -> CreditEntry | None:
    """What was booked under a reference."""
    owner = owner_of(table, "CREDITREF", reference_id)
    return ENTRIES.get(owner) if owner else None


def book(tx: Transaction, entry: CreditEntry) -> CreditAccount:
    """Book an entry as part of a write; NotEnough when the balance does not hold it, Changed when that just moved.

    Its reference is claimed: who would book a second time is sent to read again what has happened.
    """
    before = ACCOUNTS.get(account_key(entry.user_id, entry.amount.currency))
    after = (before or opened(entry.user_id, entry.amount.currency)).booked(entry.amount)
    if before:
        after = tx.save(ACCOUNTS, after, otherwise=Changed())
    else:
        tx.create(ACCOUNTS, after, otherwise=Changed())
    tx.create(ENTRIES, entry, otherwise=Changed())
    tx.claim("CREDITREF", entry.reference_id, ENTRIES.row(entry).key, Changed())
    told = said.StoreCreditChanged(
        user_id=entry.user_id,
        amount=entry.amount,
        balance=after.balance,
        reason=entry.reason,
        reference=entry.reference_id,
    )
    tx.say(told, after.version)
    return after
