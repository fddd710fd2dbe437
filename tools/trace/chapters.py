"""What each service knows of one order: a chapter each, of moments in no order yet."""

import json
from collections.abc import Iterator, Mapping

from relay.store import SERVICES
from shop import clock
from shop.masking import masked
from tools.places import Place
from tools.trace import machine
from tools.trace.books import GSI1, GSI2, Books, Item
from tools.trace.moments import Moment, money, told

BAD = {"failed", "cancelled", "compensation_failed", "exception", "bounced", "expired", "rejected"}


def checkout(place: Place, row: Item) -> Iterator[Moment]:
    """A checkout, and every run of its machine."""
    asked = told(money(row["expected_total"]), cart=row["cart_id"])
    yield Moment(row["created_at"], "orders", "checkout begun", asked, row["correlation_id"])
    for moment in ("suspended_at", "resumed_at"):
        if row.get(moment):
            yield Moment(row[moment], "orders", f"checkout {moment.removesuffix('_at')}")
    why = told(row.get("failure_code"), at=row.get("failed_stage"))
    yield Moment(row["updated_at"], "orders", f"checkout {row['status']}", why, bad=row["status"] in BAD)
    yield from machine.runs(place, row)


def order(rows: list[Item]) -> Iterator[Moment]:
    """An order's own partition: its moves, who made them, and why."""
    for row in rows:
        kind = row["SK"].partition("#")[0]
        if kind == "META":
            amount = told(money(row["total_amount"]), paid=row["payment_method"])
            yield Moment(row["created_at"], "orders", f"order {row['order_number']} made", amount)
        elif kind == "HIST":
            why = told(by=row["changed_by"], reason=row.get("reason"))
            yield Moment(row["created_at"], "orders", f"order {row['status']}", why, bad=row["status"] in BAD)
        elif kind == "NOTE":
            yield Moment(row["created_at"], "orders", "note written")
        elif kind == "UNPAID":
            yield Moment(row["created_at"], "orders", "payment missing", told(due=row["due_at"]), bad=True)


def stock(books: Books, order_id: str) -> Iterator[Moment]:
    """What was held for it, and what moved on the shelves."""
    for row in books.partition("inventory", f"RES#{order_id}"):
        if row["SK"] == "META":
            ended = told(until=row["expires_at"], reason=row.get("reason"))
            bad = row["status"] in BAD
            yield Moment(row["updated_at"], "inventory", f"reservation {row['status']}", ended, bad=bad)
    for row in books.partition("inventory", f"TXREF#{order_id}", GSI1):
        unit = told(f"{row['quantity']:+d}", product=row["product_id"], variant=row.get("variant_id"))
        yield Moment(row["created_at"], "inventory", str(row["transaction_type"]), unit)


def discounts(books: Books, order_id: str) -> Iterator[Moment]:
    """What became of the uses of coupons and promotions."""
    for row in books.partition("discounts", f"HOLD#{order_id}"):
        yield Moment(row["created_at"], "discounts", "discounts held")
        if row["status"] != "reserved":
            yield Moment(row["updated_at"], "discounts", f"discounts {row['status']}")


def payment(books: Books, payment_id: str) -> Iterator[Moment]:
    """A payment: what was done with the money, given back, and said by the provider."""
    for row in books.partition("payments", f"PAY#{payment_id}"):
        kind, amount = row["SK"].partition("#")[0], money(row.get("amount"))
        if kind == "META":
            made = told(amount, row.get("payment_method"), row.get("provider"), number=row["payment_number"])
            yield Moment(row["created_at"], "payments", "payment made", made)
            why = told(row.get("failure_reason") and masked(row["failure_reason"]))
            yield Moment(row["updated_at"], "payments", f"payment {row['status']}", why, bad=row["status"] in BAD)
        elif kind == "TXN":
            what = f"{row['transaction_type']} {row['status']}"
            yield Moment(row.get("processed_at") or row["created_at"], "payments", what, amount)
        elif kind == "REF":
            about = told(amount, row["refund_method"], number=row["refund_number"], reason=row.get("reason"))
            yield Moment(row["created_at"], "payments", "refund made", about)
            yield Moment(row["updated_at"], "payments", f"refund {row['status']}", bad=row["status"] in BAD)
    for row in books.partition("payments", f"PAYWHK#{payment_id}", GSI2):
        yield Moment(row["created_at"], "payments", f"webhook {row['event_type']}", told(row["status"]))


def parcel(books: Books, shipment_id: str) -> Iterator[Moment]:
    """A parcel, and where it was seen."""
    for row in books.partition("shipping", f"SHIP#{shipment_id}"):
        if row["SK"] == "META":
            made = told(row["carrier"], row["status"], tracking=row.get("tracking_number"))
            yield Moment(row["created_at"], "shipping", "parcel made", made)
        elif row["SK"].startswith("TRK#"):
            bad = row["status"] in BAD
            seen = told(row.get("description") and masked(row["description"]))
            yield Moment(row["timestamp"], "shipping", f"parcel {row['status']}", seen, bad=bad)


def returned(books: Books, return_id: str) -> Iterator[Moment]:
    """A return, and the exchange that is owed for it."""
    for row in books.partition("returns", f"RET#{return_id}"):
        kind = row["SK"].partition("#")[0]
        if kind == "META":
            why = told(row["return_reason"], money(row["refund_amount"]), rma=row["rma_number"])
            yield Moment(row["created_at"], "returns", "return asked", why)
        elif kind == "HIST" and row.get("previous_status"):
            by, bad = told(by=row["changed_by"]), row["status"] in BAD
            yield Moment(row["created_at"], "returns", f"return {row['status']}", by, bad=bad)
        elif kind == "REFUND":
            about = told(money(row["amount"]), row["status"])
            yield Moment(row["created_at"], "returns", "money to be given back", about, bad=row["status"] in BAD)
    for row in books.partition("orders", f"EXCH#{return_id}"):
        yield Moment(row["created_at"], "orders", f"exchange {row['status']}")


def notification(books: Books, about: Item) -> Iterator[Moment]:
    """A message, and each attempt to send it."""
    name = f"{about['notification_type']} by {about['channel']}"
    yield Moment(about["created_at"], "notifications", f"{name} {about['status']}", bad=about["status"] in BAD)
    for row in books.partition("notifications", f"NTF#{about['id']}", low="LOG#"):
        if row["SK"].startswith("LOG#"):
            why, bad = told(row["provider"], error=row.get("error")), row["status"] in BAD
            yield Moment(row["created_at"], "notifications", f"{name}: attempt {row['status']}", why, bad=bad)


def events(books: Books, about: Mapping[str, set[str]]) -> Iterator[Moment]:
    """What was told of it all: by whom, in whose wake, and who has answered with a change of their own."""
    rows = [(service, row) for service, things in about.items() for row in books.told(service, things)]
    event_ids = {row["event_id"] for _, row in rows}
    heard = {service: books.heard(service, event_ids) for service in SERVICES} if event_ids else {}
    for service, row in rows:
        led_by = json.loads(row["detail"])["correlation_id"]
        answered = " ".join(name for name, found in heard.items() if row["event_id"] in found)
        if "published_at" in row:
            lag = clock.epoch(row["published_at"]) - clock.epoch(row["occurred_at"])
            yield _event(service, row, told(f"published after {lag:.1f} s", answered=answered), led_by)
        else:
            yield _event(service, row, "not yet published", led_by, bad=True)


def _event(service: str, row: Item, detail: str, correlation_id: str, bad: bool = False) -> Moment:
    return Moment(row["occurred_at"], service, f"told {row['detail_type']}", detail, correlation_id, bad)
