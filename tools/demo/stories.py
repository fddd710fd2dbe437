"""What customers do in the demonstration, each story with what must come of it."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tools.client import Client, Json, until, webhook
from tools.demo.shopper import Shopper, Wish
from tools.demo.tally import Tally
from tools.importing.bring import open_stock
from tools.local import Stack

# Buyers who want one each of the last few, and how many there are.
RUSH, LAST = 8, 3
ORDINARY = 12


@dataclass
class Scene:
    """The shop, what is on its shelves, and what has happened so far."""

    stack: Stack
    admin: Client
    shelf: list[Wish]
    tally: Tally

    def shopper(self, name: str) -> Shopper:
        """A new customer."""
        return Shopper(self.stack.api_url, f"{name}-{uuid.uuid4().hex[:8]}@example.com")

    def someone_with(self, name: str, wishes: list[Wish]) -> Shopper:
        """A customer who filled a cart as a guest and then signed in."""
        shopper = self.shopper(name)
        shopper.fill_as_guest(wishes)
        shopper.sign_in()
        return shopper

    def available(self, wish: Wish) -> int:
        """How many are left."""
        variant = {"variant_id": wish.variant_id} if wish.variant_id else {}
        return int(self.admin.get(f"/v1/inventory/products/{wish.product_id}", **variant)["available"])


def ordinary(scene: Scene, number: int) -> None:
    """Someone buys one thing, or a few."""
    start = number % len(scene.shelf)
    wishes = [wish._replace(quantity=1) for wish in (scene.shelf * 2)[start : start + 1 + number % 3]]
    shopper = scene.someone_with(f"ordinary{number}", list(dict.fromkeys(wishes)))
    checkout = scene.tally.took(shopper.check_out(shopper.offer()))
    order = shopper.order(checkout["order_id"]) if checkout["status"] == "succeeded" else {}
    scene.tally.expect(f"ordinary customer {number} gets an order", order.get("status") == "confirmed")


def many_lines(scene: Scene) -> None:
    """A cart with as many lines as the shelf allows."""
    shopper = scene.someone_with("many", [wish._replace(quantity=1) for wish in scene.shelf[:60]])
    checkout = scene.tally.took(shopper.check_out(shopper.offer()))
    lines = len(shopper.order(checkout["order_id"])["items"]) if checkout["status"] == "succeeded" else 0
    scene.tally.expect("an order of many lines has them all", lines == len(scene.shelf[:60]))


def declined_card(scene: Scene) -> None:
    """The card is declined: no order, the cart and the stock as before; another card works."""
    wish = scene.shelf[0]
    before = scene.available(wish)
    shopper = scene.someone_with("declined", [wish._replace(quantity=1)])
    checkout = scene.tally.took(shopper.check_out(shopper.offer("tok_declined")))
    scene.tally.expect("a declined card fails the checkout", checkout["failure_code"] == "payment_declined")
    scene.tally.expect("a declined card leaves the stock", scene.available(wish) == before)
    again = scene.tally.took(shopper.check_out(shopper.offer()))
    scene.tally.expect("after a declined card another one pays", again["status"] == "succeeded")


def three_d_secure(scene: Scene) -> None:
    """The bank wants to see the customer: the checkout waits until the provider's webhook."""
    shopper = scene.someone_with("secure", [scene.shelf[0]._replace(quantity=1)])
    waiting = shopper.check_out(shopper.offer("tok_requires_action"))
    scene.tally.expect("3-D Secure makes the checkout wait", waiting["status"] == "awaiting_payment")
    _provider_says(scene, waiting, "payment.succeeded")
    done = scene.tally.took(shopper.settled(waiting["checkout_id"], "succeeded", "failed"))
    scene.tally.expect("the webhook lets it go on", done["status"] == "succeeded")


def three_d_secure_refused(scene: Scene) -> None:
    """The customer fails at the bank: everything is undone."""
    wish = scene.shelf[0]
    before = scene.available(wish)
    shopper = scene.someone_with("insecure", [wish._replace(quantity=1)])
    waiting = shopper.check_out(shopper.offer("tok_requires_action"))
    _provider_says(scene, waiting, "payment.failed")
    done = scene.tally.took(shopper.settled(waiting["checkout_id"], "succeeded", "failed"))
    scene.tally.expect("a customer the bank refuses gets nothing", done["status"] == "failed")
    scene.tally.expect("and the stock is back", scene.available(wish) == before)


def lost_answer(scene: Scene) -> None:
    """The provider takes the money but its answer is lost: asked again, it says so."""
    shopper = scene.someone_with("lost", [scene.shelf[0]._replace(quantity=1)])
    checkout = scene.tally.took(shopper.check_out(shopper.offer("tok_outcome_unknown")))
    payments = shopper.client.get("/v1/payments", order_id=checkout["order_id"])["data"]
    taken = [payment["captured_amount"]["amount"] for payment in payments]
    scene.tally.expect("a lost answer is one charge", taken == [checkout["total_amount"]["amount"]])


def rush(scene: Scene) -> None:
    """More buyers than there are: exactly as many orders as there is stock."""
    product = f"last-ones-{uuid.uuid4().hex[:8]}"
    currency = scene.admin.get(f"/v1/products/{scene.shelf[0].product_id}")["currency"]
    price = {"amount": 1999, "currency": currency}
    body: Json = {"product_id": product, "sku": product, "name": "The last ones", "price": price, "status": "active"}
    scene.admin.post("/v1/products", body)
    open_stock(scene.admin, product, LAST)
    buyers = [scene.someone_with(f"rush{number}", [Wish(product, None, 1)]) for number in range(RUSH)]
    offers = [buyer.offer() for buyer in buyers]
    with ThreadPoolExecutor(RUSH) as pool:
        ended = list(
            pool.map(lambda pair: scene.tally.took(pair[0].check_out(pair[1])), zip(buyers, offers, strict=True))
        )
    codes = sorted(str(checkout["failure_code"]) for checkout in ended)
    scene.tally.expect(
        f"{LAST} of {RUSH} get the last {LAST}", codes == ["None"] * LAST + ["out_of_stock"] * (RUSH - LAST)
    )


def twice(scene: Scene) -> None:
    """The same checkout submitted twice at the same moment: one order."""
    shopper = scene.someone_with("twice", [scene.shelf[0]._replace(quantity=1)])
    offer, key = shopper.offer(), str(uuid.uuid4())

    def submit(_: int) -> Json:
        return until(lambda: _unless_in_progress(lambda: shopper.check_out(offer, key)))

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(submit, range(2))
    scene.tally.took(shopper.settled(first["checkout_id"]))
    scene.tally.expect("the same checkout twice is one", first["checkout_id"] == second["checkout_id"])
    scene.tally.expect("and one order", len(shopper.client.get("/v1/orders")["data"]) == 1)


def cash_on_delivery(scene: Scene) -> None:
    """No card at all."""
    shopper = scene.someone_with("cash", [scene.shelf[0]._replace(quantity=1)])
    checkout = scene.tally.took(shopper.check_out(shopper.offer("cod")))
    order = shopper.order(checkout["order_id"])
    state = (order["status"], order["payment_status"])
    scene.tally.expect("cash on delivery is confirmed and unpaid", state == ("confirmed", "pending"))


def cancellation(scene: Scene) -> None:
    """A change of mind: stock and money come back."""
    wish = scene.shelf[0]
    before = scene.available(wish)
    shopper = scene.someone_with("cancels", [wish._replace(quantity=1)])
    checkout = scene.tally.took(shopper.check_out(shopper.offer()))
    path = f"/v1/orders/{checkout['order_id']}"
    cancelled = shopper.client.post(f"{path}/cancellations", {"reason": "changed my mind"})
    scene.tally.expect("a cancelled order says so at once", cancelled["status"] == "cancelled")
    until(lambda: shopper.client.get(path)["payment_status"] == "refunded" or None)
    until(lambda: scene.available(wish) == before or None)
    scene.tally.became("cancelled afterwards")


def price_change(scene: Scene) -> None:
    """The price rises while the customer thinks: the checkout does not charge more than was agreed."""
    wish = scene.shelf[-1]
    shopper = scene.someone_with("slow", [wish._replace(quantity=1)])
    offer = shopper.offer()
    offer["expected_total"]["amount"] -= 1
    checkout = scene.tally.took(shopper.check_out(offer))
    scene.tally.expect("nobody pays another price than agreed", checkout["failure_code"] == "price_changed")


STORIES: list[Callable[[Scene], None]] = [
    many_lines,
    declined_card,
    three_d_secure,
    three_d_secure_refused,
    lost_answer,
    rush,
    twice,
    cash_on_delivery,
    cancellation,
    price_change,
]


def play(scene: Scene, told: Callable[[], None]) -> None:
    """Ordinary customers two at a time, then the stories one by one."""
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(
            lambda number: _safely(scene, f"customer {number}", lambda: ordinary(scene, number)), range(ORDINARY)
        ):
            told()
    for story in STORIES:
        _safely(scene, story.__name__, lambda story=story: story(scene))  # type: ignore[misc]
        told()


def _safely(scene: Scene, name: str, act: Callable[[], None]) -> None:
    try:
        act()
    except Exception as error:  # a story that breaks is told in the report, and the others go on
        scene.tally.expect(f"{name}: {type(error).__name__}: {error}", False)


def _provider_says(scene: Scene, waiting: Json, what: str) -> None:
    event = {
        "id": f"evt_{uuid.uuid4().hex}",
        "type": what,
        "data": {"provider_payment_id": waiting["next_action"]["provider_payment_id"]},
    }
    for _ in range(2):  # providers repeat themselves
        webhook(scene.stack.api_url, scene.stack.mock_webhook_secret, event)


def _unless_in_progress(submit: Callable[[], Json]) -> Json | None:
    from tools.client import Refused

    try:
        return submit()
    except Refused as refused:
        if refused.code != "idempotency_in_progress":
            raise
        return None
