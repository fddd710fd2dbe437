"""What carts and checkouts ask: can this be sold, and for how much."""

from catalog.model.lines import Lines, Looked, line
from catalog.store import products as store
from shop.errors import invalid


def look_up(asked: Lines) -> Looked:
    """Each line as it would be sold this moment. One BatchGet, uncached."""
    products, variants = store.named((w.product_id, w.variant_id) for w in asked.lines)
    return Looked(
        lines=[
            line(w, products.get(w.product_id), variants.get((w.product_id, w.variant_id or ""))) for w in asked.lines
        ]
    )


def validate(asked: Lines) -> Looked:
    """The same, refused (product_unavailable, naming the lines) when any line cannot be sold."""
    looked = look_up(asked)
    bad = [
        {"product_id": one.product_id, "variant_id": one.variant_id, "reason": one.reason}
        for one in looked.lines
        if not one.sellable
    ]
    if bad:
        raise invalid("product_unavailable", "Something in the cart cannot be bought any more", lines=bad)
    return looked
