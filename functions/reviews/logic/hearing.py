"""What reviews hears: who people are, what they were delivered, and which products are offered by whom."""

from reviews.model.people import Author, Product, Purchase
from reviews.store import people
from reviews.store import reviews as store
from shop.events import Event
from shop.events.auth import UserCreated
from shop.events.catalog import ProductCreated, ProductUpdated
from shop.events.orders import OrderDelivered
from shop.events.users import ProfileUpdated
from shop.races import until_won

AT_ONCE = 45  # products whose purchase fits one write: each with its review, or a look that there is none
# What a review shows of its author, in the words of the profile.
COPIED = frozenset({"first_name", "last_name", "full_name", "avatar_url"})


def on_user_created(event: UserCreated) -> None:
    """Note the name somebody came with; whatever their profile says is newer."""
    _learned(event.user_id, 0, first_name=event.first_name, last_name=event.last_name)


def on_profile_updated(event: ProfileUpdated) -> None:
    """Note what changed of what reviews show, and bring the copies up to date."""
    told = {name: value for name, value in event.changed.items() if name in COPIED}
    if told:
        _learned(event.user_id, _version(event), **told)


def on_order_delivered(event: OrderDelivered) -> None:
    """Note what somebody has bought; a review that was written before the parcel came is verified now.

    Every part may be repeated, and an order has more products than fit one write: the inbox has no part in it.
    """
    products = [*dict.fromkeys(item.product_id for item in event.items)]
    for start in range(0, len(products), AT_ONCE):
        bought = products[start : start + AT_ONCE]
        until_won(lambda bought=bought: _verify(event.user_id, event.order_id, bought))  # type: ignore[misc]


def on_product_created(event: ProductCreated) -> None:
    """Note whose a product is."""
    _noted(event, event.seller_id, event.status == "active")


def on_product_updated(event: ProductUpdated) -> None:
    """Note whether the public sees a product; its reviews are seen as long as it is."""
    said = event.product
    _noted(event, said.get("seller_id"), said["status"] == "active" and said["is_visible"])


def _verify(user_id: str, order_id: str, products: list[str]) -> None:
    author, reviewed, bought = people.buyer(user_id, products)
    if author and author.erased_at:
        return
    written = {product_id: store.find(mine.review_id) for product_id, mine in reviewed.items() if mine.review_id}
    purchases = [Purchase(user_id=user_id, product_id=p, order_id=order_id) for p in products if p not in bought]
    if purchases:
        store.save_purchases(user_id, [(purchase, written.get(purchase.product_id)) for purchase in purchases])


def _learned(user_id: str, version: int, **told: str | None) -> None:
    def learn() -> None:
        before = people.author(user_id)
        author = before or Author(user_id=user_id)
        after = author.told(version, **told)
        if not author.erased_at and after != author:
            people.save_author(after, before is None)

    until_won(learn)
    _renew(user_id)


def _renew(user_id: str) -> None:
    """Bring the copies in somebody's reviews up to date: each at least as new as what is known when this begins."""
    author = people.author(user_id)
    if author is None or author.erased_at:
        return

    def renew(review_id: str) -> None:
        review = store.find(review_id)
        if review and review.author_version < author.version and review.user_details != author.details:
            store.save(review, review.but(user_details=author.details, author_version=author.version))

    for mine in people.authorships(user_id):
        if mine.review_id:
            until_won(lambda review_id=mine.review_id: renew(review_id))  # type: ignore[misc]


def _noted(event: ProductCreated | ProductUpdated, seller_id: str | None, is_listed: bool) -> None:
    product = Product(
        product_id=event.product_id, seller_id=seller_id, is_listed=is_listed, heard_version=_version(event)
    )
    people.save_product(product, event)


def _version(event: Event) -> int:
    assert event.meta is not None
    return event.meta.aggregate_version
