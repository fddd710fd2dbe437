"""Notes about an order (R147, R148; B131; ORD-05; AP34), read through the API and in the order itself."""

from typing import Any

import pytest

from orders import store
from shop import clock, ids
from tests.kit import Client, Reply, admin, anyone, deliver, hear, user
from tests.proof.machine import Json, running
from tests.proof.shopper import Buyer, a_buyer, fresh, furnished

pytestmark = pytest.mark.usefixtures("shop")


@pytest.fixture
def buyer(shop: None) -> Buyer:
    return a_buyer(furnished())


@pytest.fixture
def order(buyer: Buyer) -> Json:
    with running():
        placed = buyer.buy()
    deliver("carts", "inventory", "orders", "payments")
    return buyer.order(placed["order_id"])


def support() -> Client:
    return user("support-1", "support")


def write(client: Client, order: Json, note: Any, key: str = "", **more: Any) -> Reply:
    keyed = {"idempotency_key": key} if key else {}
    return client.post(f"/v1/orders/{order['order_id']}/notes", {"note": note, **more}, **keyed)


def texts(client: Client, order: Json) -> list[str]:
    listed = client.get(f"/v1/orders/{order['order_id']}/notes").ok(200)["data"]
    shown = client.get(f"/v1/orders/{order['order_id']}").ok(200)["order_notes"]
    assert listed == shown
    return [note["note"] for note in listed]


def gone(user_id: str) -> Json:
    return {
        "id": ids.new_id(),
        "type": "user.deleted",
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": "user",
        "aggregate_id": user_id,
        "aggregate_version": 9,
        "correlation_id": "c",
        "actor": {"type": "user", "id": user_id},
        "data": {"user_id": user_id},
    }


def forget(buyer: Buyer) -> None:
    hear("user.deleted", gone(buyer.user_id), to=lambda service: service == "orders")


def test_internal_notes_are_for_staff_and_the_customers_are_for_both(buyer: Buyer, order: Json) -> None:
    """B131; R147, R148."""
    theirs = write(buyer.client, order, "  Leave it at the door.  ").ok(201)
    assert (theirs["note"], theirs["is_internal"]) == ("Leave it at the door.", False)
    assert theirs["created_by"] == buyer.user_id
    assert write(support(), order, "Called twice.").ok(201)["is_internal"] is True
    assert write(admin(), order, "It leaves tomorrow.", is_internal=False).ok(201)["is_internal"] is False
    assert texts(buyer.client, order) == ["Leave it at the door.", "It leaves tomorrow."]
    assert texts(support(), order) == ["Leave it at the door.", "Called twice.", "It leaves tomorrow."]
    by_number = buyer.client.get(f"/v1/orders/by-number/{order['order_number']}").ok(200)
    assert len(by_number["order_notes"]) == 2
    assert "order_notes" not in buyer.client.get("/v1/orders").ok(200)["data"][0]


def test_only_who_may_see_an_order_reads_and_writes_its_notes(buyer: Buyer, order: Json) -> None:
    write(user(), order, "mine?").refused(404, "not_found")
    user().get(f"/v1/orders/{order['order_id']}/notes").refused(404, "not_found")
    write(anyone(), order, "mine?").refused(401, "unauthenticated")
    write(admin(), {"order_id": ids.new_id()}, "where?").refused(404, "not_found")
    assert texts(admin(), order) == []


def test_a_note_says_something_and_customers_cannot_write_behind_their_own_back(buyer: Buyer, order: Json) -> None:
    for wrong in ("", "   ", "x" * 10_001, "bell \x07", 7, None):
        refused = write(buyer.client, order, wrong).refused(422, "validation_failed")
        assert refused["errors"][0]["pointer"] == "/note"
    refused = write(buyer.client, order, "psst", is_internal=True).refused(422, "validation_failed")
    assert refused["errors"][0]["pointer"] == "/is_internal"
    write(buyer.client, order, "psst", colour="red").refused(422, "validation_failed")
    assert write(buyer.client, order, "aloud", is_internal=False).ok(201)["is_internal"] is False
    assert texts(admin(), order) == ["aloud"]


def test_a_note_written_twice_under_one_key_is_one(buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the first time its answer was lost."""
    key, real = fresh("k"), store.add_note

    def cut_off(*arguments: Any) -> Any:
        real(*arguments)
        raise RuntimeError("cut off")

    monkeypatch.setattr(store, "add_note", cut_off)
    write(buyer.client, order, "Ring twice.", key).refused(500, "internal_error")
    monkeypatch.setattr(store, "add_note", real)
    first = write(buyer.client, order, "Ring twice.", key).ok(201)
    assert write(buyer.client, order, "Ring twice.", key).ok(201) == first
    assert texts(admin(), order) == ["Ring twice."]


def test_notes_are_erased_with_their_customer(buyer: Buyer, order: Json) -> None:
    """B75."""
    write(buyer.client, order, "Ask for Ann.").ok(201)
    write(admin(), order, "Ann is nice.").ok(201)
    for _ in range(2):
        forget(buyer)
    assert texts(admin(), order) == []
    write(buyer.client, order, "I am still here.").refused(404, "not_found")
    write(admin(), order, "Asked to be forgotten.").ok(201)


@pytest.mark.parametrize("when", ["before the write", "after the read"])
def test_a_note_that_crosses_the_erasure_leaves_nothing_behind(
    buyer: Buyer, order: Json, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """The customer writes while they are forgotten: either the note is refused, or it is erased with the rest."""
    if when == "before the write":
        real = store.add_note

        def rival(*arguments: Any) -> Any:
            monkeypatch.setattr(store, "add_note", real)
            forget(buyer)
            return real(*arguments)

        monkeypatch.setattr(store, "add_note", rival)
        write(buyer.client, order, "Ask for Ann.").refused(404, "not_found")
    else:
        erase = store.save_erased

        def late(*arguments: Any) -> Any:
            monkeypatch.setattr(store, "save_erased", erase)
            write(buyer.client, order, "Ask for Ann.").ok(201)
            return erase(*arguments)

        monkeypatch.setattr(store, "save_erased", late)
        forget(buyer)
    assert texts(admin(), order) == []
