"""What operators use, on a deployed shop: an order's story, dead letters put back, alarms and graphs (B35, B36)."""

import json

import pytest

from tools.client import until
from tools.demo.stories import Scene
from tools.places import Place
from tools.redrive import Dead, redrive
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

    story = until(quiet, seconds=60)
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
    dead = Dead(place, "carts")
    body = {"detail-type": "order.confirmed", "detail": json.loads(confirmed["detail"]["S"])}
    dead.sqs.send_message(QueueUrl=dead.url, MessageBody=json.dumps(body))
    (letter,) = dead.look()
    assert (letter.what, letter.about, {letter.correlation_id}) == ("order.confirmed", order_id, requests - {""})
    assert redrive(dead, only_look=False) == 1
    assert dead.count() == 0


def test_what_is_watched_is_deployed(scene: Scene) -> None:
    watching = scene.stack.client("cloudwatch")
    pages = watching.get_paginator("describe_alarms").paginate()
    alarms = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    assert {"local-orders-dead", "local-undelivered", "local-relay-lag", "local-compensations-failed"} <= {*alarms}
    (topic,) = alarms["local-undelivered"]["AlarmActions"]
    assert topic.endswith(":local-alarms")
    graphs = json.loads(watching.get_dashboard(DashboardName="local-shop")["DashboardBody"])["widgets"]
    assert all(graph["properties"]["metrics"] for graph in graphs)
