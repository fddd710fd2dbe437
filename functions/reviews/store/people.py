"""Authors, their purchases and what they have written; and the products it is about."""

from collections.abc import Sequence

from pynamodb.expressions.operand import Path

from reviews.model.people import Author, Authorship, Product, Purchase
from reviews.store import asked_key, author_key, product_key, purchase_key, reviewed_key, table
from shop.events import Event
from shop.inbox import AlreadyHeard
from shop.races import LostRace
from shop.table import ABSENT, Key, Row, Transaction, newer


def authorship_key(a: Authorship) -> Key:
    """Where an authorship is."""
    return asked_key(a.user_id, a.question_id) if a.question_id else reviewed_key(a.user_id, a.product_id)


AUTHORS = table.kind("author", Author, lambda a: Row(author_key(a.user_id)))
AUTHORSHIPS = table.kind("authorship", Authorship, lambda a: Row(authorship_key(a)))
PURCHASES = table.kind("verified_purchase", Purchase, lambda p: Row(purchase_key(p.user_id, p.product_id)))
PRODUCTS = table.kind("product", Product, lambda p: Row(product_key(p.product_id)))


def author(user_id: str) -> Author | None:
    """What was heard of a user."""
    return AUTHORS.get(author_key(user_id))


def save_author(author: Author, new: bool) -> None:
    """Write what was heard of a user, if nobody else has meanwhile."""
    with table.transaction() as tx:
        if new:
            tx.create(AUTHORS, author, LostRace())
        else:
            tx.save(AUTHORS, author, otherwise=LostRace())


def while_author_is(tx: Transaction, author: Author | None, user_id: str) -> None:
    """Let the rest happen only while what is known of its author is what was read."""
    tx.check(author_key(user_id), Path("version") == author.version if author else ABSENT, LostRace())


def authorships(user_id: str) -> list[Authorship]:
    """All that a user has written. Two strongly consistent Queries."""
    pk = author_key(user_id).pk
    return [*AUTHORSHIPS.query(pk, prefix="REV#"), *AUTHORSHIPS.query(pk, prefix="QA#")]


def buyer(user_id: str, products: Sequence[str]) -> tuple[Author | None, dict[str, Authorship], set[str]]:
    """A user, their reviews of these products by product, and which of them they bought. One BatchGet."""
    keys = [key for p in products for key in (reviewed_key(user_id, p), purchase_key(user_id, p))]
    found = table.many([author_key(user_id), *keys])
    return (
        next((thing for thing in found if isinstance(thing, Author)), None),
        {thing.product_id: thing for thing in found if isinstance(thing, Authorship)},
        {thing.product_id for thing in found if isinstance(thing, Purchase)},
    )


def purchase(user_id: str, product_id: str) -> Purchase | None:
    """That a user was delivered a product, if they were (AP61)."""
    return PURCHASES.get(purchase_key(user_id, product_id))


def remove_purchases(user_id: str) -> None:
    """Forget what a user has bought."""
    purchases = PURCHASES.query(author_key(user_id).pk, prefix="VP#")
    table.delete_all(purchase_key(p.user_id, p.product_id) for p in purchases)


def unless_erased(tx: Transaction, user_id: str) -> None:
    """Let the rest happen only while the user's personal data has not been erased."""
    tx.check(author_key(user_id), Path("erased_at").does_not_exist(), LostRace())


def product(product_id: str) -> Product | None:
    """What was heard of a product."""
    return PRODUCTS.get(product_key(product_id))


def save_product(product: Product, cause: Event) -> None:
    """Note what was told of a product, unless something newer was."""
    with table.transaction(cause=cause) as tx:
        tx.put(PRODUCTS, product, newer(product.heard_version), AlreadyHeard())
