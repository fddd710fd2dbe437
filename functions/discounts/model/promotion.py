"""A promotion, the rules that belong to it, and the moves it may make."""

from typing import Annotated, Literal

from pydantic import Field, computed_field

from discounts.model.lines import Left
from discounts.model.mechanisms import Bps, PromotionType, Selection, Taken, amount_off, mechanism, percent_off
from shop import clock
from shop.freeform import FreeForm
from shop.ids import new_id
from shop.money import Price
from shop.pages import Paging
from shop.records import Body, Moment, Record, Text, folded

PromotionStatus = Literal["draft", "active", "paused", "expired"]
Stacking = Annotated[Literal["exclusive", "combine"], folded]
Kind = Annotated[PromotionType, folded]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Priority = Annotated[int, Field(ge=0, le=999_999)]
MOVES: dict[str, set[str]] = {
    "draft": {"active"},
    "active": {"paused", "expired"},
    "paused": {"active", "expired"},
    "expired": set(),
}
MAX_ACTIVE = 40  # so many can be recorded with one order
MAX_RULES = 20


class Conditions(Selection):
    """When a rule holds: all that is said here must be so."""

    min_subtotal: Price | None = None
    min_quantity: int | None = Field(default=None, ge=1)
    roles: list[str] = Field(default=[], max_length=10)
    first_order_only: bool = False


class PercentOff(Body):
    """A percentage, in basis points."""

    type: Literal["percent_off"]
    value: Bps
    applies_to: Literal["cart", "matching_lines"] = "cart"

    def take(self, left: Left, matching: list[int]) -> Taken:
        """Of each line, rounded once per line."""
        return percent_off(left, _meant(self.applies_to, left, matching), self.value)


class AmountOff(Body):
    """An amount, spread over the lines."""

    type: Literal["amount_off"]
    value: Price
    applies_to: Literal["cart", "matching_lines"] = "cart"

    def take(self, left: Left, matching: list[int]) -> Taken:
        """In proportion to what is left of the lines."""
        return amount_off(left, _meant(self.applies_to, left, matching), self.value)


class FreeShipping(Body):
    """The shipping, and none of the goods."""

    type: Literal["free_shipping"]


def _meant(applies_to: str, left: Left, matching: list[int]) -> list[int]:
    return matching if applies_to == "matching_lines" else list(range(len(left.lines)))


Action = Annotated[PercentOff | AmountOff | FreeShipping, Field(discriminator="type")]
RuleType = Annotated[Literal["cart", "line_item", "customer"], folded]


class RuleFields(Body):
    """What a merchant says about a rule. Without actions it is a condition of the whole promotion."""

    rule_type: RuleType = "cart"
    conditions: Conditions = Field(default_factory=Conditions)
    actions: Action | None = None
    priority: Priority = 0


class ChangeRule(Body):
    """What may change about a rule; what is left out stays."""

    rule_type: RuleType = "cart"
    conditions: Conditions = Field(default_factory=Conditions)
    actions: Action | None = None
    priority: Priority = 0


class Rule(Record):
    """DISC-05. Low priorities come first."""

    id: str = Field(default_factory=new_id)
    promotion_id: str
    rule_type: str = "cart"
    conditions: Conditions = Field(default_factory=Conditions)
    actions: Action | None = None
    priority: int = 0

    def holds(self, left: Left) -> bool:
        """Whether all its conditions hold of what is left; a line_item rule measures only the lines that match."""
        said, matching = self.conditions, self.conditions.chosen(left)
        measured = matching if self.rule_type == "line_item" else range(len(left.lines))
        low = said.min_subtotal
        worth = sum(left.amounts[number] for number in measured)
        return (
            bool(matching)
            and (low is None or (low.currency == left.currency and low.amount <= worth))
            and (said.min_quantity or 0) <= sum(left.lines[number].quantity for number in measured)
            and (not said.roles or bool(set(said.roles) & set(left.customer.roles)))
            and (not said.first_order_only or left.customer.is_new)
        )


class PromotionFields(Body):
    """What a merchant says about a promotion."""

    name: Name
    description: Text | None = None
    type: Kind
    configuration: FreeForm
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    priority: Priority = 0
    stacking: Stacking = "exclusive"
    metadata: FreeForm = {}


class ChangePromotion(Body):
    """What may change about a promotion; what is left out stays."""

    name: Name = ""
    description: Text | None = None
    configuration: FreeForm = {}
    starts_at: Moment = ""
    ends_at: Moment | None = None
    priority: Priority = 0
    stacking: Stacking = "exclusive"
    metadata: FreeForm = {}


class MovePromotion(Body):
    """Where a promotion moves."""

    status: Annotated[PromotionStatus, folded]


class PublicPromotion(Record):
    """A promotion as shoppers see it."""

    id: str = Field(default_factory=new_id)
    name: str
    description: str | None = None
    type: PromotionType
    status: PromotionStatus = "draft"
    configuration: FreeForm
    starts_at: str = Field(default_factory=clock.now)
    ends_at: str | None = None
    priority: int = 0
    stacking: str = "exclusive"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def is_active(self) -> bool:
        """Whether it may apply, once it is its time."""
        return self.status == "active"


class Promotion(PublicPromotion):
    """DISC-04."""

    metadata: FreeForm = {}

    def runs(self, now: str) -> bool:
        """Whether it is active, and it is its time."""
        return self.status == "active" and self.starts_at <= now and not self.is_over(now)

    def is_over(self, now: str) -> bool:
        """Whether its time is past."""
        return self.ends_at is not None and self.ends_at <= now

    def checked(self) -> "Promotion":
        """This promotion, if its mechanism can be built from its configuration; else 422."""
        mechanism(self.type, self.configuration)
        return self


class PromotionList(Paging):
    """Promotions by status; all but the active ones are for admins."""

    status: Annotated[PromotionStatus, folded] = "active"
