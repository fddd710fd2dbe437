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
SOLD = STANDING | {"refunded"}  # what was paid for sending goods that came back is kept
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
        self.refunds = of("payments", "PAY#", "REF#")
        self.bank = of("payments", "MOCKBANK#")
        self.credit = of("payments", "USER#", "CREDIT#")
        self.credit_entries = of("payments", "USER#", "CREDITTX#")
        self.gifts = of("payments", "GIFT#", "META")
        self.gift_entries = of("payments", "GIFT#", "ENTRY#")
        self.orders = {item["order_id"]: item for item in of("orders", "ORDER#", "META")}
        self.sold = _by(of("orders", "ORDER#", "ITEM#"), "order_id")
        self.edits = of("orders", "ORDER#", "EDIT#")
        self.history = _by(of("orders", "ORDER#", "HIST#"), "order_id")
        self.checkouts = {item["order_id"]: item for item in of("orders", "CHK#")}
        self.carts = of("carts", "CART#", "META")
        self.coupons = of("discounts", "COUPON#", "META")
        self.uses = [use for use in of("discounts", "COUPON#", "USAGE#") if use["status"] != "released"]
        self.counters = of("discounts", "COUPON#", "USER#")
        self.holds = of("discounts", "HOLD#")
        self.said = Counter(
            (row["detail_type"], json.loads(row["detail"])["aggregate_id"])
            for service in SERVICES
            for row in tables[service]
            if row["PK"].startswith("OBX#")
        )
        outboxes = [row for service in SERVICES for row in tables[service] if row["PK"].startswith("OBX#")]
        self.silent = [row for row in outboxes if "published_at" not in row]

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
        held[_place(line), line["bucket"]] += line["quantity"] if line["status"] == "active" else 0
    there, kept, totals = Counter[Any](), Counter[Any](), Counter[Any]()
    for level in shop.levels:
        place, quantity, promised = _place(level), level["quantity"], level["reserved_quantity"]
        there[place] += quantity
        kept[place] += promised
        totals[place[:2]] += quantity
        if not (quantity - promised == level["available_quantity"] >= 0 <= promised):
            yield f"{place}: {quantity} - {promised} is not {level['available_quantity']}"
        if held[place, level["bucket"]] != promised:
            yield f"{place}: {held[place, level['bucket']]} in active reservations, {promised} reserved"
    for place in {*there, *on_hand, *reserved}:  # the buckets of a split unit have one ledger
        says, lies = (on_hand[place], reserved[place]), (there[place], kept[place])
        if says != lies:
            yield f"{place}: the ledger says {says[0]} and {says[1]}, the levels {lies[0]} and {lies[1]}"
    for item in shop.items:
        unit = (item["product_id"], item.get("variant_id"))
        if not shop.silent and item["quantity"] != totals[unit]:
            yield f"{unit}: total {item['quantity']}, in the warehouses {totals[unit]}"


def money(shop: Shop) -> Found:
    """What was captured and not given back belongs to one order that stands; transactions and bank say the same.

    An order, and each part that it came to cost more, is paid once, and in all just what it costs.
    """
    kept: defaultdict[tuple[str, str | None], list[str]] = defaultdict(list)
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    at_mock: defaultdict[str, int] = defaultdict(int)
    for done in shop.transactions:
        if done["status"] == "succeeded" and done["transaction_type"] in ("charge", "capture", "refund"):
            back = done["transaction_type"] == "refund"
            amount = done["amount"]["amount"]
            sums[done["payment_id"], "refunded" if back else "captured"] += amount
            at_mock[done["payment_id"]] += (-amount if back else amount) if done.get("provider") == "mock" else 0
    bank = {charge["provider_payment_id"]: charge for charge in shop.bank}
    for payment_id, payment in shop.payments.items():
        captured, refunded = payment["captured_amount"]["amount"], payment["refunded_amount"]["amount"]
        if not 0 <= refunded <= captured <= payment["amount"]["amount"]:
            yield f"payment {payment_id}: {refunded} refunded of {captured} captured"
        if (sums[payment_id, "captured"], sums[payment_id, "refunded"]) != (captured, refunded):
            yield f"payment {payment_id}: its transactions do not add up"
        charge = bank.pop(payment.get("provider_payment_id") or "", None)
        if charge and _at_bank(charge) != at_mock[payment_id]:
            yield f"payment {payment_id}: the bank took {_at_bank(charge)}, we know of {at_mock[payment_id]}"
        if captured > refunded:
            kept[payment["order_id"], payment.get("part")].append(payment_id)
            order = shop.orders.get(payment["order_id"])
            if shop.over(payment["order_id"]) and (order is None or order["status"] not in SOLD):
                yield f"payment {payment_id}: money was kept for an order that does not stand"
    for (order_id, _), payments in kept.items():
        if len(payments) > 1:
            yield f"order {order_id} was paid {len(payments)} times"
    yield from _costs(shop)
    for provider_id, charge in bank.items():
        if _at_bank(charge):
            yield f"the bank took {_at_bank(charge)} nobody knows of: {provider_id}"
    yield from _ledgers(shop)


def _costs(shop: Shop) -> Found:
    """What was paid for an edited order, less what went back for that, is what it costs without what is still due."""
    paid = Counter[str]()
    for payment in shop.payments.values():
        if payment["status"] in ("succeeded", "refunded"):
            paid[payment["order_id"]] += payment["amount"]["amount"]
    for refund in shop.refunds:
        if refund.get("reference") and refund["status"] == "succeeded":
            paid[refund["order_id"]] -= refund["amount"]["amount"]
    for order_id in {edit["order_id"] for edit in shop.edits}:
        order = shop.orders.get(order_id)
        if not order or order["status"] not in STANDING or order["payment_status"] != "paid" or shop.silent:
            continue
        owed = order["total_amount"]["amount"] - (order.get("amount_due") or {"amount": 0})["amount"]
        if paid[order_id] != owed:
            yield f"order {order_id}: {paid[order_id]} was paid, it costs {owed}"


def _ledgers(shop: Shop) -> Found:
    """Store credit and gift cards hold what their entries sum to, and never less than nothing."""
    booked = Counter[Any]()
    for entry in shop.credit_entries:
        booked[entry["user_id"], entry["amount"]["currency"]] += entry["amount"]["amount"]
    for account in shop.credit:
        name, held = (account["user_id"], account["currency"]), account["balance"]["amount"]
        if held < 0 or booked.pop(name, 0) != held:
            yield f"store credit of {name}: {held} is not what its entries sum to"
    for entry in shop.gift_entries:
        booked[entry["gift_card_id"]] += entry["amount"]["amount"]
    for card in shop.gifts:
        name, held = card["gift_card_id"], card["balance"]["amount"]
        if held < 0 or booked.pop(name, 0) != held:
            yield f"gift card {name}: {held} is not what its entries sum to"
    for name in booked:
        yield f"{name} was booked on, and has no balance"


def orders(shop: Shop) -> Found:
    """Stored parts add up; history is a path of allowed moves; what stands is committed and paid, the rest is not."""
    committed = {h["order_id"] for h in shop.reservations if h["status"] == "completed"}
    paid = {p["order_id"] for p in shop.payments.values() if p["status"] in ("succeeded", "refunded")}
    taken = defaultdict[str, Counter[Any]](Counter)
    for line in shop.reserved:
        if line["status"] == "completed":
            taken[line["order_id"]][line["product_id"], line.get("variant_id")] += line["quantity"]
    for order_id, order in shop.orders.items():
        amount = {name: order[f"{name}_amount"]["amount"] for name in ("discount", "shipping", "tax", "total")}
        goods = order["subtotal"]["amount"]
        added = 0 if order["prices_include_tax"] else amount["tax"]
        if goods - amount["discount"] + amount["shipping"] + added != amount["total"] or amount["total"] < 0:
            yield f"order {order_id}: its parts do not add up"
        lines = shop.sold[order_id]
        if sum(line["total_price"]["amount"] for line in lines) != goods or any(_off(line) for line in lines):
            yield f"order {order_id}: its lines do not add up"
        if sum(line["discount_amount"]["amount"] for line in lines) != amount["discount"]:
            yield f"order {order_id}: its lines' discounts do not add up"
        taxed = [*lines, {"tax_amount": order.get("shipping_tax_amount")}]
        if sum((part.get("tax_amount") or {"amount": 0})["amount"] for part in taxed) != amount["tax"]:
            yield f"order {order_id}: its taxes do not add up"
        at: str | None = None
        for row in sorted(shop.history[order_id], key=lambda row: (row["created_at"], "previous_status" in row)):
            if _edited(row) and row["status"] == at:
                continue
            if row["status"] not in MOVES.get(at, set()) or row.get("previous_status") != at:
                yield f"order {order_id}: {at} to {row['status']} is no move"
            at = row["status"]
        if at != order["status"]:
            yield f"order {order_id}: its history ends with {at}, it is {order['status']}"
        if order["status"] in STANDING and order_id not in committed:
            yield f"order {order_id} is {order['status']}, its stock is not committed"
        sold = Counter[Any]()
        for line in lines:
            sold[line["product_id"], line.get("variant_id")] += line["quantity"]
        if order["status"] in STANDING and not order.get("editing") and taken[order_id] != sold:
            yield f"order {order_id}: other stock was sold to it than its lines say"
        free = order["payment_method"] == "cod" or not order["total_amount"]["amount"]
        if order["status"] in STANDING and not free and order_id not in paid:
            yield f"order {order_id} is {order['status']}, and not paid"
        if order["status"] == "cancelled" and order_id in committed and not shop.silent:
            yield f"order {order_id} is cancelled, its stock is sold"
        if order["status"] == "pending" and shop.over(order_id):
            yield f"order {order_id} was never confirmed"
    for order_id, checkout in shop.checkouts.items():
        if checkout["status"] == "succeeded" and order_id not in shop.orders:
            yield f"checkout {checkout['checkout_id']} succeeded without an order"


def coupons(shop: Shop) -> Found:
    """No coupon is used more often than it may be, by all or by one; what is counted is what is on record."""
    by_all = Counter(use["PK"] for use in shop.uses)
    by_user = Counter((use["PK"], use["user_id"]) for use in shop.uses)
    limits = {coupon["PK"]: coupon.get("usage_limit_per_user") for coupon in shop.coupons}
    for coupon in shop.coupons:
        used, limit = coupon["usage_count"], coupon.get("usage_limit")
        if used != by_all[coupon["PK"]] or (limit is not None and used > limit):
            yield f"{coupon['PK']}: {used} counted and {by_all[coupon['PK']]} on record, of {limit}"
    for counter in shop.counters:
        used, limit = counter["count"], limits.get(counter["PK"])
        if used != by_user[counter["PK"], counter["user_id"]] or (limit is not None and used > limit):
            yield f"{counter['PK']}: {used} counted for user {counter['user_id']}, of {limit}"


def dangling(shop: Shop) -> Found:
    """Nothing is held for a checkout that is over, or past its time."""
    for header in shop.reservations:
        held = header["status"] in ("reserving", "active")
        if held and (shop.over(header["order_id"]) or header["expires_at"] < shop.now):
            yield f"stock is still reserved for order {header['order_id']}"
    for hold in shop.holds:
        settled = not shop.over(hold["order_id"]) or shop.silent
        if hold["status"] == "reserved" and (not settled or hold["due_at"] < shop.now):
            yield f"discounts are still held for order {hold['order_id']}"
    running = {c["checkout_id"] for c in shop.checkouts.values() if c["status"] not in OVER}
    for cart in shop.carts:
        lock = cart.get("checkout_lock")
        if lock and cart["status"] == "active" and not shop.silent and lock["checkout_id"] not in running:
            yield f"cart {cart['cart_id']} is locked by a checkout that is over"
    for edit in shop.edits:
        if edit["status"] == "applying":
            yield f"edit {edit['edit_id']} of order {edit['order_id']} is not over"
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
        reached = Counter(row["status"] for row in shop.history[order_id] if not _edited(row))
        yield from told("order.created", order_id, 1)
        yield from told("order.status_changed", order_id, reached.total() - 1)
        for status in ("confirmed", "shipped", "delivered", "cancelled"):
            yield from told(f"order.{status}", order_id, reached[status])
    ended = Counter((edit["order_id"], edit["status"]) for edit in shop.edits)
    for order_id in {edit["order_id"] for edit in shop.edits}:
        yield from told("order.edited", order_id, ended[order_id, "applied"])
        yield from told("order.edit_refused", order_id, ended[order_id, "refused"])
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
    standing = {o.get("cart_id"): o["order_id"] for o in shop.orders.values() if o["status"] in STANDING}
    for cart in shop.carts:
        if cart["cart_id"] in standing and cart["status"] != "converted" and not shop.silent:
            yield f"cart {cart['cart_id']} became an order and is still {cart['status']}"


def _by(items: list[Item], field: str) -> defaultdict[str, list[Item]]:
    grouped: defaultdict[str, list[Item]] = defaultdict(list)
    for item in items:
        grouped[item[field]].append(item)
    return grouped


def _edited(row: Item) -> bool:
    """Whether a row of an order's history tells of an edit, and not of a move."""
    return bool(row["status"] == row.get("previous_status"))


def _place(item: Item) -> tuple[str, str | None, str]:
    return item["product_id"], item.get("variant_id"), item["warehouse_id"]


def _at_bank(charge: Item) -> int:
    if charge["status"] != "succeeded":
        return 0
    taken = charge.get("captured", 0) if charge.get("held") else charge["amount"]["amount"]
    return int(taken) - int(charge["refunded"])


def _off(line: Item) -> bool:
    return bool(line["unit_price"]["amount"] * line["quantity"] != line["total_price"]["amount"])
