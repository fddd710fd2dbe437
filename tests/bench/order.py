"""What one order costs: functions run, calls made and units used, from the checkout to the parcel at the door."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from shop import clock
from tests.bench import prices
from tests.bench.bill import Bill
from tests.bench.cloud import Cloud, Member, opened
from tests.bench.rows import Row, Tell
from tests.kit import anyone, perform
from tests.proof.machine import Json
from tests.proof.shopper import Buyer, Shelf, a_buyer, fresh, furnish, money

SECRET = "the-carrier-signs-with-this"
CARRIER = {"name": "Coach", "code": "custom", "webhook_secret": SECRET}
MANY = 30  # lines of a large order


@dataclass
class House:
    """A shop that is open: goods on the shelf, a carrier, and who runs it."""

    cloud: Cloud
    shelf: Shelf
    admin: Member
    carrier_id: str

    def buyer(self, name: str) -> Buyer:
        """A new customer with an address and a card, whom everybody has heard of."""
        buyer = a_buyer(self.shelf, client=self.cloud.member(name))
        self.cloud.settle()
        return buyer

    def place(self, buyer: Buyer, *lines: tuple[str, int]) -> tuple[Json, Bill]:
        """An order, until everybody has heard of it."""
        cart = buyer.fill(*lines)
        self.cloud.settle()
        with self.cloud.counting() as bill:
            made = buyer.check_out(buyer.wish(cart), wait=None).ok(202)
            self.cloud.settle()
        return buyer.order(made["order_id"]), bill

    def deliver(self, order: Json) -> Bill:
        """Its parcel: packed by somebody who runs the shop, delivered as its carrier says."""
        items = [{"order_item_id": item["order_item_id"], "quantity": item["quantity"]} for item in order["items"]]
        parcel = {
            "order_id": order["order_id"],
            "method_id": self.shelf.method_id,
            "carrier_id": self.carrier_id,
            "items": items,
            "weight": 900,
            "tracking_number": f"COACH-{order['order_number']}",
        }
        with self.cloud.counting() as bill:
            made = self.admin.post("/v1/shipments", parcel, idempotency_key=fresh("parcel")).ok(201)
            self.cloud.settle()
            raw, signature = seen(made["tracking_number"], "delivered")
            anyone().post("/v1/carrier-webhooks/custom", raw, x_carrier_signature=signature).ok(200)
            self.cloud.settle()
        assert self.admin.get(f"/v1/orders/{order['order_id']}").ok(200)["status"] == "delivered"
        return bill


def seen(tracking_number: str, status: str) -> tuple[str, str]:
    """What the carrier tells by its webhook, and how it is signed."""
    moment = int(time.time())
    raw = json.dumps([{"tracking_number": tracking_number, "status": status, "timestamp": clock.now()}])
    signed = hmac.new(SECRET.encode(), f"{moment}.{raw}".encode(), hashlib.sha256).hexdigest()
    return raw, f"t={moment},v1={signed}"


@contextmanager
def a_house() -> Iterator[House]:
    """A shop in its cloud that has sold and delivered before, so that its functions are warm."""
    with opened() as cloud:
        perform("notifications", "seed_templates")
        shelf, admin = furnish(stock=1000), cloud.admin()
        house = House(cloud, shelf, admin, admin.post("/v1/carriers", CARRIER).ok(201)["id"])
        cloud.settle()
        house.deliver(house.place(house.buyer("first"), ("MUG", 1))[0])
        yield house


def stocked(house: House, count: int) -> Sequence[str]:
    """The SKUs of so many more products."""
    names = [f"CUP-{number}" for number in range(count)]
    for name in names:
        body = {"sku": name, "name": f"Cup {name}", "price": money(900), "status": "active", "weight_grams": 200}
        house.shelf.units[name] = (house.admin.post("/v1/products", body).ok(201)["product_id"], None)
    house.cloud.settle()
    for name in names:
        (item,) = house.admin.get(f"/v1/inventory-items?sku={name}").ok(200)["data"]
        place = f"/v1/inventory-items/{item['inventory_id']}/restocks"
        arrived = {"quantity": 100, "reason": "delivery"}
        house.admin.post(place, arrived, idempotency_key=fresh("restock")).ok(201)
    house.cloud.settle()
    return names


def rows(tell: Tell) -> Iterator[Row]:
    """One order of two lines; then orders of one and of thirty."""
    tell("furnishing a shop")
    with a_house() as house:
        tell("an order of two lines")
        order, placed = house.place(house.buyer("two"), ("MUG", 2), ("SHIRT-L", 1))
        delivered = house.deliver(order)
        yield from _of_one(placed, delivered)
        yield from _priced([placed, delivered])
        tell(f"an order of one line, and of {MANY}")
        yield from _grown(house)


def _of_one(placed: Bill, delivered: Bill) -> Iterator[Row]:
    both, early = [placed, delivered], ("request", "machine")
    yield Row("POST /checkouts: functions", placed.functions("request"), "functions", 2)
    yield Row("POST /checkouts: DynamoDB calls", len(placed.calls("request")), "calls", 4)
    yield Row("placed to confirmed and paid: functions", placed.functions(*early), "functions", 18)
    yield Row("placed to confirmed and paid: DynamoDB calls", len(placed.calls(*early)), "calls", 24)
    yield Row("placed, all consumers: functions", placed.functions(), "functions")
    yield Row("placed, all consumers: DynamoDB calls", len(placed.calls()), "calls")
    yield Row("placed to delivered: functions", sum(bill.functions() for bill in both), "functions", 38)
    yield Row("placed to delivered: DynamoDB calls", sum(len(bill.calls()) for bill in both), "calls", 55)
    yield Row("placed to delivered: write units", sum(c.wrote for bill in both for c in bill.calls()), "units")
    yield Row("placed to delivered: read units", sum(c.read for bill in both for c in bill.calls()), "units")
    yield Row("placed to delivered: calls between services by HTTP", 0, "calls", 0)
    yield Row("state transitions", placed.transitions, "transitions", 14)


def _priced(bills: list[Bill]) -> Iterator[Row]:
    dollars = prices.of_orders(1000, bills)
    mails = dollars.pop("SES")
    name = "AWS list price of 1,000 orders"
    yield Row(name, dollars.total(), "$", 0.50, parts=dollars, note=f"mails not counted: ${mails:.2f}")
    yield Row(f"{name}, Express machine", dollars.total() - dollars["Step Functions"] + prices.express(1000), "$", 0.12)
    month = prices.idle()
    yield Row("idle cost of a month", sum(month.values()), "$", 10, parts=month)


def _grown(house: House) -> Iterator[Row]:
    cups = stocked(house, MANY)
    bills = {}
    for count in (1, MANY):
        order, placed = house.place(house.buyer(f"buyer-{count}"), *((cup, 1) for cup in cups[:count]))
        bills[count] = [placed, house.deliver(order)]
    calls = {count: sum(len(bill.calls()) for bill in both) for count, both in bills.items()}
    runs = {count: sum(bill.functions() for bill in both) for count, both in bills.items()}
    machine = {count: len(both[0].calls("request", "machine")) for count, both in bills.items()}
    yield Row(f"calls more for {MANY} lines than for 1, request and machine", machine[MANY] - machine[1], "calls", 0)
    yield Row(f"calls more for {MANY} lines than for 1, placed to delivered", calls[MANY] - calls[1], "calls", 0)
    yield Row(f"functions more for {MANY} lines than for 1", runs[MANY] - runs[1], "functions", 0)
