"""Promotions and their rules as merchants keep them, and as everybody sees them.

R219-R229; B164, B165, B10, B13, B16, B19; DISC-04, DISC-05; AP57; E85.
"""

from typing import Any

import pytest
import time_machine

from discounts.logic import promotions as logic
from discounts.store import promotions as store
from shop import clock
from shop.settings import MINUTE
from tests import kit
from tests.kit import admin, anyone, app_of, user
from tests.service.discounts_kit import (
    USER,
    Json,
    confirmed,
    coupon,
    evaluate,
    hold,
    line,
    money,
    move,
    promotion,
    promotion_uses,
    read_coupon,
    release,
    said,
    tell,
    usd,
)

pytestmark = pytest.mark.usefixtures("shop")
THREE_FOR_TWO: Json = {"buy_quantity": 2, "get_quantity": 1, "get_discount_bps": 10_000}
TENTH: Json = {"type": "percent_off", "value": 1000, "applies_to": "cart"}


def read(promotion_id: str) -> Json:
    found: Json = admin().get(f"/v1/promotions/{promotion_id}").ok(200)
    return found


def test_a_promotion_begins_as_a_draft() -> None:
    made = promotion(
        False,
        name="Three for two",
        type="BUY_X_GET_Y",
        configuration={**THREE_FOR_TWO, "category_ids": ["tea"]},
        priority=5,
        stacking="combine",
        starts_at="2026-01-01T00:00:00.000Z",
        ends_at="2036-01-01T00:00:00.000Z",
        metadata={"a": 1},
    )
    assert {**made, "missing_categories": []} == read(made["id"])
    assert (made["status"], made["is_active"], made["type"], made["priority"]) == ("draft", False, "buy_x_get_y", 5)
    assert (made["stacking"], made["configuration"]["buy_quantity"], made["metadata"]) == ("combine", 2, {"a": 1})
    assert usd(evaluate(line(quantity=3, category_ids=["tea"]))) == [0]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": "lottery"}, "/type"),
        ({"name": ""}, "/name"),
        ({"stacking": "all"}, "/stacking"),
        ({"priority": -1}, "/priority"),
        ({"status": "active"}, "/status"),
        ({"configuration": {"tiers": [{"min_quantity": 1}]}}, "/configuration/tiers/0/discount_bps"),
        ({"configuration": {"tiers": [], "more": 1}}, "/configuration/more"),
        ({"configuration": {"tiers": [{"min_quantity": 2, "discount_bps": 1}] * 2}}, "/configuration"),
        (
            {"type": "buy_x_get_y", "configuration": {"buy_quantity": 0, "get_quantity": 1}},
            "/configuration/buy_quantity",
        ),
        (
            {"type": "bundle", "configuration": {"product_ids": [], "bundle_price": money(1)}},
            "/configuration/product_ids",
        ),
        ({"type": "bundle", "configuration": {"product_ids": ["a"]}}, "/configuration/bundle_price"),
        ({"starts_at": "2026-01-02T00:00:00.000Z", "ends_at": "2026-01-01T00:00:00.000Z"}, "/ends_at"),
    ],
)
def test_nonsense_is_refused_with_a_pointer(change: Json, pointer: str) -> None:
    body = {"name": "Sale", "type": "volume_discount", "configuration": {"tiers": []}, **change}
    problem = admin().post("/v1/promotions", body).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == pointer
    assert admin().get("/v1/promotions?status=draft").ok()["data"] == []


@pytest.mark.parametrize(
    ("way", "refused"),
    [
        (["active", "paused", "active", "expired"], None),
        (["active", "paused", "expired"], None),
        (["active", "ACTIVE"], None),
        (["paused"], "paused"),
        (["expired"], "expired"),
        (["active", "expired", "active"], "active"),
        (["active", "draft"], "draft"),
    ],
)
def test_it_moves_only_as_allowed(way: list[str], refused: str | None) -> None:
    made = promotion(False)
    path = f"/v1/promotions/{made['id']}/status-changes"
    for status in way[:-1] if refused else way:
        assert admin().post(path, {"status": status}).ok(200)["status"] == status.lower()
    if refused:
        admin().post(path, {"status": refused}).refused(422, "invalid_transition")
    moves = [(data["was"], data["status"]) for _, data in said("promotion.status_changed")]
    done = list(dict.fromkeys(word.lower() for word in way[:-1])) if refused else [word.lower() for word in way]
    assert len(moves) == len([1 for was, now in zip(["draft", *done], done, strict=False) if was != now])
    admin().post(path, {"status": "lost"}).refused(422, "validation_failed")


def test_what_is_over_does_not_become_active_and_stays_as_it_is() -> None:
    made = promotion(False, starts_at="2025-01-01T00:00:00.000Z", ends_at="2025-02-01T00:00:00.000Z")
    path = f"/v1/promotions/{made['id']}"
    admin().post(f"{path}/status-changes", {"status": "active"}).refused(422, "invalid_transition")
    admin().patch(path, {"ends_at": None}, if_match='"1"').ok(200)
    move(made["id"], "active")
    move(made["id"], "expired")
    admin().patch(path, {"name": "New"}, if_match='"4"').refused(422, "invalid_transition")
    admin().post(f"{path}/rules", {}).refused(422, "invalid_transition")


def test_a_promotion_changes_at_the_version_that_was_read() -> None:
    made = promotion(False)
    path = f"/v1/promotions/{made['id']}"
    assert admin().patch(path, {"priority": 3}, if_match='"1"').ok(200)["priority"] == 3
    admin().patch(path, {"priority": 4}, if_match='"1"').refused(412, "version_mismatch")
    broken = admin().patch(path, {"configuration": {"tiers": 1}}, if_match='"2"').refused(422, "validation_failed")
    assert broken["errors"][0]["pointer"] == "/configuration/tiers"
    admin().patch(path, {"type": "bundle"}, if_match='"2"').refused(422, "validation_failed")
    admin().get("/v1/promotions/none").refused(404, "not_found")


def test_a_draft_is_removed_with_its_rules_and_any_other_expires() -> None:
    draft, ran = promotion(False, rules=({"actions": TENTH},)), promotion()
    for made, version in ((draft, 1), (ran, 2)):
        admin().delete(f"/v1/promotions/{made['id']}", if_match='"7"').refused(412, "version_mismatch")
        admin().delete(f"/v1/promotions/{made['id']}", if_match=f'"{version}"').ok(204)
    admin().get(f"/v1/promotions/{draft['id']}").refused(404, "not_found")
    assert read(ran["id"])["status"] == "expired"
    assert usd(evaluate()) == [0]


def test_everybody_sees_what_runs_now_and_admins_the_rest() -> None:
    running = promotion(name="Now", metadata={"secret": 1})
    promotion(name="Later", starts_at="2036-01-01T00:00:00.000Z")
    promotion(False, name="Draft")
    paused = promotion(name="Paused")
    move(paused["id"], "paused")

    def names(client: kit.Client, query: str = "") -> list[str]:
        return [one["name"] for one in client.get(f"/v1/promotions{query}").ok(200)["data"]]

    assert names(anyone()) == names(user()) == ["Now"]
    assert names(admin()) == ["Later", "Now"]
    assert names(admin(), "?status=draft") == ["Draft"]
    assert names(admin(), "?status=PAUSED") == ["Paused"]
    (shown,) = anyone().get("/v1/promotions").ok()["data"]
    assert (shown["id"], "metadata" in shown) == (running["id"], False)
    anyone().get("/v1/promotions?status=draft").refused(401, "unauthenticated")
    user().get("/v1/promotions?status=draft").refused(403, "forbidden")
    anyone().get("/v1/promotions?status=lost").refused(400, "invalid_parameter")


def test_a_scheduler_expires_what_is_past_its_end() -> None:
    soon, paused, later = (promotion(ends_at=clock.after(seconds)) for seconds in (30, 30, 300))
    move(paused["id"], "paused")
    with time_machine.travel(clock.epoch(clock.after(31))):
        assert usd(evaluate()) == [100]  # the later one
        app_of("discounts").jobs({"job": "expire_discounts"}, None)
        app_of("discounts").jobs({"job": "expire_discounts"}, None)
    assert [read(one["id"])["status"] for one in (soon, paused, later)] == ["expired", "expired", "active"]
    expired = [data for _, data in said("promotion.status_changed") if data["status"] == "expired"]
    assert sorted(data["was"] for data in expired) == ["active", "paused"]


def test_a_merchant_who_is_faster_than_the_scheduler_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    made = promotion(ends_at=clock.after(30))
    original = logic.move

    def late(*given: Any) -> Any:
        monkeypatch.setattr(logic, "move", original)
        admin().patch(f"/v1/promotions/{made['id']}", {"ends_at": None}, if_match='"2"').ok(200)
        return original(*given)

    monkeypatch.setattr(logic, "move", late)
    with time_machine.travel(clock.epoch(clock.after(31))):
        app_of("discounts").jobs({"job": "expire_discounts"}, None)
    assert read(made["id"])["status"] == "active"


def test_active_promotions_are_read_once_a_minute() -> None:
    made = promotion(False)
    assert usd(evaluate()) == [0]
    kept = store._kept
    store._kept = type(kept)()  # another process, which knows nothing of this one's memory
    move(made["id"], "active")
    store._kept = kept
    assert usd(evaluate()) == [0]
    with time_machine.travel(clock.epoch(clock.after(MINUTE + 1))):
        assert usd(evaluate()) == [100]


def test_only_so_many_are_active_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logic, "MAX_ACTIVE", 1)
    promotion()
    second = promotion(False)
    path = f"/v1/promotions/{second['id']}/status-changes"
    admin().post(path, {"status": "active"}).refused(409, "too_many_promotions")


# Rules


def test_rules_are_kept_in_the_order_they_act() -> None:
    made = promotion(False)
    path = f"/v1/promotions/{made['id']}/rules"
    body = {
        "rule_type": "line_item",
        "conditions": {
            "min_subtotal": money(1000),
            "min_quantity": 2,
            "product_ids": ["MUG"],
            "category_ids": ["tea"],
            "roles": ["customer"],
            "first_order_only": True,
        },
        "actions": {"type": "amount_off", "value": money(100), "applies_to": "matching_lines"},
        "priority": 7,
    }
    late = admin().post(path, body, idempotency_key="r").ok(201)
    assert {name: late[name] for name in body} == body
    first = admin().post(path, {"actions": TENTH}).ok(201)
    assert [rule["id"] for rule in admin().get(path).ok(200)["data"]] == [first["id"], late["id"]]
    moved = admin().patch(f"{path}/{first['id']}", {"priority": 9}, if_match='"1"').ok(200)
    assert (moved["version"], moved["actions"]) == (2, TENTH)
    admin().patch(f"{path}/{first['id']}", {"priority": 9}, if_match='"1"').refused(412, "version_mismatch")
    changed = admin().patch(f"{path}/{first['id']}", {"conditions": {"min_quantity": 3}}, if_match='"2"').ok(200)
    assert (changed["conditions"]["min_quantity"], changed["priority"]) == (3, 9)
    assert [rule["id"] for rule in admin().get(path).ok(200)["data"]] == [late["id"], first["id"]]
    admin().delete(f"{path}/{late['id']}", if_match='"1"').ok(204)
    admin().delete(f"{path}/{late['id']}", if_match='"1"').refused(404, "not_found")
    admin().get("/v1/promotions/none/rules").refused(404, "not_found")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"rule_type": "weather"}, "/rule_type"),
        ({"conditions": {"min_quantity": 0}}, "/conditions/min_quantity"),
        ({"conditions": {"moon": "full"}}, "/conditions/moon"),
        ({"actions": {"type": "percent_off", "value": 10_001}}, "/actions/percent_off/value"),
        ({"actions": {"type": "gift"}}, "/actions"),
        ({"priority": 1_000_000}, "/priority"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(body: Json, pointer: str) -> None:
    made = promotion(False)
    problem = admin().post(f"/v1/promotions/{made['id']}/rules", body).refused(422, "validation_failed")
    assert problem["errors"][0]["pointer"] == pointer
    assert admin().get(f"/v1/promotions/{made['id']}/rules").ok()["data"] == []


def test_a_rule_acts_as_soon_as_it_is_there_and_no_longer() -> None:
    made = promotion(rules=({"actions": TENTH, "conditions": {"min_subtotal": money(900)}},))
    path = f"/v1/promotions/{made['id']}/rules"
    assert usd(evaluate()) == [190]
    (rule,) = admin().get(path).ok()["data"]
    admin().delete(f"{path}/{rule['id']}", if_match='"1"').ok(204)
    assert usd(evaluate()) == [100]


def test_roles_are_those_auth_tells_of_in_whatever_order() -> None:
    promotion(configuration={}, rules=({"actions": TENTH, "conditions": {"roles": ["seller"]}},))
    assert usd(evaluate()) == [0]
    tell("user.roles_changed", USER, version=3, user_id=USER, roles=["customer", "seller"])
    tell("user.created", USER, version=1, user_id=USER, email="a@example.com", roles=["customer"], language="en")
    assert usd(evaluate()) == [100]
    assert usd(evaluate(user_id=None)) == [0]
    tell("user.deleted", USER, version=4, user_id=USER)
    tell("user.roles_changed", USER, version=3, event_id="again", user_id=USER, roles=["seller"])
    assert usd(evaluate()) == [0]


def test_only_one_order_is_somebodys_first() -> None:
    promotion(configuration={}, rules=({"actions": TENTH, "conditions": {"first_order_only": True}},))
    assert usd(evaluate()) == [100]
    assert usd(hold("o-1")) == usd(hold("o-1")) == [100]
    assert usd(hold("o-2")) == [0]
    release("o-1")
    assert usd(hold("o-3")) == [100]
    confirmed("o-3", None, "p")
    assert usd(evaluate()) == [0]
    release("o-3")
    assert usd(hold("o-4")) == [0]  # they have ordered, whatever became of it


def test_each_use_is_on_record() -> None:
    """DISC-06; B166; E86."""
    made, free = promotion(), promotion(configuration={}, rules=({"actions": {"type": "free_shipping"}},))
    assert hold("o-1")["free_shipping"]
    assert [
        (use["order_id"], use["user_id"], use["discount_amount"], use["status"]) for use in promotion_uses(made["id"])
    ] == [("o-1", USER, money(100), "reserved")]
    assert [use["discount_amount"] for use in promotion_uses(free["id"])] == [money(0)]
    confirmed("o-1", None, made["id"], free["id"])
    assert [use["status"] for use in promotion_uses(made["id"])] == ["redeemed"]
    applied = [(data["promotion_id"], data["discount_amount"]) for _, data in said("promotion.applied")]
    assert sorted(applied) == sorted([(made["id"], money(100)), (free["id"], money(0))])
    admin().get("/v1/promotions/none/usages").refused(404, "not_found")


def test_uses_are_found_by_their_order_and_by_their_user() -> None:
    """R360, R361; AP56, AP57."""
    code, sale = coupon(), promotion()
    hold("o-1", code="SAVE10")
    hold("o-2", user_id="u-2")
    for path, whose in (("/v1/coupon-usages", code["id"]), ("/v1/promotion-usages", sale["id"])):
        for by in ("order_id=o-1", f"user_id={USER}"):
            (use,) = admin().get(f"{path}?{by}").ok(200)["data"]
            assert (use["order_id"], whose) == ("o-1", use.get("coupon_id") or use["promotion_id"])
        for wrong in ("", "?order_id=o-1&user_id=u-2"):
            assert admin().get(f"{path}{wrong}").status == 400
    assert admin().get("/v1/coupon-usages?order_id=o-2").ok(200)["data"] == []
    (use,) = admin().get("/v1/promotion-usages?user_id=u-2").ok(200)["data"]
    assert use["order_id"] == "o-2"


def test_what_names_a_deleted_category_says_so_and_takes_nothing_off_anything_else() -> None:
    """E30."""
    rule = {"conditions": {"category_ids": ["cups"]}, "actions": {"type": "percent_off", "value": 1000}}
    ruled = promotion(configuration={}, rules=(rule,))
    scoped = promotion(
        configuration={"category_ids": ["cups", "hats"], "tiers": [{"min_quantity": 1, "discount_bps": 500}]}
    )
    code = coupon(applicable_categories=["cups"])
    for _ in range(2):
        tell("category.deleted", "cups", category_id="cups", name="Cups", slug="cups")
    gone = [{"category_id": "cups", "name": "Cups"}]
    (shown,) = admin().get(f"/v1/promotions/{ruled['id']}/rules").ok(200)["data"]
    assert (shown["missing_categories"], shown["conditions"]["category_ids"]) == (gone, ["cups"])
    assert admin().get(f"/v1/promotions/{scoped['id']}").ok(200)["missing_categories"] == gone
    assert admin().get(f"/v1/promotions/{ruled['id']}").ok(200)["missing_categories"] == []
    assert read_coupon(code["id"])["missing_categories"] == gone
    assert evaluate(line())["discount_amount"] == money(0)
    assert evaluate(line(category_ids=["hats"]))["discount_amount"] == money(50)
