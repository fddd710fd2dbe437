"""Stock alerts in the table: by product for whoever brings the news, by user for whoever waits."""

from collections.abc import Iterable, Iterator, Sequence

from pynamodb.expressions.operand import Path

from catalog.model.alerts import KeptAlert, Replenished, StockAlert
from catalog.model.product import Product
from catalog.store.erasing import here
from catalog.store.keys import product_key, table
from shop import clock, settings
from shop.errors import conflict, not_found
from shop.events import catalog as said
from shop.ids import shard
from shop.pages import Page, Paging
from shop.races import LostRace
from shop.table import ABSENT, GSI1, PRESENT, Key, Row, newer, shards

AT_ONCE = 45  # told of in one transaction, two writes each


def _alert_key(product_id: str, variant_id: str | None, user_id: str) -> Key:
    return Key(f"ALERT#{product_id}#{shard(user_id)}", f"{variant_id or ''}#{user_id}")


def _alert(a: KeptAlert) -> Row:
    return Row(
        _alert_key(a.product_id, a.variant_id, a.user_id),
        gsi1=(f"USER#{a.user_id}", f"ALERT#{a.created_at}#{a.id}"),
        ttl=clock.ttl(a.expires_at),
    )


def _replenished_key(product_id: str) -> Key:
    return Key(f"ALERT#{product_id}", "REPLENISHED")


ALERTS = table.kind("stock_alert", KeptAlert, _alert)
REPLENISHED = table.kind("replenished_product", Replenished, lambda r: Row(_replenished_key(r.product_id)))


def create(alert: KeptAlert, product: Product, last: Replenished | None) -> None:
    """Write an alert in place of one that is over, if the product and its stock still are as they were judged."""
    taken = conflict("already_subscribed", "You will be told already")
    free = ABSENT | (Path("notified") == True) | (Path("expires_at") <= alert.created_at)  # noqa: E712
    same = (Path("version") == last.version) if last else ABSENT
    of = {"alert_id": alert.id, "product_id": alert.product_id, "variant_id": alert.variant_id}
    with table.transaction() as tx:
        tx.put(ALERTS, alert, free, taken)
        tx.check(product_key(product.product_id), Path("version") == product.version, LostRace())
        tx.check(_replenished_key(product.product_id), same, LostRace())
        here(tx, alert.user_id)
        tx.say(said.StockAlertCreated(**of, user_id=alert.user_id), version=alert.version)


def find(product_id: str, variant_id: str | None, user_id: str) -> KeptAlert | None:
    """A user's alert for one unit, if there is one that is not over."""
    found = ALERTS.get(_alert_key(product_id, variant_id, user_id))
    return found if found and found.expires_at > clock.now() else None


def cancel(product_id: str, variant_id: str | None, user_id: str) -> None:
    """Remove a user's alert for one unit (404 when there is none)."""
    there = PRESENT & (Path("expires_at") > clock.now())
    with table.transaction() as tx:
        tx.delete(_alert_key(product_id, variant_id, user_id), there, not_found("stock alert"))


def of_user(user_id: str, paging: Paging) -> Page[StockAlert]:
    """A user's alerts, newest first (AP26)."""
    over = f"ALERT#{clock.after(-settings.STOCK_ALERT_TTL)}~"  # sorts behind all of that moment
    return ALERTS.page(f"USER#{user_id}", paging, prefix="ALERT#", low=over)


def replenished(product_id: str) -> Replenished | None:
    """What was last heard of the product's units coming back."""
    return REPLENISHED.get(_replenished_key(product_id))


def note_replenished(before: Replenished | None, after: Replenished) -> None:
    """Write that a unit is back: from here on nobody can begin to wait for it."""
    with table.transaction() as tx:
        if before is None:
            tx.create(REPLENISHED, after, LostRace())
        else:
            tx.save(REPLENISHED, after, otherwise=LostRace())


def waiting(product_id: str, variant_ids: Iterable[str | None]) -> Iterator[list[KeptAlert]]:
    """Who waits for these units, so many at a time (AP26)."""
    prefixes = [f"{variant_id or ''}#" for variant_id in variant_ids]
    for pk in shards(f"ALERT#{product_id}"):
        for prefix in prefixes:
            for alerts in ALERTS.batches(pk, prefix=prefix, size=AT_ONCE):
                yield [alert for alert in alerts if not alert.notified and alert.expires_at > clock.now()]


def fire(alerts: Sequence[KeptAlert], product_name: str) -> None:
    """Tell so many users that what they wait for is back, each once; LostRace when one of them waits no more."""
    with table.transaction() as tx:
        for alert in alerts:
            tx.update(
                ALERTS.row(alert).key,
                Path("notified").set(True),
                condition=(Path("id") == alert.id) & (Path("notified") == False),  # noqa: E712
                otherwise=LostRace(),
            )
            tx.say(
                said.StockAlertTriggered(
                    alert_id=alert.id,
                    product_id=alert.product_id,
                    variant_id=alert.variant_id,
                    user_id=alert.user_id,
                    email=alert.email,
                    product_name=product_name,
                ),
                version=alert.version + 1,
            )


def change_email(user_id: str, email: str, version: int) -> None:
    """Write a user's new address into all of their alerts."""
    for alerts in ALERTS.batches(f"USER#{user_id}", index=GSI1, prefix="ALERT#"):
        for alert in alerts:
            _change_email(alert, email, version)


def _change_email(alert: KeptAlert, email: str, version: int) -> None:
    news = LostRace()
    try:
        with table.transaction() as tx:
            change = (Path("email").set(email), Path("email_version").set(version))
            tx.update(ALERTS.row(alert).key, *change, condition=newer(version, "email_version"), otherwise=news)
    except LostRace:  # it is gone, or has a newer address
        return


def forget(user_id: str) -> None:
    """Remove a user's alerts."""
    for alerts in ALERTS.batches(f"USER#{user_id}", index=GSI1, prefix="ALERT#"):
        table.delete_all([ALERTS.row(alert).key for alert in alerts])
