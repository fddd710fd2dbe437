"""Redelivery: every event that anybody hears, three times and in disorder, leaves what once and in order leaves (I6).

A real day in the shop, and for what does not happen in it the samples of `events/samples`. A message nobody can answer
is set aside alone, and answered when it is sent again.
"""

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shop import clock
from shop.ids import new_id
from tests.kit import ROOT, SERVICES, Client, admin, anyone, app_of, perform, user
from tests.proof import redelivery
from tests.proof.machine import STATUS_CHANGE, running
from tests.proof.redelivery import Restless, Told
from tests.proof.shopper import Buyer, Json, a_buyer, a_coupon, fresh, furnished

pytestmark = pytest.mark.usefixtures("shop")

ADDRESS = {"full_name": "Returns", "address_line1": "1 Dock", "city": "Leith", "postal_code": "EH6", "country": "GB"}
Noted = Callable[[str, object], None]


def heard_by_somebody() -> set[str]:
    return {kind for service in SERVICES for kind in app_of(service).hears.handlers} - {STATUS_CHANGE}


def a_member(name: str) -> tuple[Json, Client]:
    """Somebody who has an account and is signed in."""
    identity = {"email": f"{name}@example.com", "password": "a long walk by the sea"}
    account = anyone().post("/v1/accounts", identity).ok(201)
    anyone().post("/v1/sessions", {"identifier": identity["email"], "password": identity["password"]}).ok(201)
    return account, user(account["user_id"])


def moved(order_id: str, *statuses: str) -> None:
    for status in statuses:
        etag = admin().get(f"/v1/orders/{order_id}").etag
        body = {"status": status, "reason": "on its way"}
        admin().post(f"/v1/admin/orders/{order_id}/status-changes", body, if_match=etag).ok(200)


def bought(buyer: Buyer, bus: Restless, *lines: tuple[str, int], **but: Any) -> Json:
    with running():
        placed = buyer.buy(*lines, **but)
    assert placed["status"] == "succeeded", placed
    bus.settle()
    return buyer.order(placed["order_id"])


def a_day(bus: Restless) -> None:
    """People come, buy, cancel, get, send back, write, ask, change their minds and leave."""
    shelf = furnished()
    account, client = a_member("ann")
    bus.settle()
    buyer = a_buyer(shelf, client=client)
    product_id, _ = shelf.units["MUG"]
    client.post("/v1/users/me/wishlist-items", {"product_id": product_id}).ok(201)
    anyone().get("/v1/search/products?q=mug")
    first = bought(buyer, bus, ("MUG", 2), ("SHIRT-L", 1), code=a_coupon())
    second = bought(buyer, bus, ("SHIRT-S", 1))
    with running():
        declined = a_buyer(shelf, "tok_declined").buy(("MUG", 1))
    assert declined["status"] == "failed"
    path = f"/v1/orders/{second['order_id']}/cancellations"
    client.post(path, {"reason": "changed my mind"}, idempotency_key=fresh("k")).ok()
    moved(first["order_id"], "processing", "shipped", "delivered")
    client.post(f"/v1/products/{product_id}/reviews", {"rating": 4, "comment": "Holds tea."}).ok(201)
    client.post(f"/v1/products/{product_id}/questions", {"question": "Is it round?"}).ok(201)
    bus.settle()
    review = admin().get("/v1/admin/reviews").ok(200)["data"][0]
    path = f"/v1/reviews/{review['review_id']}"
    admin().post(f"{path}/moderations", {"action": "approve"}, if_match=admin().get(path).headers.get("ETag", '"1"'))
    item = {"order_item_id": first["items"][0]["order_item_id"], "quantity": 1}
    wish = {"order_id": first["order_id"], "items": [item], "return_reason": "changed_mind"}
    asked = client.post("/v1/returns", wish, idempotency_key=fresh("k")).ok(201)
    path = f"/v1/returns/{asked['id']}"
    admin().post(f"{path}/approvals", {"return_address": ADDRESS, "return_instructions": "In its box."}).ok(200)
    looked_at = {"items": [{"item_id": asked["items"][0]["id"], "condition": "new"}]}
    admin().post(f"{path}/receipts", looked_at).ok(200)
    bus.settle()
    admin().post(f"{path}/refunds", {}, idempotency_key=fresh("k")).ok()
    product = admin().get(f"/v1/products/{product_id}")
    dearer = {"price": {"amount": 1500, "currency": "USD"}, "name": "Mug of clay"}
    admin().patch(f"/v1/products/{product_id}", dearer, if_match=product.etag).ok(200)
    bus.settle()
    parting = {"id": new_id(), "type": "user.deleted", "version": 1, "occurred_at": clock.now()}
    parting |= {"aggregate_type": "user", "aggregate_id": account["user_id"], "aggregate_version": 9}
    parting |= {"correlation_id": "c", "causation_id": None, "actor": {"type": "user", "id": account["user_id"]}}
    bus.round([("user.deleted", {**parting, "data": {"user_id": account["user_id"]}})])
    bus.settle()


def samples() -> list[Told]:
    found = [json.loads(path.read_text()) for path in sorted(Path(ROOT / "events/samples").glob("*.json"))]
    return [(entry["detail-type"], entry["detail"]) for entry in found if "detail-type" in entry]


def test_heard_three_times_and_in_disorder_everything_ends_as_once_and_in_order(record_property: Noted) -> None:
    """Proof 3 of reliability: I6, B6, B7."""
    perform("notifications", "seed_templates")
    bus = Restless(random.Random(7), every=1 if os.environ.get("PROOF") == "full" else 5)
    a_day(bus)
    assert bus.differences == []
    happened = {kind for kind, _ in bus.everything} & heard_by_somebody()
    others = [told for told in samples() if told[0] in heard_by_somebody() - happened]
    redelivery.hear_all(others)
    before = redelivery.state(set())
    redelivery.hear_all(bus.disorder(bus.everything + others))  # a week later every queue is redriven
    assert redelivery.state(set()) == before
    assert heard_by_somebody() <= set(bus.heard), heard_by_somebody() - set(bus.heard)
    facts = {"event types": len(bus.heard), "in a real day": len(happened)}
    record_property("counted", {**facts, "events": len(bus.everything), "deliveries": bus.heard.total()})


@pytest.mark.parametrize("service", [service for service in SERVICES if app_of(service).hears.handlers])
def test_a_message_nobody_can_answer_is_set_aside_alone(service: str, record_property: Noted) -> None:
    """The batch around it is heard; once it can be answered, it is: B6, B36."""
    app = app_of(service)
    (kind, detail), *_ = [told for told in samples() if told[0] in app.hears.handlers]
    good = [{**detail, "id": new_id(), "aggregate_version": number} for number in (1, 2)]
    poison = {**detail, "id": new_id(), "data": None}
    bodies = [json.dumps({"detail-type": kind, "detail": told}) for told in (good[0], poison, good[1])]
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    assert app.events({"Records": records}, None) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    mended = json.dumps({"detail-type": kind, "detail": {**poison, "data": detail["data"]}})
    again = {"Records": [{"messageId": "1", "body": mended}]}
    assert app.events(again, None) == {"batchItemFailures": []}
    record_property("counted", {"queues with a poisoned batch": 1})
