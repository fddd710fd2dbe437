"""Moves of a return: each is written with its history row, its moment, and what is told of it."""

from collections.abc import Callable, Sequence

from returns import store
from returns.model.returns import (
    MOVES,
    ReturnDocument,
    Returned,
    ReturnRequest,
    ReturnStatus,
    StatusChange,
    alone,
)
from shop.auth import Caller
from shop.errors import invalid, not_found
from shop.events import Event
from shop.events import returns as said
from shop.ids import derived
from shop.races import until_won
from shop.table import Transaction


def move(
    tx: Transaction, before: ReturnDocument, to: ReturnStatus, by: str, notes: str | None = None, **but: object
) -> ReturnRequest:
    """Move a return (B155); 422 invalid_transition where that is no allowed move."""
    allow(before, to)
    change = StatusChange(
        id=derived("history", before.id, to),
        return_request_id=before.id,
        status=to,
        previous_status=before.status,
        changed_by=by,
        notes=notes,
        created_at=tx.now,
        updated_at=tx.now,
    )
    return store.save_move(tx, before, alone(before).but(**but).moved(to, tx.now), change)


def allow(before: ReturnRequest, to: ReturnStatus) -> None:
    """422 invalid_transition where that is no allowed move."""
    if to not in MOVES[before.status]:
        raise invalid("invalid_transition", f"A return that is {before.status} cannot become {to}", "/status")


def change(
    return_id: str,
    caller: Caller | None,
    what: Callable[[Transaction, ReturnDocument], Sequence[Event]],
    version: int | None = None,
) -> ReturnDocument:
    """Change a return that the caller (none: the shop itself) may see, by what was read, and tell of it.

    When somebody else was faster it is read again.
    """

    def attempt() -> None:
        before = read(return_id, caller) if caller else store.whole(return_id)
        before.at(version)
        with store.table.transaction() as tx:
            for event in what(tx, before):
                tx.say(event, version=before.version + 1)

    until_won(attempt)
    return store.whole(return_id)


def read(return_id: str, caller: Caller) -> ReturnDocument:
    """A return its customer, or staff, may see."""
    found = store.whole(return_id)
    if not caller.may_see(found.user_id):
        raise not_found("return")
    return found


def whose(request: ReturnRequest) -> dict[str, str]:
    """What every event about a return begins with."""
    return {
        "return_id": request.id,
        "rma_number": request.rma_number,
        "order_id": request.order_id,
        "user_id": request.user_id,
    }


def told_items(document: ReturnDocument) -> "list[said.ReturnedItem]":
    """The items as events tell them."""
    return [said.ReturnedItem(**Returned.model_validate(item.model_dump()).model_dump()) for item in document.items]
