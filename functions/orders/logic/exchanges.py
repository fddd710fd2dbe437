"""What came back is sent once more: an order at no price, once there is stock for it (B157)."""

from contextlib import suppress
from typing import TYPE_CHECKING

from orders import store
from orders.logic.orders import move, patiently
from orders.logic.saga import first_change
from orders.model.exchange import Exchange, ExchangedLine, replacement
from orders.model.order import OrderDocument
from orders.store import exchanges
from shop import steps, telemetry
from shop.errors import Refusal, conflict, version_mismatch
from shop.events import orders as said
from shop.ids import number
from shop.records import Json
from shop.table import AlreadyMade

if TYPE_CHECKING:
    from shop.events.returns import ReturnExchangeRequested


RETURNS = "returns"  # who confirms an order that is an exchange


def on_exchange_requested(event: "ReturnExchangeRequested") -> None:
    """E78. Keep in mind what is owed, and send it if there is enough; if not, the job tries again."""
    original = store.find_document(event.order_id)
    if original is None:
        telemetry.logger.error("exchange for an unknown order", extra={"order_id": event.order_id})
        return
    lines = [ExchangedLine(**dict(item)) for item in event.items]
    with suppress(AlreadyMade):
        exchanges.create(
            Exchange(return_id=event.return_id, order_id=event.order_id, user_id=event.user_id, lines=lines)
        )
    serve(event.return_id)


def serve(return_id: str) -> None:
    """Bring an exchange as far as it goes. Every part may be repeated, by the job after a crash or by a rival."""
    patiently(lambda: _serve(exchanges.exchange(return_id)))


def serve_all() -> None:
    """Bring all exchanges on; one that fails stops no other."""
    for waiting in exchanges.open_ones():
        try:
            serve(waiting.return_id)
        except Exception:
            telemetry.logger.exception("exchange not served", extra={"return_id": waiting.return_id})


def cancel(return_id: str) -> Exchange:
    """Owe it no longer, unless it is an order already: that is cancelled as any other (409)."""

    def attempt() -> None:
        before = exchanges.exchange(return_id)
        if before.status in ("ordered", "fulfilled"):
            raise conflict("not_cancellable", f"It is the order {before.new_order_id}")
        if before.status == "waiting":
            exchanges.save(before.but(status="cancelling"))

    patiently(attempt)
    serve(return_id)
    return exchanges.exchange(return_id)


def forget(user_id: str) -> None:
    """Nobody knows any more where to send it."""
    for exchange in exchanges.of_user(user_id):
        if exchange.status in ("waiting", "cancelling"):
            try:
                cancel(exchange.return_id)
            except Refusal as refusal:
                if refusal.code != "not_cancellable":  # it has just become an order, which is forgotten as one
                    raise


def _serve(exchange: Exchange) -> None:
    match exchange.status:
        case "waiting":
            original = store.order(exchange.order_id)
            if original.is_erased:
                exchanges.save(exchange.but(status="cancelling"))
                _serve(exchanges.exchange(exchange.return_id))
            elif _hold(exchange):
                _order(exchange, original)
                _confirm(exchanges.exchange(exchange.return_id))
        case "ordered":
            _confirm(exchange)
        case "cancelling":
            _ask("release_stock", exchange, reverse_committed=True, reason="exchange_cancelled")
            exchanges.save(exchange.but(status="cancelled"))


def _hold(exchange: Exchange) -> bool:
    """Take the goods from stock under the new order's name; what cannot be is noted, and told to staff once."""
    try:
        _ask("reserve_stock", exchange, lines=[line.model_dump(exclude={"order_item_id"}) for line in exchange.lines])
        _ask("commit_stock", exchange)
    except Refusal as refusal:
        if refusal.code not in ("out_of_stock", "reservation_expired"):
            raise
        missing = refusal.facts.get("lines", [])
        lost = _is_lost(exchange)
        if lost or missing != exchange.missing:
            told = said.ExchangeDelayed(**{name: getattr(exchange, name) for name in _WHOSE}, missing=missing)
            news = [told] if missing and not exchange.missing else []
            exchanges.save(exchange.but(missing=missing, attempt=exchange.attempt + lost), *news)
        return False
    return True


def _is_lost(exchange: Exchange) -> bool:
    """Whether stock was held under this name and is not any more: then it never will be again."""
    try:
        return bool(_ask("find_reservation", exchange)["status"] in ("cancelled", "expired"))
    except Refusal as refusal:
        if refusal.code != "not_found":
            raise
        return False


def _order(exchange: Exchange, original: OrderDocument) -> None:
    made = exchange.but(status="ordered", missing=[])
    try:
        with store.table.transaction() as tx:
            new = replacement(exchange, original, number("ORD"), tx.now)
            told = [said.OrderedItem(**dict(item)) for item in new.items]
            created = said.OrderCreated(**{**dict(new), "items": told})
            exchanges.order(tx, made, original, new, first_change(new), created)
    except (AlreadyMade, store.NumberTaken):  # a rival was faster; or another number is to be tried
        raise version_mismatch() from None


def _confirm(exchange: Exchange) -> None:
    before = store.order(exchange.new_order_id)
    with store.table.transaction() as tx:
        if before.status == "pending":
            move(tx, before, "confirmed", RETURNS, "exchange")
        exchanges.save_with(tx, exchange.but(status="cancelled" if before.status == "cancelled" else "fulfilled"))


def _ask(step: str, exchange: Exchange, **more: object) -> Json:
    return steps.ask("inventory", step, {"order_id": exchange.new_order_id, **more})


_WHOSE = ("return_id", "order_id", "user_id")
