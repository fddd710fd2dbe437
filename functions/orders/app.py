"""The doors into orders: checkouts, the orders they lead to, and orders' part in the checkout machine."""

import re

from chalice.app import Request

from orders import store
from orders.executions import ExecutionEnded
from orders.logic import checkouts, erasing, orders, saga
from orders.logic.orders import EveryOrderList, OrderList
from orders.model.checkout import SETTLED, Checkout, CheckoutRef, FailCheckout, PlaceCheckout, WithPayment
from orders.model.order import (
    STATUSES,
    CancelOrder,
    ChangeStatus,
    Order,
    OrderDocument,
    OrderRef,
    StatusChange,
    StatusRow,
    status_id,
)
from orders.model.pricing import PriceCheckout, Priced
from shop.api import CUSTOMER, PUBLIC, SUPPORT, Answer, Api, OperationId, Version
from shop.auth import Caller
from shop.events.auth import UserDeleted
from shop.events.inventory import ReservationExpired
from shop.events.payments import PaymentCancelled, PaymentFailed, PaymentSucceeded, RefundSucceeded
from shop.pages import Page, Paging

app = Api("orders", store.table)

LONGEST_WAIT = 10


@app.route(
    "/checkouts",
    methods=["POST"],
    who=CUSTOMER,
    status=202,
    idempotent=True,
    fresh=True,
    location="/checkouts/{checkout_id}",
)
def place_checkout(body: PlaceCheckout, checkout_id: OperationId, caller: Caller, request: Request) -> Answer[Checkout]:
    checkout = checkouts.place(checkout_id, body, caller)
    seconds = preferred_wait(request.headers.get("prefer", ""))
    if seconds is None:
        return Answer(checkout)
    checkout = checkouts.wait_for(checkout, seconds)
    status = 200 if checkout.status in SETTLED else 202
    return Answer(checkout, status, {"Preference-Applied": f"wait={seconds}"})


def preferred_wait(prefer: str) -> int | None:
    """How long the caller would like to wait for the outcome (RFC 7240), within reason."""
    found = re.search(r'(?:^|[,;\s])wait="?(\d{1,5})"?\s*(?:$|[,;])', prefer, re.IGNORECASE)
    return min(int(found[1]), LONGEST_WAIT) if found else None


@app.route("/checkouts", who=CUSTOMER)
def list_checkouts(query: Paging, caller: Caller) -> Page[Checkout]:
    return Page[Checkout].model_validate(dict(store.checkouts_of(caller.user_id, query)))


@app.route("/checkouts/{checkout_id}", who=CUSTOMER)
def get_checkout(checkout_id: str, caller: Caller) -> Checkout:
    return checkouts.read(checkout_id, caller)


@app.route(
    "/checkouts/{checkout_id}/cancellations",
    methods=["POST"],
    who=CUSTOMER,
    status=202,
    location="/checkouts/{checkout_id}",
)
def cancel_checkout(checkout_id: str, caller: Caller) -> Checkout:
    return checkouts.cancel(checkout_id, caller)


@app.route("/orders", who=CUSTOMER)
def list_orders(query: OrderList, caller: Caller) -> Page[Order]:
    return orders.list_own(query, caller)


@app.route("/orders/{order_id}", who=CUSTOMER)
def get_order(order_id: str, caller: Caller) -> OrderDocument:
    return orders.read(store.order(order_id), caller)


@app.route("/orders/by-number/{order_number}", who=CUSTOMER)
def get_order_by_number(order_number: str, caller: Caller) -> OrderDocument:
    return orders.read(store.order_numbered(order_number), caller)


@app.route("/orders/{order_id}/status-history", who=CUSTOMER)
def list_status_changes(order_id: str, caller: Caller) -> Page[StatusChange]:
    return Page(data=orders.read(store.order(order_id), caller).history)


@app.route(
    "/orders/{order_id}/cancellations",
    methods=["POST"],
    who=CUSTOMER,
    status=202,
    idempotent=True,
    fresh=True,
    location="/orders/{order_id}",
)
def cancel_order_of_customer(order_id: str, body: CancelOrder, caller: Caller) -> OrderDocument:
    return orders.cancel(order_id, body, caller)


@app.route("/admin/orders", who=SUPPORT)
def list_all_orders(query: EveryOrderList) -> Page[Order]:
    return orders.list_all(query)


@app.route("/admin/orders/{order_id}/status-changes", methods=["POST"], who=SUPPORT, if_match=True)
def change_status(order_id: str, version: Version, body: ChangeStatus, caller: Caller) -> OrderDocument:
    return orders.change_status(order_id, version, body, caller)


@app.route("/order-statuses", who=PUBLIC, cache="public, max-age=3600")
def list_statuses() -> Page[StatusRow]:
    return Page(data=[StatusRow(id=status_id(name), name=name) for name in STATUSES])


@app.step
def price_checkout(gathered: PriceCheckout) -> Priced:
    return saga.price(gathered)


@app.step
def suspend_checkout(checkout: WithPayment) -> Checkout:
    return saga.suspend(checkout)


@app.step
def create_order(checkout: WithPayment) -> Checkout:
    return saga.create_order(checkout)


@app.step
def confirm_order(checkout: CheckoutRef) -> OrderDocument:
    return saga.confirm_order(checkout)


@app.step
def cancel_order(checkout: CheckoutRef) -> Checkout:
    return saga.cancel_order(checkout)


@app.step
def fail_checkout(told: FailCheckout) -> Checkout:
    return saga.fail_checkout(told)


@app.step
def find_order(order: OrderRef) -> OrderDocument:
    return store.order(order.order_id)


@app.job
def expire_payments() -> None:
    checkouts.expire_payments()


@app.job
def reap_checkouts() -> None:
    checkouts.reap()


def payment_succeeded(event: PaymentSucceeded) -> None:
    checkouts.on_payment_succeeded(event)
    orders.on_payment_succeeded(event)


def payment_failed(event: PaymentFailed | PaymentCancelled) -> None:
    checkouts.on_payment_failed(event)
    orders.on_payment_failed(event)


app.hears(
    {
        PaymentSucceeded: payment_succeeded,
        PaymentFailed: payment_failed,
        PaymentCancelled: payment_failed,
        RefundSucceeded: orders.on_refund_succeeded,
        UserDeleted: erasing.on_user_deleted,
        ReservationExpired: checkouts.on_reservation_expired,
        ExecutionEnded: checkouts.on_execution_ended,
    }
)

steps = app.steps
events = app.events
jobs = app.jobs
