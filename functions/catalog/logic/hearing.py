"""What the catalog copies of what it hears: stock, ratings, and its own categories."""

from collections.abc import Sequence

from catalog.logic.categories import set_level
from catalog.logic.changing import write
from catalog.logic.products import copies
from catalog.model.category import Category
from catalog.model.document import document
from catalog.model.listing import Listing
from catalog.model.product import Rating, UnitStock
from catalog.store import categories, writing
from catalog.store import products as store
from shop.events import catalog as said
from shop.events.inventory import StockUpdated
from shop.events.reviews import RatingUpdated
from shop.races import until_won

AT_ONCE = 100  # products refreshed in one go


def on_stock_updated(event: StockUpdated) -> None:
    """Show what is left of a unit (B93); what is older than shown, or of nothing we offer, changes nothing."""
    news = _stock(event)

    def attempt() -> None:
        before = store.find(event.product_id)
        if before is not None and (news.variant_id is None or before.variant(news.variant_id) is not None):
            writing.save_stock(before, _restocked(before, news), news, event)

    until_won(attempt)


def on_stock_updates(events: Sequence[StockUpdated]) -> list[StockUpdated]:
    """Show what is left of many units at once; those are returned that take a closer look.

    Where only the quantity of a known unit is another, its product shows as many more or less, and nothing else: it
    needs no more than the two of them. Of several news of a unit only the latest is shown.
    """
    heard = {(event.product_id, event.variant_id): event for event in sorted(events, key=_version)}
    products, known = store.stocked(heard)
    shown: dict[str, list[tuple[UnitStock, UnitStock]]] = {}
    for unit, event in heard.items():
        before, product = known.get(unit), products.get(event.product_id)
        if before and product and event.stock_status == before.status and before.heard_version < _version(event):
            shown.setdefault(event.product_id, []).append((before, _stock(event)))
    changes = [
        writing.Restocked(products[product_id], news, _causes(news, events)) for product_id, news in shown.items()
    ]
    writing.save_stocks(changes)
    answered = [event for change in changes for event in change.causes]
    return [event for event in events if event not in answered]


def _causes(news: Sequence[tuple[UnitStock, UnitStock]], events: Sequence[StockUpdated]) -> list[StockUpdated]:
    """Of all these events those that say something new of these units."""
    known = {(before.product_id, before.variant_id): before.heard_version for before, _ in news}
    return [e for e in events if _version(e) > known.get((e.product_id, e.variant_id), _version(e))]


def _stock(event: StockUpdated) -> UnitStock:
    return UnitStock(
        product_id=event.product_id,
        variant_id=event.variant_id,
        quantity=event.available,
        status=event.stock_status,
        heard_version=_version(event),
    )


def _version(event: StockUpdated) -> int:
    assert event.meta is not None
    return event.meta.aggregate_version


def _restocked(before: Listing, news: UnitStock) -> Listing:
    """With the news; the product is a new version only if its document is another."""
    after = before.heard(news).settled()
    if document(after) == document(before):
        return after.but(product=before.product)
    return after.but(product=after.product.model_copy(update={"version": before.product.version + 1}))


def on_rating_updated(event: RatingUpdated) -> None:
    """Show what reviewers think of a product now; what is older than shown, or of nothing we offer, changes nothing."""
    assert event.meta is not None
    version = event.meta.aggregate_version

    def attempt() -> None:
        before = store.head(event.product_id)
        if before is None or before.rating_version >= version:
            return
        rating = Rating(average=event.average, count=event.count)
        news = {"rating": rating, "rating_version": version, "version": before.version + 1}
        writing.save_copies(before, before.model_copy(update=news), event)

    until_won(attempt)


def on_category_updated(event: "said.CategoryUpdated") -> None:
    """Let the levels below a category and the copies on its products follow it (B86), so many at a time."""
    category = categories.find(event.category_id)
    if category is None:
        return
    for child in categories.tree().children(category.category_id):
        set_level(child, category.level + 1)
    links = store.outdated_links(category.category_id, category.version, AT_ONCE)
    for link in links:
        _refresh(link.product_id, category)
    if len(links) == AT_ONCE:
        categories.repeat(event, event, category.version)


def _refresh(product_id: str, category: Category) -> None:
    """Write the category's present name and place into a product's link to it."""

    def attempt() -> None:
        before = store.find(product_id)
        if before is None:
            return
        links = [
            link.model_copy(update=copies(category))
            if link.category_id == category.category_id and link.category_version < category.version
            else link
            for link in before.links
        ]
        if links != before.links:
            write(before, before.but(links=links), None, edited=False)

    until_won(attempt)
