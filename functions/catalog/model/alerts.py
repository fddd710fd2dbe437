"""Who waits for what is out of stock."""

from catalog.model.listing import Listing
from shop.pages import Query
from shop.records import Body, Record, Xid


class StockAlert(Record):
    """CAT-08. A user waits for one unit of a product, or for whichever of its variants is back first."""

    id: str
    product_id: str
    variant_id: str | None = None
    user_id: str
    email: str | None = None  # as users had it; who writes to them knows their address better
    notified: bool = False
    expires_at: str


class KeptAlert(StockAlert):
    """A stock alert with what was known when it was made: only stock that came later is news to its user."""

    known: dict[str, int] = {}  # by unit, the version of its stock that had been heard
    email_version: int | None = None

    def is_news(self, variant_id: str | None, version: int) -> bool:
        """Whether the user does not know yet that this unit is back."""
        return version > self.known.get(name_of(variant_id), 0)


class Replenished(Record):
    """When each unit of a product last came back, as versions of its stock: what is shown of it may lag behind."""

    product_id: str
    units: dict[str, int] = {}

    def later(self, variant_id: str | None, version: int) -> "Replenished | None":
        """With news of one unit; None when it is none."""
        unit = name_of(variant_id)
        if version <= self.units.get(unit, 0):
            return None
        return self.but(units={**self.units, unit: version})


class AlertUnit(Body):
    """What to wait for: a variant, or the product."""

    variant_id: Xid | None = None


class WhichAlert(Query):
    """The same, for those who send no body with a DELETE."""

    variant_id: Xid | None = None


def name_of(variant_id: str | None) -> str:
    """The name of a unit among those of its product; no id has a star."""
    return variant_id or "*"


def units_of(listing: Listing, variant_id: str | None) -> list[str | None]:
    """The sellable units an alert is about."""
    if variant_id is not None or not listing.variants:
        return [variant_id]
    return [variant.variant_id for variant in listing.variants]


def is_there(listing: Listing, unit: str | None, last: Replenished | None) -> bool:
    """Whether a unit can be bought: as is shown, or as was heard later than that."""
    _, status = listing.stock_of(unit)
    came_back = last.units.get(name_of(unit), 0) if last else 0
    return status != "out_of_stock" or came_back > listing.heard_of(unit)
