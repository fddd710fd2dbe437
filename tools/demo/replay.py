"""A file of invoices, lived through again by the customers it names: bought, sent, and taken back by credit notes."""

from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from shop.settings import MAX_CART_LINES
from tools.client import Client, Json, until
from tools.demo.after_sale import PATIENCE, Warehouse
from tools.demo.credit_notes import Placed, Taken, goods, match
from tools.demo.shopper import Shopper, Wish
from tools.demo.tally import Tally
from tools.importing.invoices import Invoice, Sold, sku

CUSTOMERS = 6  # at a time


@dataclass
class Row:
    """An invoice, what the shop made of it, and in minor units what its goods come to there and what went back."""

    invoice: Invoice
    placed: list[Placed] = field(default_factory=list)
    goods: int = 0
    refunded: int = 0
    became: Counter[str] = field(default_factory=Counter)


@dataclass
class Replay:
    """Everybody's invoices; `units` says which product and variant a SKU is."""

    api_url: str
    units: dict[str, tuple[str, str | None]]
    warehouse: Warehouse
    tally: Tally
    run: str
    rows: list[Row] = field(default_factory=list)

    def play(self, invoices: list[Invoice], told: Callable[[], None]) -> None:
        """All of them: each customer's in their order, a few customers at a time; then how every order stands."""
        self.rows = [Row(invoice) for invoice in invoices]
        lives: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            lives[row.invoice.customer or f"guest-{row.invoice.number}"].append(row)
        with ThreadPoolExecutor(CUSTOMERS) as pool:
            list(pool.map(lambda name: self._customer(name, lives[name][0].invoice).live(lives[name], told), lives))
        self._look(self.warehouse.admin)

    def wish(self, line: Sold) -> Wish:
        """What to put into a cart for a line of an invoice."""
        product_id, variant_id = self.units.get(sku(line.code, line.price)) or self.units[line.code]
        return Wish(product_id, variant_id, line.quantity)

    def _customer(self, name: str, first: Invoice) -> "Customer":
        email = f"{name.lower()}-{self.run}@example.com"
        return Customer(self, Shopper(self.api_url, email, first.country), first.customer)

    def _look(self, admin: Client) -> None:
        """Wait until what follows by event has followed; then every order stands as its invoices say."""
        placed = {placed.order["order_id"]: placed for row in self.rows for placed in row.placed}

        def looked() -> bool:
            for order in admin.all("/v1/admin/orders"):
                if order["order_id"] in placed:
                    placed[order["order_id"]].order.update(order)
            return all(_stands(each) for each in placed.values())

        try:
            until(lambda: looked() or None, PATIENCE, pause=2)
        except TimeoutError:
            for each in placed.values():
                had = f"{each.order['status']}, {each.order['refunded_amount']['amount']} refunded"
                wanted = f"{each.status}, {each.refunded} refunded"
                self.tally.expect(f"{each.order['order_number']} is {had}; it should be {wanted}", _stands(each))
        for row in self.rows:
            if not row.invoice.takes_back:
                row.became = Counter(each.order["status"] for each in row.placed)
                row.refunded = sum(each.order["refunded_amount"]["amount"] for each in row.placed)


@dataclass
class Customer:
    """One customer's life: orders of a day are sent when the day is over, unless a credit note comes before."""

    replay: Replay
    shopper: Shopper
    name: str | None
    orders: list[Placed] = field(default_factory=list)

    def live(self, rows: list[Row], told: Callable[[], None]) -> None:
        """Buy and give back; what breaks is told in the report, and the rest goes on."""
        for row in rows:
            self._send_before(row.invoice.day)
            self._safely(f"invoice {row.invoice.number}", lambda row=row: self._settle(row))  # type: ignore[misc]
            told()
        self._send_before("")

    def _safely(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:
            self.replay.tally.expect(f"{name}: {type(error).__name__}: {error}", False)

    def _settle(self, row: Row) -> None:
        if row.invoice.takes_back:
            self._take_back(row)
            return
        for lines in _parts(row.invoice):
            self._fill(lines)
            self._buy(row, lines)
        wanted = row.invoice.amount
        self.replay.tally.expect(
            f"invoice {row.invoice.number} comes to {wanted}, not {row.goods}", wanted == row.goods
        )

    def _fill(self, lines: list[Sold]) -> None:
        wishes = [self.replay.wish(line) for line in lines]
        if self.shopper.client.token:
            self.shopper.fill(wishes)
        elif self.name is None:
            self.shopper.fill_as_guest(wishes)
            self.shopper.sign_in("A", "Guest")
        else:
            self.shopper.sign_in("Customer", self.name)
            self.shopper.fill(wishes)

    def _buy(self, row: Row, lines: list[Sold]) -> None:
        checkout = self.replay.tally.took(self.shopper.check_out(self.shopper.offer()))
        if checkout["status"] != "succeeded":
            ended = f"{checkout['status']} {checkout['failure_code']}"
            self.replay.tally.expect(f"invoice {row.invoice.number}: {ended}", False)
            return
        order = self.shopper.order(checkout["order_id"])
        units = {(item["product_id"], item["variant_id"]): item["order_item_id"] for item in order["items"]}
        wanted = {goods(line): self.replay.wish(line) for line in lines}
        placed = Placed(
            order,
            row.invoice.day,
            {name: units[wish.product_id, wish.variant_id] for name, wish in wanted.items()},
            {name: wish.quantity for name, wish in wanted.items()},
        )
        self.orders.append(placed)
        row.placed.append(placed)
        row.goods += order["subtotal"]["amount"]

    def _send_before(self, day: str) -> None:
        for placed in self.orders:
            if placed.day != day:
                number = placed.order["order_number"]
                self._safely(f"parcel of {number}", lambda placed=placed: self._send(placed))  # type: ignore[misc]

    def _send(self, placed: Placed) -> None:
        if not placed.sent and not placed.cancelled:
            self.replay.warehouse.send(placed.order)
            placed.sent = True
            self.replay.tally.became("sent and delivered")

    def _take_back(self, row: Row) -> None:
        """Cancel what was not sent and is taken back as a whole, have the rest returned, list what was not bought."""
        found, missed = match(row.invoice, self.orders)
        for taken in found:
            back = (
                self._cancel(row.invoice, taken)
                if taken.is_all and not taken.placed.sent
                else self._return(row.invoice, taken)
            )
            taken.placed.take(taken.goods)
            taken.placed.refunded += back
            row.placed.append(taken.placed)
            row.goods -= taken.amount
            row.refunded += back
            row.became["cancelled" if taken.placed.cancelled else "returned"] += 1
        for line, why in missed:
            self.replay.tally.leave_out(f"credit note lines: {why}")
            self.replay.tally.listed.append(f"{row.invoice.number}: {line.quantity} x {line.code}: {why}")
            row.became["not bought here"] = 1

    def _cancel(self, note: Invoice, taken: Taken) -> int:
        path = f"/v1/orders/{taken.placed.order['order_id']}/cancellations"
        answer: Json = self.shopper.client.post(path, {"reason": f"credit note {note.number}"})
        taken.placed.cancelled = answer["status"] == "cancelled"
        self.replay.tally.expect(f"{note.number} cancels its order", taken.placed.cancelled)
        self.replay.tally.became("cancelled afterwards")
        return int(taken.placed.order["total_amount"]["amount"])

    def _return(self, note: Invoice, taken: Taken) -> int:
        self._send(taken.placed)
        quantities = {taken.placed.lines[name]: quantity for name, quantity in taken.goods.items()}
        back = self.replay.warehouse.take_back(
            self.shopper.client, taken.placed.order, quantities, f"credit note {note.number}"
        )
        given = int(back["refunds"][0]["amount"]["amount"])
        self.replay.tally.expect(f"{note.number} gives back {taken.amount}, not {given}", given == taken.amount)
        self.replay.tally.became("returned")
        return given


def _stands(placed: Placed) -> bool:
    """Whether an order is what it should be."""
    order = placed.order
    return bool(order["status"] == placed.status and order["refunded_amount"]["amount"] == placed.refunded)


def _parts(invoice: Invoice) -> list[list[Sold]]:
    """The lines of an invoice, as many at a time as a cart holds."""
    return [invoice.lines[start : start + MAX_CART_LINES] for start in range(0, len(invoice.lines), MAX_CART_LINES)]
