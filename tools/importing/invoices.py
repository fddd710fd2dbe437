"""An invoices CSV (InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country).

Goods are lines with a quantity and a price above zero and a code that begins with five digits. One product per code;
where the file has several prices for a code, one variant per price. An invoice number that begins with C takes back.
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

import iso3166

from catalog.model.wanted import WantedProduct, WantedVariant, product_id
from shop.money import Money, from_decimal

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
GOODS = re.compile(r"\d{5}")
# Names the data uses that ISO 3166 does not.
COUNTRIES = {"EIRE": "IE", "USA": "US", "RSA": "ZA", "Channel Islands": "JE", "United Kingdom": "GB"}


@dataclass(frozen=True)
class Sold:
    """So many of one code at one price."""

    code: str
    price: Money
    quantity: int


@dataclass
class Invoice:
    """What a customer bought, or (`takes_back`) returned, at one time; each unit once."""

    number: str
    customer: str | None
    country: str
    day: str
    takes_back: bool
    lines: list[Sold] = field(default_factory=list)

    @property
    def amount(self) -> int:
        """What the goods come to, in minor units."""
        return sum(line.price.amount * line.quantity for line in self.lines)


@dataclass
class Book:
    """A whole file: its invoices in their order, its products, and why lines were left out."""

    invoices: list[Invoice]
    products: list[WantedProduct]
    left_out: Counter[str]


def is_invoices(path: Path) -> bool:
    """Whether the file's first line names the columns of invoices."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        return set(COLUMNS) <= set(next(csv.reader(file), []))


def read(path: Path, currency: str) -> Book:
    """The invoices of a file, amounts in `currency`."""
    left_out: Counter[str] = Counter()
    titles: dict[str, str] = {}
    invoices: dict[str, Invoice] = {}
    sums: dict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        for row in csv.DictReader(file):
            number = row["InvoiceNo"].strip()
            try:
                quantity = int(row["Quantity"])
                price = from_decimal(Decimal(row["UnitPrice"]), currency)
            except (ValueError, InvalidOperation):
                left_out["no number in quantity or price"] += 1
                continue
            reason = _unfit(row["StockCode"], quantity, price, number.startswith("C"))
            if reason:
                left_out[reason] += 1
                continue
            code = row["StockCode"].strip().upper()
            titles.setdefault(code, row["Description"].strip() or code)
            invoices.setdefault(number, _opened(number, row))
            sums[number][code, price.amount] += abs(quantity)
    for number, invoice in invoices.items():
        invoice.lines = [Sold(c, Money(amount=p, currency=currency), q) for (c, p), q in sums[number].items()]
    return Book(list(invoices.values()), list(_products(invoices.values(), titles)), left_out)


def country(name: str) -> str:
    """The two letters of a country's name; GB where the name says nothing."""
    name = name.strip()
    known = iso3166.countries_by_name.get(name.upper())
    return COUNTRIES.get(name) or (known.alpha2 if known else "GB")


def sku(code: str, price: Money) -> str:
    """The SKU of a code at one price, where it has several."""
    return f"{code}-{price.amount}"


def _opened(number: str, row: dict[str, str]) -> Invoice:
    day = re.split("[T ]", row["InvoiceDate"].strip())[0]
    return Invoice(number, row["CustomerID"].strip() or None, country(row["Country"]), day, number.startswith("C"))


def _unfit(code: str, quantity: int, price: Money, takes_back: bool) -> str | None:
    if not GOODS.match(code.strip()):
        return "not goods (postage, charges, samples)"
    if price.amount <= 0:
        return "price is not above zero"
    if quantity <= 0 and not takes_back:
        return "quantity is not above zero"
    if quantity >= 0 and takes_back:
        return "a credit note that gives"
    return None


def _products(invoices: Iterable[Invoice], titles: dict[str, str]) -> Iterator[WantedProduct]:
    sold: dict[str, Counter[int]] = defaultdict(Counter)
    currency = "GBP"
    for invoice in invoices:
        for line in invoice.lines:
            currency = line.price.currency
            sold[line.code][line.price.amount] += 0 if invoice.takes_back else line.quantity
    for code, prices in sold.items():
        money = {Money(amount=amount, currency=currency): quantity for amount, quantity in prices.items()}
        (first, quantity), *more = money.items()
        variants = [
            WantedVariant(sku=sku(code, price), price=price, options={"Price": str(price.amount)}, opening_stock=count)
            for price, count in money.items()
        ]
        yield WantedProduct(
            product_id=product_id(code),
            sku=f"{code}-all" if more else code,
            name=titles[code][:255],
            price=first,
            status="active",
            opening_stock=quantity,
            variants=variants if more else [],
        )
