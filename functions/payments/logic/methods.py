"""The methods customers keep: attached by token, one of them the default."""

from collections.abc import Callable
from typing import TypeVar

from payments import providers
from payments.logic import audit
from payments.logic.audit import TRIES
from payments.model.method import AttachMethod, ChangeMethod, StoredMethod
from payments.model.paper import AuditLog
from payments.store import methods as store
from payments.store.races import Changed
from shop.auth import Caller
from shop.errors import Transient, invalid
from shop.sealing import seal

T = TypeVar("T")


def attach(caller: Caller, method_id: str, body: AttachMethod) -> StoredMethod:
    """Keep a method that its provider accepts (402 method_rejected)."""
    with audit.noting("payment_method.rejected", caller.ip_address, user_id=caller.user_id):
        shown = providers.named(body.provider).attach(body.type, body.provider_token, method_id)
    method = StoredMethod(
        id=method_id,
        user_id=caller.user_id,
        **body.model_dump(exclude={"provider_token"}),
        **dict(shown),
        provider_token=seal(body.provider_token, user_id=caller.user_id),
    )
    return _again(lambda: store.attach(method, _row("payment_method.attached", caller, method)))


def change(caller: Caller, method_id: str, version: int, body: ChangeMethod) -> StoredMethod:
    """Make a method the default or not, or correct when its card expires."""

    def changed() -> StoredMethod:
        before = store.method(caller.user_id, method_id).at(version)
        if before.type != "card" and (body.expiry_month or body.expiry_year):
            raise invalid("not_a_card", "Only cards expire", "/expiry_month" if body.expiry_month else "/expiry_year")
        after = before.but(**body.model_dump(exclude_none=True))
        return store.change(before, after, _row("payment_method.updated", caller, after))

    return _again(changed)


def detach(caller: Caller, method_id: str, version: int) -> None:
    """Forget a method."""

    def detached() -> None:
        method = store.method(caller.user_id, method_id).at(version)
        store.detach(method, _row("payment_method.detached", caller, method))

    _again(detached)


def forget_all(user_id: str) -> None:
    """Detach everything a user has, tokens and all."""
    for method in store.every(user_id):
        _again(lambda method=method: _forget(method))  # type: ignore[misc]


def _forget(method: StoredMethod) -> None:
    found = store.find_method(method.user_id, method.id)
    if found:
        about = {"user_id": found.user_id, "payment_method_id": found.id}
        store.detach(found, audit.row("payment_method.detached", **about))


def _row(event_type: str, caller: Caller, method: StoredMethod) -> AuditLog:
    return audit.row(event_type, caller.ip_address, user_id=method.user_id, payment_method_id=method.id)


def _again(write: Callable[[], T]) -> T:
    """Write once more when another request moved the default meanwhile."""
    for _ in range(TRIES):
        try:
            return write()
        except Changed:
            continue
    raise Transient
