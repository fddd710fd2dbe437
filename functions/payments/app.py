"""The doors into payments: what customers pay with, what they paid, and what they got back."""

from chalice.app import Request

from payments.logic import charges, methods, recovery, refunds, views, webhooks
from payments.model import (
    AskRefund,
    AttachMethod,
    ChangeMethod,
    Charged,
    ChargePayment,
    Nothing,
    OrderRef,
    PaymentMethod,
    PaymentView,
    Received,
    Refund,
)
from payments.store import methods as stored_methods
from payments.store import payments as stored
from payments.store import table
from shop.api import CUSTOMER, PUBLIC, SUPPORT, Api, OperationId, Version
from shop.auth import Caller
from shop.events.auth import UserDeleted
from shop.events.orders import OrderCancelled, OrderDelivered
from shop.pages import Page, Paging

app = Api("payments", table)


class PaymentList(Paging):
    """The payments of one order, or all of the caller's."""

    order_id: str | None = None


@app.route("/payments", who=CUSTOMER)
def list_payments(query: PaymentList, caller: Caller) -> Page[PaymentView]:
    return views.payments(caller, query.order_id, query)


@app.route("/payments/{payment_id}", who=CUSTOMER)
def get_payment(payment_id: str, caller: Caller) -> PaymentView:
    return views.payment(caller, payment_id)


@app.route(
    "/payments/{payment_id}/confirmations",
    methods=["POST"],
    who=CUSTOMER,
    status=202,
    idempotent=True,
    fresh=True,
    location="/payments/{payment_id}",
)
def confirm_payment(payment_id: str, body: Nothing, caller: Caller) -> PaymentView:
    return views.confirm(caller, payment_id)


@app.route("/payments/{payment_id}/refunds", who=SUPPORT)
def list_refunds(payment_id: str) -> Page[Refund]:
    return Page(data=list(stored.document(payment_id).refunds))


@app.route(
    "/payments/{payment_id}/refunds",
    methods=["POST"],
    who=SUPPORT,
    status=201,
    idempotent=True,
    location="/payments/{payment_id}/refunds/{refund_id}",
)
def refund_payment(payment_id: str, body: AskRefund, refund_id: OperationId, caller: Caller) -> Refund:
    return refunds.refund(payment_id, refund_id, body, caller.ip_address)


@app.route("/payments/{payment_id}/refunds/{refund_id}", who=SUPPORT)
def get_refund(payment_id: str, refund_id: str) -> Refund:
    return stored.refund(payment_id, refund_id)


@app.route("/payment-methods", who=CUSTOMER)
def list_payment_methods(query: Paging, caller: Caller) -> Page[PaymentMethod]:
    return Page[PaymentMethod].model_validate(dict(stored_methods.methods(caller.user_id, query)))


@app.route(
    "/payment-methods",
    methods=["POST"],
    who=CUSTOMER,
    status=201,
    idempotent=True,
    fresh=True,
    location="/payment-methods/{id}",
)
def attach_payment_method(body: AttachMethod, method_id: OperationId, caller: Caller) -> PaymentMethod:
    return methods.attach(caller, method_id, body)


@app.route("/payment-methods/{method_id}", who=CUSTOMER)
def get_payment_method(method_id: str, caller: Caller) -> PaymentMethod:
    return stored_methods.method(caller.user_id, method_id)


@app.route("/payment-methods/{method_id}", methods=["PATCH"], who=CUSTOMER, if_match=True, fresh=True)
def change_payment_method(method_id: str, version: Version, body: ChangeMethod, caller: Caller) -> PaymentMethod:
    return methods.change(caller, method_id, version, body)


@app.route("/payment-methods/{method_id}", methods=["DELETE"], who=CUSTOMER, if_match=True, fresh=True)
def detach_payment_method(method_id: str, version: Version, caller: Caller) -> None:
    methods.detach(caller, method_id, version)


# Its provider sends from a few addresses whatever there is to say; who is none is refused by the signature alone.
@app.route("/webhooks/{provider}", methods=["POST"], who=PUBLIC, counted=False)
def receive_webhook(provider: str, request: Request) -> Received:
    identity = request.context.get("identity") or {}
    webhooks.receive(provider, request.raw_body, request.headers, identity.get("sourceIp"))
    return Received()


@app.step
def charge_payment(asked: ChargePayment) -> Charged:
    return charges.charge(asked)


@app.step
def reverse_payment(order: OrderRef) -> Charged:
    return charges.reverse(order.order_id)


@app.step
def find_payment(order: OrderRef) -> Charged:
    return charges.find(order.order_id)


@app.job
def finish_payments() -> None:
    recovery.finish_payments()


app.hears(
    {
        OrderCancelled: charges.take_back,
        OrderDelivered: charges.settle_cash,
        UserDeleted: methods.on_user_deleted,
    }
)

steps = app.steps
events = app.events
jobs = app.jobs
