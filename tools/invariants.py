"""What must hold whenever the shop has come to rest, checked by reading all tables (I1 to I6)."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from shop.table import from_value

Item = dict[str, Any]
Tables = dict[str, list[Item]]
Found = Iterable[str]

SERVICES = ("carts", "discounts", "inventory", "orders", "payments")
MOVES = {
    None: {"pending"},
    "pending": {"confirmed", "cancelled"},
    "confirmed": {"processing", "cancelled"},
    "processing": {"shipped", "cancelled"},
    "shipped": {"delivered", "refunded"},
    "delivered": {"refunded"},
}
STANDING = {"confirmed", "processing", "shipped", "delivered"}  # orders that were sold and not taken back
OVER = {"succeeded", "failed", "compensation_failed"}
ON_HAND, RESERVED = {"restock", "sale", "adjustment", "return"}, {"reservation", "release", "sale"}


def read(database: Any, stage: str, services: Iterable[str] = SERVICES) -> Tables:
    """Every item of the tables that matter, through any DynamoDB client."""
    pages = database.get_paginator("scan").paginate
    return {
        service: [
            {name: from_value(value) for name, value in item.items()}
            for page in pages(TableName=f"{stage}-{service}", ConsistentRead=True)
            for item in page["Items"]
        ]
        for service in services
    }


def violations(tables: Tables, now: str) -> list[str]:
    """What does not hold, each with the invariant it breaks; `now` is a moment as the shop writes it."""
    shop = Shop(tables, now)
    checks: dict[str, Callable[[Shop], Found]] = {
        "I1": stock,
        "I2": money,
        "I3": orders,
        "I4": coupons,
        "I5": dangling,
        "I6": events,
    }
    return [f"{name} {found}" for name, check in checks.items() for found in check(shop)]


class Shop:
    """All items, by what they are."""

    def __init__(self, tables: Tables, now: str) -> None:
        self.now = now

        def of(service: str, pk: str, sk: str = "") -> list[Item]:
            return [item for item in tables[service] if item["PK"].startswith(pk) and item["SK"].startswith(sk)]

        self.items = of("inventory", "PROD#", "ITEM#")
        self.levels = of("inventory", "PROD#", "LEVEL#")
        self.ledger = of("inventory", "TXN#")
        self.reservations = of("inventory", "RES#", "META")
        self.reserved = of("inventory", "RES#", "LINE#")
        self.payments = {item["payment_id"]: item for item in of("payments", "PAY#", "META")}
        self.transactions = of("payments", "PAY#", "TXN#")
        self.bank = of("payments", "MOCKBANK#")
        self.orders = {item["order_id"]: item for item in of("orders", "ORDER#", "META")}
        self.sold = _by(of("orders", "ORDER#", "ITEM#"), "order_id")
        self.history = _by(of("orders", "ORDER#", "HIST#"), "order_id")
        self.checkouts = {item["order_id"]: item for item in of("orders", "CHK#")}
        self.carts = of("carts", "CART#", "META")
        self.coupons = [item for item in tables["discounts"] if "usage_limit" in item]
        self.said = Counter(
            (row["detail_type"], json.loads(row["detail"])["aggregate_id"])
            for service in SERVICES
            for row in tables[service]
            if row["PK"].startswith("OBX#")
        )
        self.silent = [row for s in SERVICES for row in tables[s] if row["PK"].startswith("OBX#") and "GSI1PK" in row]

    def over(self, order_id: str) -> bool:
        """Whether the checkout behind an order, if there is one, has come to its end."""
        checkout = self.checkouts.get(order_id)
        return checkout is None or checkout["status"] in OVER


def stock(shop: Shop) -> Found:
    """On hand - reserved = available >= 0; the ledger and the active reservations sum to what the levels say."""
    on_hand, reserved, held = Counter[Any](), Counter[Any](), Counter[Any]()
    for entry in shop.ledger:
        on_hand[_place(entry)] += entry["quantity"] if entry["transaction_type"] in ON_HAND else 0
        reserved[_place(entry)] += entry["quantity"] if entry["transaction_type"] in RESERVED else 0
    for line in shop.reserved:
        held[_place(line)] += line["quantity"] if line["status"] == "active" else 0
    totals = Counter[Any]()
    for level in shop.levels:
        place, quantity, kept = _place(level), level["quantity"], level["reserved_quantity"]
        totals[place[:2]] += quantity
        if not (quantity - kept == level["available_quantity"] >= 0 <= kept):
            yield f"{place}: {quantity} - {kept} is not {level['available_quantity']}"
        if on_hand[place] != quantity or reserved[place] != kept:
            yield f"{place}: the ledger says {on_hand[place]} and {reserved[place]}, the level {quantity} and {kept}"
        if held[place] != kept:
            yield f"{place}: {held[place]} in active reservations, {kept} reserved"
    for item in shop.items:
        unit = (item["product_id"], item.get("variant_id"))
        if not shop.silent and item["quantity"] != totals[unit]:
            yield f"{unit}: total {item['quantity']}, in the warehouses {totals[unit]}"


def money(shop: Shop) -> Found:
    """What was captured and not given back belongs to one order that stands; transactions and bank say the same."""
    kept: defaultdict[str, list[str]] = defaultdict(list)
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for done in shop.transactions:
        if done["status"] == "succeeded":
            sums[done["payment_id"], done["transaction_type"]] += done["amount"]["amount"]
    bank = {charge["provider_payment_id"]: charge for charge in shop.bank}
    for payment_id, payment in shop.payments.items():
        captured, refunded = payment["captured_amount"]["amount"], payment["refunded_amount"]["amount"]
        if not 0 <= refunded <= captured <= payment["amount"]["amount"]:
            yield f"payment {payment_id}: {refunded} refunded of {captured} captured"
        if (sums[payment_id, "charge"], sums[payment_id, "refund"]) != (captured, refunded):
            yield f"payment {payment_id}: its transactions do not add up"
        charge = bank.pop(payment.get("provider_payment_id") or "", None)
        if charge and _at_bank(charge) != captured - refunded:
            yield f"payment {payment_id}: the bank took {_at_bank(charge)}, we know of {captured - refunded}"
        if captured > refunded:
            kept[payment["order_id"]].append(payment_id)
            order = shop.orders.get(payment["order_id"])
            if shop.over(payment["order_id"]) and (order is None or order["status"] not in STANDING):
                yield f"payment {payment_id}: money was kept for an order that does not stand"
    for order_id, payments in kept.items():
        if len(payments) > 1:
            yield f"order {order_id} was paid {len(payments)} times"
    for provider_id, charge in bank.items():
        if _at_bank(charge):
            yield f"the bank took {_at_bank(charge)} nobody knows of: {provider_id}"


def orders(shop: Shop) -> Found:
    """Stored parts add up; history is a path of allowed moves; what stands is committed and paid, the rest is not."""
    committed = {h["order_id"] for h in shop.reservations if h["status"] == "completed"}
    paid = {p["order_id"] for p in shop.payments.values() if p["status"] in ("succeeded", "refunded")}
    for order_id, order in shop.orders.items():
        amount = {name: order[f"{name}_amount"]["amount"] for name in ("discount", "shipping", "tax", "total")}
        goods = order["subtotal"]["amount"]
        if goods - amount["discount"] + amount["shipping"] + amount["tax"] != amount["total"] or amount["total"] < 0:
            yield f"order {order_id}: its parts do not add up"
        lines = shop.sold[order_id]
        if sum(line["total_price"]["amount"] for line in lines) != goods or any(_off(line) for line in lines):
            yield f"order {order_id}: its lines do not add up"
        at: str | None = None
        for row in sorted(shop.history[order_id], key=lambda row: (row["created_at"], "previous_status" in row)):
            if row["status"] not in MOVES.get(at, set()) or row.get("previous_status") != at:
                yield f"order {order_id}: {at} to {row['status']} is no move"
            at = row["status"]
        if at != order["status"]:
            yield f"order {order_id}: its history ends with {at}, it is {order['status']}"
        if order["status"] in STANDING and order_id not in committed:
            yield f"order {order_id} is {order['status']}, its stock is not committed"
        if order["status"] in STANDING and order["payment_method"] != "cod" and order_id not in paid:
            yield f"order {order_id} is {order['status']}, and not paid"
        if order["status"] == "cancelled" and order_id in committed and not shop.silent:
            yield f"order {order_id} is cancelled, its stock is sold"
        if order["status"] == "pending" and shop.over(order_id):
            yield f"order {order_id} was never confirmed"
    for order_id, checkout in shop.checkouts.items():
        if checkout["status"] == "succeeded" and order_id not in shop.orders:
            yield f"checkout {checkout['checkout_id']} succeeded without an order"


def coupons(shop: Shop) -> Found:
    """No coupon is used more often than it may be."""
    for coupon in shop.coupons:
        if coupon.get("usage_count", 0) > coupon["usage_limit"]:
            yield f"coupon {coupon['PK']}: used {coupon['usage_count']} of {coupon['usage_limit']}"


def dangling(shop: Shop) -> Found:
    """Nothing is held for a checkout that is over, or past its time."""
    for header in shop.reservations:
        held = header["status"] in ("reserving", "active")
        if held and (shop.over(header["order_id"]) or header["expires_at"] < shop.now):
            yield f"stock is still reserved for order {header['order_id']}"
    running = {c["checkout_id"] for c in shop.checkouts.values() if c["status"] not in OVER}
    for cart in shop.carts:
        lock = cart.get("checkout_lock")
        if lock and cart["status"] == "active" and not shop.silent and lock["checkout_id"] not in running:
            yield f"cart {cart['cart_id']} is locked by a checkout that is over"
    for payment_id, payment in shop.payments.items():
        opened = payment["status"] in ("pending", "processing") and payment["payment_method"] != "cod"
        if opened and shop.over(payment["order_id"]):
            yield f"payment {payment_id} is still {payment['status']}"
    for checkout in shop.checkouts.values():
        if checkout["status"] == "awaiting_payment" and checkout["waits_until"] < shop.now:
            yield f"checkout {checkout['checkout_id']} waits past its time"


def events(shop: Shop) -> Found:
    """Each change was told once."""

    def told(kind: str, about: str, times: int) -> Found:
        if shop.said[kind, about] != times:
            yield f"{kind} of {about} was told {shop.said[kind, about]} times, not {times}"

    for order_id in shop.orders:
        reached = Counter(row["status"] for row in shop.history[order_id])
        yield from told("order.created", order_id, 1)
        yield from told("order.status_changed", order_id, len(shop.history[order_id]) - 1)
        for status in ("confirmed", "shipped", "delivered", "cancelled"):
            yield from told(f"order.{status}", order_id, reached[status])
    for checkout in shop.checkouts.values():
        failed = checkout["status"] in ("failed", "compensation_failed")
        yield from told("checkout.started", checkout["checkout_id"], 1)
        yield from told("checkout.failed", checkout["checkout_id"], int(failed))
    for payment_id, payment in shop.payments.items():
        if payment["status"] in ("failed", "cancelled"):
            yield from told(f"payment.{payment['status']}", payment_id, 1)
    for header in shop.reservations:
        if header["status"] == "completed":
            yield from told("reservation.completed", header["order_id"], 1)
    standing = {o["cart_id"]: o["order_id"] for o in shop.orders.values() if o["status"] in STANDING}
    for cart in shop.carts:
        if cart["cart_id"] in standing and cart["status"] != "converted" and not shop.silent:
            yield f"cart {cart['cart_id']} became an order and is still {cart['status']}"


def _by(items: list[Item], field: str) -> defaultdict[str, list[Item]]:
    grouped: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        grouped[item[field]].append(item)
    return grouped


def _place(item: Item) -> tuple[str, str | None, str]:
    return item["product_id"], item.get("variant_id"), item["warehouse_id"]


def _at_bank(charge: Item) -> int:
    return int(charge["amount"]["amount"]) - int(charge["refunded"]) if charge["status"] == "succeeded" else 0


def _off(line: Item) -> bool:
    return bool(line["unit_price"]["amount"] * line["quantity"] != line["total_price"]["amount"])
