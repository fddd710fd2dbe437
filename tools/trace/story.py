"""One order's story: everything that belongs to it is found, and told in the order of time."""

from collections.abc import Iterator
from typing import NamedTuple

from tools.places import Place
from tools.trace import chapters
from tools.trace.books import GSI1, Books, Item
from tools.trace.moments import Moment


class Story(NamedTuple):
    """An order, the checkout it came from, and all that happened, the oldest first."""

    order: Item | None
    checkout: Item | None
    moments: list[Moment]


class NoSuchOrder(Exception):
    """Nobody knows an order, or a checkout, of this id or number."""


def tell(place: Place, asked: str) -> Story:
    """The story of an order, by its number or id, or by its checkout's id."""
    books = Books(place)
    order_id = _order_id(books, asked)
    owner = books.owner("orders", "ORDERCHK", order_id)
    checkout = next(iter(books.partition("orders", owner)), None) if owner else None
    rows = books.partition("orders", f"ORDER#{order_id}")
    order = next((row for row in rows if row["SK"] == "META"), None)
    if order is None and checkout is None:
        raise NoSuchOrder(f"no order, and no checkout, {asked}")
    things = Things.of(books, order_id, order, checkout)
    moments = [*_chapters(place, books, rows, checkout, things), *chapters.events(books, things.speakers())]
    return Story(order, checkout, sorted(moments, key=lambda moment: moment.at))


class Things(NamedTuple):
    """The ids of all that belongs to an order, and what was written to its customer about them."""

    order_id: str
    checkout_ids: list[str]
    cart_ids: list[str]
    payments: list[str]
    refunds: list[str]
    parcels: list[str]
    returns: list[str]
    messages: list[Item]

    @classmethod
    def of(cls, books: Books, order_id: str, order: Item | None, checkout: Item | None) -> "Things":
        """What the indexes of each service name under the order."""
        known = [row for row in (checkout, order) if row]
        paid, parcels, back = (
            books.partition(service, f"ORDER#{order_id}", GSI1) for service in ("payments", "shipping", "returns")
        )
        found = cls(
            order_id,
            [checkout["checkout_id"]] if checkout else [],
            [checkout["cart_id"]] if checkout else [],
            [row["payment_id"] for row in paid if row["SK"] == "META"],
            [row["refund_id"] for row in paid if row["SK"].startswith("REF#")],
            [row["id"] for row in parcels],
            list(dict.fromkeys(row["return_request_id"] for row in back)),
            [],
        )
        # A message names what it is about in its key or its words.
        names = {*found.ids(), *(str(row["order_number"]) for row in known)}
        written = books.partition("notifications", f"USER#{known[0]['user_id']}", GSI1, low=known[0]["created_at"])
        about = [row for row in written if any(name in f"{row['dedupe_key']} {row['variables']}" for name in names)]
        return found._replace(messages=about)

    def ids(self) -> set[str]:
        """All of them but the messages."""
        return {self.order_id, *self.checkout_ids, *self.payments, *self.refunds, *self.parcels, *self.returns}

    def speakers(self) -> dict[str, set[str]]:
        """Who has told events about which of them."""
        about = {
            "carts": {*self.cart_ids},
            "inventory": {self.order_id},
            "notifications": {row["id"] for row in self.messages},
            "orders": {self.order_id, *self.checkout_ids, *self.returns},
            "payments": {*self.payments, *self.refunds},
            "returns": {*self.returns},
            "shipping": {*self.parcels},
        }
        return {service: ids for service, ids in about.items() if ids}


def _chapters(place: Place, books: Books, rows: list[Item], checkout: Item | None, things: Things) -> Iterator[Moment]:
    if checkout:
        yield from chapters.checkout(place, checkout)
    yield from chapters.order(rows)
    yield from chapters.stock(books, things.order_id)
    yield from chapters.discounts(books, things.order_id)
    for payment_id in things.payments:
        yield from chapters.payment(books, payment_id)
    for shipment_id in things.parcels:
        yield from chapters.parcel(books, shipment_id)
    for return_id in things.returns:
        yield from chapters.returned(books, return_id)
    for message in things.messages:
        yield from chapters.notification(books, message)


def _order_id(books: Books, asked: str) -> str:
    if numbered := books.owner("orders", "ORDERNO", asked.upper()):
        return numbered.removeprefix("ORDER#")
    checkout = books.partition("orders", f"CHK#{asked}")
    return str(checkout[0]["order_id"]) if checkout else asked
