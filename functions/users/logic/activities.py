"""What is noted of a customer's doings, from what other services tell."""

from shop.events.auth import UserEmailVerified, UserRolesChanged
from shop.events.orders import OrderCreated, OrderStatusChanged
from shop.events.returns import ReturnRequested
from shop.events.reviews import ReviewCreated
from shop.events.search import SearchPerformed
from users.model.belongings import Activity
from users.store import activities as store


def on_order_created(event: OrderCreated) -> None:
    """Someone has ordered something."""
    facts = {"order_number": event.order_number, "total_amount": event.total_amount.model_dump()}
    store.note(Activity.heard(event, event.user_id, "order", event.order_id, **facts))


def on_order_status_changed(event: OrderStatusChanged) -> None:
    """Someone's order has moved."""
    facts = {"order_number": event.order_number, "was": event.was, "status": event.status}
    store.note(Activity.heard(event, event.user_id, "order", event.order_id, **facts))


def on_review_created(event: ReviewCreated) -> None:
    """Someone has said what they think of a product."""
    store.note(Activity.heard(event, event.user_id, "review", event.review_id, product_id=event.product_id))


def on_return_requested(event: ReturnRequested) -> None:
    """Someone wants to send something back."""
    facts = {"rma_number": event.rma_number, "order_id": event.order_id}
    store.note(Activity.heard(event, event.user_id, "return", event.return_id, **facts))


def on_search_performed(event: SearchPerformed) -> None:
    """Someone who is signed in has looked for something."""
    if event.user_id:
        facts = {"query": event.query, "results_count": event.results_count}
        store.note(Activity.heard(event, event.user_id, "search", event.search_id, **facts))


def on_user_email_verified(event: UserEmailVerified) -> None:
    """Someone has shown that an address is theirs."""
    store.note(Activity.heard(event, event.user_id, "user", event.user_id))


def on_user_roles_changed(event: UserRolesChanged) -> None:
    """Someone may do other things than before."""
    store.note(Activity.heard(event, event.user_id, "user", event.user_id, roles=event.roles))
