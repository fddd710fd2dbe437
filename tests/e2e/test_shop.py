"""The shop on a local cloud, through its public API only: imports, customers, faults, and the books afterwards."""

import json
import time
from collections.abc import Callable

import httpx
import pytest

from shop import clock
from tests.e2e.conftest import CATALOG
from tools import invariants, seed
from tools.client import Client, Refused, until, webhook
from tools.demo import measure, stories
from tools.demo.stories import STORIES, Scene
from tools.importing.bring import Brought, bring, read
from tools.local import Stack

pytestmark = pytest.mark.cloud


def test_a_catalog_comes_in_once(stack: Stack, brought: Brought) -> None:
    products, _ = read(CATALOG, "USD")
    again = bring(seed.admin(stack), products)
    assert (brought.made, brought.opened) == (len(products), len(brought.units))
    assert (again.made, again.changed, again.unchanged, again.opened) == (0, 0, len(products), 0)
    assert not brought.unusable
    assert not again.unusable


def test_seeding_again_changes_nothing(stack: Stack) -> None:
    seed.seed(stack)
    admin = seed.admin(stack)
    (zone,) = admin.all("/v1/shipping-zones")
    methods = [
        (m["name"], m["base_price"]["amount"], m["estimated_days"])
        for m in admin.all("/v1/shipping-methods", zone_id=zone["id"])
    ]
    assert methods == [("Standard", 500, 5), ("Express", 1500, 2)]


def test_an_ordinary_customer_gets_an_order_and_a_mail(scene: Scene) -> None:
    stories.ordinary(scene, 0)
    assert not scene.tally.surprises

    def mail() -> bool:
        boxes = httpx.get(f"{scene.stack.endpoint_url}/_ministack/ses/messages").json()["messages"].values()
        sent = [message for box in boxes for message in box]
        return any("ordinary0-" in json.dumps(mail["To"]) and "ORD-" in mail["Subject"] for mail in sent)

    assert until(mail, seconds=150)  # the second run of the job sends it, should the order cross the customer's news


@pytest.mark.parametrize("story", STORIES, ids=lambda story: str(story.__name__))
def test_story(scene: Scene, story: Callable[[Scene], None]) -> None:
    story(scene)
    assert not scene.tally.surprises


def test_a_session_that_ended_is_refused_at_once_where_money_is_concerned(scene: Scene) -> None:
    shopper = scene.someone_with("leaves", [scene.shelf[0]])
    offer = shopper.offer()
    shopper.client.delete("/v1/sessions/current")
    with pytest.raises(Refused) as refused:
        shopper.client.post("/v1/checkouts", offer)
    assert (refused.value.status, refused.value.code) == (401, "session_ended")


def test_a_webhook_without_the_right_signature_is_refused(stack: Stack) -> None:
    with pytest.raises(Refused) as refused:
        webhook(stack.api_url, "not the secret", {"id": "evt", "type": "payment.succeeded", "data": {}})
    assert (refused.value.status, refused.value.code) == (400, "bad_signature")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "not_found"),
        ("GET", "/v1/orders", 401, "unauthenticated"),
        ("GET", "/v1/shipping-zones", 401, "unauthenticated"),
    ],
)
def test_the_gateway_says_no_as_a_problem_too(stack: Stack, method: str, path: str, status: int, code: str) -> None:
    answer = httpx.request(method, stack.api_url + path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_customer_does_not_pass_for_an_admin(scene: Scene) -> None:
    shopper = scene.someone_with("curious", [scene.shelf[0]])
    with pytest.raises(Refused) as refused:
        shopper.client.get("/v1/shipping-zones")
    assert (refused.value.status, refused.value.code) == (403, "forbidden")


def test_health_version_and_keys_are_public(stack: Stack) -> None:
    anyone = Client(stack.api_url)
    assert anyone.get("/health")["status"] == "ok"
    assert anyone.get("/version")["build_id"]
    assert anyone.get("/.well-known/jwks.json")["keys"][0]["alg"] == "ES256"


def test_when_all_is_quiet_everything_adds_up(stack: Stack, brought: Brought) -> None:
    measure.settle(stack, time.time())
    assert invariants.violations(invariants.read(stack.client("dynamodb"), "local"), clock.now()) == []
