"""What staff see of carts: whose they are and how they stand, but not the session ids that open guests' carts."""

from typing import Literal

from pydantic import Field

from carts import store
from carts.model import Cart, CartHead
from shop.errors import FieldError, Refusal, not_found
from shop.pages import Page, Paging


class CartList(Paging):
    """Carts of one user, or all that are open."""

    user_id: str | None = Field(default=None, min_length=1, max_length=64)
    status: Literal["active", "abandoned", "converted"] | None = None


def listed(query: CartList) -> Page[CartHead]:
    """Carts of a user, newest first; or everybody's open ones, those that end first at the top (AP33)."""
    if query.user_id is None and query.status not in (None, "active"):
        missing: FieldError = {"pointer": "?user_id", "code": "missing", "detail": "Name the user of closed carts"}
        raise Refusal(400, "invalid_parameter", "?user_id: Name the user of closed carts", errors=[missing])
    page = store.page_of_user(query.user_id, query) if query.user_id else store.open_ones(query)
    shown = [_shown(cart) for cart in page.data if query.status in (None, cart.status)]
    return page.showing(shown)


def read(cart_id: str) -> Cart:
    """A cart in whatever state, with its lines."""
    found = store.basket(cart_id)
    if found is None:
        raise not_found("cart")
    return found.cart().model_copy(update={"session_id": None})


def _shown(cart: CartHead) -> CartHead:
    return CartHead.model_validate(dict(cart)).model_copy(update={"session_id": None})
