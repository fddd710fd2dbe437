"""How many orders a second eight customers get, placed to delivered, on the local cloud: the whole shop, over HTTP."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.bench.rows import Row, Tell
from tools import local, seed
from tools.client import Client
from tools.demo import measure
from tools.demo.after_sale import Warehouse
from tools.demo.shopper import Shopper, Wish
from tools.importing.bring import open_stock

CLIENTS, WARMING, ORDERS = 8, 2, 5  # so many customers, and orders each: before it is measured, and then


def rows(tell: Tell) -> Iterator[Row]:
    """A shop of its own, its functions warm; then every customer buys, and has what they bought brought to them."""
    tell("opening a shop")
    with local.cloud(parameters={"CountCalls": "true"}) as stack:
        admin = seed.admin(stack)
        seed.open_shipping(admin, "USD")
        wishes = [_product(admin, number) for number in range(2)]
        warehouse = Warehouse(admin)
        shoppers = [_shopper(stack.api_url) for _ in range(CLIENTS)]

        def buy(orders: int) -> None:
            with ThreadPoolExecutor(CLIENTS) as pool:
                list(pool.map(lambda shopper: _live(shopper, wishes, warehouse, orders), shoppers))

        tell("the first orders: functions start, as many of each as are needed at once")
        buy(WARMING)
        measure.settle(stack, time.time())
        tell(f"{CLIENTS * ORDERS} orders")
        began, clock = time.time(), time.perf_counter()
        buy(ORDERS)
        seconds = time.perf_counter() - clock
        lines = [line for line in measure.settle(stack, began) if not line["door"].startswith(("GET ", "PUT "))]
        placed = CLIENTS * ORDERS
        note = f"placed to delivered, {CLIENTS} customers; carts, quotes and polling included"
        yield Row("orders a second on the local cloud", placed / seconds, "orders/s", 7.8, least=True, note=note)
        note = "what filled the carts included"
        yield Row(f"functions an order, {CLIENTS} customers at once", len(lines) / placed, "functions", 25, note=note)


def _product(admin: Client, number: int) -> Wish:
    product = f"bench-{number}-{uuid.uuid4().hex[:8]}"
    price = {"amount": 1000, "currency": "USD"}
    body = {"product_id": product, "sku": product, "name": f"Bench {number}", "price": price, "status": "active"}
    admin.post("/v1/products", body)
    open_stock(admin, product, 10_000)
    return Wish(product, None, 1)


def _shopper(api_url: str) -> Shopper:
    shopper = Shopper(api_url, f"bench-{uuid.uuid4().hex[:8]}@example.com")
    shopper.sign_in()
    shopper.card("tok_success")
    return shopper


def _live(shopper: Shopper, wishes: list[Wish], warehouse: Warehouse, orders: int) -> None:
    for _ in range(orders):
        shopper.fill(wishes)
        checkout = shopper.check_out(shopper.offer())
        assert checkout["status"] == "succeeded", checkout
        warehouse.send(shopper.order(checkout["order_id"]))
