"""Races: whoever acts just before or just after any write of somebody else, one of them wins and the books are right.

Of each race three things: what is there, what one does, and what the rival does meanwhile. The rival comes in at every
write in turn (PROOF=full; otherwise at a fixed two), and once all come at the same time, in threads.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import boto3
import pytest
import time_machine

from shop import clock, settings
from tests import kit
from tests.kit import REGION, Client, Reply, admin, anyone, app_of, deliver
from tests.proof.machine import running
from tests.proof.rivals import Act, When, interrupted, many_runs, together
from tests.proof.shopper import Buyer, Json, a_buyer, a_coupon, fresh, furnished, money, webhook
from tests.proof.test_fault_matrix import read_tables, sweep
from tools import invariants

pytestmark = pytest.mark.usefixtures("shop")

FULL = os.environ.get("PROOF") == "full"
Noted = Callable[[str, object], None]


@dataclass
class Encounter:
    """What one does and what the rival does, how many of each come in threads, and who says that it was fair."""

    act: Act
    rival: Act
    judge: Callable[[], None]
    crowd: list[Act] = field(default_factory=list)


def ended(buyers: list[Buyer], replies: list[Reply]) -> Counter[str]:
    """How the checkouts of these ended."""
    owners = {buyer.user_id: buyer for buyer in buyers}
    ids = {reply.body["checkout_id"]: reply for reply in replies if reply.status < 300}
    found: Counter[str] = Counter()
    for checkout_id in ids:
        shown = [b.client.get(f"/v1/checkouts/{checkout_id}") for b in owners.values()]
        (body,) = [reply.body for reply in shown if reply.status == 200]
        found[body["failure_code"] or body["status"]] += 1
    return found


def sold(buyer: Buyer, *lines: tuple[str, int]) -> Json:
    """An order that was paid, of which everybody has heard."""
    with running():
        placed = buyer.buy(*lines)
    deliver()
    return buyer.order(placed["order_id"])


def last_unit(many: int = 2) -> Encounter:
    """Twenty mugs, and each wants all of them."""
    shelf = furnished()
    buyers = [a_buyer(shelf) for _ in range(many)]
    wishes = [buyer.wish(buyer.fill(("MUG", 20))) for buyer in buyers]
    replies: list[Reply] = []

    def buy(number: int) -> Act:
        return lambda: replies.append(buyers[number].check_out(wishes[number]))

    def judge() -> None:
        how = ended(buyers, replies)
        assert how == {"succeeded": 1, "out_of_stock": len(replies) - 1}
        assert shelf.available("MUG") == 0

    return Encounter(buy(0), buy(1), judge, [buy(number) for number in range(many)])


def crowd_at_the_last_unit() -> Encounter:
    """The same: fifty at once, in the full form."""
    return last_unit(50 if FULL else 6)


def last_use() -> Encounter:
    """A coupon that can be used once."""
    shelf = furnished()
    code, buyers = a_coupon(), [a_buyer(shelf) for _ in range(4)]
    wishes = []
    for buyer in buyers:
        buyer.fill(("MUG", 2))
        wishes.append(buyer.wish(buyer.client.put("/v1/carts/current/coupon", {"code": code}).ok(200)))
    replies: list[Reply] = []

    def buy(number: int) -> Act:
        return lambda: replies.append(buyers[number].check_out(wishes[number]))

    def judge() -> None:
        how = ended(buyers, replies)
        assert how["succeeded"] == 1, how
        assert how["coupon_exhausted"] == len(replies) - 1, how

    return Encounter(buy(0), buy(1), judge, [buy(number) for number in range(4)])


def same_checkout() -> Encounter:
    """One press of the button, sent twice."""
    buyer = a_buyer(furnished())
    wish, key = buyer.wish(buyer.fill()), fresh("press")
    replies: list[Reply] = []

    def press() -> None:
        replies.append(buyer.check_out(wish, key=key))

    def judge() -> None:
        made = {reply.body["checkout_id"] for reply in replies if reply.status < 300}
        assert len(made) == 1, replies
        assert {reply.status for reply in replies if reply.status >= 300} <= {409}
        (order,) = buyer.client.get("/v1/orders").ok(200)["data"]
        (payment,) = buyer.payments(order["order_id"])
        assert payment["captured_amount"] == order["total_amount"]

    return Encounter(press, press, judge, [press] * 4)


def webhook_and_completion() -> Encounter:
    """The bank's word comes while the checkout is still on its way to wait for it."""
    buyer = a_buyer(furnished(), "tok_requires_action")
    wish = buyer.wish(buyer.fill())
    replies: list[Reply] = []

    def say() -> None:
        for row in read_tables()["payments"]:
            if row["PK"].startswith("MOCKBANK#"):
                webhook("payment.succeeded", row["provider_payment_id"])
        deliver("payments", to=lambda service: service == "orders")

    def judge() -> None:
        say()
        deliver()
        how = ended([buyer], replies)
        assert how == {"succeeded": 1}
        (order,) = buyer.client.get("/v1/orders").ok(200)["data"]
        (payment,) = buyer.payments(order["order_id"])
        assert payment["captured_amount"] == order["total_amount"]

    return Encounter(lambda: replies.append(buyer.check_out(wish)), say, judge)


def two_refunds() -> Encounter:
    """Staff give back all of it, twice."""
    buyer = a_buyer(furnished())
    order = sold(buyer)
    path = f"/v1/payments/{order['payment_id']}/refunds"
    replies: list[Reply] = []

    def refund() -> None:
        wish = {"amount": order["total_amount"], "reason": "late"}
        replies.append(admin().post(path, wish, idempotency_key=fresh("k")))

    def judge() -> None:
        assert sorted(reply.status < 300 for reply in replies) == [False] * (len(replies) - 1) + [True], replies
        (payment,) = buyer.payments(order["order_id"])
        assert payment["refunded_amount"] == order["total_amount"]

    return Encounter(refund, refund, judge, [refund] * 4)


def two_returns() -> Encounter:
    """Both mugs are sent back, twice."""
    buyer = a_buyer(furnished())
    order = sold(buyer, ("MUG", 2))
    for status in ("processing", "shipped", "delivered"):
        moved(order, status).ok(200)
    deliver()
    item = {"order_item_id": order["items"][0]["order_item_id"], "quantity": 2}
    wish = {"order_id": order["order_id"], "items": [item], "return_reason": "changed_mind"}
    replies: list[Reply] = []

    def ask() -> None:
        replies.append(buyer.client.post("/v1/returns", wish, idempotency_key=fresh("k")))

    def judge() -> None:
        assert sorted(reply.status < 300 for reply in replies) == [False] * (len(replies) - 1) + [True], replies
        assert len(buyer.client.get("/v1/returns").ok(200)["data"]) == 1

    return Encounter(ask, ask, judge, [ask] * 4)


def two_merges() -> Encounter:
    """Two sign in where one cart was filled."""
    shelf = furnished()
    guest = Client(headers={"x-cart-session": anyone().post("/v1/carts").ok(201)["session_id"]})
    product_id, _ = shelf.units["MUG"]
    guest.post("/v1/carts/current/items", {"product_id": product_id, "variant_id": None, "quantity": 3}).ok(201)
    members = [kit.user() for _ in range(4)]

    def merge(number: int) -> Act:
        session = {"session_id": guest.headers["x-cart-session"]}
        return lambda: members[number].post("/v1/carts/current/merges", session)

    def judge() -> None:
        carts = [reply.body for member in members if (reply := member.get("/v1/carts/current")).status == 200]
        assert [item["quantity"] for cart in carts for item in cart["items"]] == [3]

    return Encounter(merge(0), merge(1), judge, [merge(number) for number in range(4)])


def cancel_and_ship() -> Encounter:
    """The customer cancels while the parcel goes out."""
    buyer = a_buyer(furnished())
    order = sold(buyer)
    moved(order, "processing").ok(200)
    deliver()
    path = f"/v1/admin/orders/{order['order_id']}/status-changes"
    replies: list[Reply] = []

    def cancel() -> None:
        say = {"status": "cancelled", "reason": "changed my mind"}
        etag = admin().get(f"/v1/orders/{order['order_id']}").etag
        replies.append(admin().post(path, say, if_match=etag))

    def ship() -> None:
        replies.append(moved(order, "shipped"))

    def judge() -> None:
        assert sorted(reply.status < 300 for reply in replies) == [False, True], replies
        deliver()
        after = buyer.order(order["order_id"])
        (payment,) = buyer.payments(order["order_id"])
        back = order["total_amount"] if after["status"] == "cancelled" else money(0)
        assert payment["refunded_amount"] == back

    return Encounter(cancel, ship, judge)


def reserve_and_expire() -> Encounter:
    """The sweeper comes by, late, while somebody buys."""
    buyer = a_buyer(furnished())
    wish = buyer.wish(buyer.fill())
    replies: list[Reply] = []

    def expire() -> None:
        with time_machine.travel(clock.epoch(clock.now()) + timedelta(minutes=31).total_seconds(), tick=True):
            app_of("inventory").jobs({"job": "expire_reservations"}, None)

    def judge() -> None:
        how = ended([buyer], replies)
        assert how in ({"succeeded": 1}, {"reservation_expired": 1}), how

    return Encounter(lambda: replies.append(buyer.check_out(wish)), expire, judge)


def moved(order: Json, status: str) -> Reply:
    etag = admin().get(f"/v1/orders/{order['order_id']}").etag
    body = {"status": status, "reason": "on its way"}
    return admin().post(f"/v1/admin/orders/{order['order_id']}/status-changes", body, if_match=etag)


RACES = [
    last_unit,
    last_use,
    same_checkout,
    webhook_and_completion,
    two_refunds,
    two_returns,
    two_merges,
    cancel_and_ship,
    reserve_and_expire,
]
CROWDS = [crowd_at_the_last_unit, same_checkout, *(race for race in RACES if race not in (last_unit, same_checkout))]


def settled(encounter: Encounter) -> None:
    """Everybody has heard, the sweepers have run, and the books are right."""
    deliver()
    encounter.judge()
    sweep()
    tables = invariants.read(boto3.client("dynamodb", REGION), settings.STAGE)
    assert invariants.violations(tables, clock.after(settings.HOUR)) == []


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
def test_a_rival_just_before_or_after_any_write_changes_nothing_for_the_worse(
    race: Callable[[], Encounter], record_property: Noted
) -> None:
    """Proof 2 of reliability: B14, B19, B120; I1 to I6."""
    chance = random.Random(race.__name__)
    moments: list[tuple[int, When]] = [(chance.randrange(4), "after" if chance.random() < 0.5 else "before")]
    for number, (place, when) in enumerate(moments):  # it grows once it is known how many writes there are
        kit.empty()
        encounter = race()
        with many_runs():
            writes = interrupted(encounter.act, encounter.rival, place, when)
            settled(encounter)
        if FULL and not number:
            moments += [(place, when) for place in range(writes) for when in ("before", "after")]
    record_property("counted", {"races": 1, "moments": len(moments)})


@pytest.mark.parametrize("race", CROWDS if FULL else CROWDS[:2], ids=lambda race: race.__name__)
def test_all_at_the_same_time_leave_the_books_right(race: Callable[[], Encounter], record_property: Noted) -> None:
    """Proof 2 of reliability, with threads."""
    encounter = race()
    crowd = encounter.crowd or [encounter.act, encounter.rival]
    with many_runs():
        together(crowd)
        settled(encounter)
    record_property("counted", {"threads": len(crowd)})
