"""What inventory hears of, and how it answers."""

from inventory.logic import returned, settling, units
from shop.events.catalog import ProductCreated, VariantCreated, VariantDeleted
from shop.events.orders import OrderCancelled
from shop.events.returns import ReturnReceived
from shop.hearing import Hearing

hears = Hearing(
    "inventory",
    {
        ProductCreated: units.on_product_created,
        VariantCreated: units.on_variant_created,
        VariantDeleted: units.on_variant_deleted,
        OrderCancelled: settling.on_order_cancelled,
        ReturnReceived: returned.on_return_received,
    },
)
