"""A file of invoices, bought again in its order by the customers it names."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from shop.settings import MAX_CART_LINES
from tools.client import Json
from tools.demo.shopper import Shopper, Wish
from tools.demo.tally import Tally
from tools.importing.invoices import Invoice, Sold, sku

# Carts filled at the same time; the checkouts keep the file's order.
AHEAD = 6


@dataclass
class Placed:
    """An order that was placed, and what of it has not been taken back."""

    order_id: str
    left: dict[str, int]


@dataclass
class Replay:
    """Buys what each invoice bought; `units` says which product and variant a SKU is."""

    api_url: str
    units: dict[str, tuple[str, str | None]]
    tally: Tally
    run: str
    shoppers: dict[str, Shopper] = field(default_factory=dict)
    placed: dict[str, list[Placed]] = field(default_factory=lambda: defaultdict(list))
    goods: int = 0  # minor units of goods ordered

    def play(self, invoices: list[Invoice], told: Callable[[], None]) -> None:
        """All of them: carts a few customers at a time, checkouts one after another."""
        with ThreadPoolExecutor(AHEAD) as pool:
            for together in _apart(invoices):
                buying = [invoice for invoice in together if not invoice.takes_back]
                filled = list(pool.map(lambda invoice: self._safely(invoice, self._fill_first), buying))
                missed = {invoice.number for invoice, ok in zip(buying, filled, strict=True) if not ok}
                for invoice in together:
                    if invoice.number not in missed:
                        self._safely(invoice, self._settle)
                    told()

    def _safely(self, invoice: Invoice, act: Callable[[Invoice], None]) -> bool:
        try:
            act(invoice)
        except Exception as error:  # told in the report; the other invoices go on
            self.tally.expect(f"invoice {invoice.number}: {type(error).__name__}: {error}", False)
            return False
        return True

    def _fill_first(self, invoice: Invoice) -> None:
        self._fill(invoice, _parts(invoice)[0])

    def _fill(self, invoice: Invoice, lines: list[Sold]) -> None:
        shopper = self._shopper(invoice)
        wishes = [self._wish(line) for line in lines]
        if shopper.client.token:
            shopper.fill(wishes)
        elif invoice.customer is None:
            shopper.fill_as_guest(wishes)
            shopper.sign_in("A", "Guest")
        else:
            shopper.sign_in("Customer", invoice.customer)
            shopper.fill(wishes)

    def _settle(self, invoice: Invoice) -> None:
        if invoice.takes_back:
            self._take_back(invoice)
            return
        for number, lines in enumerate(_parts(invoice)):
            if number:
                self._fill(invoice, lines)
            self._buy(invoice, lines)

    def _buy(self, invoice: Invoice, lines: list[Sold]) -> None:
        shopper = self._shopper(invoice)
        checkout = self.tally.took(shopper.check_out(shopper.offer()))
        if checkout["status"] != "succeeded":
            self.tally.expect(f"invoice {invoice.number}: {checkout['status']} {checkout['failure_code']}", False)
            return
        order = shopper.order(checkout["order_id"])
        wanted = sum(line.price.amount * line.quantity for line in lines)
        self.goods += order["subtotal"]["amount"]
        self.tally.expect(f"invoice {invoice.number} comes to {wanted}", order["subtotal"]["amount"] == wanted)
        left: dict[str, int] = defaultdict(int)
        for line in lines:
            left[line.code] += line.quantity
        self.placed[self._who(invoice)].append(Placed(order["order_id"], left))

    def _take_back(self, invoice: Invoice) -> None:
        """Cancel the order that is wholly taken back; list what cannot be done."""
        whole = {line.code: line.quantity for line in invoice.lines}
        for placed in self.placed[self._who(invoice)]:
            if {code: count for code, count in placed.left.items() if count} == whole:
                answer: Json = self._shopper(invoice).client.post(
                    f"/v1/orders/{placed.order_id}/cancellations", {"reason": f"credit note {invoice.number}"}
                )
                self.tally.expect(f"{invoice.number} cancels its order", answer["status"] == "cancelled")
                self.tally.outcomes["cancelled afterwards"] += 1
                placed.left.clear()
                return
        for line in invoice.lines:
            matched = any(placed.left.get(line.code, 0) >= line.quantity for placed in self.placed[self._who(invoice)])
            why = "part of an order (returns are not open yet)" if matched else "no earlier order has it"
            self.tally.leave_out(f"credit note lines: {why}")
            self.tally.listed.append(f"{invoice.number}: {line.quantity} x {line.code}: {why}")

    def _wish(self, line: Sold) -> Wish:
        product_id, variant_id = self.units.get(sku(line.code, line.price)) or self.units[line.code]
        return Wish(product_id, variant_id, line.quantity)

    def _shopper(self, invoice: Invoice) -> Shopper:
        who = self._who(invoice)
        if who not in self.shoppers:
            email = f"{who.lower()}-{self.run}@example.com"
            self.shoppers[who] = Shopper(self.api_url, email, invoice.country)
        return self.shoppers[who]

    @staticmethod
    def _who(invoice: Invoice) -> str:
        return invoice.customer or f"guest-{invoice.number}"


def _parts(invoice: Invoice) -> list[list[Sold]]:
    """The lines of an invoice, as many at a time as a cart holds."""
    return [invoice.lines[start : start + MAX_CART_LINES] for start in range(0, len(invoice.lines), MAX_CART_LINES)]


def _apart(invoices: list[Invoice]) -> Iterator[list[Invoice]]:
    """The invoices in their order, a few together as long as no customer is among them twice."""
    together: list[Invoice] = []
    for invoice in invoices:
        customers = {other.customer for other in together if other.customer}
        if len(together) == AHEAD or invoice.customer in customers:
            yield together
            together = []
        together.append(invoice)
    if together:
        yield together
