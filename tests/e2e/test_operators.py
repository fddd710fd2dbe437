"""What operators use, on a deployed shop: an order's story, dead letters put back, alarms and graphs (B35, B36)."""

import json

import pytest

from operations.logic.dead import Dead
from tools.client import Json, until
from tools.demo.stories import Scene
from tools.places import Place
from tools.redrive import redrive
from tools.trace.story import Story, tell

pytestmark = pytest.mark.cloud


def test_an_orders_story_comes_from_tables_and_machine_and_its_events_can_be_heard_again(scene: Scene) -> None:
    place = Place("local", scene.stack.client)
    shopper = scene.someone_with("traced", [scene.shelf[0]._replace(quantity=1)])
    order_id = shopper.check_out(shopper.offer())["order_id"]

    def quiet() -> Story | None:
        told = tell(place, order_id)
        heard = next((m for m in told.moments if m.what == "told order.confirmed"), None)
        return told if heard and {"carts", "shipping"} <= {*heard.detail.split()} else None

    story = until(quiet)
    machine = [moment.what for moment in story.moments if moment.where == "machine"]
    assert machine[:2] == ["run started", "Mode"]
    assert {"ReserveStock", "ChargePayment", "ConfirmOrder"} <= {*machine}
    requests = {moment.correlation_id for moment in story.moments if moment.what.startswith(("told order.", "run "))}
    assert len(requests - {""}) == 1

    rows = scene.stack.client("dynamodb").query(
        TableName="local-orders",
        IndexName="GSI1",
        KeyConditionExpression="GSI1PK = :about",
        ExpressionAttributeValues={":about": {"S": f"OBXABOUT#{order_id}"}},
    )["Items"]
    confirmed = next(row for row in rows if row["detail_type"]["S"] == "order.confirmed")
    dead = Dead(place.stage, "carts", place.client)
    body = {"detail-type": "order.confirmed", "detail": json.loads(confirmed["detail"]["S"])}
    dead.sqs.send_message(QueueUrl=dead.url, MessageBody=json.dumps(body))
    (letter,) = dead.look()
    assert (letter.what, letter.about, {letter.correlation_id}) == ("order.confirmed", order_id, requests - {""})
    assert redrive(dead, only_look=False) == 1
    assert dead.count() == 0


def test_the_same_is_shown_to_operators_over_the_api(scene: Scene) -> None:
    """R326, R362-R366."""
    ask, shopper = scene.admin.get, scene.someone_with("watched", [scene.shelf[0]._replace(quantity=1)])
    before = ask("/v1/operations/events")
    checkout = shopper.check_out(shopper.offer())

    def passed() -> list[Json] | None:
        found = ask("/v1/operations/events", after=before["after"], type="order.confirmed")["data"]
        return [event for event in found if event["aggregate_id"] == checkout["order_id"]]

    (event,) = until(passed)
    assert (event["source"], event["aggregate_version"] > 0) == ("shop.orders", True)

    def ended() -> Json | None:  # a mail is sent after the order stands
        (run,) = ask(f"/v1/checkouts/{checkout['checkout_id']}/runs")["runs"]
        return None if run["status"] == "running" else run

    run = until(ended)
    assert run["status"] == "succeeded"
    assert [step["state"] for step in run["steps"]][:2] == ["Mode", "LockCart"]
    assert {step["status"] for step in run["steps"]} == {"succeeded"}

    def counted() -> dict[str, float] | None:
        series = ask("/v1/operations/metrics", names="OrdersConfirmed,Revenue,CheckoutDuration")["series"]
        sums = {line["name"]: sum(point["value"] for point in line["points"]) for line in series}
        return sums if all(sums.values()) and len(sums) == 3 else None

    sums = until(counted)
    assert sums["OrdersConfirmed"] >= 1
    assert sums["Revenue"] >= checkout["total_amount"]["amount"]

    dead = Dead("local", "orders", scene.stack.client)
    dead.sqs.send_message(QueueUrl=dead.url, MessageBody=json.dumps({"detail-type": "x.y", "detail": {}}))
    queues = {queue["name"]: queue["count"] for queue in ask("/v1/operations/dead-letters")["queues"]}
    assert (len(queues), queues["orders"]) == (17, 1)
    (letter,) = ask("/v1/operations/dead-letters/orders")["letters"]
    assert letter["what"] == "x.y"
    dead.sqs.purge_queue(QueueUrl=dead.url)  # nobody could ever answer it
    moved = scene.admin.post("/v1/operations/dead-letters/orders/redrive")
    assert moved == {"queue": "orders", "moved": 0, "task": None}


def test_what_is_watched_is_deployed(scene: Scene) -> None:
    watching = scene.stack.client("cloudwatch")
    pages = watching.get_paginator("describe_alarms").paginate()
    alarms = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    assert {"local-orders-dead", "local-undelivered", "local-relay-lag", "local-compensations-failed"} <= {*alarms}
    (topic,) = alarms["local-undelivered"]["AlarmActions"]
    assert topic.endswith(":local-alarms")
    graphs = json.loads(watching.get_dashboard(DashboardName="local-shop")["DashboardBody"])["widgets"]
    assert all(graph["properties"]["metrics"] for graph in graphs)
