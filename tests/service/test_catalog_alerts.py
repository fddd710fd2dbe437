"""Who waits for what is out of stock, and hears of it once (R91-R93; B91; AP26; E32, E33, E37; CAT-08)."""

from typing import Any

import pytest
import time_machine

from catalog.store import alerts as store
from notifications.store import templates as notified
from shop import clock, steps
from shop.errors import Transient
from shop.settings import DAY
from tests.kit import Client, admin, anyone, deliver, hear, mails, perform, user
from tests.service.catalog_kit import Json, a_product, said, seller, stock, support, tell

pytestmark = pytest.mark.usefixtures("shop")

ANN, BEN = user("ann"), user("ben")


def path_of(**fields: Any) -> str:
    return f"/v1/products/{a_product(**fields)['product_id']}"


def wait(path: str, by: Client = ANN, variant_id: str | None = None, **headers: str) -> Any:
    return by.post(f"{path}/stock-alerts", {"variant_id": variant_id} if variant_id else {}, **headers)


def waits(by: Client = ANN, query: str = "") -> list[Json]:
    found: list[Json] = by.get(f"/v1/stock-alerts{query}").ok(200)["data"]
    return found


def back(path: str, version: int, variant_id: str | None = None, event_id: str = "") -> None:
    """Inventory says that there is some again."""
    product_id = path.rpartition("/")[2]
    unit = {"inventory_id": f"{product_id}-{variant_id}", "product_id": product_id, "variant_id": variant_id}
    tell("stock.replenished", unit["inventory_id"] or "", version, {**unit, "available": 5}, event_id)


def shown(path: str, available: int, version: int, variant_id: str | None = None) -> None:
    """Inventory says how much there is."""
    stock(path.rpartition("/")[2], variant_id, available, version, "in_stock" if available else "out_of_stock")


def told() -> list[str]:
    return sorted(event["user_id"] for event in said("stock_alert.triggered"))


def introduced(user_id: str, email: str) -> None:
    """Auth says that there is a user."""
    data = {"user_id": user_id, "email": email, "roles": ["customer"], "language": "en", "first_name": "Ann"}
    envelope = {
        "id": f"made-{user_id}",
        "type": "user.created",
        "version": 1,
        "occurred_at": clock.now(),
        "aggregate_type": "user",
        "aggregate_id": user_id,
        "aggregate_version": 1,
        "correlation_id": "c",
        "actor": {"type": "user", "id": user_id},
        "data": data,
    }
    hear("user.created", envelope)


def test_who_waits_is_told_once_by_mail_when_it_is_back() -> None:
    """B91, B180, E33."""
    notified.shelf.forget()
    perform("notifications", "seed_templates")
    introduced("ann", "ann@example.com")
    path = path_of(name="Mug <1>")
    made = wait(path)
    alert = made.ok(201)
    assert made.headers["Location"] == f"{path}/stock-alerts"
    assert (alert["user_id"], alert["email"], alert["variant_id"], alert["notified"]) == (
        "ann",
        "ann@example.com",
        None,
        False,
    )
    assert alert["expires_at"][:10] == clock.after(90 * DAY)[:10]
    assert "known" not in alert
    (event,) = said("stock_alert.created")
    assert event == {"alert_id": alert["id"], "product_id": alert["product_id"], "variant_id": None, "user_id": "ann"}
    before = len(mails())
    back(path, 2, event_id="once")
    back(path, 2, event_id="once")
    back(path, 2)
    (event,) = said("stock_alert.triggered")
    assert event == {
        "alert_id": alert["id"],
        "product_id": alert["product_id"],
        "variant_id": None,
        "user_id": "ann",
        "email": "ann@example.com",
        "product_name": "Mug <1>",
    }
    assert [(a["id"], a["notified"]) for a in waits()] == [(alert["id"], True)]
    deliver("catalog", times=2)
    (mail,) = mails()[before:]
    assert (mail.destinations["ToAddresses"], mail.subject) == (["ann@example.com"], "Mug <1> is back in stock")
    assert "Mug &lt;1&gt;" in mail.body


def test_inventory_brings_the_news() -> None:
    """E34, E37, B93."""
    perform("inventory", "seed_warehouse", code="MAIN", name="Main")
    path = path_of(sku="MUG")
    deliver()
    wait(path).ok(201)
    (item,) = admin().get("/v1/inventory-items?sku=MUG").ok(200)["data"]
    restock = {"quantity": 3, "reason": "delivery"}
    for key in ("first", "second"):
        admin().post(f"/v1/inventory-items/{item['inventory_id']}/restocks", restock, idempotency_key=key).ok(201)
        deliver(times=2)
    assert [(alert["user_id"], alert["notified"]) for alert in waits()] == [("ann", True)]
    assert anyone().get(path).ok(200)["stock_status"] == "low_stock"
    wait(path).refused(409, "in_stock")


def test_an_alert_is_for_one_unit_and_once_for_each_user() -> None:
    product = a_product(variants=[{"sku": "A"}, {"sku": "B"}])
    path, (a, b) = f"/v1/products/{product['product_id']}", [v["variant_id"] for v in product["variants"]]
    wait(path, variant_id=a).ok(201)
    wait(path, variant_id=a).refused(409, "already_subscribed")
    wait(path, variant_id=b).ok(201)
    wait(path, BEN, b).ok(201)
    wait(path, user("cid")).ok(201)
    back(path, 2, b)
    assert told() == ["ann", "ben", "cid"]
    assert [(alert["variant_id"], alert["notified"]) for alert in waits()] == [(b, True), (a, False)]
    shown(path, 5, 2, b)
    wait(path, BEN, b).refused(409, "in_stock")
    wait(path, BEN).refused(409, "in_stock")
    wait(path, BEN, a).ok(201)
    problem = wait(path, variant_id="gone").refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == "/variant_id"


def test_who_was_told_may_wait_again() -> None:
    path = path_of()
    first = wait(path).ok(201)
    back(path, 2)
    shown(path, 5, 2)
    wait(path).refused(409, "in_stock")
    shown(path, 0, 3)
    again = wait(path).ok(201)
    assert again["id"] != first["id"]
    back(path, 2)
    assert told() == ["ann"]
    back(path, 4)
    assert told() == ["ann", "ann"]
    assert [alert["id"] for alert in waits()] == [again["id"]]


def test_only_what_is_out_of_stock_and_on_show_is_waited_for() -> None:
    path = path_of()
    shown(path, 3, 1)
    wait(path).refused(409, "in_stock")
    draft = path_of(sku="D", name="Draft", status="draft")
    wait(draft).refused(404, "not_found")
    wait("/v1/products/gone").refused(404, "not_found")
    wait(path, anyone()).refused(401, "unauthenticated")
    ANN.post(f"{path}/stock-alerts", {"email": "x@example.com"}).refused(422, "validation_failed")
    assert waits() == []


def test_what_is_taken_off_the_shelves_is_not_announced() -> None:
    path = path_of()
    wait(path).ok(201)
    admin().post(f"{path}/status-changes", {"status": "inactive"}).ok(200)
    back(path, 2)
    back("/v1/products/gone", 2)
    assert told() == []
    admin().post(f"{path}/status-changes", {"status": "active"}).ok(200)
    back(path, 4)
    assert told() == ["ann"]


def test_old_news_is_no_news() -> None:
    """B7: what came back and is gone again was not there for who waits since, nor for who waited before."""
    path = path_of()
    wait(path, BEN).ok(201)
    shown(path, 0, 7)
    wait(path).ok(201)
    back(path, 6)
    assert told() == []
    back(path, 7)
    assert told() == ["ben"]
    back(path, 9)
    assert told() == ["ann", "ben"]


def test_nobody_begins_to_wait_between_the_news_and_what_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """stock.replenished is heard before the stock.updated of the same change, or while someone begins to wait."""
    path, create, rivals = path_of(), store.create, ["the news"]
    shown(path, 0, 1)

    def overtaken(*arguments: Any) -> None:
        if rivals:
            rivals.pop()
            back(path, 2)
        create(*arguments)

    monkeypatch.setattr(store, "create", overtaken)
    wait(path).refused(409, "in_stock")
    wait(path, BEN).refused(409, "in_stock")
    shown(path, 5, 2)
    shown(path, 0, 3)
    wait(path).ok(201)


def test_a_product_that_changes_while_someone_begins_to_wait_is_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    path, create, rivals = path_of(), store.create, ["stock", "edit"]

    def overtaken(*arguments: Any) -> None:
        rival = rivals.pop() if rivals else ""
        if rival == "edit":
            admin().put(f"{path}/tags/new").ok(204)
        if rival == "stock":
            shown(path, 3, 1)
        create(*arguments)

    monkeypatch.setattr(store, "create", overtaken)
    wait(path).refused(409, "in_stock")
    assert (rivals, waits()) == ([], [])


def test_who_gives_up_while_the_news_is_told_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    path, fire, rivals = path_of(), store.fire, ["ben gives up"]
    monkeypatch.setattr("catalog.store.alerts.shard", lambda user_id: 3)
    for name in ("ann", "ben", "cid"):
        wait(path, user(name)).ok(201)

    def overtaken(alerts: Any, product_name: str) -> None:
        if rivals and len(alerts) > 1:
            rivals.pop()
            BEN.delete(f"{path}/stock-alerts").ok(204)
        fire(alerts, product_name)

    monkeypatch.setattr(store, "fire", overtaken)
    back(path, 2)
    assert rivals == []
    assert told() == ["ann", "cid"]


def test_telling_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    path = path_of()
    people = [f"user-{n:02}" for n in range(12)]
    for name in people:
        wait(path, user(name)).ok(201)
    fire, before = store.fire, [1, 2, 3]

    def dying(alerts: Any, product_name: str) -> None:
        if not before:
            raise RuntimeError("the function died")
        before.pop()
        fire(alerts, product_name)

    with monkeypatch.context() as death:
        death.setattr(store, "fire", dying)
        with pytest.raises(RuntimeError):
            back(path, 2, event_id="news")
    assert 0 < len(told()) < len(people)
    back(path, 2, event_id="news")
    assert told() == people


def test_hundreds_are_told_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    path, fire, sizes = path_of(), store.fire, []
    monkeypatch.setattr("catalog.store.alerts.shard", lambda user_id: 3)
    for number in range(100):
        wait(path, user(f"user-{number}")).ok(201)

    def counted(alerts: Any, product_name: str) -> None:
        sizes.append(len(alerts))
        fire(alerts, product_name)

    monkeypatch.setattr(store, "fire", counted)
    back(path, 2)
    assert (len(told()), sizes) == (100, [45, 45, 10])


def test_an_alert_is_cancelled_by_who_made_it() -> None:
    product = a_product(variants=[{"sku": "A"}])
    path, variant_id = f"/v1/products/{product['product_id']}", product["variants"][0]["variant_id"]
    wait(path).ok(201)
    wait(path, variant_id=variant_id).ok(201)
    for stranger in (BEN, admin(), seller()):
        stranger.delete(f"{path}/stock-alerts").refused(404, "not_found")
    ANN.delete(f"{path}/stock-alerts").ok(204)
    ANN.delete(f"{path}/stock-alerts").refused(404, "not_found")
    assert [alert["variant_id"] for alert in waits()] == [variant_id]
    ANN.delete(f"{path}/stock-alerts?variant_id={variant_id}").ok(204)
    wait(path, variant_id=variant_id).ok(201)
    ANN.call("DELETE", f"{path}/stock-alerts", {"variant_id": variant_id}).ok(204)
    assert waits() == []
    ANN.delete("/v1/products/a%23b/stock-alerts").refused(404, "not_found")
    back(path, 2, variant_id)
    assert told() == []


def test_alerts_end_after_ninety_days() -> None:
    path = path_of()
    with time_machine.travel("2026-03-01T09:00:00Z", tick=False) as now:
        wait(path).ok(201)
        now.shift(90 * DAY - 1)
        assert len(waits()) == 1
        now.shift(1)
        assert waits() == []
        ANN.delete(f"{path}/stock-alerts").refused(404, "not_found")
        back(path, 2)
        assert told() == []
        back(path, 3)
        shown(path, 0, 4)
        wait(path).ok(201)


def test_alerts_are_listed_newest_first_to_their_owner_and_staff() -> None:
    paths = [path_of(sku=f"S{n}", name=f"S{n}") for n in range(5)]
    with time_machine.travel("2026-03-01T09:00:00Z", tick=False) as now:
        for path in paths:
            wait(path).ok(201)
            now.shift(1)
        first = ANN.get("/v1/stock-alerts?limit=3").ok(200)
        rest = ANN.get(f"/v1/stock-alerts?limit=3&cursor={first['next_cursor']}").ok(200)
        found = [f"/v1/products/{alert['product_id']}" for alert in first["data"] + rest["data"]]
        assert (found, rest["has_more"]) == (paths[::-1], False)
        assert waits(BEN) == []
        assert len(waits(support(), "?user_id=ann")) == 5
        BEN.get("/v1/stock-alerts?user_id=ann").refused(404, "not_found")


def test_a_repeat_after_a_crash_is_answered_with_what_the_first_made(monkeypatch: pytest.MonkeyPatch) -> None:
    path, create = path_of(), store.create

    def crash(*arguments: Any) -> None:
        create(*arguments)
        raise RuntimeError("the function died")

    with monkeypatch.context() as dying:
        dying.setattr(store, "create", crash)
        wait(path, idempotency_key="k").refused(500, "internal_error")
    assert waits() == [wait(path, idempotency_key="k").ok(201)]
    assert len(said("stock_alert.created")) == 1


def test_nobody_is_kept_from_waiting_while_users_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """B36, B23: the address follows."""
    path = path_of()

    def away(*_: Any) -> Json:
        raise Transient("users is away")

    with monkeypatch.context() as alone:
        alone.setattr(steps, "ask", away)
        assert wait(path).ok(201)["email"] is None
    change = {"user_id": "ann", "old_email": "ann@example.com", "email": "ann@new.example"}
    tell("user.email_changed", "ann", 5, change)
    tell("user.email_changed", "ann", 4, {**change, "email": "ann@old.example"})
    assert [alert["email"] for alert in waits()] == ["ann@new.example"]


def test_a_deleted_user_waits_for_nothing() -> None:
    """B75, E6."""
    path = path_of()
    wait(path).ok(201)
    wait(path, BEN).ok(201)
    for _ in range(2):
        tell("user.deleted", "ann", 9, {"user_id": "ann"})
    assert (waits(), len(waits(BEN))) == ([], 1)
    wait(path).refused(404, "not_found")
    back(path, 2)
    assert told() == ["ben"]
