"""What staff see of carts (R132, R133; AP33): anyone's, open or closed, but never what would open a guest's."""

import pytest

from tests.kit import admin, anyone, deliver, user
from tests.proof.machine import running
from tests.proof.shopper import a_buyer, furnished

pytestmark = pytest.mark.usefixtures("shop")


def test_staff_find_a_users_carts_newest_first_and_everybodys_open_ones() -> None:
    shelf = furnished()
    ann, bob = a_buyer(shelf), a_buyer(shelf)
    with running():
        bought = ann.buy()
    deliver("orders", "carts")
    open_, other = ann.fill(), bob.fill()
    support = user("support-1", "support")
    path = f"/v1/carts?user_id={ann.user_id}"
    assert [cart["cart_id"] for cart in support.get(path).ok()["data"]] == [open_["cart_id"], bought["cart_id"]]
    (converted,) = support.get(f"{path}&status=converted").ok()["data"]
    assert (converted["cart_id"], converted["status"]) == (bought["cart_id"], "converted")
    everybodys = {cart["cart_id"] for cart in admin().get("/v1/carts?limit=100").ok()["data"]}
    assert {open_["cart_id"], other["cart_id"]} <= everybodys
    assert bought["cart_id"] not in everybodys
    shown = support.get(f"/v1/carts/{open_['cart_id']}").ok(200)
    assert [item["quantity"] for item in shown["items"]] == [item["quantity"] for item in open_["items"]]


def test_what_opens_a_guests_cart_is_not_shown() -> None:
    guests = anyone().post("/v1/carts").ok(201)
    assert guests["session_id"]
    assert guests["session_id"] not in str(admin().get("/v1/carts").ok()["data"])
    assert admin().get(f"/v1/carts/{guests['cart_id']}").ok()["session_id"] is None


def test_closed_carts_are_listed_by_user_and_carts_are_the_staffs_to_list() -> None:
    refused = admin().get("/v1/carts?status=abandoned").refused(400, "invalid_parameter")
    assert refused["errors"][0]["pointer"] == "?user_id"
    admin().get("/v1/carts?status=lost").refused(400, "invalid_parameter")
    admin().get("/v1/carts/nothing").refused(404, "not_found")
    user().get("/v1/carts").refused(403, "forbidden")
