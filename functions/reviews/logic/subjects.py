"""Who may write, and about what: authors still there, products that are offered."""

from reviews.model.people import Author
from reviews.store import people as store
from shop import steps
from shop.auth import Caller
from shop.errors import not_found, unauthenticated


def writer(user_id: str) -> Author | None:
    """What was heard of somebody who is about to write; who has deleted their account no longer does (401)."""
    author = store.author(user_id)
    if author and author.erased_at:
        raise unauthenticated("session_ended", "This account is deleted")
    return author


def offered(product_id: str) -> None:
    """Refuse (404) what the catalog does not offer this moment: it is asked, for its news may still be on the way."""
    if not _offers(product_id):
        raise not_found("product")


def shown(product_id: str, caller: Caller) -> None:
    """Refuse (404) what the caller may not look at. Of what no news has come yet the catalog knows."""
    product = store.product(product_id)
    if product is None:
        offered(product_id)
    elif not product.is_listed and not caller.is_staff and not _sells(product.seller_id, caller):
        raise not_found("product")


def is_hidden(product_id: str) -> bool:
    """Whether a product was taken from the public's sight."""
    product = store.product(product_id)
    return product is not None and not product.is_listed


def sells(product_id: str, caller: Caller) -> bool:
    """Whether the caller is the product's seller."""
    product = store.product(product_id)
    return product is not None and _sells(product.seller_id, caller)


def _sells(seller_id: str | None, caller: Caller) -> bool:
    return bool(caller.user_id) and seller_id == caller.user_id and "seller" in caller.roles


def _offers(product_id: str) -> bool:
    lines = [{"product_id": product_id, "variant_id": None, "quantity": 1}]
    (line,) = steps.ask("catalog", "look_up_products", {"lines": lines})["lines"]
    return line["product_name"] is not None
