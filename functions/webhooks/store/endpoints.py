"""Endpoints in the table: written by staff, and by senders when they stop answering."""

from pynamodb.expressions.operand import Path

from shop.errors import not_found, version_mismatch
from shop.events import Event
from shop.keeping import Kept
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import GSI1, Row
from webhooks.model.endpoint import Endpoint, StoredEndpoint
from webhooks.store import endpoint_key, table

ENDPOINTS = table.kind(
    "webhook_endpoint",
    StoredEndpoint,
    lambda e: Row(endpoint_key(e.id), gsi1=("ENDPOINTS", f"{e.created_at}#{e.id}")),
)

# Every event asks who wants it, and they come in crowds: for one second the answer is the same.
shelf: Kept[list[StoredEndpoint]] = Kept(1)


def find(endpoint_id: str) -> StoredEndpoint | None:
    """An endpoint, if there is one."""
    return ENDPOINTS.get(endpoint_key(endpoint_id))


def endpoint(endpoint_id: str) -> StoredEndpoint:
    """An endpoint, or 404."""
    found = find(endpoint_id)
    if found is None:
        raise not_found("webhook endpoint")
    return found


def every() -> list[StoredEndpoint]:
    """All endpoints, as they were at most a second ago. One Query."""
    return shelf.get("", lambda: ENDPOINTS.query("ENDPOINTS", index=GSI1))


def page(paging: Paging) -> Page[Endpoint]:
    """All endpoints, newest first."""
    return ENDPOINTS.page("ENDPOINTS", paging)


def create(made: StoredEndpoint) -> None:
    """Write a new endpoint (AlreadyMade when this request made it before)."""
    with table.transaction() as tx:
        tx.create(ENDPOINTS, made)
    shelf.forget()


def save(changed: StoredEndpoint, told: Event | None = None) -> StoredEndpoint:
    """Write a changed endpoint, and tell it; LostRace when it has changed since it was read."""
    with table.transaction() as tx:
        saved = tx.save(ENDPOINTS, changed, otherwise=LostRace())
        if told:
            tx.say(told, version=saved.version)
    shelf.forget()
    return saved


def remove(gone: StoredEndpoint) -> None:
    """Remove an endpoint, if it is still what was read (412)."""
    with table.transaction() as tx:
        tx.delete(endpoint_key(gone.id), Path("version") == gone.version, version_mismatch())
    shelf.forget()
