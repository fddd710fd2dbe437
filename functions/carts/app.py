"""The doors into carts: what shoppers do with them, what a checkout does, and what carts listens for."""

from carts.logic import buying, merging, oversight, shopping, upkeep
from carts.logic.oversight import CartList
from carts.model import (
    AddItem,
    ApplyCoupon,
    AskEstimate,
    Cart,
    CartHead,
    CartRef,
    ChangeItem,
    ConvertCart,
    Done,
    LockCart,
    LockedCart,
    MergeCart,
    OpenCart,
    UnlockCart,
)
from carts.store import table
from shop.api import CUSTOMER, GUEST_OR_CUSTOMER, PUBLIC, SUPPORT, Answer, Api, OperationId, Version
from shop.auth import Caller
from shop.pages import Page, Query
from shop.records import Xid

app = Api("carts", table)


class WhichCart(Query):
    """The cart's id, where the caller knows it: saves a read."""

    cart_id: Xid | None = None


@app.route("/carts", methods=["POST"], who=PUBLIC, status=201, location="/carts/current")
def open_cart(body: OpenCart, caller: Caller) -> Answer[Cart]:
    cart, is_new = shopping.open_cart(caller)
    return Answer(cart, 201 if is_new else 200)


@app.route("/carts/current", who=GUEST_OR_CUSTOMER)
def get_cart(query: WhichCart, caller: Caller) -> Cart:
    return shopping.current(shopping.owner_of(caller), query.cart_id).cart()


@app.route("/carts/current", methods=["DELETE"], who=GUEST_OR_CUSTOMER)
def empty_cart(query: WhichCart, caller: Caller) -> None:
    shopping.empty(shopping.owner_of(caller), query.cart_id)


@app.route("/carts/current/items", methods=["POST"], who=GUEST_OR_CUSTOMER, status=201, location="/carts/current")
def add_item(body: AddItem, caller: Caller, operation_id: OperationId) -> Cart:
    return shopping.add(shopping.owner_of(caller), body, operation_id)


@app.route("/carts/current/items/{item_id}", methods=["PATCH"], who=GUEST_OR_CUSTOMER, if_match=True)
def change_item(item_id: str, version: Version, body: ChangeItem, caller: Caller) -> Cart:
    return shopping.change(shopping.owner_of(caller), version, item_id, body.quantity)


@app.route("/carts/current/items/{item_id}", methods=["DELETE"], who=GUEST_OR_CUSTOMER, if_match=True)
def remove_item(item_id: str, version: Version, caller: Caller) -> Cart:
    return shopping.change(shopping.owner_of(caller), version, item_id, 0)


@app.route("/carts/current/shipping-estimate", methods=["PUT"], who=GUEST_OR_CUSTOMER)
def estimate_shipping(body: AskEstimate, caller: Caller) -> Cart:
    return shopping.estimate_shipping(shopping.owner_of(caller), body)


@app.route("/carts/current/coupon", methods=["PUT"], who=GUEST_OR_CUSTOMER)
def apply_coupon(body: ApplyCoupon, caller: Caller) -> Cart:
    return shopping.apply_coupon(shopping.owner_of(caller), body.code)


@app.route("/carts/current/coupon", methods=["DELETE"], who=GUEST_OR_CUSTOMER)
def remove_coupon(caller: Caller) -> Cart:
    return shopping.remove_coupon(shopping.owner_of(caller))


@app.route("/carts/current/merges", methods=["POST"], who=CUSTOMER)
def merge_cart(body: MergeCart, caller: Caller) -> Cart:
    return merging.merge(caller.user_id, body.session_id)


@app.route("/carts", who=SUPPORT)
def list_carts(query: CartList) -> Page[CartHead]:
    return oversight.listed(query)


@app.route("/carts/{cart_id}", who=SUPPORT)
def get_any_cart(cart_id: str) -> Cart:
    return oversight.read(cart_id)


@app.step
def find_cart(cart: CartRef) -> Cart:
    return buying.find(cart)


@app.step
def lock_cart(cart: LockCart) -> LockedCart:
    return buying.lock(cart)


@app.step
def unlock_cart(cart: UnlockCart) -> Done:
    return buying.unlock(cart)


@app.step
def convert_cart(cart: ConvertCart) -> Done:
    return buying.convert(cart)


@app.job
def expire_carts() -> None:
    upkeep.expire_carts()


steps = app.steps
events = app.events
jobs = app.jobs
