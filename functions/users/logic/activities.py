"""What is noted of a customer's doings, from what other services tell."""

from collections.abc import Callable, Sequence
from typing import Any

from shop.events import Event
from shop.events.auth import UserEmailVerified, UserRolesChanged
from shop.events.orders import OrderCreated, OrderStatusChanged
from shop.events.returns import ReturnRequested
from shop.events.reviews import ReviewCreated
from shop.events.search import SearchPerformed
from users.model.belongings import Activity
from users.store import activities as store


def on_deed(event: Event) -> None:
    """Note what somebody has done, or what happened to what is theirs."""
    store.note(_noted([event]))


def on_deeds(events: Sequence[Event]) -> list[Event]:
    """Note what came in one batch in one write; those there is no room for are returned."""
    store.note(_noted(events[: store.AT_ONCE]))
    return [*events[store.AT_ONCE :]]


def _noted(events: Sequence[Event]) -> list[Activity]:
    return [activity for event in events if (activity := NOTED[type(event)](event))]


def _order_created(event: OrderCreated) -> Activity:
    facts = {"order_number": event.order_number, "total_amount": event.total_amount.model_dump()}
    return Activity.heard(event, event.user_id, "order", event.order_id, **facts)


def _order_status_changed(event: OrderStatusChanged) -> Activity:
    facts = {"order_number": event.order_number, "was": event.was, "status": event.status}
    return Activity.heard(event, event.user_id, "order", event.order_id, **facts)


def _review_created(event: ReviewCreated) -> Activity:
    return Activity.heard(event, event.user_id, "review", event.review_id, product_id=event.product_id)


def _return_requested(event: ReturnRequested) -> Activity:
    facts = {"rma_number": event.rma_number, "order_id": event.order_id}
    return Activity.heard(event, event.user_id, "return", event.return_id, **facts)


def _search_performed(event: SearchPerformed) -> Activity | None:
    """Of somebody who was signed in."""
    facts = {"query": event.query, "results_count": event.results_count}
    return Activity.heard(event, event.user_id, "search", event.search_id, **facts) if event.user_id else None


def _user_email_verified(event: UserEmailVerified) -> Activity:
    return Activity.heard(event, event.user_id, "user", event.user_id)


def _user_roles_changed(event: UserRolesChanged) -> Activity:
    return Activity.heard(event, event.user_id, "user", event.user_id, roles=event.roles)


NOTED: dict[type[Event], Callable[[Any], Activity | None]] = {
    OrderCreated: _order_created,
    OrderStatusChanged: _order_status_changed,
    ReviewCreated: _review_created,
    ReturnRequested: _return_requested,
    SearchPerformed: _search_performed,
    UserEmailVerified: _user_email_verified,
    UserRolesChanged: _user_roles_changed,
}
