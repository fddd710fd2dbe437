"""How many orders a second eight customers get, placed to delivered, on the local cloud: the whole shop, over HTTP."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

import httpx

from tests.bench.order import CARRIER, seen
from tests.bench.rows import Row, Tell
from tools import local, seed
from tools.client import Client, Json, until
from tools.demo import measure
from tools.demo.after_sale import PATIENCE, Warehouse
from tools.demo.shopper import Shopper, Wish
from tools.importing.bring import open_stock
from tools.local import Stack

CLIENTS, ORDERS, WARMING = 8, 40, 16  # at the same time; in all that are measured; and before that
T = TypeVar("T")
U = TypeVar("U")


class Filled(NamedTuple):
    """Someone at the till."""

    shopper: Shopper
    offer: Json


@dataclass
class Market:
    """A shop on the local cloud that has two things to sell, and whose carrier tells where its parcels are."""

    api_url: str
    warehouse: Warehouse
    wishes: list[Wish]

    def filled(self) -> Filled:
        """A new customer with a full cart."""
        shopper = Shopper(self.api_url, f"bench-{uuid.uuid4().hex[:8]}@example.com")
        shopper.sign_in()
        shopper.fill(self.wishes)
        return Filled(shopper, shopper.offer())

    def sell(self, filled: Filled) -> Json:
        """Their order."""
        checkout = filled.shopper.check_out(filled.offer)
        assert checkout["status"] == "succeeded", checkout
        return filled.shopper.order(checkout["order_id"])

    def send(self, order: Json) -> None:
        """Its parcel, packed and seen at the door."""
        raw, signature = seen(self.warehouse.pack(order)["tracking_number"], "delivered")
        headers = {"X-Carrier-Signature": signature, "Content-Type": "application/json"}
        place = f"{self.api_url}/v1/carrier-webhooks/custom"
        httpx.post(place, content=raw, headers=headers, timeout=60).raise_for_status()

    def delivered(self, order: Json) -> None:
        """Wait until the order knows."""
        place = f"/v1/orders/{order['order_id']}"
        until(lambda: self.warehouse.admin.get(place)["status"] == "delivered", PATIENCE, pause=1)

    def serve(self, queue: list[Filled]) -> None:
        """Sell to all of them, then send what was sold, eight at a time; until the last order is delivered."""
        orders = at_once(self.sell, queue)
        at_once(self.send, orders)
        for order in orders:
            self.delivered(order)


def rows(tell: Tell) -> Iterator[Row]:
    """A shop of its own, its functions warm and its customers at the till; then all of them are served."""
    tell("opening a shop")
    with local.cloud(parameters={"CountCalls": "true"}) as stack:
        market = _opened(stack)
        tell("the first orders: functions start, as many of each as are needed at once")
        market.serve(at_once(lambda _: market.filled(), range(WARMING)))
        tell(f"{ORDERS} customers fill their carts")
        queue = at_once(lambda _: market.filled(), range(ORDERS))
        measure.settle(stack, time.time())
        tell(f"{ORDERS} orders")
        began, clock = time.time(), time.perf_counter()
        market.serve(queue)
        seconds = time.perf_counter() - clock
        lines = measure.settle(stack, began)
        lines = [line for line in lines if not line["door"].startswith("GET ")]  # those are of who waits
        note = f"placed to delivered, {CLIENTS} customers, then {CLIENTS} who pack"
        yield Row("orders a second on the local cloud", ORDERS / seconds, "orders/s", 7.8, least=True, note=note)
        yield Row(f"functions an order, {CLIENTS} customers at once", len(lines) / ORDERS, "functions", 25)


def at_once(do: Callable[[T], U], each: Iterable[T]) -> list[U]:
    """Do something for each, eight at a time."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(do, each))


def _opened(stack: Stack) -> Market:
    admin = seed.admin(stack)
    seed.open_shipping(admin, "USD")
    admin.post("/v1/carriers", CARRIER)
    return Market(stack.api_url, Warehouse(admin), at_once(partial(_product, admin), range(2)))


def _product(admin: Client, number: int) -> Wish:
    product = f"bench-{number}-{uuid.uuid4().hex[:8]}"
    price = {"amount": 1000, "currency": "USD"}
    body = {"product_id": product, "sku": product, "name": f"Bench {number}", "price": price, "status": "active"}
    admin.post("/v1/products", body)
    open_stock(admin, product, 10_000)
    return Wish(product, None, 1)
