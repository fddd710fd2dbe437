"""The doors into orders: checkouts, the orders they lead to, and orders' part in the checkout machine."""

import re
from typing import Annotated

from chalice.app import Request

from orders import store
from orders.logic import checkouts, edits, exchanges, notes, orders, repayment, runs, saga
from orders.logic.orders import EveryOrderList, OrderList
from orders.model.checkout import SETTLED, Checkout, CheckoutRef, FailCheckout, PlaceCheckout, WithPayment
from orders.model.edit import AskEdit, Edited, EditOrder, OrderEdit
from orders.model.exchange import ExchangeStatus, ExchangeView, view
from orders.model.note import AddNote, OrderNote
from orders.model.order import (
    STATUSES,
    CancelOrder,
    ChangeStatus,
    CreatedOrder,
    Order,
    OrderDocument,
    OrderRef,
    StatusChange,
    StatusRow,
    status_id,
)
from orders.model.pricing import PriceCheckout, Priced
from orders.model.repayment import NewPayment, PayAgain
from orders.model.run import CheckoutRuns
from orders.store import edits as stored_edits
from orders.store import exchanges as stored_exchanges
from shop.api import CUSTOMER, PUBLIC, SUPPORT, Answer, Api, OperationId, Version
from shop.auth import Caller
from shop.pages import Page, Paging
from shop.records import folded

app = Api("orders", store.table)

LONGEST_WAIT = 10


class ExchangeList(Paging):
    """The exchanges of one status, or all."""

    status: Annotated[ExchangeStatus, folded] | None = None


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
    return store.checkouts_of(caller.user_id, query)


@app.route("/checkouts/{checkout_id}", who=CUSTOMER)
def get_checkout(checkout_id: str, caller: Caller) -> Checkout:
    return checkouts.read(checkout_id, caller)


@app.route("/checkouts/{checkout_id}/runs", who=SUPPORT)
def list_checkout_runs(checkout_id: str) -> CheckoutRuns:
    return runs.read(checkout_id)


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


@app.route(
    "/orders/{order_id}/payments",
    methods=["POST"],
    who=CUSTOMER,
    status=202,
    idempotent=True,
    fresh=True,
    location="/payments/{payment_id}",
    refuses=[402],
)
def pay_again(order_id: str, body: PayAgain, attempt_id: OperationId, caller: Caller) -> NewPayment:
    return repayment.pay(order_id, attempt_id, body, caller)


@app.route("/orders/{order_id}/notes", who=CUSTOMER)
def list_notes(order_id: str, caller: Caller) -> Page[OrderNote]:
    return Page(data=orders.read(store.order(order_id), caller).order_notes)


@app.route(
    "/orders/{order_id}/notes",
    methods=["POST"],
    who=CUSTOMER,
    status=201,
    location="/orders/{order_id}/notes",
)
def add_note(order_id: str, note_id: OperationId, body: AddNote, caller: Caller) -> OrderNote:
    return notes.add(order_id, note_id, body, caller)


@app.route("/admin/exchanges", who=SUPPORT)
def list_exchanges(query: ExchangeList) -> Page[ExchangeView]:
    found = stored_exchanges.page(query.status, query)
    return found.showing([view(each) for each in found.data])


@app.route("/admin/exchanges/{return_id}/cancellations", methods=["POST"], who=SUPPORT)
def cancel_exchange(return_id: str) -> ExchangeView:
    return view(exchanges.cancel(return_id))


@app.route("/admin/orders", who=SUPPORT)
def list_all_orders(query: EveryOrderList) -> Page[Order]:
    return orders.list_all(query)


@app.route("/admin/orders/{order_id}/status-changes", methods=["POST"], who=SUPPORT, if_match=True)
def change_status(order_id: str, version: Version, body: ChangeStatus, caller: Caller) -> OrderDocument:
    return orders.change_status(order_id, version, body, caller)


@app.route("/admin/orders/{order_id}/edit-previews", methods=["POST"], who=SUPPORT)
def preview_edit(order_id: str, body: AskEdit) -> Edited:
    return edits.preview(order_id, body)


@app.route("/admin/orders/{order_id}/edits", who=SUPPORT)
def list_edits(order_id: str, query: Paging) -> Page[OrderEdit]:
    return stored_edits.of_order(store.order(order_id).order_id, query)


@app.route(
    "/admin/orders/{order_id}/edits",
    methods=["POST"],
    who=SUPPORT,
    status=201,
    idempotent=True,
    if_match=True,
    location="/admin/orders/{order_id}/edits/{edit_id}",
)
def edit_order(order_id: str, edit_id: OperationId, version: Version, body: EditOrder, caller: Caller) -> OrderEdit:
    return edits.edit(order_id, edit_id, version, body, caller)


@app.route("/admin/orders/{order_id}/edits/{edit_id}", who=SUPPORT)
def get_edit(order_id: str, edit_id: str) -> OrderEdit:
    return stored_edits.edit(order_id, edit_id)


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
def create_order(checkout: WithPayment) -> OrderDocument:
    return saga.create_order(checkout)


@app.step
def confirm_order(created: CreatedOrder) -> OrderDocument:
    return saga.confirm_order(created)


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


@app.job
def expire_unpaid() -> None:
    repayment.expire()


@app.job
def finish_edits() -> None:
    edits.finish_all()


@app.job
def serve_exchanges() -> None:
    exchanges.serve_all()


steps = app.steps
events = app.events
jobs = app.jobs
