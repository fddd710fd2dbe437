"""Checkouts from the first request to the order, or to nothing, over the real machine and the real services.

R138-R141; B118-B124, B128, B142, B146; E41, E46-E51, E58-E60; AP35, AP41; ORD-07.
"""

import json
from typing import Any

import pytest
import time_machine

from orders import executions, store
from orders.logic import checkouts as logic
from orders.logic import saga
from orders.model.checkout import Failure
from shop import clock, ids, settings, steps
from shop.errors import Refusal, Transient
from tests import kit
from tests.kit import admin, anyone, app_of, deliver, pending, perform, user
from tests.proof import machine
from tests.proof.machine import Fault, Json, StepFunctions, running
from tests.proof.shopper import Buyer, Shelf, a_buyer, fresh, furnished, money, webhook

pytestmark = pytest.mark.usefixtures("shop")

HAPPY = [
    *["Mode", "LockCart", "ResolveAddresses", "ValidateProducts", "HoldDiscounts", "QuoteShipping", "PriceCheckout"],
    *["ReserveStock", "ChargePayment", "PaymentOutcome", "CreateOrder", "CommitStock", "ConfirmOrder"],
    "SendConfirmation",
]
UNDOS = [
    *["CancelOrder", "ReversePayment", "ReleaseStock", "ReleaseDiscounts", "UnlockCart", "FailCheckout"],
    "CheckoutFailed",
]
SPEAKERS = ("carts", "inventory", "orders", "payments")


@pytest.fixture
def shelf(shop: None) -> Shelf:
    return furnished()


@pytest.fixture
def buyer(shelf: Shelf) -> Buyer:
    return a_buyer(shelf)


def waiting(shelf: Shelf) -> tuple[Buyer, Json]:
    """Somebody whose card needs them, and their checkout."""
    buyer = a_buyer(shelf, "tok_requires_action")
    placed = buyer.buy()
    assert placed["status"] == "awaiting_payment"
    deliver(*SPEAKERS)
    return buyer, placed


def pay(placed: Json, kind: str = "payment.succeeded") -> None:
    webhook(kind, placed["next_action"]["provider_payment_id"]).ok(200)


def untouched(buyer: Buyer, cart: Json) -> None:
    """Stock and cart are as before, and the cart can be bought again."""
    assert {buyer.shelf.available(sku) for sku in buyer.shelf.units} == {20}
    assert buyer.cart()["items"] == cart["items"]
    assert [p["status"] for p in buyer.payments(cart["order_id"])] in ([], ["failed"], ["cancelled"], ["refunded"])


def failed(buyer: Buyer, *lines: tuple[str, int], **but: Any) -> Json:
    """A checkout that must fail and leave everything as it was."""
    cart = buyer.fill(*lines)
    placed: Json = buyer.check_out(buyer.wish(cart, **but)).ok(200)
    assert placed["status"] == "failed"
    deliver(*SPEAKERS)
    untouched(buyer, {**cart, "order_id": placed["order_id"]})
    buyer.client.get(f"/v1/orders/{placed['order_id']}").refused(404, "not_found")
    return placed


def jobs(name: str, later: float) -> None:
    """Run a job of orders when so many seconds have gone by."""
    with time_machine.travel(clock.epoch(clock.now()) + later, tick=True):
        app_of("orders").jobs({"job": name}, None)


# All goes well


def test_a_checkout_becomes_an_order(buyer: Buyer) -> None:
    """B118, B121, B123, B124; E46, E49, E50, E51."""
    cart = buyer.fill(("MUG", 2), ("SHIRT-L", 1))
    with running() as runs:
        reply = buyer.check_out(buyer.wish(cart), wait=10)
    placed = reply.ok(200)
    assert reply.headers["Preference-Applied"] == "wait=10"
    assert (placed["status"], placed["total_amount"], placed["failure_code"]) == ("succeeded", money(5100), None)
    assert runs.path() == HAPPY
    order = buyer.order(placed["order_id"])
    amounts = ("subtotal", "discount_amount", "shipping_amount", "tax_amount", "total_amount", "refunded_amount")
    assert [order[name]["amount"] for name in amounts] == [4600, 0, 500, 0, 5100, 0]
    assert order["order_number"] == placed["order_number"]
    assert (order["status"], order["payment_status"], order["payment_method"]) == ("confirmed", "paid", "card")
    assert (order["shipping_method"], order["notes"], order["order_notes"]) == ("Standard", "ring twice", [])
    lines = [(i["product_sku"], i["quantity"], i["unit_price"], i["total_price"]) for i in order["items"]]
    assert lines == [("MUG", 2, money(1250), money(2500)), ("SHIRT-L", 1, money(2100), money(2100))]
    assert order["shipping_address"]["full_name"] == order["billing_address"]["full_name"] == "Ann Lee"
    moves = [(row["previous_status"], row["status"]) for row in order["history"]]
    assert moves == [(None, "pending"), ("pending", "confirmed")]
    told = [kind for kind, _ in pending("orders")]
    assert sorted(told) == ["checkout.started", "order.confirmed", "order.created", "order.status_changed"]
    deliver(*SPEAKERS)
    buyer.client.get("/v1/carts/current").refused(404, "not_found")
    assert [buyer.shelf.available(sku) for sku in ("MUG", "SHIRT-S", "SHIRT-L")] == [18, 20, 19]


def test_a_checkout_is_taken_at_once_and_runs_behind(buyer: Buyer) -> None:
    with running() as runs:
        runs.paused = True
        wish = buyer.wish(buyer.fill())
        reply = buyer.check_out(wish, wait=None)
        placed = reply.ok(202)
        assert reply.headers["Location"] == f"/v1/checkouts/{placed['checkout_id']}"
        assert (placed["status"], placed["total_amount"], placed["payment_id"]) == ("pending", None, None)
        in_vain = buyer.check_out(wish, wait=0)
        assert (in_vain.status, in_vain.headers["Preference-Applied"]) == (202, "wait=0")
        runs.drain()
    assert buyer.checkout(placed["checkout_id"])["status"] == "succeeded"


def test_cash_on_delivery_is_confirmed_with_its_payment_pending(buyer: Buyer) -> None:
    """B128."""
    with running():
        placed = buyer.buy(payment_method_id=None, payment_method="COD")
    order = buyer.order(placed["order_id"])
    assert (order["status"], order["payment_status"], order["payment_method"]) == ("confirmed", "pending", "cod")


def test_a_lost_answer_of_the_provider_ends_in_one_charge(shelf: Shelf) -> None:
    with running():
        buyer = a_buyer(shelf, "tok_outcome_unknown")
        placed = buyer.buy()
    (payment,) = buyer.payments(placed["order_id"])
    assert (placed["status"], payment["status"], payment["captured_amount"]) == ("succeeded", "succeeded", money(5100))


def test_ninety_lines_fit_one_order() -> None:
    """B121: 97 writes in one transaction."""
    with running() as runs:
        runs.paused = True
        body = dict.fromkeys(("cart_id", "shipping_address_id", "shipping_method_id", "payment_method_id"), "x")
        wish = {**body, "cart_version": 1, "expected_total": money(90_500)}
        placed = user("ann").post("/v1/checkouts", wish, idempotency_key="k").ok(202)
    lines = [
        {"product_id": f"p{n}", "quantity": 1, "unit_price": money(1000), "product_name": "P", "product_sku": f"P{n}"}
        for n in range(90)
    ]
    where = {"full_name": "Ann", "address_line1": "1 Main St", "city": "X", "postal_code": "1", "country": "US"}
    gathered = {
        "expected_total": money(90_500),
        "lines": lines,
        "discounts": {"discount_amount": money(0), "line_discounts": [money(0)] * 90},
        "quote": {"method_id": "m", "name": "Standard", "price": money(500)},
        "shipping_address": where,
        "billing_address": where,
    }
    perform("orders", "price_checkout", checkout_id=placed["checkout_id"], **gathered)
    payment = {"payment_id": "pay", "status": "succeeded", "payment_method": "card"}
    perform("orders", "create_order", checkout_id=placed["checkout_id"], payment=payment)
    found = perform("orders", "find_order", order_id=placed["order_id"])
    assert [item["product_id"] for item in found["items"]] == [line["product_id"] for line in lines]


# The same again


def test_the_same_key_is_the_same_checkout(buyer: Buyer) -> None:
    """B120."""
    wish = buyer.wish(buyer.fill())
    with running() as runs:
        first = buyer.check_out(wish, key="once")
        again = buyer.check_out(wish, key="once")
        buyer.check_out({**wish, "notes": "other"}, key="once").refused(422, "idempotency_key_reused")
    assert again.body == first.ok(200)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(runs.runs) == 1
    assert len(buyer.client.get("/v1/orders").ok(200)["data"]) == 1


def test_two_checkouts_of_one_cart_make_one_order(buyer: Buyer) -> None:
    wish = buyer.wish(buyer.fill())
    with running() as runs:
        runs.paused = True
        placed = [buyer.check_out(wish, wait=None).ok(202)["checkout_id"] for _ in range(2)]
        runs.drain()
    codes = [buyer.checkout(checkout_id)["failure_code"] for checkout_id in placed]
    assert codes[0] is None
    assert codes[1] in ("cart_locked", "cart_changed", "cart_empty")
    assert len(buyer.client.get("/v1/orders").ok(200)["data"]) == 1


def test_a_request_that_died_before_the_start_is_finished_by_its_repeat(
    buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = buyer.wish(buyer.fill())
    with running() as runs:
        with monkeypatch.context() as patch:
            patch.setattr(executions, "run", _die)
            with pytest.raises(KeyboardInterrupt):
                buyer.check_out(wish, key="once")
        with time_machine.travel(clock.epoch(clock.after(60)), tick=True):
            placed = buyer.check_out(wish, key="once").ok(200)
    assert placed["status"] == "succeeded"
    assert len(runs.runs) == 1


def _die(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


# What the request itself is judged by


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"payment_method": "cod"}, "", "value_error"),
        ({"payment_method_id": None}, "", "value_error"),
        ({"payment_method_id": None, "payment_method": "card"}, "/payment_method", "literal_error"),
        ({"cart_version": 0}, "/cart_version", "greater_than_equal"),
        ({"cart_version": "1"}, "/cart_version", "int_type"),
        ({"expected_total": None}, "/expected_total", "missing"),
        ({"expected_total": {"amount": 1.5, "currency": "USD"}}, "/expected_total/amount", "int_type"),
        ({"colour": "red"}, "/colour", "extra_forbidden"),
    ],
)
def test_bad_form_is_422_with_a_pointer(change: Json, pointer: str, code: str) -> None:
    ids_of = ("cart_id", "shipping_address_id", "shipping_method_id", "payment_method_id")
    wish = {**dict.fromkeys(ids_of, "x"), "cart_version": 1, "expected_total": money(1), **change}
    wish = {name: value for name, value in wish.items() if value is not None}
    problem = user().post("/v1/checkouts", wish, idempotency_key="k").refused(422, "validation_failed")
    assert (pointer, code) in [(e["pointer"], e["code"]) for e in problem["errors"]]


def test_who_may_check_out_and_see_it(buyer: Buyer) -> None:
    wish = buyer.wish(buyer.fill())
    buyer.client.post("/v1/checkouts", wish).refused(400, "idempotency_key_missing")
    anyone().post("/v1/checkouts", wish, idempotency_key="k").refused(401, "unauthenticated")
    kit.ENDED.add(f"session-of-{buyer.user_id}")
    buyer.client.post("/v1/checkouts", wish, idempotency_key="k").refused(401, "session_ended")
    kit.ENDED.clear()
    with running():
        checkout_id = buyer.check_out(wish).ok(200)["checkout_id"]
    user().get(f"/v1/checkouts/{checkout_id}").refused(404, "not_found")
    user().post(f"/v1/checkouts/{checkout_id}/cancellations").refused(404, "not_found")
    assert admin().get(f"/v1/checkouts/{checkout_id}").ok(200)["status"] == "succeeded"
    assert [c["checkout_id"] for c in buyer.client.get("/v1/checkouts").ok(200)["data"]] == [checkout_id]
    assert user().get("/v1/checkouts").ok(200)["data"] == []
    secret = {"snapshot", "correlation_id", "execution_arn", "payment"}
    assert not secret & set(buyer.checkout(checkout_id))


def test_somebody_elses_cart_address_and_card_come_to_nothing(buyer: Buyer) -> None:
    other = a_buyer(buyer.shelf)
    with running():
        theirs = other.wish(buyer.fill())
        assert other.check_out(theirs).ok(200)["failure_code"] in ("cart_empty", "cart_changed", "internal_error")
        assert failed(buyer, shipping_address_id=other.address_id)["failure_code"] == "address_invalid"
    assert failed_with_card(buyer, other.card_id) == "payment_declined"


def failed_with_card(buyer: Buyer, card_id: str) -> str:
    with running():
        placed = buyer.check_out(buyer.wish(buyer.cart(), payment_method_id=card_id)).ok(200)
    return str(placed["failure_code"])


# What stands in the way


def test_another_price_than_agreed_is_refused_with_both(buyer: Buyer) -> None:
    with running() as runs:
        placed = failed(buyer, ("MUG", 2), expected_total=money(2999))
    assert placed["failure_code"] == "price_changed"
    assert placed["failure_detail"] == {"expected_total": money(2999), "total_amount": money(3000)}
    assert runs.path()[-5:] == ["PriceCheckout", "ReleaseDiscounts", "UnlockCart", "FailCheckout", "CheckoutFailed"]


def test_a_sold_out_product_is_named(buyer: Buyer) -> None:
    product_id, _ = buyer.shelf.units["MUG"]
    with running() as runs:
        placed = failed(buyer, ("MUG", 21), ("SHIRT-S", 1))
    assert placed["failure_code"] == "out_of_stock"
    (short,) = placed["failure_detail"]["lines"]
    assert (short["product_id"], short["requested"], short["available"]) == (product_id, 21, 20)
    assert runs.path()[-5:] == ["ReleaseStock", "ReleaseDiscounts", "UnlockCart", "FailCheckout", "CheckoutFailed"]


def test_a_declined_card_leaves_nothing(shelf: Shelf) -> None:
    with running() as runs:
        assert failed(a_buyer(shelf, "tok_declined"))["failure_code"] == "payment_declined"
    assert runs.path()[-7:] == ["ChargePayment", *UNDOS[1:]]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"shipping_method_id": "gone"}, "no_shipping_method"),
        ({"shipping_address_id": "gone"}, "address_invalid"),
        ({"billing_address_id": "gone"}, "address_invalid"),
        ({"payment_method_id": "gone"}, "payment_declined"),
        ({"cart_version": 99}, "cart_changed"),
    ],
)
def test_each_check_is_a_steps_and_shows_as_failure_code(buyer: Buyer, change: Json, code: str) -> None:
    with running():
        assert failed(buyer, **change)["failure_code"] == code


def test_a_failed_checkout_is_told_with_its_stage_and_can_be_tried_again(buyer: Buyer) -> None:
    """E47."""
    with running():
        cart = buyer.fill(("MUG", 1))
        placed = buyer.check_out(buyer.wish(cart, shipping_method_id="gone")).ok(200)
        (told,) = [detail["data"] for kind, detail in pending("orders") if kind == "checkout.failed"]
        assert (told["code"], told["stage"]) == ("no_shipping_method", "QuoteShipping")
        assert told["order_id"] == placed["order_id"]
        assert buyer.check_out(buyer.wish(cart)).ok(200)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("failure", "code", "detail"),
    [
        ({"raised": {"Error": "Refusal", "Cause": json.dumps({"errorMessage": '{"code": "out_of_stock", "status": 409,'
          ' "detail": "x", "lines": []}'})}}, "out_of_stock", {"lines": []}),
        ({"raised": {"Error": "Refusal", "Cause": json.dumps({"errorMessage": '{"code": "not_found"}'})}},
         "internal_error", None),
        ({"raised": {"Error": "ValueError", "Cause": json.dumps({"errorMessage": "x", "errorType": "ValueError"})}},
         "internal_error", None),
        ({"raised": {"Error": "States.Timeout"}}, "internal_error", None),
        ({"raised": {"Error": "X", "Cause": "not JSON"}}, "internal_error", None),
        ({"raised": {"Error": "X", "Cause": "[]"}}, "internal_error", None),
        ({"code": "payment_declined"}, "payment_declined", None),
        ({}, "internal_error", None),
    ],
)  # fmt: skip
def test_the_code_is_read_from_the_cause(failure: Json, code: str, detail: Json | None) -> None:
    assert saga.failure_of(Failure.model_validate(failure)) == (code, detail)


def test_a_rival_who_buys_the_last_one_in_between_wins(buyer: Buyer) -> None:
    rival = a_buyer(buyer.shelf)
    bought: list[Json] = []

    def interrupted(service: str, payload: Json) -> Any:
        if payload["step"] == "reserve_stock" and not bought:
            bought.append({})
            with running():
                bought[0] = rival.buy(("MUG", 20))
        return machine.perform(service, payload)

    with running(perform=interrupted):
        placed = buyer.buy(("MUG", 1))
    assert (bought[0]["status"], placed["failure_code"]) == ("succeeded", "out_of_stock")
    assert buyer.shelf.available("MUG") == 0


# The customer's step


def test_a_card_that_needs_its_customer_waits_and_goes_on(shelf: Shelf) -> None:
    """B146; E58. The event arrives three times, and once more when all is over."""
    with running() as runs:
        buyer, placed = waiting(shelf)
        assert placed["next_action"]["type"] == "redirect"
        assert runs.path()[-2:] == ["PaymentOutcome", "SuspendCheckout"]
        buyer.client.get(f"/v1/orders/{placed['order_id']}").refused(404, "not_found")
        pay(placed)
        deliver(*SPEAKERS, times=3)
        assert runs.path("-resume") == ["Mode", *HAPPY[-4:]]
    done = buyer.checkout(placed["checkout_id"])
    assert (done["status"], done["next_action"]) == ("succeeded", None)
    assert buyer.order(placed["order_id"])["payment_status"] == "paid"
    (payment,) = buyer.payments(placed["order_id"])
    assert payment["captured_amount"] == money(5100)


@pytest.mark.parametrize("kind", ["payment.failed", "payment.cancelled"])
def test_a_customer_who_cannot_pay_has_the_cart_back(shelf: Shelf, kind: str) -> None:
    """E59, E60."""
    with running() as runs:
        buyer, placed = waiting(shelf)
        pay(placed, kind)
        deliver(*SPEAKERS, times=2)
        assert runs.path("-comp-1") == ["Mode", *UNDOS]
    done = buyer.checkout(placed["checkout_id"])
    assert (done["status"], done["failure_code"], done["next_action"]) == ("failed", "payment_declined", None)
    untouched(buyer, {**buyer.cart(), "order_id": placed["order_id"]})


def test_a_result_that_came_before_the_wait_is_not_missed(shelf: Shelf) -> None:
    buyer = a_buyer(shelf, "tok_requires_action")

    def hasty(service: str, payload: Json) -> Any:
        if payload["step"] == "suspend_checkout":
            pay({"next_action": payload["payment"]["next_action"]})
            deliver("payments")
        return machine.perform(service, payload)

    with running(perform=hasty) as runs:
        placed = buyer.buy()
        assert runs.path("-resume") == ["Mode", *HAPPY[-4:]]
    assert placed["status"] == "succeeded"


def test_a_refusal_that_came_before_the_wait_is_not_missed(shelf: Shelf) -> None:
    buyer = a_buyer(shelf, "tok_requires_action")

    def hasty(service: str, payload: Json) -> Any:
        if payload["step"] == "suspend_checkout":
            pay({"next_action": payload["payment"]["next_action"]}, "payment.failed")
            deliver("payments")
        return machine.perform(service, payload)

    with running(perform=hasty):
        assert buyer.buy()["failure_code"] == "payment_declined"


def test_a_wait_that_is_begun_twice_does_not_call_the_customer_back(shelf: Shelf) -> None:
    """The step is tried again after the payment has already moved the checkout on."""
    with running() as runs:
        buyer, placed = waiting(shelf)
        runs.paused = True
        pay(placed)
        deliver(*SPEAKERS)
        payment = {"payment_id": "p", "status": "processing", "payment_method": "card"}
        again = perform("orders", "suspend_checkout", checkout_id=placed["checkout_id"], payment=payment)
        assert again["status"] == "in_progress"
        runs.paused = False
        runs.drain()
    assert buyer.checkout(placed["checkout_id"])["status"] == "succeeded"


@pytest.mark.parametrize(("kind", "ended"), [("payment.succeeded", "succeeded"), ("payment.failed", "failed")])
def test_a_crash_between_the_move_and_the_start_is_made_good_by_the_next_delivery(
    shelf: Shelf, kind: str, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running() as runs:
        buyer, placed = waiting(shelf)
        pay(placed, kind)
        (event,) = [(k, detail) for k, detail in pending("payments") if k == kind]
        with monkeypatch.context() as patch:
            patch.setattr(runs, "start_execution", _die)
            with pytest.raises(KeyboardInterrupt):
                kit.hear(*event, to=lambda service: service == "orders")
        kit.hear(*event, to=lambda service: service == "orders")
    assert buyer.checkout(placed["checkout_id"])["status"] == ended


def test_a_customer_who_takes_too_long_is_undone(shelf: Shelf) -> None:
    with running():
        buyer, placed = waiting(shelf)
        jobs("expire_payments", settings.PAYMENT_WAIT - 60)
        assert buyer.checkout(placed["checkout_id"])["status"] == "awaiting_payment"
        jobs("expire_payments", settings.PAYMENT_WAIT + 1)
        done = buyer.checkout(placed["checkout_id"])
        assert (done["status"], done["failure_code"]) == ("failed", "payment_expired")
        pay(placed)  # too late: it goes straight back
        deliver(*SPEAKERS)
    untouched(buyer, {**buyer.cart(), "order_id": placed["order_id"]})
    assert buyer.checkout(placed["checkout_id"])["status"] == "failed"


def test_a_waiting_checkout_can_be_given_up_and_no_other(shelf: Shelf, buyer: Buyer) -> None:
    """R141."""
    with running() as runs:
        done = buyer.buy()
        buyer.client.post(f"/v1/checkouts/{done['checkout_id']}/cancellations").refused(409, "too_late")
        waiter, placed = waiting(shelf)
        path = f"/v1/checkouts/{placed['checkout_id']}/cancellations"
        assert waiter.client.post(path).ok(202)["failure_code"] == "cancelled_by_customer"
        assert waiter.client.post(path).ok(202)["status"] == "failed"
        assert len(runs.runs) == 3
    assert waiter.checkout(placed["checkout_id"])["failure_code"] == "cancelled_by_customer"


def test_of_payment_and_cancellation_at_once_one_happens(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    with running():
        buyer, placed = waiting(shelf)
        real = store.move_checkout

        def rival(*arguments: Any, **changes: Any) -> None:
            monkeypatch.setattr(store, "move_checkout", real)
            pay(placed)
            deliver(*SPEAKERS)
            real(*arguments, **changes)

        monkeypatch.setattr(store, "move_checkout", rival)
        buyer.client.post(f"/v1/checkouts/{placed['checkout_id']}/cancellations").refused(409, "too_late")
    assert buyer.checkout(placed["checkout_id"])["status"] == "succeeded"


def test_a_reservation_that_expired_ends_the_wait(shelf: Shelf) -> None:
    """E41."""
    with running():
        buyer, placed = waiting(shelf)
        with time_machine.travel(clock.epoch(clock.after(settings.RESERVATION_TTL + 1)), tick=True):
            app_of("inventory").jobs({"job": "expire_reservations"}, None)
            deliver(*SPEAKERS, times=2)
    assert buyer.checkout(placed["checkout_id"])["failure_code"] == "reservation_expired"


# Runs that stop


def test_what_was_never_started_is_started_by_the_reaper(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as runs:
        with monkeypatch.context() as patch:
            patch.setattr(runs, "start_execution", _refuse)
            placed = buyer.check_out(buyer.wish(buyer.fill()), wait=None).ok(202)
        jobs("reap_checkouts", 30)
        assert buyer.checkout(placed["checkout_id"])["status"] == "pending"
        jobs("reap_checkouts", 61)
        assert buyer.checkout(placed["checkout_id"])["status"] == "succeeded"
        jobs("reap_checkouts", 3600)
        assert len(runs.runs) == 1


def _refuse(**_: Any) -> None:
    raise Transient


@pytest.mark.parametrize("status", ["TIMED_OUT", "ABORTED", "FAILED"])
def test_a_run_that_was_cut_off_is_undone(buyer: Buyer, status: str) -> None:
    with running({"CommitStock": [Fault("after", cut=True)]}) as runs:
        runs.deaf = True
        placed = buyer.buy()
        assert placed["status"] == "in_progress"
        runs.deaf = False
        for _ in range(2):
            ended = {"name": placed["checkout_id"], "status": status, "error": None}
            app_of("orders").hears.hear(machine.STATUS_CHANGE, ended)
        assert list(runs.runs) == [placed["checkout_id"], f"{placed['checkout_id']}-comp-1"]
    assert buyer.checkout(placed["checkout_id"])["failure_code"] == "internal_error"
    assert buyer.order(placed["order_id"])["status"] == "cancelled"
    deliver(*SPEAKERS)
    untouched(buyer, {**buyer.cart(), "order_id": placed["order_id"]})


def test_what_came_to_a_halt_is_undone_by_the_reaper_and_again_if_that_halts_too(buyer: Buyer) -> None:
    faults = {"ChargePayment": [Fault("after", cut=True)], "ReleaseStock": [Fault("after", cut=True)]}
    with running(faults) as runs:
        runs.deaf = True
        placed = buyer.buy()
        jobs("reap_checkouts", 500)
        assert buyer.checkout(placed["checkout_id"])["status"] == "in_progress"
        jobs("reap_checkouts", 601)
        assert buyer.checkout(placed["checkout_id"])["status"] == "compensating"
        jobs("reap_checkouts", 1400)
        assert [run.status for run in runs.runs.values()] == ["ABORTED", "ABORTED", "FAILED"]
    assert buyer.checkout(placed["checkout_id"])["status"] == "failed"
    untouched(buyer, {**buyer.cart(), "order_id": placed["order_id"]})


def test_a_confirmed_order_is_never_undone_by_the_reaper(buyer: Buyer) -> None:
    with running({"ConfirmOrder": [Fault("after", cut=True)]}) as runs:
        placed = buyer.buy()
        jobs("reap_checkouts", 3600)
        assert len(runs.runs) == 1
    assert (placed["status"], buyer.order(placed["order_id"])["status"]) == ("succeeded", "confirmed")


def test_the_machines_own_failure_starts_nothing(buyer: Buyer) -> None:
    with running() as runs:
        failed(buyer, shipping_method_id="gone")
        assert len(runs.runs) == 1
        app_of("orders").hears.hear(machine.STATUS_CHANGE, {"name": ids.new_id(), "status": "ABORTED"})
        assert len(runs.runs) == 1


def test_a_stuck_undo_is_told_to_the_operators_and_the_others_run(buyer: Buyer) -> None:
    """E48."""
    stuck = [Fault("before")] * 9
    with running({"CommitStock": [Fault("before")], "ReversePayment": stuck}) as runs:
        placed = buyer.buy()
        assert runs.path()[-8:] == ["CommitStock", *UNDOS]
    assert (placed["status"], placed["failure_code"]) == ("compensation_failed", "internal_error")
    (told,) = [detail["data"] for kind, detail in pending("orders") if kind == "checkout.compensation_failed"]
    assert told["step"] == "ReversePayment"
    assert "Injected" in told["error"]
    assert buyer.shelf.available("MUG") == 20


# Making the order against undoing it


def priced(buyer: Buyer, runs: StepFunctions) -> Json:
    """A checkout cut off when all but the order was done."""
    runs.machine.faults = {"CreateOrder": [Fault("before", cut=True)]}
    runs.deaf = True
    return buyer.buy()


def test_an_order_cannot_be_made_once_the_undoing_has_begun(buyer: Buyer) -> None:
    with running() as runs:
        placed = priced(buyer, runs)
        payment = {"payment_id": placed["payment_id"], "status": "succeeded", "payment_method": "card"}
        perform("orders", "cancel_order", checkout_id=placed["checkout_id"])
        with pytest.raises(Refusal, match="too_late"):
            perform("orders", "create_order", checkout_id=placed["checkout_id"], payment=payment)
    buyer.client.get(f"/v1/orders/{placed['order_id']}").refused(404, "not_found")


def test_an_order_made_while_its_undo_looks_is_cancelled(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as runs:
        placed = priced(buyer, runs)
        payment = {"payment_id": placed["payment_id"], "status": "succeeded", "payment_method": "card"}
        real = store.no_order_yet

        def rival(*arguments: Any) -> None:
            perform("orders", "create_order", checkout_id=placed["checkout_id"], payment=payment)
            real(*arguments)

        monkeypatch.setattr(store, "no_order_yet", rival)
        perform("orders", "cancel_order", checkout_id=placed["checkout_id"])
    assert buyer.order(placed["order_id"])["status"] == "cancelled"
    with pytest.raises(Refusal, match="cancelled"):
        perform("orders", "confirm_order", checkout_id=placed["checkout_id"])


def test_a_number_that_is_taken_is_replaced(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    """B122."""
    taken = "ORD-20260131-7K3M9Q"
    monkeypatch.setattr(logic, "number", lambda prefix: taken)
    with running():
        first = buyer.buy()
        deliver(*SPEAKERS)
        second = buyer.buy()
    assert first["order_number"] == taken
    assert second["order_number"] != taken
    assert buyer.order(second["order_id"])["order_number"] == second["order_number"]
    by_number = buyer.client.get(f"/v1/orders/by-number/{taken}").ok(200)
    assert by_number["order_id"] == first["order_id"]


def test_an_order_cancelled_while_it_is_being_confirmed_is_undone(buyer: Buyer) -> None:
    def hasty(service: str, payload: Json) -> Any:
        if payload["step"] == "confirm_order":
            (order,) = buyer.client.get("/v1/orders").ok(200)["data"]
            path = f"/v1/orders/{order['order_id']}/cancellations"
            buyer.client.post(path, {"reason": "no"}, idempotency_key=fresh("k")).ok(202)
        return machine.perform(service, payload)

    with running(perform=hasty):
        placed = buyer.buy()
        deliver(*SPEAKERS)
    assert placed["failure_code"] == "cancelled_by_customer"
    untouched(buyer, {**buyer.cart(), "order_id": placed["order_id"]})


def test_steps_ask_payments_and_say_when_it_is_away(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unanswered question is tried again; the wait itself is kept."""
    buyer = a_buyer(shelf, "tok_requires_action")
    real, asked = steps.ask, []

    def away(service: str, step: str, payload: Json) -> Json:
        if step == "find_payment":
            asked.append(step)
            if len(asked) < 3:
                raise Transient
        return real(service, step, payload)

    monkeypatch.setattr(steps, "ask", away)
    with running():
        assert buyer.buy()["status"] == "awaiting_payment"
    assert len(asked) == 3
