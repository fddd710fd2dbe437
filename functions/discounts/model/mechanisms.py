"""The three mechanisms of a promotion: buy some and get some, a price for a bundle, less for more."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, ValidationError, model_validator

from discounts.model.lines import Left, Line
from shop.errors import FieldError, Refusal
from shop.money import Money, Price, rounded, spread
from shop.records import Body, Json, Xid

WHOLE = 10_000  # basis points
Bps = Annotated[int, Field(ge=1, le=WHOLE)]
Ids = Annotated[list[Xid], Field(max_length=100)]
PromotionType = Literal["buy_x_get_y", "bundle", "volume_discount"]


class Taken(NamedTuple):
    """What something takes off each line, and the units a buy-x-get-y uses up for it."""

    parts: tuple[int, ...]
    units: tuple[int, ...]

    @classmethod
    def from_lines(cls, left: Left, parts: dict[int, int], units: dict[int, int] | None = None) -> "Taken":
        """Line number -> minor units, and line number -> units."""
        count = range(len(left.lines))
        return cls(tuple(parts.get(n, 0) for n in count), tuple((units or {}).get(n, 0) for n in count))


def percent(amount: int, bps: int) -> int:
    """So many basis points of an amount, rounded once."""
    return rounded(Decimal(amount) * bps / WHOLE)


class Selection(Body):
    """Which lines are meant; without any list, all of them."""

    product_ids: Ids = []
    category_ids: Ids = []

    def means(self, line: Line) -> bool:
        """Whether this line is meant."""
        return not (self.product_ids or self.category_ids) or line.is_among(self.product_ids, self.category_ids)

    def chosen(self, left: Left) -> list[int]:
        """The lines that are meant, by number."""
        return [number for number, line in enumerate(left.lines) if self.means(line)]


class BuyXGetY(Selection):
    """For so many bought, so many of the cheapest cost less."""

    buy_quantity: int = Field(ge=1, le=1000)
    get_quantity: int = Field(ge=1, le=1000)
    get_discount_bps: Bps = WHOLE

    def take(self, left: Left) -> Taken:
        """The cheapest units are given, the dearest are bought; what another offer used counts as neither."""
        chosen = self.chosen(left)
        free = {number: left.free_units(number) for number in chosen}
        givable = sum(units for number, units in free.items() if number not in left.closed)
        times = min(sum(free.values()) // (self.buy_quantity + self.get_quantity), givable // self.get_quantity)
        cheapest = sorted(chosen, key=lambda number: (left.price_of(number), number))
        given = _first(times * self.get_quantity, [n for n in cheapest if n not in left.closed], free)
        rest = {number: units - given.get(number, 0) for number, units in free.items()}
        bought = _first(times * self.buy_quantity, list(reversed(cheapest)), rest)
        parts = {
            number: rounded(
                Decimal(left.amounts[number] * units * self.get_discount_bps) / (left.lines[number].quantity * WHOLE)
            )
            for number, units in given.items()
        }
        return Taken.from_lines(left, parts, dict(Counter(given) + Counter(bought)))


def _first(wanted: int, order: list[int], free: dict[int, int]) -> dict[int, int]:
    """So many units, from the first of these lines on."""
    found: dict[int, int] = {}
    for number in order:
        units = min(wanted, free[number])
        if units:
            found[number] = units
            wanted -= units
    return found


class Bundle(Body):
    """One of each for one price; a product named twice is in it twice."""

    product_ids: list[Xid] = Field(min_length=1, max_length=20)
    bundle_price: Price

    def take(self, left: Left) -> Taken:
        """Of each product the dearest units go first into a bundle, as long as bundles save something."""
        worth: Counter[int] = Counter()
        if self.bundle_price.currency == left.currency:
            for units, times in self._bundles(left):
                value = {
                    number: rounded(Decimal(left.amounts[number] * n * times) / left.lines[number].quantity)
                    for number, n in units.items()
                }
                if sum(value.values()) <= self.bundle_price.amount * times:
                    break
                saved = sum(value.values()) - self.bundle_price.amount * times
                worth.update(dict(zip(value, spread(saved, list(value.values())), strict=True)))
        parts = {number: min(amount, left.amounts[number]) for number, amount in worth.items()}
        return Taken.from_lines(left, parts)

    def means(self, line: Line) -> bool:
        """Whether this line may be in a bundle."""
        return line.product_id in self.product_ids

    def _bundles(self, left: Left) -> Iterator[tuple[Counter[int], int]]:
        """Bundles in turn, the dearest first: the units of each line in one, and how many are just like it."""
        wanted = Counter(self.product_ids)
        of_product: dict[str, list[list[int]]] = {
            product: [
                [number, left.lines[number].quantity]
                for number in sorted(range(len(left.lines)), key=lambda n: (-left.price_of(n), n))
                if left.lines[number].product_id == product and number not in left.closed
            ]
            for product in wanted
        }
        while all(sum(units for _, units in of_product[product]) >= wanted[product] for product in wanted):
            alike = min(of_product[product][0][1] // wanted[product] for product in wanted)
            times, in_one = max(alike, 1), Counter[int]()
            for product, each in wanted.items():
                missing, rows = each * times, of_product[product]
                while missing:
                    units = min(missing, rows[0][1])
                    in_one[rows[0][0]] += units // times if alike else units
                    missing -= units
                    rows[0][1] -= units
                    if not rows[0][1]:
                        rows.pop(0)
            yield in_one, times


class Tier(Body):
    """From so many on, so much less."""

    min_quantity: int = Field(ge=1)
    discount_bps: Bps


class VolumeDiscount(Selection):
    """The more of the goods together, the less each costs. Without tiers, only the promotion's rules act."""

    tiers: list[Tier] = Field(default=[], max_length=20)

    @model_validator(mode="after")
    def _tiers_rise(self) -> "VolumeDiscount":
        steps = [tier.min_quantity for tier in self.tiers]
        if sorted(set(steps)) != steps:
            raise ValueError("tiers rise by min_quantity")
        return self

    def take(self, left: Left) -> Taken:
        """The percentage of the highest tier reached, of each line."""
        chosen = self.chosen(left)
        quantity = sum(left.lines[number].quantity for number in chosen)
        bps = next((t.discount_bps for t in reversed(self.tiers) if t.min_quantity <= quantity), 0)
        return percent_off(left, chosen, bps)


Mechanism = BuyXGetY | Bundle | VolumeDiscount
MECHANISMS: dict[str, type[BuyXGetY] | type[Bundle] | type[VolumeDiscount]] = {
    "buy_x_get_y": BuyXGetY,
    "bundle": Bundle,
    "volume_discount": VolumeDiscount,
}


def percent_off(left: Left, lines: list[int], bps: int) -> Taken:
    """A percentage of each of these lines, rounded once per line."""
    parts = {number: percent(left.amounts[number], bps) for number in lines if number not in left.closed}
    return Taken.from_lines(left, parts)


def amount_off(left: Left, lines: list[int], amount: Money) -> Taken:
    """An amount over these lines in proportion to what is left of them; never more than that, and in one currency."""
    open_lines = [number for number in lines if number not in left.closed]
    if amount.currency != left.currency:
        open_lines = []
    weights = [left.amounts[number] for number in open_lines]
    parts = spread(min(amount.amount, sum(weights)), weights)
    return Taken.from_lines(left, dict(zip(open_lines, parts, strict=True)))


def mechanism(kind: str, configuration: Json) -> Mechanism:
    """The mechanism a configuration describes; 422 with a pointer to what is wrong with it."""
    try:
        return MECHANISMS[kind].model_validate(configuration)
    except ValidationError as error:
        raise _misconfigured(error) from None


def _misconfigured(error: ValidationError) -> Refusal:
    found: list[Any] = error.errors(include_url=False, include_context=False, include_input=False)
    errors: list[FieldError] = [
        {
            "pointer": "/configuration" + "".join(f"/{part}" for part in fault["loc"]),
            "code": fault["type"],
            "detail": fault["msg"],
        }
        for fault in found
    ]
    return Refusal(422, "validation_failed", "This is not how such a promotion is configured", errors=errors)
