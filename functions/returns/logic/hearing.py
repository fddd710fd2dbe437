"""Hearing: what was delivered may come back; whoever left is forgotten."""

from returns import store
from returns.model.returns import DeliveredLine, DeliveredOrder, alone
from shop.events.auth import UserDeleted
from shop.events.orders import OrderDelivered
from shop.races import until_won


def on_order_delivered(event: OrderDelivered) -> None:
    """From now on it may be returned."""
    order = DeliveredOrder(
        order_id=event.order_id,
        order_number=event.order_number,
        user_id=event.user_id,
        delivered_at=event.delivered_at,
        currency=event.items[0].unit_price.currency,
    )
    lines = [
        DeliveredLine(
            order_id=event.order_id,
            order_item_id=item.order_item_id,
            product_id=item.product_id,
            variant_id=item.variant_id,
            product_name=item.product_name,
            product_sku=item.product_sku,
            unit_price=item.unit_price,
            paid=item.paid,
            ordered_quantity=item.quantity,
        )
        for item in event.items
    ]
    store.keep_order(order, lines, event)


def on_user_deleted(event: UserDeleted) -> None:
    """What they wrote is forgotten; what came back stays on the books (B75). Again is the same."""
    for request in store.every_return(event.user_id):

        def attempt(return_id: str = request.id) -> None:
            before = store.find(return_id)
            if before is None:
                return
            with store.table.transaction() as tx:
                if before.return_notes or before.metadata:
                    store.save_request(tx, alone(before).but(return_notes=None, metadata=None))
                for change in before.history:
                    if change.changed_by == event.user_id and change.notes:
                        tx.save(store.HISTORY, change.but(notes=None))

        until_won(attempt)
