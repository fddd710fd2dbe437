"""Reviews on a local cloud: what was delivered is reviewed, approved, and shows on the product (B168-B170, B174)."""

import pytest

from tools.client import Client, Json, Refused, until
from tools.demo.stories import Scene

pytestmark = pytest.mark.cloud

WAY = ("processing", "shipped", "delivered")


def deliver(admin: Client, order: Json) -> None:
    """Send an order on its way until it has arrived."""
    path = f"/v1/admin/orders/{order['order_id']}/status-changes"
    for status in WAY:
        order = admin.post(path, {"status": status, "reason": "sent"}, **{"If-Match": f'"{order["version"]}"'})
    assert order["status"] == "delivered"


def test_what_was_delivered_is_reviewed_and_rated(scene: Scene) -> None:
    wish = scene.shelf[0]._replace(quantity=1)
    product, reviews = f"/v1/products/{wish.product_id}", f"/v1/products/{wish.product_id}/reviews"
    shopper, public = scene.someone_with("reviewer", [wish]), Client(scene.stack.api_url)
    before = public.get(reviews)["aggregate"]
    review = shopper.client.post(reviews, {"rating": 4, "title": "Good", "comment": "Holds coffee"})
    assert (review["status"], review["is_verified_purchase"]) == ("pending", False)
    with pytest.raises(Refused) as refused:
        public.get(f"/v1/reviews/{review['review_id']}")
    assert refused.value.status == 404

    checkout = shopper.check_out(shopper.offer())
    deliver(scene.admin, shopper.order(checkout["order_id"]))

    def verified() -> bool:
        found = shopper.client.get(f"/v1/reviews/{review['review_id']}")
        return bool(found["is_verified_purchase"] and found["user_details"]["name"] == "Ann Lee")

    assert until(verified)
    scene.admin.post(f"/v1/reviews/{review['review_id']}/moderations", {"status": "approved"})
    page = public.get(reviews)
    assert review["review_id"] in [found["review_id"] for found in page["data"]]
    assert page["aggregate"]["count"] == before["count"] + 1
    rating = {name: page["aggregate"][name] for name in ("average", "count")}
    assert until(lambda: scene.admin.get(product)["rating"] == rating)


def test_who_asks_is_answered(scene: Scene) -> None:
    path = f"/v1/products/{scene.shelf[1].product_id}/questions"
    asker, other = scene.shopper("asker"), scene.shopper("other")
    for shopper in (asker, other):
        shopper.sign_in()
    question = asker.client.post(path, {"question": "Is it round?"})
    place = f"/v1/questions/{question['id']}"
    scene.admin.patch(place, {"is_approved": True}, version=question["version"])
    other.client.put(f"{place}/votes/me", {})
    scene.admin.put(f"{place}/answer", {"answer": "It is."})
    shown = next(found for found in Client(scene.stack.api_url).all(path) if found["id"] == question["id"])
    assert (shown["answer"], shown["upvotes"]) == ("It is.", 1)
