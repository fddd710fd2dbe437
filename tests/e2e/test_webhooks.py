"""What happens in the shop is told to a program outside, on a local cloud: signed, and again when it was not taken."""

import pytest

from tests.service.webhooks_kit import receiver
from tools.client import until
from tools.demo.stories import Scene

pytestmark = pytest.mark.cloud


def test_an_order_arrives_signed_where_somebody_wants_to_know(scene: Scene) -> None:
    """R341, R344, R347; E50."""
    with receiver() as there:
        there.answers = lambda number: 503 if number == 1 else 200
        made = scene.admin.post("/v1/webhook-endpoints", {"url": there.url, "event_types": ["order.confirmed"]})
        path = f"/v1/webhook-endpoints/{made['id']}"
        shopper = scene.someone_with("told", [scene.shelf[0]._replace(quantity=1)])
        order_id = shopper.check_out(shopper.offer())["order_id"]
        (delivery,) = until(lambda: scene.admin.get(f"{path}/deliveries", status="succeeded")["data"], seconds=90)
        refused, taken = there.got
        told = taken.verified_by(made["secret"])
        assert told == refused.verified_by(made["secret"])
        assert (told["type"], told["data"]["order_id"]) == ("order.confirmed", order_id)
        assert (delivery["id"], delivery["attempt_count"]) == (taken.headers["webhook-delivery-id"], 2)
        scene.admin.delete(path, scene.admin.get(path)["version"])
