"""What inventory tells: what is on the shelf, and what is promised to whom."""

from shop.events import Event
from shop.records import Part


class StockUpdated(Event):
    """E34. The totals of one sellable unit, over all warehouses; and whether there is another word for them now."""

    type, about, key = "stock.updated", "stock_item", "inventory_id"
    inventory_id: str
    product_id: str
    variant_id: str | None = None
    quantity: int
    reserved: int
    available: int
    stock_status: str
    status_changed: bool = True


class StockLow(Event):
    """E35. Down to the reorder level: once per crossing."""

    type, about, key = "stock.low", "stock_item", "inventory_id"
    inventory_id: str
    product_id: str
    variant_id: str | None = None
    sku: str
    available: int
    reorder_level: int
    reorder_quantity: int


class StockDepleted(Event):
    """E36. None left."""

    type, about, key = "stock.depleted", "stock_item", "inventory_id"
    inventory_id: str
    product_id: str
    variant_id: str | None = None


class StockReplenished(Event):
    """E37. There is some again."""

    type, about, key = "stock.replenished", "stock_item", "inventory_id"
    inventory_id: str
    product_id: str
    variant_id: str | None = None
    available: int


class ReservedLine(Part):
    """So many of one unit."""

    product_id: str
    variant_id: str | None = None
    quantity: int


class ReservationCreated(Event):
    """E38."""

    type, about, key = "reservation.created", "reservation", "order_id"
    order_id: str
    lines: list[ReservedLine]
    expires_at: str


class ReservationCompleted(Event):
    """E39. The stock has been sold."""

    type, about, key = "reservation.completed", "reservation", "order_id"
    order_id: str
    lines: list[ReservedLine]


class ReservationReleased(Event):
    """E40. The stock is free again."""

    type, about, key = "reservation.released", "reservation", "order_id"
    order_id: str
    lines: list[ReservedLine]
    reason: str | None = None


class ReservationExpired(Event):
    """E41. Nobody came for it in time."""

    type, about, key = "reservation.expired", "reservation", "order_id"
    order_id: str
