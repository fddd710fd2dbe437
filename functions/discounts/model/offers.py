"""Which promotions apply to a cart, to which lines, and in which order."""

from collections.abc import Sequence
from typing import NamedTuple

from discounts.model.lines import Left
from discounts.model.mechanisms import Bundle, BuyXGetY, Mechanism, Taken, mechanism
from discounts.model.promotion import FreeShipping, Promotion, Rule


class Saving(NamedTuple):
    """What one promotion takes off: its reasons with their parts, the units it uses, and whether shipping is free."""

    reasons: tuple[tuple[str, tuple[int, ...]], ...] = ()
    units: tuple[int, ...] = ()
    free_shipping: bool = False

    def of_line(self, number: int) -> int:
        """What it takes off one line."""
        return sum(parts[number] for _, parts in self.reasons)

    @property
    def amount(self) -> int:
        """What it takes off the goods."""
        return sum(sum(parts) for _, parts in self.reasons)

    def taken_from(self, left: Left) -> Left:
        """What it leaves."""
        return left.less([self.of_line(number) for number in range(len(left.lines))])

    @property
    def is_something(self) -> bool:
        """Whether it takes anything off."""
        return self.free_shipping or any(any(parts) for _, parts in self.reasons)


class Offer(NamedTuple):
    """A promotion with its rules, ready to be applied."""

    promotion: Promotion
    mechanism: Mechanism
    rules: tuple[Rule, ...] = ()

    @classmethod
    def of(cls, promotion: Promotion, rules: Sequence[Rule] = ()) -> "Offer":
        """The offer a promotion makes; its rules act by priority."""
        in_order = tuple(sorted(rules, key=lambda rule: (rule.priority, rule.id)))
        return cls(promotion, mechanism(promotion.type, promotion.configuration), in_order)

    @property
    def rank(self) -> tuple[int, str]:
        """Its place among others: low priority first."""
        return self.promotion.priority, self.promotion.id

    @property
    def asks_who(self) -> bool:
        """Whether it matters who buys."""
        return any(rule.conditions.roles or rule.conditions.first_order_only for rule in self.rules)

    @property
    def for_first_orders(self) -> bool:
        """Whether only a first order gets it, or some of it."""
        return any(rule.conditions.first_order_only for rule in self.rules)

    def touches(self, left: Left) -> list[int]:
        """The lines it may take something off, by number."""
        rules = [rule for rule in self.rules if rule.actions is not None]
        lines = range(len(left.lines))
        return [number for number in lines if rules or self.mechanism.means(left.lines[number])]

    def saves(self, left: Left) -> Saving:
        """What it takes off what is left: by its mechanism, then by each rule that holds."""
        if not all(rule.holds(left) for rule in self.rules if rule.actions is None):
            return Saving()
        taken = self.mechanism.take(left)
        found: list[tuple[str, Taken]] = [(self.promotion.type, taken)]
        left, free_shipping = left.less(taken.parts), False
        for rule in self.rules:
            if rule.actions is None or not rule.holds(left):
                continue
            if isinstance(rule.actions, FreeShipping):
                free_shipping = True
                continue
            more = rule.actions.take(left, rule.conditions.chosen(left))
            found.append((rule.actions.type, more))
            left = left.less(more.parts)
        return Saving(tuple((reason, off.parts) for reason, off in found if any(off.parts)), taken.units, free_shipping)


Applied = list[tuple[Offer, Saving]]


def apply(offers: Sequence[Offer], left: Left) -> tuple[Applied, Left]:
    """The savings of all offers in the order they apply, and what they leave."""
    exclusive = [offer for offer in offers if offer.promotion.stacking == "exclusive"]
    applied = _best_of(sorted(exclusive, key=lambda offer: offer.rank), left)
    used = _used(applied, left)
    for _, saving in applied:
        left = saving.taken_from(left)
    for offer in sorted(offers, key=lambda offer: offer.rank):
        if offer.promotion.stacking != "combine":
            continue
        saving = offer.saves(left._replace(used=used))
        if saving.is_something:
            applied.append((offer, saving))
            left = saving.taken_from(left)
            used = _used([(offer, saving)], left._replace(used=used))
    return applied, left


class Claim(NamedTuple):
    """What an offer would save on a line. The greatest is served first; places and lines are negative, for ties."""

    amount: int
    place: int
    line: int


def _best_of(offers: list[Offer], left: Left) -> Applied:
    """Of exclusive promotions each line takes part in the one that saves most on it; ties go to the lower priority.

    Lines are given away one at a time, the greatest saving first, because that changes what the others can still do:
    a bundle needs all its lines, and is therefore given them together.
    """
    owner: dict[int, int] = {}  # line -> offer, by their places
    seen: dict[tuple[int, frozenset[int], tuple[int, ...]], tuple[Saving, list[Claim]]] = {}
    running = {place: offer.touches(left) for place, offer in enumerate(offers) if offer.saves(left).is_something}

    def weighed(place: int, earlier: Applied) -> tuple[Saving, list[Claim]]:
        closed = frozenset(line for line in running[place] if owner.get(line, place) != place)
        used = _used(earlier, left) if isinstance(offers[place].mechanism, BuyXGetY) else ()
        key = place, closed, used
        if key not in seen:
            found = offers[place].saves(left._replace(closed=closed, used=used))
            amounts = {line: found.of_line(line) for line in running[place]}
            seen[key] = found, [Claim(amount, -place, -line) for line, amount in amounts.items() if amount]
        return seen[key]

    while True:
        owning = [place for place in running if place in owner.values()]
        savings: dict[int, Saving] = {}
        claims: list[Claim] = []
        for place in [*owning, *(place for place in running if place not in owning)]:
            earlier = [(offers[other], savings[other]) for other in owning if other in savings]
            savings[place], wanted = weighed(place, earlier)
            claims += [claim for claim in wanted if -claim.line not in owner]
        if not claims:
            return [(offers[place], savings[place]) for place in running if savings[place].is_something]
        best = max(claims)
        together = isinstance(offers[-best.place].mechanism, Bundle)
        won = [claim for claim in claims if claim.place == best.place] if together else [best]
        owner.update({-claim.line: -claim.place for claim in won})


def _used(applied: Applied, left: Left) -> tuple[int, ...]:
    """The units that these buy-x-get-y have bought or given, with those used before."""
    units = [saving.units for offer, saving in applied if isinstance(offer.mechanism, BuyXGetY) and saving.units]
    before = left.used or (0,) * len(left.lines)
    return tuple(sum(counts) for counts in zip(before, *units, strict=True))
