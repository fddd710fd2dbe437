"""The mark that a user's personal data has been erased."""

from catalog.store.keys import table
from shop.errors import not_found
from shop.records import Record
from shop.table import ABSENT, Key, Row, Transaction


class Erased(Record):
    """Nothing more is written for this user."""

    user_id: str


def _key(user_id: str) -> Key:
    return Key(f"USER#{user_id}", "ERASED")


ERASED = table.kind("erased_user", Erased, lambda e: Row(_key(e.user_id)))


def here(tx: Transaction, user_id: str) -> None:
    """Let the rest happen only while the user's personal data has not been erased (404 otherwise)."""
    tx.check(_key(user_id), ABSENT, not_found("user"))


def close(user_id: str) -> None:
    """From here on nothing more is written for this user."""
    with table.transaction() as tx:
        tx.put(ERASED, Erased(user_id=user_id))
