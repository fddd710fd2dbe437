"""Who waits for what is out of stock, and is told once when it is back."""

from typing import TYPE_CHECKING

from catalog.logic import reading
from catalog.model.alerts import AlertUnit, KeptAlert, Replenished, StockAlert, is_there, name_of, units_of
from catalog.model.listing import Listing
from catalog.model.words import is_id, unacceptable
from catalog.store import alerts as store
from catalog.store import products as shelf
from shop import clock, settings, steps
from shop.auth import Caller
from shop.errors import Refusal, conflict, not_found
from shop.races import LostRace, until_won

if TYPE_CHECKING:
    from shop.events.auth import UserEmailChanged
    from shop.events.inventory import StockReplenished


def subscribe(product_id: str, body: AlertUnit, operation: str, caller: Caller) -> StockAlert:
    """Let a user wait for a unit that is out of stock (B91). The same request again is answered with what it made."""
    reading.product(product_id, caller)
    email = _email(caller.user_id)
    return until_won(lambda: _subscribe(product_id, body.variant_id, operation, caller.user_id, email))


def _subscribe(product_id: str, variant_id: str | None, alert_id: str, user_id: str, email: str | None) -> StockAlert:
    made = store.find(product_id, variant_id, user_id)
    if made is not None and made.id == alert_id:
        return made
    # Read before the product: what came back in between shows there, or is found out by the write.
    last, listing = store.replenished(product_id), shelf.find(product_id)
    if listing is None:
        raise not_found("product")
    if variant_id is not None and listing.variant(variant_id) is None:
        raise unacceptable("/variant_id", "unknown_variant", "The product has no such variant")
    units = units_of(listing, variant_id)
    if any(is_there(listing, unit, last) for unit in units):
        raise conflict("in_stock", "It can be bought now")
    alert = KeptAlert(
        id=alert_id,
        product_id=product_id,
        variant_id=variant_id,
        user_id=user_id,
        email=email,
        expires_at=clock.after(settings.STOCK_ALERT_TTL),
        known={name_of(unit): listing.heard_of(unit) for unit in units},
    )
    store.create(alert, listing.product, last)
    return alert


def _email(user_id: str) -> str | None:
    """Where users says the user gets mail; nobody is kept from waiting because that is not known yet."""
    try:
        email: str | None = steps.ask("users", "find_user", {"user_id": user_id})["email"]
    except Refusal:
        return None
    return email


def cancel(product_id: str, variant_id: str | None, caller: Caller) -> None:
    """Let a user wait no more."""
    if not is_id(product_id):
        raise not_found("stock alert")
    store.cancel(product_id, variant_id, caller.user_id)


def on_stock_replenished(event: "StockReplenished") -> None:
    """Tell everyone who waits for this unit, or for any of the product.

    Each alert is told of by its own condition, so all of it may be repeated: a place in the inbox would only cut a
    second try short.
    """
    assert event.meta is not None
    version = event.meta.aggregate_version
    until_won(lambda: _note(event, version))
    listing = shelf.find(event.product_id)
    if listing is None or not listing.product.is_listed or _is_gone_again(listing, event.variant_id, version):
        return
    for alerts in store.waiting(event.product_id, {event.variant_id, None}):
        news = [alert for alert in alerts if alert.is_news(event.variant_id, version)]
        _fire(news, listing.product.name)


def _note(event: "StockReplenished", version: int) -> None:
    before = store.replenished(event.product_id)
    after = (before or Replenished(product_id=event.product_id)).later(event.variant_id, version)
    if after is not None:
        store.note_replenished(before, after)


def _is_gone_again(listing: Listing, variant_id: str | None, version: int) -> bool:
    """Whether something newer says that there is none: the news is old."""
    _, status = listing.stock_of(variant_id)
    return listing.heard_of(variant_id) > version and status == "out_of_stock"


def _fire(alerts: list[KeptAlert], product_name: str) -> None:
    """Together if they all still wait; else one by one, without those who do not."""
    try:
        store.fire(alerts, product_name)
    except LostRace:
        if len(alerts) > 1:
            for alert in alerts:
                _fire([alert], product_name)


def on_user_email_changed(event: "UserEmailChanged") -> None:
    """Let a user's alerts have the new address."""
    assert event.meta is not None
    store.change_email(event.user_id, event.email, event.meta.aggregate_version)
