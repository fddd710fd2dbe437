"""Payment methods in the table, one of them the default."""

from collections.abc import Iterator

from pynamodb.expressions.operand import Path

from payments.model.method import DefaultMethod, StoredMethod
from payments.model.paper import AuditLog
from payments.store import AUDIT, DEFAULTS, METHODS, default_key, method_key, table
from payments.store.races import Changed
from shop.errors import not_found, version_mismatch
from shop.events import payments as said
from shop.pages import Page, Paging
from shop.table import ABSENT, TABLE, Transaction


def find_method(user_id: str, method_id: str) -> StoredMethod | None:
    """A payment method of this user, if there is one."""
    return METHODS.get(method_key(user_id, method_id))


def method(user_id: str, method_id: str) -> StoredMethod:
    """A payment method of this user, or 404."""
    found = find_method(user_id, method_id)
    if found is None:
        raise not_found("payment method")
    return found


def methods(user_id: str, paging: Paging) -> Page[StoredMethod]:
    """The payment methods of a user (AP46)."""
    return METHODS.page(f"USER#{user_id}", paging, index=TABLE, prefix="PM#", newest_first=False)


def every(user_id: str) -> Iterator[StoredMethod]:
    """All payment methods of a user; they may be detached meanwhile."""
    for batch in METHODS.batches(f"USER#{user_id}", prefix="PM#"):
        yield from batch


def attach(method: StoredMethod, audit: AuditLog) -> StoredMethod:
    """Keep a new method; if it is to be the default, the one before no longer is."""
    with table.transaction() as tx:
        tx.create(METHODS, method)
        if method.is_default:
            _make_default(tx, method)
        tx.put(AUDIT, audit)
        tx.say(said.PaymentMethodAttached(**_said(method)))
    return method


def change(was: StoredMethod, method: StoredMethod, audit: AuditLog) -> StoredMethod:
    """Write a changed method, and the default pointer when that moves."""
    with table.transaction() as tx:
        saved = tx.save(METHODS, method)
        if saved.is_default and not was.is_default:
            _make_default(tx, saved)
        if was.is_default and not saved.is_default:
            tx.delete(default_key(saved.user_id), Path("payment_method_id") == saved.id, Changed())
        tx.put(AUDIT, audit)
        tx.say(said.PaymentMethodUpdated(**_said(saved)), saved.version)
    return saved


def detach(method: StoredMethod, audit: AuditLog) -> None:
    """Remove a method, and the pointer if it was the default."""
    with table.transaction() as tx:
        tx.delete(method_key(method.user_id, method.id), Path("version") == method.version, version_mismatch())
        if method.is_default:
            tx.delete(default_key(method.user_id), Path("payment_method_id") == method.id, Changed())
        tx.put(AUDIT, audit)
        tx.say(said.PaymentMethodDetached(id=method.id, user_id=method.user_id), method.version + 1)


def _make_default(tx: Transaction, method: StoredMethod) -> None:
    pointer = DEFAULTS.get(default_key(method.user_id))
    unmoved = Path("payment_method_id") == pointer.payment_method_id if pointer else ABSENT
    tx.put(DEFAULTS, DefaultMethod(user_id=method.user_id, payment_method_id=method.id), unmoved, Changed())
    other = pointer is not None and pointer.payment_method_id != method.id
    before = find_method(method.user_id, pointer.payment_method_id) if pointer and other else None
    if before:
        saved = tx.save(METHODS, before.but(is_default=False), otherwise=Changed())
        tx.say(said.PaymentMethodUpdated(**_said(saved)), saved.version)


def _said(method: StoredMethod) -> dict[str, object]:
    return {
        **method.model_dump(include={"id", "user_id", "card_type", "last4", "is_default"}),
        "method_type": method.type,
    }
